//! Formats a preview for the pages of audiences and push lists.

use std::collections::BTreeMap;

use serde_json::Value;
use zhihui_engine::Ineligible;
use zhihui_engine::audience::{Breakdown, Preview, SampleMember};

use super::builder::describe::Names;
use super::builder::finish::FinishedRule;
use super::builder::node::Node;
use super::hours_view::HoursView;
use super::labels as audiences_labels;
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::percent_encode;

/// Maximum number of bars of a breakdown. The table behind it has all groups.
const MAX_BARS: usize = 8;

/// A preview, formatted.
pub(crate) struct PreviewView {
    pub(crate) sentence: String,
    pub(crate) selected: String,
    pub(crate) held_out: String,
    pub(crate) expected: String,
    pub(crate) low: String,
    pub(crate) high: String,
    pub(crate) rough: bool,
    pub(crate) nobody: bool,
    /// Why the item cannot be pushed to anybody now.
    pub(crate) unavailable: Option<&'static str>,
    pub(crate) funnel: Vec<Step>,
    pub(crate) breakdowns: Vec<BreakdownView>,
    pub(crate) sample: Vec<Sampled>,
    pub(crate) excluded: Vec<(String, String)>,
    pub(crate) hours: Option<HoursView>,
}

/// A step of the funnel.
pub(crate) struct Step {
    pub(crate) label: String,
    pub(crate) left: String,
    /// Percentage of all members.
    pub(crate) length: String,
    /// Members lost at this step.
    pub(crate) lost: String,
}

/// Selected members by an attribute: a chart, and the table behind it.
pub(crate) struct BreakdownView {
    pub(crate) label: &'static str,
    /// The largest groups, or the first ones of an ordered attribute.
    pub(crate) bars: Vec<GroupView>,
    pub(crate) rows: Vec<GroupView>,
}

/// A group of a breakdown.
#[derive(Clone)]
pub(crate) struct GroupView {
    pub(crate) label: String,
    pub(crate) members: String,
    /// Share of the selected members in percent.
    pub(crate) share: String,
    /// Percentage of the largest group.
    pub(crate) length: String,
}

/// One of the first selected members.
pub(crate) struct Sampled {
    pub(crate) rank: usize,
    pub(crate) member_id: String,
    pub(crate) url: String,
    pub(crate) probability: String,
    pub(crate) reasons: String,
}

/// The conditions of a rule in words, by JSON pointer.
#[derive(Debug, Default)]
pub(crate) struct RuleLabels(BTreeMap<String, String>);

impl RuleLabels {
    pub(crate) fn new(tree: &Node, finished: &FinishedRule, names: &Names, t: Locale) -> Self {
        let label = |(key, pointer): (&_, &String)| {
            let node = tree.at(key)?;
            Some((pointer.clone(), node.describe(names, t)))
        };
        Self(finished.pointers.iter().filter_map(label).collect())
    }

    /// The labels of a stored rule.
    pub(crate) fn of_rule(rule: Option<&Value>, names: &Names, t: Locale) -> Self {
        let tree = rule.and_then(Node::from_json);
        tree.map(|tree| Self::new(&tree, &tree.finish(), names, t)).unwrap_or_default()
    }
}

