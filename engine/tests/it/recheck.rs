//! Members of a frozen list are checked again before they are pushed to.

use std::sync::Arc;

use zhihui_engine::{
    Engine, Overlay,
    answer::Who,
    audience::{AudienceRequest, Exclusion, ExclusionReason, PushCaps, Recheck, StandingHoldOut, Target, Variant},
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, DAY, engine, engine_with};

fn item(id: &str) -> AudienceRequest {
    AudienceRequest { salt: "salt".into(), ..AudienceRequest::new(Target::Item(id.into()), AS_OF) }
}

/// The ids of the members whom an audience selects.
fn selected(engine: &Engine, request: &AudienceRequest) -> Vec<String> {
    let audience = engine.audience(&Overlay::default(), request, &|_| None).expect("an audience");
    audience.rows.iter().map(|row| engine.snapshot().members.id[row.member].clone()).collect()
}

fn reasons(
    engine: &Engine,
    overlay: &Overlay,
    (request, ids): (&AudienceRequest, &[String]),
    recheck: Recheck,
) -> Vec<Option<&'static str>> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    engine.recheck(overlay, request, &ids, recheck).expect("a known target")
}

#[test]
fn members_stay_until_something_has_changed() {
    let engine = engine(1);
    let (request, mut overlay) = (item("A04"), Overlay::default());
    let mut ids = selected(&engine, &request);
    assert!(ids.len() > 5);
    for recheck in [Recheck::BeforeFirstPush, Recheck::WhileSending] {
        assert!(reasons(&engine, &overlay, (&request, &ids), recheck).iter().all(Option::is_none));
    }
    let events = [
        (&ids[0], None, LiveKind::OptOut),
        (&ids[1], None, LiveKind::Unfollow),
        (&ids[2], Some("A04"), LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false }),
        (&ids[3], Some("N05"), LiveKind::Push),
    ];
    for (id, item_id, what) in events {
        overlay.apply(&engine, &LiveEvent { who: Who::Member(id), item_id, at: AS_OF, what });
    }
    let excluded = engine.member_set([ids[4].as_str()]);
    let caps = PushCaps { own_per_day: Some(1), ..PushCaps::default() };
    let exclusions = vec![Exclusion {
        id: "x".into(),
        reason: ExclusionReason::ExclusionList,
        members: Arc::new(excluded),
        applies: true,
    }];
    let changed = AudienceRequest { caps, exclusions, ..request };
    ids.truncate(6);
    ids.push("nobody".into());
    let expected = ["opted_out", "not_following", "already_signed_up", "own_cap", "exclusion_list"].map(Some);
    let found = reasons(&engine, &overlay, (&changed, &ids), Recheck::BeforeFirstPush);
    assert_eq!(found, [&expected[..], &[None, Some("unknown")]].concat());
    let found = reasons(&engine, &overlay, (&changed, &ids), Recheck::WhileSending);
    assert_eq!(found[2], None, "a response to the first part of a list does not leave the pushed arm alone");
    assert_eq!([found[0], found[3], found[4]], [Some("opted_out"), Some("own_cap"), Some("exclusion_list")]);
    let found = reasons(&engine, &overlay, (&changed, &ids), Recheck::AfterPush);
    assert_eq!(found[2..4], [None, None], "neither a response nor the push itself leaves anybody out of a second file");
    assert_eq!([found[0], found[1], found[4]], [Some("opted_out"), Some("not_following"), Some("exclusion_list")]);
}

#[test]
fn members_of_standing_hold_outs_of_the_item_are_not_pushed() {
    let engine = engine(1);
    let until = chrono::NaiveDate::from_ymd_opt(2099, 1, 1).expect("a day");
    let hold_out = StandingHoldOut { topic: Some("亲子".into()), share: 0.5, until };
    // A04 has the topic.
    let ids = selected(&engine, &item("A04"));
    let since = AudienceRequest { standing_hold_outs: vec![hold_out.clone()], ..item("A04") };
    for recheck in [Recheck::BeforeFirstPush, Recheck::WhileSending, Recheck::AfterPush] {
        let found = reasons(&engine, &Overlay::default(), (&since, &ids), recheck);
        let expected = ids.iter().map(|id| hold_out.contains("salt", id).then_some("topic_hold_out"));
        assert_eq!(found, expected.collect::<Vec<_>>());
        assert!(found.iter().any(Option::is_some));
    }
}

#[test]
fn an_item_that_has_ended_or_is_unknown_is_pushed_to_nobody() {
    let engine = engine(1);
    let request = item("A04");
    let ids = selected(&engine, &request);
    let later = AudienceRequest { now: AS_OF + 400 * DAY, ..request.clone() };
    let found = reasons(&engine, &Overlay::default(), (&later, &ids), Recheck::BeforeFirstPush);
    assert!(found.iter().all(|why| matches!(why, Some("ended" | "closed"))), "{found:?}");
    let unknown = AudienceRequest { target: Target::Item("Z".into()), ..request };
    let error = engine.recheck(&Overlay::default(), &unknown, &[], Recheck::BeforeFirstPush).expect_err("unknown");
    assert_eq!(error.code(), "unknown_item");
}

#[test]
fn a_list_whose_variant_has_ended_is_refused_before_the_first_push_and_finished_later() {
    let engine = engine_with(1, |snapshot| snapshot.items.closes_at[6] = AS_OF - 1);
    let ids = selected(&engine, &item("A04"));
    let variant =
        |name: &str, item: &str| Variant { name: name.into(), item_id: Some(item.into()), title: None, share: 0.5 };
    let request = AudienceRequest { variants: vec![variant("A", "A04"), variant("B", "A06")], ..item("A04") };
    let error = engine.recheck(&Overlay::default(), &request, &[], Recheck::BeforeFirstPush).expect_err("not offered");
    assert_eq!(error.code(), "variant_not_offered");
    let found = reasons(&engine, &Overlay::default(), (&request, &ids), Recheck::WhileSending);
    assert!(found.iter().all(Option::is_none), "{found:?}");
}

#[test]
fn the_limits_of_the_item_chosen_for_a_topic_apply_then() {
    let engine = engine_with(1, |snapshot| snapshot.items.min_age[4] = 200);
    let topic = AudienceRequest { target: Target::Topic("亲子".into()), ..item("") };
    let ids = selected(&engine, &topic);
    assert!(!ids.is_empty());
    let found = reasons(&engine, &Overlay::default(), (&item("A04"), &ids), Recheck::BeforeFirstPush);
    assert!(found.iter().all(Option::is_some), "{found:?}");
}
