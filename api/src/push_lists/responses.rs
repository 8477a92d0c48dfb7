//! Who responded to a push list after it was sent, by arm and age band.

use std::collections::BTreeMap;

use serde::Serialize;
use zhihui_engine::audience::{ExperimentArm, HoldOutKind, Undeliverable};
use zhihui_engine::report::{Uplift, uplift};

use super::calibration::{CalibrationGroup, calibration};
use super::members::ListMember;
use super::variant_responses::{VariantResponses, compare_variants};
use super::variants::{ListVariant, item_of};
use crate::clock::rfc3339;
use crate::live::push_queries::{MemberResponse, PushQueries, Responses, Seats};

/// Members and responders of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ArmResponses {
    /// Members of the arm, without those who were left out.
    pub members: usize,
    /// Those who responded.
    pub responded: usize,
    /// Those who followed the account when the list was sent and do not follow it now.
    pub unfollowed: usize,
}

/// The difference between the arms in percentage points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UpliftInterval {
    /// Response rate of the pushed members minus that of the held-out ones.
    pub points: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Whether the interval excludes zero.
    pub clear: bool,
}

impl From<Uplift> for UpliftInterval {
    fn from(found: Uplift) -> Self {
        Self { points: found.points, low: found.low, high: found.high, clear: found.is_clear() }
    }
}

/// Responses by age band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BandResponses {
    /// Label of the age band.
    pub age_band: String,
    /// The pushed members.
    pub push: ArmResponses,
    /// The held-out members.
    pub hold_out: ArmResponses,
}

/// The responses to a list that was sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActualResponses {
    /// Pushed members who responded.
    pub value: usize,
    /// Responses count before this time; null if the snapshot does not know the item any more.
    pub until: Option<String>,
    /// Whether that time has passed.
    pub complete: bool,
    /// The pushed members.
    pub push: ArmResponses,
    /// The members of the hold-out of the list. Members of standing hold-outs are not among them: nobody pushed to them for
    /// a while, so they differ from the pushed members.
    pub hold_out: ArmResponses,
    /// The members of standing hold-outs.
    pub standing_hold_out: ArmResponses,
    /// The effect of the push; null if an arm has too few members to judge.
    pub uplift: Option<UpliftInterval>,
    /// By age band, in order.
    pub by_age_band: Vec<BandResponses>,
    /// Expected and actual responses of the pushed members, the likeliest first.
    pub calibration: Vec<CalibrationGroup>,
    /// Seats of the item, taken by whomever; null without a limit.
    pub seats: Option<Seats>,
    /// By variant, the first one as the standard; empty without variants.
    pub variants: Vec<VariantResponses>,
}

/// Counts the responses of members to what they got: the item of their variant, or that of the list. It was sent at
/// `sent_at`. `expected` responses were expected of the arm `push` when the list was frozen.
pub(crate) fn count_responses(
    engine: &dyn PushQueries,
    (item_id, variants): (&str, &[ListVariant]),
    (sent_at, expected): (i64, Option<f64>),
    members: &[ListMember],
    now: i64,
) -> ActualResponses {
    let sent: Vec<&ListMember> = members.iter().filter(|member| member.left_out.is_none()).collect();
    let ids: Vec<&str> = sent.iter().map(|member| member.member_id.as_str()).collect();
    let found = responses_to(engine, (item_id, variants), sent_at, &sent);
    // Who was sent to was following, because everybody else was left out.
    let now_undeliverable = engine.undeliverable(&ids);
    let (mut push, mut hold_out, mut standing) = Default::default();
    let mut bands: BTreeMap<usize, [ArmResponses; 2]> = BTreeMap::new();
    let mut by_variant: BTreeMap<&str, [ArmResponses; 2]> = BTreeMap::new();
    for ((member, response), undeliverable) in sent.iter().zip(&found.members).zip(now_undeliverable) {
        let count = |counts: &mut ArmResponses| {
            counts.members += 1;
            counts.responded += usize::from(response.responded);
            counts.unfollowed += usize::from(undeliverable == Some(Undeliverable::NotFollowing));
        };
        if matches!(member.hold_out, Some(HoldOutKind::Topic | HoldOutKind::Global)) {
            count(&mut standing);
            continue;
        }
        let arm = usize::from(member.arm == ExperimentArm::HoldOut);
        count(&mut bands.entry(response.age_band).or_default()[arm]);
        count(&mut by_variant.entry(member.variant.as_deref().unwrap_or_default()).or_default()[arm]);
        count(if arm == 0 { &mut push } else { &mut hold_out });
    }
    let pair = |arm: ArmResponses| (arm.responded as u64, arm.members as u64);
    let pushed = sent.iter().zip(&found.members).filter(|(member, _)| member.arm == ExperimentArm::Push);
    // The stored probabilities do not contain the level of pushes, and the expected sum does.
    let of_pairs = members.iter().filter(|member| member.arm == ExperimentArm::Push).map(|member| member.probability);
    let of_pairs: f64 = of_pairs.sum();
    let level = expected.filter(|_| of_pairs > 0.0).map_or(1.0, |expected| expected / of_pairs);
    let mut outcomes: Vec<(f64, bool)> =
        pushed.map(|(member, response)| (level * member.probability, response.responded)).collect();
    // The order of rank, unless variants have different items.
    outcomes.sort_by(|left, right| right.0.total_cmp(&left.0));
    let label = |band: usize| found.age_bands.get(band).cloned().unwrap_or_default();
    let arms = |variant: &ListVariant| {
        let [push, hold_out] = by_variant.get(variant.name.as_str()).copied().unwrap_or_default();
        (variant.name.clone(), push, hold_out)
    };
    ActualResponses {
        value: push.responded,
        until: found.until.map(rfc3339),
        complete: found.until.is_some_and(|until| until <= now),
        uplift: uplift(pair(push), pair(hold_out)).map(UpliftInterval::from),
        by_age_band: bands
            .into_iter()
            .map(|(band, [push, hold_out])| BandResponses { age_band: label(band), push, hold_out })
            .collect(),
        calibration: calibration(&outcomes),
        seats: found.seats,
        push,
        hold_out,
        standing_hold_out: standing,
        variants: compare_variants(&variants.iter().map(arms).collect::<Vec<_>>()),
    }
}

/// The responses of members to the item that each got. They count until those to every item do; the seats are those of the
/// item of the list.
fn responses_to(
    engine: &dyn PushQueries,
    (item_id, variants): (&str, &[ListVariant]),
    sent_at: i64,
    members: &[&ListMember],
) -> Responses {
    let mut by_item: BTreeMap<&str, Vec<usize>> = BTreeMap::from([(item_id, Vec::new())]);
    for (place, member) in members.iter().enumerate() {
        by_item.entry(item_of(member, item_id, variants)).or_default().push(place);
    }
    let mut found = Responses::default();
    let mut responses = vec![MemberResponse { age_band: 0, responded: false }; members.len()];
    let mut until = Some(i64::MIN);
    for (item, places) in by_item {
        let ids: Vec<&str> = places.iter().map(|&place| members[place].member_id.as_str()).collect();
        let of_item = engine.responses(item, sent_at, &ids);
        for (place, &response) in places.into_iter().zip(&of_item.members) {
            responses[place] = response;
        }
        until = until.zip(of_item.until).map(|(until, of_item)| until.max(of_item));
        if item == item_id {
            found = of_item;
        }
    }
    Responses { until, members: responses, ..found }
}
