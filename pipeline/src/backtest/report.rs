//! The backtest of audiences, in the form of its JSON.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::ItemGroup;

use super::lists::List;
use super::rules::RULES;
use super::size::ListSize;
use super::{Among, Settings};

/// What lists of past dates hold of those who came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudienceBacktest {
    /// Whom the lists were made from.
    pub among: Among,
    /// Members that the data know; the card's short form takes at most 50,000, of those with a history.
    pub members: usize,
    /// Days within which a sign-up counted as a response.
    pub days: i64,
    /// Days within which a read did.
    pub days_to_read: i64,
    /// Where the settings of the models came from.
    pub settings: Settings,
    /// Lengths of the lists as typed.
    pub sizes: Vec<String>,
    /// The dates, ascending.
    pub dates: Vec<DateReport>,
    /// What the intervals resample: `lists`, or `dates` where there are ten or more.
    pub resampled: String,
    /// Figures by group of items, history of items and history of members; parts of fewer than ten people are left out.
    pub parts: Vec<PartReport>,
    /// Every list; null unless asked for.
    pub lists: Option<Vec<ListReport>>,
}

/// One date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateReport {
    /// The instant, RFC 3339.
    pub at: String,
    /// Name of the model that would have served.
    pub model: String,
    /// Whether it passed the gate; null where there was nothing to judge on.
    pub accepted: Option<bool>,
    /// Items for which lists were made.
    pub lists: usize,
    /// Items with responses beyond the most that are taken at a date.
    pub items_left_out: usize,
}

/// A part of the lists, or of those who came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartReport {
    /// `articles` or `activities`.
    pub items: String,
    /// Items to which somebody (`warm`) or nobody (`cold`) had responded before, or `all`.
    pub history: String,
    /// Members who had responded to something (`warm`), to nothing (`cold`) before, or `all`.
    pub members: String,
    /// Lists.
    pub lists: usize,
    /// Distinct members who came (人数).
    pub people: usize,
    /// Their responses (人次).
    pub responses: usize,
    /// By length of the lists.
    pub sizes: Vec<SizeReport>,
}

/// Lists of one length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeReport {
    /// The length as typed.
    pub size: String,
    /// Members on all lists together.
    pub listed: usize,
    /// Share of the responses that our lists hold.
    pub recall: f64,
    /// Its 95 % interval.
    pub interval: [Option<f64>; 2],
    /// The rules beside it.
    pub rules: Vec<RuleReport>,
    /// The rule other than chance whose lists hold most.
    pub best_rule: Option<String>,
    /// Responses that the previews of our lists expected; null for a part of the members.
    pub expected: Option<f64>,
    /// Responses that our lists hold.
    pub actual: usize,
    /// Share of our lists whose 90 % interval, to whole heads, held the actual responses; null for a part of the members.
    pub coverage: Option<f64>,
}

/// A simple rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// `chance`, `active_lately`, `topic_activity`, `item_knn` or `segment_popularity`.
    pub rule: String,
    /// Share of the responses that its lists hold; for chance the expected share.
    pub recall: f64,
    /// Our recall over its; null where it is 0.
    pub lift: Option<f64>,
    /// The 95 % interval of the lift; a bound is null where the rule's lists hold nobody.
    pub interval: [Option<f64>; 2],
}

/// One list of one length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListReport {
    /// The date, RFC 3339.
    pub at: String,
    /// The item's outside id.
    pub item_id: String,
    /// `articles` or `activities`.
    pub items: String,
    /// Whether anybody responded to the item before.
    pub warm: bool,
    /// Members who could have been on the list.
    pub candidates: usize,
    /// Those of them who came.
    pub came: usize,
    /// The length as typed.
    pub size: String,
    /// Members on the list.
    pub listed: usize,
    /// Of those who came, on our list.
    pub ours: usize,
    /// The same for each rule, in the order of [`RuleReport::rule`].
    pub rules: Vec<f64>,
    /// Expected responses: value, low, high.
    pub expected: [f64; 3],
}

/// One row for every list and length.
pub(super) fn each(lists: &[List], sizes: &[ListSize], dates: &[DateReport], ids: &[String]) -> Vec<ListReport> {
    let rows = |list: &List| {
        let row = |(size, sized): (&ListSize, &super::lists::Sized)| ListReport {
            at: dates[list.date].at.clone(),
            item_id: ids[list.item as usize].clone(),
            items: if list.group == ItemGroup::Articles { "articles" } else { "activities" }.to_owned(),
            warm: list.is_warm,
            candidates: list.candidates,
            came: list.came.iter().map(Vec::len).sum(),
            size: size.to_string(),
            listed: sized.length,
            ours: sized.hits[0].iter().sum::<f64>() as usize,
            rules: (1..=RULES.len()).map(|rule| sized.hits[rule].iter().sum()).collect(),
            expected: sized.expected,
        };
        sizes.iter().zip(&list.sizes).map(row).collect::<Vec<_>>()
    };
    lists.iter().flat_map(rows).collect()
}

/// An instant as RFC 3339 text in UTC.
pub(super) fn instant(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