impl PreviewView {
    pub(crate) fn new(preview: &Preview, rule: &RuleLabels, names: &Names, t: Locale) -> Self {
        let expected = &preview.expected_responses;
        let mut excluded: Vec<(&String, &usize)> = preview.excluded.iter().filter(|(_, count)| **count > 0).collect();
        excluded.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
        Self {
            sentence: t.pick(&preview.sentence.zh, &preview.sentence.en).to_owned(),
            selected: grouped(preview.selected as f64, 0),
            held_out: grouped(preview.held_out as f64, 0),
            expected: grouped(expected.value.round(), 0),
            low: grouped(expected.low.floor(), 0),
            high: grouped(expected.high.ceil(), 0),
            rough: !expected.calibrated,
            nobody: preview.selected == 0,
            unavailable: Ineligible::of_item(|code| preview.excluded.contains_key(code))
                .filter(|_| preview.selected == 0)
                .map(|code| audiences_labels::exclusion(code, t)),
            funnel: funnel(preview, rule, t),
            hours: preview.send_hours.as_ref().filter(|hours| hours.members > 0).map(|hours| HoursView::new(hours, t)),
            breakdowns: breakdowns(preview, names, t),
            sample: preview.sample.iter().map(|member| sampled(member, t)).collect(),
            excluded: excluded
                .into_iter()
                .map(|(reason, &count)| (audiences_labels::exclusion(reason, t).to_owned(), grouped(count as f64, 0)))
                .collect(),
        }
    }
}

fn funnel(preview: &Preview, rule: &RuleLabels, t: Locale) -> Vec<Step> {
    let all = preview.funnel.first().map_or(0, |step| step.left).max(1) as f64;
    let mut before = preview.funnel.first().map_or(0, |step| step.left);
    let step = |step: &zhihui_engine::audience::FunnelStep| {
        let own = step.path.as_ref().and_then(|path| rule.0.get(path)).filter(|_| step.step == "rule");
        let lost = before.saturating_sub(step.left);
        before = step.left;
        let label = match step.step.as_str() {
            "quota" => audiences_labels::quota_step(lost, &preview.excluded, t),
            other => audiences_labels::funnel_step(other, t),
        };
        Step {
            label: own.cloned().unwrap_or_else(|| label.to_owned()),
            left: grouped(step.left as f64, 0),
            length: format!("{:.2}", 100.0 * step.left as f64 / all),
            lost: if lost == 0 { String::new() } else { format!("−{}", grouped(lost as f64, 0)) },
        }
    };
    preview.funnel.iter().map(step).collect()
}

fn sampled(member: &SampleMember, t: Locale) -> Sampled {
    let reasons: Vec<&str> = member.reasons.iter().map(|reason| reason.text.as_str()).collect();
    Sampled {
        rank: member.rank,
        member_id: member.member_id.clone(),
        url: format!("/members/{}", percent_encode(&member.member_id)),
        probability: format!("{:.1}%", 100.0 * member.probability),
        reasons: reasons.join(t.common_clause_separator()),
    }
}

fn breakdowns(preview: &Preview, names: &Names, t: Locale) -> Vec<BreakdownView> {
    let wanted = [
        ("age_band", t.audiences_by_age_band()),
        ("union_id", t.audiences_by_union()),
        ("home_district", t.audiences_by_home_district()),
        ("gender", t.audiences_by_sex()),
    ];
    let label = |name: &str, key: &str| match (name, key) {
        ("gender", "male") => labels::gender(1, t).to_owned(),
        ("gender", "female") => labels::gender(2, t).to_owned(),
        ("union_id", id) if id != "unknown" => names.union(id).to_owned(),
        (_, key) => labels::known(key, t).to_owned(),
    };
    let of = |(name, title): (&str, &'static str)| {
        let groups = preview.breakdowns.get(name).filter(|groups| !groups.is_empty())?;
        let most = groups.iter().map(|group| group.members).max().unwrap_or(0).max(1) as f64;
        let selected = preview.selected.max(1) as f64;
        let row = |group: &Breakdown| GroupView {
            label: label(name, &group.key),
            members: grouped(group.members as f64, 0),
            share: format!("{}%", grouped(100.0 * group.members as f64 / selected, 1)),
            length: format!("{:.2}", 100.0 * group.members as f64 / most),
        };
        let rows: Vec<GroupView> = groups.iter().map(row).collect();
        Some(BreakdownView { label: title, bars: rows.iter().take(MAX_BARS).cloned().collect(), rows })
    };
    wanted.into_iter().filter_map(of).collect()
}
