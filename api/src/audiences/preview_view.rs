//! Formats a preview for the page.

use zhihui_engine::audience::Preview;

use super::labels as audiences_labels;
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;
use crate::web::url::percent_encode;

/// Maximum number of groups of a breakdown.
const MAX_GROUPS: usize = 8;

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
    pub(crate) funnel: Vec<Step>,
    pub(crate) breakdowns: Vec<Groups>,
    pub(crate) sample: Vec<Sampled>,
    pub(crate) excluded: Vec<(String, String)>,
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

/// Selected members by an attribute.
pub(crate) struct Groups {
    pub(crate) label: &'static str,
    pub(crate) groups: Vec<(String, String, String)>,
}

/// One of the first selected members.
pub(crate) struct Sampled {
    pub(crate) rank: usize,
    pub(crate) member_id: String,
    pub(crate) url: String,
    pub(crate) probability: String,
    pub(crate) reasons: String,
}

impl PreviewView {
    pub(crate) fn new(preview: &Preview, labels: &[String], t: Locale) -> Self {
        let all = preview.funnel.first().map_or(0, |step| step.left).max(1) as f64;
        let mut before = preview.funnel.first().map_or(0, |step| step.left);
        let funnel = preview.funnel.iter().map(|step| {
            let place = step.path.as_deref().and_then(|path| path.rsplit('/').next()?.parse::<usize>().ok());
            let own = place.and_then(|place| labels.get(place)).filter(|_| step.step == "rule");
            let lost = before.saturating_sub(step.left);
            before = step.left;
            Step {
                label: own.cloned().unwrap_or_else(|| audiences_labels::funnel_step(&step.step, t).to_owned()),
                left: grouped(step.left as f64, 0),
                length: format!("{:.2}", 100.0 * step.left as f64 / all),
                lost: if lost == 0 { String::new() } else { format!("−{}", grouped(lost as f64, 0)) },
            }
        });
        let expected = &preview.expected_responses;
        let mut excluded: Vec<(&String, &usize)> = preview.excluded.iter().filter(|(_, count)| **count > 0).collect();
        excluded.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
        let sampled = |member: &zhihui_engine::audience::SampleMember| Sampled {
            rank: member.rank,
            member_id: member.member_id.clone(),
            url: format!("/members/{}", percent_encode(&member.member_id)),
            probability: format!("{:.1}%", 100.0 * member.probability),
            reasons: member
                .reasons
                .iter()
                .map(|reason| reason.text.as_str())
                .collect::<Vec<_>>()
                .join(t.common_clause_separator()),
        };
        Self {
            sentence: t.pick(&preview.sentence.zh, &preview.sentence.en).to_owned(),
            selected: grouped(preview.selected as f64, 0),
            held_out: grouped(preview.held_out as f64, 0),
            expected: grouped(expected.value.round(), 0),
            low: grouped(expected.low.floor(), 0),
            high: grouped(expected.high.ceil(), 0),
            rough: !expected.calibrated,
            nobody: preview.selected == 0,
            funnel: funnel.collect(),
            breakdowns: breakdowns(preview, t),
            sample: preview.sample.iter().map(sampled).collect(),
            excluded: excluded
                .into_iter()
                .map(|(reason, &count)| (audiences_labels::exclusion(reason, t).to_owned(), grouped(count as f64, 0)))
                .collect(),
        }
    }
}

fn breakdowns(preview: &Preview, t: Locale) -> Vec<Groups> {
    let wanted = [
        ("age_band", t.audiences_by_age_band()),
        ("home_district", t.audiences_by_home_district()),
        ("gender", t.audiences_by_sex()),
    ];
    let of = |(name, label): (&str, &'static str)| {
        let groups = preview.breakdowns.get(name)?;
        let most = groups.iter().map(|group| group.members).max().unwrap_or(0).max(1) as f64;
        let text = |key: &str| match (name, key) {
            ("gender", "male") => labels::gender(1, t).to_owned(),
            ("gender", "female") => labels::gender(2, t).to_owned(),
            (_, key) => labels::known(key, t).to_owned(),
        };
        let group = |group: &zhihui_engine::audience::Breakdown| {
            let length = format!("{:.2}", 100.0 * group.members as f64 / most);
            (text(&group.key), grouped(group.members as f64, 0), length)
        };
        Some(Groups { label, groups: groups.iter().take(MAX_GROUPS).map(group).collect() })
    };
    wanted.into_iter().filter_map(of).filter(|groups| !groups.groups.is_empty()).collect()
}
