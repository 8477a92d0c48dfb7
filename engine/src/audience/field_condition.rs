//! Conditions that compare a field of a member with values.

use serde_json::Value;
use zhihui_data::{
    Gender, district,
    snapshot::{AgeBands, Members, NO_TIME, NONE},
};

use super::{FieldCondition, RuleError, field::Field, intervals::Intervals, member_set::MemberSet, time};
use crate::{Engine, Overlay};

/// Returns the members whose field is known and meets the condition. `is_unknown` is the only operator that selects
/// missing values.
///
/// An unknown name of a union, district or segment matches no member. An unknown value of a closed vocabulary is an
/// error.
pub(super) fn members_with(
    engine: &Engine,
    overlay: &Overlay,
    condition: &FieldCondition,
    at: &str,
) -> Result<MemberSet, RuleError> {
    let Some(field) = Field::named(&condition.field) else {
        let (at, name) = (format!("{at}/field"), condition.field.clone());
        return Err(RuleError::Unknown { at, what: "field", name, known: Field::names() });
    };
    let comparison = Comparison::new(engine, field, condition, at)?;
    let n_members = engine.snapshot().members.id.len();
    if field == Field::UnionSubtree {
        let members = &engine.snapshot().members;
        let is_below = unions_below(engine, &comparison);
        let is_in = |union: &u32| is_below.get(*union as usize).copied().unwrap_or(false);
        return Ok(MemberSet::of(n_members, |member| {
            let (own, further) = (members.union[member], members.memberships.row(member));
            let is_known = own != NONE || !further.is_empty();
            comparison.holds(is_known, |_| is_in(&own) || further.iter().any(is_in))
        }));
    }
    Ok(MemberSet::of(n_members, |member| {
        let value = value_of(engine, overlay, field, member);
        comparison.holds(value.is_some(), |intervals| value.is_some_and(|value| intervals.contains(value)))
    }))
}

/// For each union, whether it is one of the unions of a comparison or below one.
fn unions_below(engine: &Engine, comparison: &Comparison) -> Vec<bool> {
    let n_unions = engine.snapshot().unions.id.len();
    let (Comparison::Within(named) | Comparison::Outside(named)) = comparison else { return vec![false; n_unions] };
    let parents = &engine.snapshot().unions.parent;
    let is_below = |union: usize| {
        let mut at = union as u32;
        // A chain of parents is no longer than the number of unions, because the snapshot contains no cycle.
        for _ in 0..=n_unions {
            if named.contains(i64::from(at)) {
                return true;
            }
            match parents.get(at as usize) {
                Some(&parent) if parent != NONE => at = parent,
                _ => return false,
            }
        }
        false
    };
    (0..n_unions).map(is_below).collect()
}

/// The interval of an operand that matches no value. No value is within it, above it or below it.
const EMPTY: (i64, i64) = (i64::MAX, i64::MIN);

/// The operator applied to a field. Operands are half-open intervals of values.
enum Comparison {
    Within(Intervals),
    Outside(Intervals),
    IsUnknown(bool),
}

impl Comparison {
    fn new(engine: &Engine, field: Field, condition: &FieldCondition, at: &str) -> Result<Self, RuleError> {
        let one = |operator: &str, value: &Value| operand(engine, field, value, &format!("{at}/{operator}"));
        let many = |operator: &str, values: &[Value]| {
            let intervals = values.iter().enumerate();
            intervals
                .map(|(place, value)| operand(engine, field, value, &format!("{at}/{operator}/{place}")))
                .collect::<Result<Vec<_>, _>>()
                .map(Intervals::new)
        };
        let within = |from: i64, to: i64| Self::Within(Intervals::new(vec![(from, to)]));
        if let Some(value) = &condition.eq {
            one("eq", value).map(|(from, to)| within(from, to))
        } else if let Some(value) = &condition.ne {
            Ok(Self::Outside(Intervals::new(vec![one("ne", value)?])))
        } else if let Some(values) = &condition.any_of {
            many("in", values).map(Self::Within)
        } else if let Some(values) = &condition.not_in {
            many("not_in", values).map(Self::Outside)
        } else if let Some(value) = &condition.at_least {
            Ok(within(one("at_least", value)?.0, i64::MAX))
        } else if let Some(value) = &condition.at_most {
            Ok(within(i64::MIN, one("at_most", value)?.1))
        } else {
            Ok(Self::IsUnknown(condition.is_unknown.unwrap_or(true)))
        }
    }

    fn holds(&self, is_known: bool, is_in: impl Fn(&Intervals) -> bool) -> bool {
        match self {
            Self::Within(intervals) => is_known && is_in(intervals),
            Self::Outside(intervals) => is_known && !is_in(intervals),
            Self::IsUnknown(wanted) => is_known != *wanted,
        }
    }
}

