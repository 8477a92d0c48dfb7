//! Live events after the snapshot.

use zhihui_engine::{
    Engine, Ineligible, Overlay,
    answer::Who,
    audience::{AudienceRequest, Target},
    overlay::{Applied, LiveEvent, LiveKind},
};

use crate::{
    fixture::{AS_OF, engine, engine_with},
    recommend::request,
};

fn apply(engine: &Engine, overlay: &mut Overlay, who: Who<'_>, item_id: Option<&str>, what: LiveKind<'_>) -> Applied {
    overlay.apply(engine, &LiveEvent { who, item_id, at: AS_OF + 1, what })
}

#[test]
fn events_of_unknown_members_are_stored_without_effect_on_others() {
    let engine = engine(1);
    let mut overlay = Overlay::default();
    let list = engine.recommend(&overlay, &request(Who::Member("M001")));
    let sign_up = LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false };
    let applied = apply(&engine, &mut overlay, Who::Member("new"), Some("A04"), sign_up);
    assert_eq!(applied, Applied { member_known: false, item_known: true });
    let applied = apply(&engine, &mut overlay, Who::Member("M001"), Some("new item"), LiveKind::Read);
    assert_eq!(applied, Applied { member_known: true, item_known: false });
    assert_eq!(engine.recommend(&overlay, &request(Who::Member("M001"))), list);
    assert_eq!(overlay.len(), 2);
    let verdict = engine.eligibility(&overlay, Who::Member("new"), "A04", AS_OF);
    assert_eq!(verdict, Some(Err(Ineligible::AlreadySignedUp)));
    let own = engine.recommend(&overlay, &request(Who::Member("new")));
    assert!(own.personalised && own.items.iter().all(|item| item.item_id != "A04"));
}

#[test]
fn events_of_an_openid_move_to_its_member() {
    let engine = engine(1);
    let mut overlay = Overlay::default();
    // M009 has no openid in the snapshot.
    assert_eq!(engine.snapshot().members.openid[9], "");
    let unread = |overlay: &Overlay| engine.eligibility(overlay, Who::Member("M009"), "N00", AS_OF);
    let before = unread(&overlay);
    apply(&engine, &mut overlay, Who::OpenId("fresh"), Some("N00"), LiveKind::Read);
    assert_eq!(unread(&overlay), before);
    apply(&engine, &mut overlay, Who::Member("M009"), None, LiveKind::Bind { openid: "fresh" });
    assert_eq!(unread(&overlay), Some(Err(Ineligible::AlreadyRead)));
    let list = engine.recommend(&overlay, &request(Who::OpenId("fresh")));
    assert_eq!(list.member_id.as_deref(), Some("M009"));
    let target = AudienceRequest::new(Target::Item("N02".into()), AS_OF + 2);
    let reachable =
        |overlay: &Overlay| engine.audience(overlay, &target, &|_| None).expect("made").preview.funnel[1].left;
    assert_eq!(reachable(&overlay), reachable(&Overlay::default()) + 1);
    apply(&engine, &mut overlay, Who::Member("M001"), None, LiveKind::Bind { openid: "o002" });
    assert_eq!(engine.recommend(&overlay, &request(Who::OpenId("o002"))).member_id.as_deref(), Some("M001"));
    assert_eq!(reachable(&overlay), reachable(&Overlay::default()), "the openid of M002 now belongs to M001");
}

#[test]
fn erased_member_is_unknown_immediately() {
    let engine = engine(1);
    let mut overlay = Overlay::default();
    let target = AudienceRequest::new(Target::Item("N02".into()), AS_OF + 2);
    let everybody = engine.audience(&overlay, &target, &|_| None).expect("made").preview.funnel[0].left;
    apply(&engine, &mut overlay, Who::Member("M001"), Some("N00"), LiveKind::Read);
    apply(&engine, &mut overlay, Who::Member("M001"), None, LiveKind::Forget);
    apply(&engine, &mut overlay, Who::Member("M001"), Some("N01"), LiveKind::Read);
    let list = engine.recommend(&overlay, &request(Who::OpenId("o001")));
    assert!(!list.personalised && list.member_id.is_none());
    let audience = engine.audience(&overlay, &target, &|_| None).expect("made");
    assert_eq!(audience.preview.funnel[0].left, everybody - 1);
    assert!(audience.rows.iter().all(|row| row.member != 1));
}

#[test]
fn union_mates_are_counted_live_and_mentioned_from_ten_on() {
    let engine = engine_with(1, |snapshot| {
        snapshot.sign_ups = zhihui_data::snapshot::SignUps { starts: vec![0; 61], ..Default::default() };
        snapshot.model.rankers.clear();
    });
    let mut overlay = Overlay::default();
    let sign_up = LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false };
    let mut said = Vec::new();
    // Every third member is in the union of M000, except every thirteenth, whose union is unknown.
    for member in (3..=36).step_by(3).filter(|member| member % 13 != 12).map(|member| format!("M{member:03}")) {
        apply(&engine, &mut overlay, Who::Member(&member), Some("A04"), sign_up);
        let list = engine.recommend(&overlay, &request(Who::Member("M000")));
        let listed = list.items.into_iter().find(|item| item.item_id == "A04").expect("open");
        said.push(listed.reasons.into_iter().find(|reason| reason.code == "union_mates").map(|reason| reason.text));
    }
    assert!(said[..9].iter().all(Option::is_none), "{said:?}");
    assert_eq!(said[9].as_deref(), Some("您所在工会已有 10 人报名"));
}

#[test]
fn late_older_event_does_not_undo_a_newer_one() {
    let engine = engine(1);
    let mut overlay = Overlay::default();
    let who = Who::Member("M005");
    let sign_up = LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false };
    let at = |at, what| LiveEvent { who, item_id: Some("A04"), at, what };
    overlay.apply(&engine, &at(AS_OF + 10, sign_up));
    overlay.apply(&engine, &at(AS_OF + 20, LiveKind::Cancel));
    overlay.apply(&engine, &at(AS_OF + 15, sign_up));
    assert!(matches!(engine.eligibility(&overlay, who, "A04", AS_OF), Some(Ok(_))));
    overlay.apply(&engine, &at(AS_OF + 30, LiveKind::CheckIn));
    assert_eq!(engine.eligibility(&overlay, who, "A04", AS_OF), Some(Err(Ineligible::AlreadySignedUp)));
}
