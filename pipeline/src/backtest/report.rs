//! The report of a backtest, in its JSON form.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::ItemGroup;

use zhihui_models::ranking::reliability::ReliabilityBin;

use super::lists::List;
use super::rules::RULES;
use super::size::ListSize;
use super::{MemberPool, Settings};

/// Results of lists at past dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudienceBacktest {
    /// Members from whom lists were made.
    pub among: MemberPool,
    /// Number of members. The summary of the card uses at most 20,000 members with a history.
    pub members: usize,
    /// Days within which a sign-up counted.
    pub days: i64,
    /// Days within which a read counted.
    pub days_to_read: i64,
    /// Origin of the settings of the models.
    pub settings: Settings,
    /// Sizes of the lists as typed.
    pub sizes: Vec<String>,
    /// The dates, ascending.
    pub dates: Vec<DateReport>,
    /// Unit of resampling: `lists`, or `dates` if there are ten or more.
    pub resampled: String,
    /// Results by group of items, history of items and history of members. Small groups are left out.
    pub parts: Vec<AudienceSlice>,
    /// Pushes that were sent on the day after a date, by group of items. Small groups are left out.
    #[serde(default)]
    pub pushes: Vec<PushSlice>,
    /// All lists; null unless requested.
    pub lists: Option<Vec<ListReport>>,
}

/// One date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateReport {
    /// The instant, RFC 3339.
    pub at: String,
    /// Name of the model that would have served.
    pub model: String,
    /// Whether it passed the model gate; null if it was not judged.
    pub accepted: Option<bool>,
    /// Number of items with lists.
    pub lists: usize,
    /// Number of items with responses beyond the maximum of a date.
    pub items_left_out: usize,
}

/// A slice of the lists or of the members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudienceSlice {
    /// `articles` or `activities`.
    pub items: String,
    /// Items with (`warm`) or without (`cold`) an earlier response, or `all`.
    pub history: String,
    /// Members with (`warm`) or without (`cold`) an earlier response, or `all`.
    pub members: String,
    /// Number of lists.
    pub lists: usize,
    /// Number of those whose interval is judged: lists for items that were first offered in the week before, whatever
    /// their responses, without calibrated probabilities. Calibrated ones are judged on sent pushes.
    #[serde(default)]
    pub judged_intervals: usize,
    /// Distinct responders (人数).
    pub people: usize,
    /// Responses (人次).
    pub responses: usize,
    /// Results by size of the lists.
    pub sizes: Vec<SizeReport>,
}

/// Results for lists of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeReport {
    /// The size as typed.
    pub size: String,
    /// Number of members on all lists.
    pub listed: usize,
    /// Share of the responses that lists of the engine contain.
    pub recall: f64,
    /// Its 95 % interval.
    pub interval: [Option<f64>; 2],
    /// Results of the rules.
    pub rules: Vec<RuleReport>,
    /// The best rule other than chance.
    pub best_rule: Option<String>,
    /// Responses that previews of the engine predicted; null for a slice of the members.
    pub expected: Option<f64>,
    /// Responses that lists of the engine contain.
    pub actual: usize,
    /// Share of the judged lists whose 90 % interval, rounded outwards to whole numbers, contains the actual
    /// responses; null for a slice of the members, and without such lists.
    pub coverage: Option<f64>,
}

/// A simple rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// `chance`, `active_lately`, `topic_activity`, `item_knn` or `segment_popularity`.
    pub rule: String,
    /// Share of the responses that its lists contain; for chance the expected share.
    pub recall: f64,
    /// Recall of the engine divided by that of the rule; null if that is 0.
    pub lift: Option<f64>,
    /// 95 % interval of the lift. A bound is null if the lists of the rule contain no responder.
    pub interval: [Option<f64>; 2],
}

/// Sent pushes of a group of items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushSlice {
    /// `articles` or `activities`.
    pub items: String,
    /// Number of pushes.
    pub pushes: usize,
    /// Members who were pushed to (人次).
    pub members: usize,
    /// Responses that the model of the date expected.
    pub expected: f64,
    /// Responses (人次).
    pub actual: usize,
    /// Share of pushes whose 90 % interval, rounded outwards to whole numbers, contains the actual responses.
    pub coverage: f64,
    /// Predicted and observed rates in ten bins of equal size.
    pub calibration: Vec<ReliabilityBin>,
    /// Every push, by time.
    pub each: Vec<PushReport>,
}

/// One sent push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushReport {
    /// When the first member was pushed to, RFC 3339.
    pub at: String,
    /// External id of the item.
    pub item_id: String,
    /// Members who were pushed to.
    pub members: usize,
    /// Expected responses: value, low, high.
    pub expected: [f64; 3],
    /// Members who responded.
    pub actual: usize,
}

/// One list of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListReport {
    /// The date, RFC 3339.
    pub at: String,
    /// External id of the item.
    pub item_id: String,
    /// `articles` or `activities`.
    pub items: String,
    /// Whether the item had an earlier response.
    pub warm: bool,
    /// Number of candidates.
    pub candidates: usize,
    /// Whether the interval of its expected responses is judged.
    #[serde(default)]
    pub is_interval_judged: bool,
    /// Candidates who responded.
    pub came: usize,
    /// The size as typed.
    pub size: String,
    /// Number of members on the list.
    pub listed: usize,
    /// Responders on the list of the engine.
    pub ours: usize,
    /// Responders on the list of each rule, in the order of [`RuleReport::rule`].
    pub rules: Vec<f64>,
    /// Expected responses: value, low, high.
    pub expected: [f64; 3],
}

/// Returns one row for each list and size.
pub(super) fn list_reports(
    lists: &[List],
    sizes: &[ListSize],
    dates: &[DateReport],
    ids: &[String],
) -> Vec<ListReport> {
    let rows = |list: &List| {
        let row = |(size, result): (&ListSize, &super::lists::SizeResult)| ListReport {
            at: dates[list.date].at.clone(),
            item_id: ids[list.item as usize].clone(),
            items: if list.group == ItemGroup::Articles { "articles" } else { "activities" }.to_owned(),
            warm: list.is_warm,
            is_interval_judged: list.is_interval_judged,
            candidates: list.candidates,
            came: list.responders.iter().map(Vec::len).sum(),
            size: size.to_string(),
            listed: result.length,
            ours: result.hits[0].iter().sum::<f64>() as usize,
            rules: (1..=RULES.len()).map(|rule| result.hits[rule].iter().sum()).collect(),
            expected: result.expected,
        };
        sizes.iter().zip(&list.sizes).map(row).collect::<Vec<_>>()
    };
    lists.iter().flat_map(rows).collect()
}

/// Returns an instant as RFC 3339 text in UTC.
pub(super) fn instant(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