/// A member's value as a number: an index, an age, a time or a flag.
fn value_of(engine: &Engine, overlay: &Overlay, field: Field, member: usize) -> Option<i64> {
    let members = &engine.snapshot().members;
    let index = |column: &[u32]| (column[member] != NONE).then(|| i64::from(column[member]));
    match field {
        Field::AgeBand => {
            let band = members.age_band[member];
            (usize::from(band) + 1 < engine.snapshot().age_bands.count()).then(|| i64::from(band))
        }
        Field::Age => index(&members.age),
        Field::Gender => (members.gender[member] != 0).then(|| i64::from(members.gender[member])),
        Field::UnionId | Field::UnionSubtree => index(&members.union),
        Field::HomeDistrict => index(&members.home_district),
        Field::WorkDistrict => index(&members.work_district),
        Field::JoinedAt => (members.joined_at[member] != NO_TIME).then(|| members.joined_at[member]),
        Field::Lifecycle => Some(i64::from(members.lifecycle[member])),
        Field::Segment => {
            index(&members.segment).filter(|_| overlay.allows_personalised(engine, overlay.member(member)))
        }
        Field::Follows => Some(i64::from(overlay.follows(engine, member))),
        Field::OpenidKnown => Some(i64::from(overlay.openid(engine, member).is_some())),
    }
}

/// Rejects a segment that a sensitive topic describes.
///
/// # Errors
/// [`RuleError::Sensitive`] at `at`.
pub(super) fn check_segment(engine: &Engine, segment: Option<usize>, at: &str) -> Result<(), RuleError> {
    let snapshot = engine.snapshot();
    let topics =
        segment.and_then(|segment| snapshot.model.segments.get(segment)).map_or(&[][..], |known| &known.topics);
    match topics.iter().find(|&&topic| engine.is_sensitive(topic)) {
        Some(&topic) => {
            let topic = snapshot.topics[topic as usize].clone();
            Err(RuleError::Sensitive { at: at.to_owned(), topic })
        }
        None => Ok(()),
    }
}

/// The interval of values that an operand stands for, or [`EMPTY`].
fn operand(engine: &Engine, field: Field, value: &Value, at: &str) -> Result<(i64, i64), RuleError> {
    let snapshot = engine.snapshot();
    let text = value.as_str().unwrap_or_default();
    let bad = |expected: &str| RuleError::Shape { at: at.to_owned(), expected: format!("expected {expected}") };
    let one = |index: Option<usize>| index.map_or(EMPTY, |index| (index as i64, index as i64 + 1));
    let unknown = |what: &'static str, known: String| RuleError::Unknown {
        at: at.to_owned(),
        what,
        name: text.to_owned(),
        known,
    };
    Ok(match field {
        Field::Age => {
            let years = value.as_f64().ok_or_else(|| bad("a number"))?;
            (years.ceil() as i64, (years.floor() as i64).saturating_add(1))
        }
        Field::JoinedAt => {
            time::interval(text, snapshot.zone).ok_or_else(|| bad("a day like 2026-11-21 or an RFC 3339 instant"))?
        }
        Field::Follows | Field::OpenidKnown => {
            one(Some(usize::from(value.as_bool().ok_or_else(|| bad("true or false"))?)))
        }
        Field::AgeBand if text == AgeBands::UNKNOWN => EMPTY,
        Field::AgeBand => {
            let labels = (0..snapshot.age_bands.count() - 1).map(|band| snapshot.age_bands.label(band));
            let known = || labels.collect::<Vec<_>>().join(", ");
            let band = snapshot.age_bands.named(text).ok_or_else(|| unknown("age band", known()))?;
            one(Some(usize::from(band)))
        }
        Field::Gender => match Gender::parse(text) {
            Some(Gender::Male) => (1, 2),
            Some(Gender::Female) => (2, 3),
            None => return Err(unknown("gender", "male, female".to_owned())),
        },
        Field::Lifecycle => {
            let stage = Members::LIFECYCLE.iter().position(|known| *known == text);
            one(Some(stage.ok_or_else(|| unknown("lifecycle stage", Members::LIFECYCLE.join(", ")))?))
        }
        Field::UnionId | Field::UnionSubtree => one(engine.union_row(text)),
        Field::HomeDistrict | Field::WorkDistrict => {
            let row = |name: &str| snapshot.districts.binary_search_by(|known| known.as_str().cmp(name)).ok();
            // A snapshot of an earlier version may contain other forms of the name.
            one(row(&district::normalised(text)).or_else(|| row(text)))
        }
        Field::Segment => {
            let wanted = snapshot.model.segments.iter().position(|known| known.name == text);
            check_segment(engine, wanted, at)?;
            one(wanted)
        }
    })
}
