//! The request for an audience.

use serde::{Deserialize, Serialize};

use super::{Exclusion, QuietTime, Rule, StandingHoldOut, Variant};
use crate::Language;

/// Default share of the hold-out. Without a hold-out, no effect can be measured.
pub const DEFAULT_HOLD_OUT: f64 = 0.1;

/// The target of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An item by external id.
    Item(String),
    /// A topic, for any item that has it.
    Topic(String),
}

/// Which of the candidates for an item with seats are invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "snake_case")]
pub enum Selection {
    /// The likeliest to respond: the smallest list expected to fill the seats.
    #[default]
    Likeliest,
    /// The same expected number of seats, spread evenly over unions: every union gets the same number of expected seats
    /// per candidate, as far as its candidates and its cap allow.
    Even,
}

impl Selection {
    /// All, in the order in which they are compared.
    pub const ALL: [Self; 2] = [Self::Likeliest, Self::Even];

    /// The name in requests and stored lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Likeliest => "likeliest",
            Self::Even => "even",
        }
    }

    /// The selection of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|selection| selection.as_str() == name)
    }
}

impl TryFrom<String> for Selection {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name).ok_or_else(|| format!("unknown selection {name:?}; use \"likeliest\" or \"even\""))
    }
}

/// Limits on how often a member may be pushed. Only pushes of the arm `push` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushCaps {
    /// `WeChat`'s own cap for a service account in a calendar month. It applies to all items.
    pub per_month: u32,
    /// Our cap in a calendar month, or `None` for no cap besides `WeChat`'s. Urgent items are exempt.
    pub own_per_month: Option<u32>,
    /// Our cap within the 7 days before the request. Urgent items are exempt.
    pub own_per_7_days: Option<u32>,
    /// Our cap on the day of the request, from midnight. Urgent items are exempt.
    pub own_per_day: Option<u32>,
}

impl Default for PushCaps {
    fn default() -> Self {
        Self { per_month: 4, own_per_month: None, own_per_7_days: None, own_per_day: None }
    }
}

/// A request for an audience.
#[derive(Debug, Clone, PartialEq)]
pub struct AudienceRequest {
    /// The target.
    pub target: Target,
    /// The rule that members must meet, or `None` for all members.
    pub rule: Option<Rule>,
    /// Restricts the audience to members of this union and those below it, by external id: the members whom the caller
    /// may see. `None` for all members. An unknown union has no members.
    pub within: Option<String>,
    /// Which candidates are invited. [`Selection::Even`] requires an item with seats.
    pub selection: Selection,
    /// Maximum number of members in the arm `push`.
    pub limit: Option<usize>,
    /// Share of the audience that is held out: at least 0 and less than 1.
    pub hold_out: f64,
    /// The time of the request, in seconds since 1970 in UTC. Windows end at this time, and it decides which items are
    /// open.
    pub now: i64,
    /// Secret of the installation, so that outsiders cannot compute who is held out. The same salt gives the same arms.
    pub salt: String,
    /// Limits on how often a member may be pushed.
    pub caps: PushCaps,
    /// The variants of the list, or none. They require an item as the target, and one of them pushes it.
    pub variants: Vec<Variant>,
    /// Id of the list that is frozen, from which the split into variants is drawn. Empty for a preview, which does not
    /// divide the members.
    pub list: String,
    /// Hold-outs over all lists.
    pub standing_hold_outs: Vec<StandingHoldOut>,
    /// Members to leave out in the step `caps`, or only to count there.
    pub exclusions: Vec<Exclusion>,
    /// Whether the preview says at which hour to send.
    pub send_hours: bool,
    /// When nothing is sent.
    pub quiet: Option<QuietTime>,
    /// Number of members in the preview's sample.
    pub sample: usize,
    /// Whether all rows get their openid and reasons, as files need, and not only the sample.
    pub all_reasons: bool,
    /// The language of the reasons.
    pub language: Language,
}

impl AudienceRequest {
    /// Returns a request for all members, without limit or hold-out.
    #[must_use]
    pub fn new(target: Target, now: i64) -> Self {
        Self {
            target,
            rule: None,
            within: None,
            selection: Selection::default(),
            limit: None,
            hold_out: 0.0,
            now,
            salt: String::new(),
            caps: PushCaps::default(),
            variants: Vec::new(),
            list: String::new(),
            standing_hold_outs: Vec::new(),
            exclusions: Vec::new(),
            send_hours: false,
            quiet: None,
            sample: 20,
            all_reasons: false,
            language: Language::Zh,
        }
    }
}
