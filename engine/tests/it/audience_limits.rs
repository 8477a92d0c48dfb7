//! Who is never pushed to: standing hold-outs, exclusion lists, and members of other lists.

use std::sync::Arc;

use chrono::NaiveDate;
use proptest::prelude::*;
use zhihui_engine::{
    Engine, Overlay,
    audience::{
        AudienceRequest, AudienceResult, Exclusion, ExclusionReason, ExperimentArm, HoldOutKind, StandingHoldOut,
        Target,
    },
};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine, engine_with};

/// `AS_OF` is 12:00 on this day in Shanghai.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day")
}

fn standing(topic: Option<&str>, share: f64) -> StandingHoldOut {
    StandingHoldOut { topic: topic.map(str::to_owned), share, until: today() }
}

fn item(id: &str, hold_outs: Vec<StandingHoldOut>) -> AudienceRequest {
    AudienceRequest {
        salt: "salt".into(),
        standing_hold_outs: hold_outs,
        ..AudienceRequest::new(Target::Item(id.into()), AS_OF)
    }
}

fn made(engine: &Engine, request: &AudienceRequest) -> AudienceResult {
    engine.audience(&Overlay::default(), request, &|_| None).expect("an audience")
}

fn members(engine: &Engine, result: &AudienceResult, kind: Option<HoldOutKind>) -> Vec<String> {
    let rows = result.rows.iter().filter(|row| row.hold_out == kind);
    let mut ids: Vec<String> = rows.map(|row| engine.snapshot().members.id[row.member].clone()).collect();
    ids.sort_unstable();
    ids
}

