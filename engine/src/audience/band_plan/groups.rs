//! The groups of a plan, and the rule of each.

use serde_json::json;
use zhihui_data::snapshot::{AgeBands, Segment};

use super::{BandPlanRequest, GroupBy, candidates::ItemCandidates};
use crate::{
    Engine, Overlay,
    audience::{FieldCondition, Rule},
};

/// A group of members.
#[derive(Debug)]
pub(super) struct Group {
    /// Label of the band, name of the segment, or `others`.
    pub(super) key: String,
    /// Labels or names of the small groups in it.
    pub(super) merged: Vec<String>,
    /// The condition that selects the group.
    pub(super) condition: Rule,
    /// Members who meet the request's rule.
    pub(super) members: usize,
}

/// The groups, and the group of each member by row.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// Index in `groups`, or [`usize::MAX`] for members who do not meet the rule.
    pub(super) of_member: Vec<usize>,
}

/// A band or segment before small ones are merged.
#[derive(Debug)]
struct RawGroup {
    name: String,
    condition: Rule,
    /// Whether a rule may select it. False for segments with a sensitive topic.
    is_open: bool,
}

impl Groups {
    /// Groups the members of `in_rule`, by row. A band or segment with fewer than `min_candidates` candidates for every
    /// item becomes part of `others`, together with members without a segment.
    pub(super) fn of(
        engine: &Engine,
        overlay: &Overlay,
        request: &BandPlanRequest,
        (in_rule, items): (&[bool], &[ItemCandidates]),
    ) -> Self {
        let raw = raw_groups(engine, request.by);
        let nowhere = raw.len();
        let members = &engine.snapshot().members;
        let raw_of = |row: usize| match request.by {
            GroupBy::AgeBand => usize::from(members.age_band[row]).min(nowhere),
            GroupBy::Segment if overlay.allows_personalised(engine, overlay.member(row)) => {
                (members.segment[row] as usize).min(nowhere)
            }
            GroupBy::Segment => nowhere,
        };
        let mut most = vec![0; nowhere + 1];
        for item in items {
            let mut counts = vec![0; nowhere + 1];
            item.ranked.iter().for_each(|member| counts[raw_of(member.row as usize)] += 1);
            most.iter_mut().zip(counts).for_each(|(most, count)| *most = count.max(*most));
        }
        let is_named = |at: usize| at < nowhere && raw[at].is_open && most[at] >= request.min_candidates;
        let named: Vec<usize> = (0..nowhere).filter(|&at| is_named(at)).collect();
        let place: Vec<usize> =
            (0..=nowhere).map(|at| named.iter().position(|&known| known == at).unwrap_or(named.len())).collect();
        let mut of_member = vec![usize::MAX; in_rule.len()];
        let (mut counts, mut raw_counts) = (vec![0; named.len() + 1], vec![0; nowhere + 1]);
        for row in (0..in_rule.len()).filter(|&row| in_rule[row]) {
            let at = raw_of(row);
            of_member[row] = place[at];
            counts[place[at]] += 1;
            raw_counts[at] += 1;
        }
        let others = Group {
            key: "others".to_owned(),
            merged: (0..nowhere)
                .filter(|&at| raw[at].is_open && !is_named(at) && raw_counts[at] > 0)
                .map(|at| raw[at].name.clone())
                .collect(),
            condition: none_of(named.iter().map(|&at| raw[at].condition.clone()).collect()),
            members: counts[named.len()],
        };
        let named = named.iter().zip(&counts).map(|(&at, &members)| Group {
            key: raw[at].name.clone(),
            merged: Vec::new(),
            condition: raw[at].condition.clone(),
            members,
        });
        let groups = named.chain((others.members > 0).then_some(others)).collect();
        Self { groups, of_member }
    }
}

fn none_of(mut conditions: Vec<Rule>) -> Rule {
    match conditions.len() {
        0 => Rule::All { all: Vec::new() },
        1 => Rule::Not { not: Box::new(conditions.remove(0)) },
        _ => Rule::Not { not: Box::new(Rule::Any { any: conditions }) },
    }
}

/// All bands in order, or all segments in the order of the snapshot.
fn raw_groups(engine: &Engine, by: GroupBy) -> Vec<RawGroup> {
    let snapshot = engine.snapshot();
    match by {
        GroupBy::AgeBand => (0..snapshot.age_bands.count())
            .map(|band| {
                let name = snapshot.age_bands.label(band);
                // Unknown ages are matched by `is_unknown` only.
                let condition = FieldCondition { field: "age_band".to_owned(), ..FieldCondition::default() };
                let condition = if name == AgeBands::UNKNOWN {
                    FieldCondition { is_unknown: Some(true), ..condition }
                } else {
                    FieldCondition { eq: Some(json!(name)), ..condition }
                };
                RawGroup { name, condition: Rule::Field(condition), is_open: true }
            })
            .collect(),
        GroupBy::Segment => {
            let raw = |segment: &Segment| RawGroup {
                name: segment.name.clone(),
                condition: Rule::Segment { segment: segment.name.clone() },
                is_open: !segment.topics.iter().any(|&topic| engine.is_sensitive(topic)),
            };
            snapshot.model.segments.iter().map(raw).collect()
        }
    }
}
