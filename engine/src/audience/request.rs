//! The request for an audience.

use super::Rule;
use crate::Language;

/// Share that is held out where nobody says another: without a hold-out no effect can be measured.
pub const DEFAULT_HOLD_OUT: f64 = 0.1;

/// What the audience is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An item by outside id.
    Item(String),
    /// A topic, whatever item of it comes.
    Topic(String),
}

/// How often one member may be pushed something; pushes of the arm `push` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushCaps {
    /// `WeChat`'s own cap for a service account in a natural month; no item is exempt from it.
    pub per_month: u32,
    /// Our cap in a natural month; `None` where only `WeChat`'s holds. Urgent items are exempt.
    pub own_per_month: Option<u32>,
    /// Our cap within the 7 days before the request. Urgent items are exempt.
    pub own_per_7_days: Option<u32>,
}

impl Default for PushCaps {
    fn default() -> Self {
        Self { per_month: 4, own_per_month: None, own_per_7_days: None }
    }
}

/// A request for an audience.
#[derive(Debug, Clone, PartialEq)]
pub struct AudienceRequest {
    /// What it is for.
    pub target: Target,
    /// Who may be in it; `None` for everybody.
    pub rule: Option<Rule>,
    /// Only members of this union and those below it, by outside id: what the one who asks may see. `None` for all; an
    /// unknown union has no members.
    pub within: Option<String>,
    /// Members in the arm `push` at most.
    pub limit: Option<usize>,
    /// Share of the audience that is held out: at least 0, below 1.
    pub hold_out: f64,
    /// The instant of the request, seconds since 1970 in UTC: windows end here, what is open is judged here.
    pub now: i64,
    /// Secret of the home, so that nobody outside can tell who is held out; the same salt gives the same arms.
    pub salt: String,
    /// How often a member may be pushed.
    pub caps: PushCaps,
    /// Members of the preview's sample.
    pub sample: usize,
    /// Whether every row gets its openid and reasons, as files need, instead of reasons for the sample alone.
    pub all_reasons: bool,
    /// The language of the reasons.
    pub language: Language,
}

impl AudienceRequest {
    /// A request for everybody, without limit or hold-out.
    #[must_use]
    pub fn new(target: Target, now: i64) -> Self {
        Self {
            target,
            rule: None,
            within: None,
            limit: None,
            hold_out: 0.0,
            now,
            salt: String::new(),
            caps: PushCaps::default(),
            sample: 20,
            all_reasons: false,
            language: Language::Zh,
        }
    }
}
