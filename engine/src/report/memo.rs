//! The memo: what a leader reads of a report in half a minute. Typed content in both languages, which pages, files and mails show.
//!
//! Everything in it follows from the shown figures of reports, so that it discloses nothing that they do not.

use serde::{Deserialize, Serialize};

use super::Sentence;
use crate::Language;

/// The content of a memo, in the order in which it is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memo {
    /// The number that matters, with its change and its target.
    pub headline: Sentence,
    /// Names of the three to six metrics that are shown as tiles. Fewer if others are hidden.
    pub tiles: Vec<String>,
    /// What changed by more than chance, the largest change first.
    pub movers: Vec<Mover>,
    /// How movers were chosen, or why there are none.
    pub movers_note: Sentence,
    /// Unions without an active member in a month.
    pub silent_unions: SilentUnions,
    /// What pushes added: one entry for articles and one for activities, if any were pushed.
    pub pushes: Vec<PushEffect>,
    /// Why `pushes` is empty. An empty text if it is not.
    pub pushes_note: Sentence,
    /// One proposed action.
    pub action: Sentence,
    /// The rules behind the memo.
    pub method: Vec<Sentence>,
}

/// A part of a memo below its headline and tiles. Pages and files name it with the same heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoPart {
    /// [`Memo::movers`].
    Moved,
    /// [`Memo::silent_unions`].
    Silent,
    /// [`Memo::pushes`].
    Pushes,
    /// [`Memo::action`].
    Action,
    /// [`Memo::method`].
    Method,
}

impl MemoPart {
    /// The heading above the part.
    #[must_use]
    pub fn heading(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Moved => ("有什么变化，为什么", "What moved, and why"),
            Self::Silent => ("谁没有动静，先联系谁", "Who is silent, and whom to call"),
            Self::Pushes => ("推送带来了什么", "What pushes added"),
            Self::Action => ("建议", "Proposed action"),
            Self::Method => ("口径和说明", "Method and notes"),
        };
        if language == Language::Zh { zh } else { en }
    }
}

/// A metric that changed by more than chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mover {
    /// Name of the metric.
    pub metric: String,
    /// Relative change, 0.1 for ten percent more. Null if the value before was 0.
    pub change: Option<f64>,
    /// Metric, values and change.
    pub sentence: Sentence,
    /// What moved most along with it, if the data show it.
    pub reason: Option<Sentence>,
}

/// Silent unions that are large enough to be shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SilentUnions {
    /// Their number, the month, and how many members they have; or why none can be named.
    pub sentence: Sentence,
    /// The largest ones.
    pub unions: Vec<SilentUnion>,
    /// Number of further ones.
    pub more: u64,
}

/// A union to call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SilentUnion {
    /// Its id.
    pub union_id: String,
    /// Its name, or its id if the name is not known.
    pub name: String,
    /// Its district, if known.
    pub district: Option<String>,
    /// Its members.
    pub members: u64,
}

/// What pushes of one kind added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushEffect {
    /// `read` for articles, `sign_up` for everything else.
    pub response: String,
    /// What is known about the effect.
    pub state: EffectState,
    /// Uplift in percentage points.
    pub points: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<[f64; 2]>,
    /// How many more members a clear answer needs, at the present difference.
    pub more_members: Option<u64>,
    /// The effect in words.
    pub sentence: Sentence,
}

/// What is known about the effect of pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// The interval excludes zero.
    Clear,
    /// The interval contains zero.
    Unclear,
    /// An arm is too small to compare.
    TooFew,
    /// No push had a hold-out.
    NoHoldOut,
    /// The figures are about too few people to show.
    Hidden,
}