/// The ids of an audience that the hold-out contains.
fn contained(engine: &Engine, result: &AudienceResult, hold_out: &StandingHoldOut) -> Vec<String> {
    let ids = result.rows.iter().map(|row| engine.snapshot().members.id[row.member].clone());
    let mut ids: Vec<String> = ids.filter(|id| hold_out.contains("salt", id)).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn members_of_the_global_hold_out_are_held_out_of_every_list() {
    let engine = engine(1);
    let hold_out = standing(None, 0.3);
    for (target, list_share) in [("A04", 0.0), ("A04", 0.4), ("A00", 0.2), ("N01", 0.2)] {
        let request = AudienceRequest { hold_out: list_share, ..item(target, vec![hold_out.clone()]) };
        let result = made(&engine, &request);
        let expected = contained(&engine, &result, &hold_out);
        assert!(!expected.is_empty());
        assert_eq!(members(&engine, &result, Some(HoldOutKind::Global)), expected, "{target}");
        assert_eq!(result.preview.excluded["global_hold_out"], expected.len());
        assert_eq!(result.preview.excluded.values().sum::<usize>() + result.preview.selected, MEMBERS);
        let held_out = result.rows.iter().filter(|row| row.arm == ExperimentArm::HoldOut);
        assert_eq!(result.preview.held_out, held_out.clone().count());
        assert!(held_out.clone().all(|row| row.hold_out.is_some()));
        assert!(result.rows.iter().all(|row| (row.arm == ExperimentArm::Push) == row.hold_out.is_none()));
    }
}

#[test]
fn the_hold_out_of_a_list_stays_the_same_among_the_others() {
    let engine = engine(1);
    let plain = made(&engine, &AudienceRequest { hold_out: 0.3, ..item("A04", vec![]) });
    let hold_out = standing(None, 0.2);
    let both = made(&engine, &AudienceRequest { hold_out: 0.3, ..item("A04", vec![hold_out.clone()]) });
    let mut expected = members(&engine, &plain, Some(HoldOutKind::List));
    expected.retain(|id| !hold_out.contains("salt", id));
    assert_eq!(members(&engine, &both, Some(HoldOutKind::List)), expected);
    assert_eq!(both.rows.len(), plain.rows.len(), "nobody leaves the list");
}

#[test]
fn the_hold_out_of_a_topic_concerns_items_of_the_topic_only() {
    let engine = engine(1);
    // A04 has the topic 亲子; A01 has 体育.
    let request = |target| item(target, vec![standing(Some("亲子"), 0.3)]);
    assert!(made(&engine, &request("A04")).preview.excluded["topic_hold_out"] > 0);
    assert!(!made(&engine, &request("A01")).preview.excluded.contains_key("topic_hold_out"));
    let topic = AudienceRequest { target: Target::Topic("亲子".into()), ..request("") };
    assert!(made(&engine, &topic).preview.excluded["topic_hold_out"] > 0);
    let other = AudienceRequest { target: Target::Topic("体育".into()), ..request("") };
    assert!(!made(&engine, &other).preview.excluded.contains_key("topic_hold_out"));
    let unknown = item("A04", vec![standing(Some("没有这个主题"), 0.3)]);
    assert_eq!(made(&engine, &unknown).preview.held_out, 0);
    let both = item("A04", vec![standing(Some("亲子"), 0.3), standing(None, 0.3)]);
    let result = made(&engine, &both);
    let global = contained(&engine, &result, &standing(None, 0.3));
    assert_eq!(members(&engine, &result, Some(HoldOutKind::Global)), global, "the wider one counts first");
}

#[test]
fn a_standing_hold_out_dissolves_at_midnight_of_the_zone_and_exempts_urgent_items() {
    let engine = engine(1);
    let held_out =
        |now| made(&engine, &AudienceRequest { now, ..item("N01", vec![standing(None, 0.5)]) }).preview.held_out;
    // 23:59:59 and 24:00 in Shanghai.
    let midnight = AS_OF + 12 * 3_600;
    assert!(held_out(midnight - 1) > 0);
    assert_eq!(held_out(midnight), 0);
    assert!(held_out(AS_OF - DAY) > 0);
    let urgent = engine_with(1, |snapshot| snapshot.items.urgent[4] = true);
    assert_eq!(made(&urgent, &item("A04", vec![standing(None, 0.5)])).preview.held_out, 0);
}

proptest! {
    #[test]
    fn the_limit_bounds_pushed_members_and_the_cut_makes_room_for_all_hold_outs(
        limit in 1_usize..40,
        list_tenths in 0_u32..5,
        standing_tenths in 1_u32..6,
    ) {
        let engine = engine(1);
        let (list, global) = (f64::from(list_tenths) / 10.0, f64::from(standing_tenths) / 10.0);
        let hold_outs = vec![standing(None, global), standing(Some("亲子"), 0.1)];
        let request = AudienceRequest { hold_out: list, limit: Some(limit), ..item("A04", hold_outs) };
        let result = made(&engine, &request);
        prop_assert!(result.preview.selected <= limit);
        let cut = (limit as f64 / ((1.0 - list) * (1.0 - global) * 0.9)).ceil() as usize;
        prop_assert!(result.rows.len() <= cut);
        let whole = made(&engine, &AudienceRequest { limit: None, ..request });
        let is_whole = result.rows.len() == whole.rows.len();
        prop_assert!(is_whole || result.rows.len() == cut || result.preview.selected == limit);
        prop_assert!(result.rows.iter().zip(&whole.rows).all(|(cut, whole)| cut == whole), "arms do not depend on the limit");
    }
}

fn exclusion(engine: &Engine, reason: ExclusionReason, ids: &[&str], applies: bool) -> Exclusion {
    let members = Arc::new(engine.member_set(ids.iter().copied()));
    Exclusion { id: format!("{reason:?}"), reason, members, applies }
}

#[test]
fn exclusions_are_counted_in_the_step_caps() {
    let engine = engine(1);
    let whole = made(&engine, &item("A04", vec![]));
    let ids: Vec<String> = whole.rows.iter().map(|row| engine.snapshot().members.id[row.member].clone()).collect();
    let [one, two, three] = [0, 1, 2].map(|at| ids[at].as_str());
    let exclusions = vec![
        exclusion(&engine, ExclusionReason::ExclusionList, &[one, two, "nobody"], true),
        exclusion(&engine, ExclusionReason::OtherList, &[two, three], true),
        exclusion(&engine, ExclusionReason::ExclusionList, &[three, &ids[3]], false),
    ];
    let request = AudienceRequest { exclusions, ..item("A04", vec![]) };
    let result = made(&engine, &request);
    assert_eq!((result.preview.excluded["exclusion_list"], result.preview.excluded["other_list"]), (2, 1));
    let counts: Vec<(usize, bool)> =
        result.preview.exclusions.iter().map(|count| (count.members, count.applied)).collect();
    assert_eq!(counts, [(2, true), (2, true), (2, false)]);
    assert_eq!(members(&engine, &result, None).len(), ids.len() - 3);
    let urgent = engine_with(1, |snapshot| snapshot.items.urgent[4] = true);
    let result = made(&urgent, &request);
    assert_eq!(result.preview.excluded["exclusion_list"], 2, "an exclusion list applies to urgent items, too");
    assert!(!result.preview.excluded.contains_key("other_list"));
    assert!(!result.preview.exclusions[1].applied);
}

#[test]
fn ids_and_openids_name_visible_members() {
    let engine = engine(1);
    let overlay = Overlay::default();
    let of = |id: &str, within: Option<&str>| engine.visible_member(&overlay, id, within);
    assert_eq!((of("M003", None), of("o003", None), of("nobody", None), of("", None)), (Some(3), Some(3), None, None));
    let union = engine.snapshot().unions.id[engine.snapshot().members.union[3] as usize].clone();
    assert_eq!(of("M003", Some(&union)), Some(3));
    assert_eq!(of("M003", Some("U9")), None);
    assert_eq!(of("M003", Some("no union")), None);
}
