//! What the service asks of a published state: the one seam between HTTP and the engine.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::answer::{ItemList, RecommendRequest};
use zhihui_engine::audience::Preview;
use zhihui_engine::overlay::Wishes;
use zhihui_engine::{Language, MemberProfile, Recommendations};

use crate::heavy::Stop;
use crate::problem::{Code, Problem};
use crate::showing::Showing;
use crate::whole;

/// What a published state is called and how much is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Name of the snapshot.
    pub version: String,
    /// The instant whose state it is, seconds since 1970 in UTC.
    pub as_of: i64,
    /// Number of members.
    pub members: usize,
    /// Number of items.
    pub items: usize,
    /// Name of the personal model, `popular` where there is none.
    pub model: String,
    /// The zone of days.
    #[serde(skip)]
    pub zone: Zone,
}

impl Facts {
    /// The instant as RFC 3339 in UTC.
    #[must_use]
    pub fn as_of_text(&self) -> String {
        let at = chrono::DateTime::from_timestamp(self.as_of, 0).unwrap_or_default();
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

/// Which popular items are asked for.
#[derive(Debug, Clone, Copy)]
pub struct PopularRequest<'a> {
    /// Label of an age band; `None` for everybody.
    pub age_band: Option<&'a str>,
    /// Length of the list at most.
    pub n: usize,
    /// Only items of this kind.
    pub kind: Option<ItemKind>,
    /// The instant of the request, seconds since 1970 in UTC.
    pub now: i64,
    /// The language of the reasons.
    pub language: Language,
}

/// Which items are asked for that go with one item.
#[derive(Debug, Clone, Copy)]
pub struct SimilarRequest<'a> {
    /// Outside id of the item.
    pub item_id: &'a str,
    /// Length of the list at most.
    pub n: usize,
    /// Only items of this kind.
    pub kind: Option<ItemKind>,
    /// The instant of the request, seconds since 1970 in UTC.
    pub now: i64,
    /// The language of the reasons.
    pub language: Language,
}

/// Longest purpose of a list, in characters.
pub(crate) const LONGEST_PURPOSE: usize = 200;

/// The body of a preview of an audience.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    /// The item to be announced.
    #[serde(default)]
    pub item_id: Option<String>,
    /// The topic to be spoken of, where there is no item.
    #[serde(default)]
    pub topic: Option<String>,
    /// Who is meant, in the contract's rule language; everybody where it is missing.
    #[serde(default)]
    pub rule: Option<serde_json::Value>,
    /// The most members selected; no limit where it is missing.
    #[serde(default, deserialize_with = "whole::whole")]
    pub limit: Option<usize>,
    /// Share of the audience kept out of the push to compare with, 0 to below 1; the usual one where it is missing.
    #[serde(default)]
    pub hold_out: Option<f64>,
    /// The union beyond which the asker sees nobody; never part of what is sent.
    #[serde(skip)]
    pub within: Option<String>,
    /// Why the list is made, for the audit log; never part of a preview.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Set when nobody waits for the answer any more; never part of what is sent.
    #[serde(skip)]
    pub stop: Stop,
}

/// Why a question cannot be answered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unanswerable {
    /// The snapshot has no such item.
    #[error("item {0:?} is not in the published snapshot; check the id, or ingest and publish it")]
    UnknownItem(String),
    /// A parameter has a value that cannot be taken.
    #[error("{parameter}: {what}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// The caller stopped waiting before the answer was made.
    #[error("{0}")]
    Stopped(String),
    /// People would be selected by a sensitive topic.
    #[error("{what}")]
    Sensitive {
        /// JSON pointer to the condition or the field of the request.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The rule has too many conditions or values.
    #[error("{what}")]
    RuleTooLarge {
        /// JSON pointer to the first condition or list too many.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The rule cannot be applied.
    #[error("{what}")]
    Rule {
        /// JSON pointer to the condition.
        pointer: String,
        /// What is wrong and what to do.
        what: String,
    },
}

/// One published state that answers. [`Published`](crate::Published) is the engine's; tests bring their own.
pub trait Answering: Showing + Send + Sync + 'static {
    /// What it is called and how much is in it.
    fn facts(&self) -> Facts;

    /// The list for one member.
    fn recommend(&self, request: &RecommendRequest<'_>) -> Recommendations;

    /// Items that go with one item.
    ///
    /// # Errors
    /// [`Unanswerable::UnknownItem`].
    fn similar(&self, request: &SimilarRequest<'_>) -> Result<ItemList, Unanswerable>;

    /// What most members of an age band, or of all, turn to.
    ///
    /// # Errors
    /// [`Unanswerable::Parameter`] for an unknown age band.
    fn popular(&self, request: &PopularRequest<'_>) -> Result<ItemList, Unanswerable>;

    /// Who would be in an audience.
    ///
    /// # Errors
    /// [`Unanswerable`] for an unknown item, a rule that cannot be applied or a parameter out of bounds.
    fn preview(&self, body: &PreviewBody, now: i64, language: Language) -> Result<Preview, Unanswerable>;

    /// What is held of one member; `None` for somebody unknown or erased.
    fn member(&self, _member_id: &str) -> Option<MemberProfile> {
        None
    }

    /// The member's `WeChat` ids as the state knows them.
    fn openids(&self, _member_id: &str) -> Vec<String> {
        Vec::new()
    }

    /// The member who has a `WeChat` id as the state knows it; `None` where that is nobody it knows.
    fn owner(&self, _openid: &str) -> Option<String> {
        None
    }

    /// Whether a member belongs to this union or one below it.
    fn is_member_within(&self, _member_id: &str, _union_id: &str) -> bool {
        false
    }

    /// Whether a union is `top` or stands below it.
    fn is_union_within(&self, _union_id: &str, _top: &str) -> bool {
        false
    }

    /// Topics of items that never become preferences, segments or reasons.
    fn sensitive_topics(&self) -> Vec<String> {
        Vec::new()
    }

    /// Lets what members asked for hold from the next answer on, in the place of what held before.
    fn grant(&self, _wishes: &Wishes) {}

    /// Lets what was granted to an earlier state of the same snapshot hold in this one too.
    fn honour(&self) {}
}

impl From<Unanswerable> for Problem {
    fn from(error: Unanswerable) -> Self {
        let detail = error.to_string();
        match error {
            Unanswerable::UnknownItem(_) => Self::new(Code::UnknownItem, detail),
            Unanswerable::Parameter { parameter, what } => Self::invalid(parameter, what),
            Unanswerable::Stopped(_) => Self::new(Code::Busy, detail).retry_after(10),
            Unanswerable::RuleTooLarge { pointer, .. } => {
                Self::new(Code::RuleTooLarge, detail).with("pointer", pointer)
            }
            Unanswerable::Sensitive { pointer, .. } => Self::new(Code::SensitiveTopic, detail).with("pointer", pointer),
            Unanswerable::Rule { pointer, .. } => Self::new(Code::InvalidRule, detail).with("pointer", pointer),
        }
    }
}
