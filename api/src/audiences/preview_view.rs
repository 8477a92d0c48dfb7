//! A preview as text for the page.

use zhihui_engine::audience::Preview;

use crate::pages::html::path_segment;
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;
use crate::pages::words;

/// Groups of a breakdown shown at most.
const MOST_GROUPS: usize = 8;

/// A preview, everything in it as text.
pub(super) struct PreviewView {
    pub(super) sentence: String,
    pub(super) selected: String,
    pub(super) held_out: String,
    pub(super) expected: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) rough: bool,
    pub(super) nobody: bool,
    pub(super) funnel: Vec<Step>,
    pub(super) breakdowns: Vec<Groups>,
    pub(super) sample: Vec<Sampled>,
    pub(super) excluded: Vec<(String, String)>,
}

/// One step of the funnel.
pub(super) struct Step {
    pub(super) label: String,
    pub(super) left: String,
    /// Percent of all members.
    pub(super) length: String,
    /// How many fewer than after the step before.
    pub(super) lost: String,
}

/// Selected members by one attribute.
pub(super) struct Groups {
    pub(super) label: &'static str,
    pub(super) groups: Vec<(String, String, String)>,
}

/// One of the first selected members.
pub(super) struct Sampled {
    pub(super) rank: usize,
    pub(super) member_id: String,
    pub(super) address: String,
    pub(super) probability: String,
    pub(super) reasons: String,
}

impl PreviewView {
    pub(super) fn new(preview: &Preview, labels: &[String], l: Tongue) -> Self {
        let all = preview.funnel.first().map_or(0, |step| step.left).max(1) as f64;
        let mut before = preview.funnel.first().map_or(0, |step| step.left);
        let funnel = preview.funnel.iter().map(|step| {
            let place = step.path.as_deref().and_then(|path| path.rsplit('/').next()?.parse::<usize>().ok());
            let own = place.and_then(|place| labels.get(place)).filter(|_| step.step == "rule");
            let lost = before.saturating_sub(step.left);
            before = step.left;
            Step {
                label: own.cloned().unwrap_or_else(|| words::funnel_step(&step.step, l).to_owned()),
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
            address: format!("/members/{}", path_segment(&member.member_id)),
            probability: format!("{:.1}%", 100.0 * member.probability),
            reasons: member
                .reasons
                .iter()
                .map(|reason| reason.text.as_str())
                .collect::<Vec<_>>()
                .join(l.say(";", "; ")),
        };
        Self {
            sentence: l.say(&preview.sentence.zh, &preview.sentence.en).to_owned(),
            selected: grouped(preview.selected as f64, 0),
            held_out: grouped(preview.held_out as f64, 0),
            expected: grouped(expected.value.round(), 0),
            low: grouped(expected.low.floor(), 0),
            high: grouped(expected.high.ceil(), 0),
            rough: !expected.calibrated,
            nobody: preview.selected == 0,
            funnel: funnel.collect(),
            breakdowns: breakdowns(preview, l),
            sample: preview.sample.iter().map(sampled).collect(),
            excluded: excluded
                .into_iter()
                .map(|(reason, &count)| (words::exclusion(reason, l).to_owned(), grouped(count as f64, 0)))
                .collect(),
        }
    }
}

fn breakdowns(preview: &Preview, l: Tongue) -> Vec<Groups> {
    let wanted = [
        ("age_band", l.say("年龄段", "Age band")),
        ("home_district", l.say("居住地区", "Home district")),
        ("gender", l.say("性别", "Sex")),
    ];
    let of = |(name, label): (&str, &'static str)| {
        let groups = preview.breakdowns.get(name)?;
        let most = groups.iter().map(|group| group.members).max().unwrap_or(0).max(1) as f64;
        let text = |key: &str| match (name, key) {
            ("gender", "male") => words::gender(1, l).to_owned(),
            ("gender", "female") => words::gender(2, l).to_owned(),
            (_, key) => words::known(key, l).to_owned(),
        };
        let group = |group: &zhihui_engine::audience::Breakdown| {
            let length = format!("{:.2}", 100.0 * group.members as f64 / most);
            (text(&group.key), grouped(group.members as f64, 0), length)
        };
        Some(Groups { label, groups: groups.iter().take(MOST_GROUPS).map(group).collect() })
    };
    wanted.into_iter().filter_map(of).filter(|groups| !groups.groups.is_empty()).collect()
}
