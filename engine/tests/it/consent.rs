//! Consent applies to any snapshot and any order of events.

use std::collections::BTreeMap;
use std::sync::Arc;

use zhihui_engine::{
    Engine, Overlay,
    answer::Who,
    audience::{AudienceRequest, Target},
    overlay::{Consent, DeletedTopic, ErasedMember, LiveEvent, LiveKind, ResolvedConsent, Switch},
};

use crate::{
    fixture::{AS_OF, engine, engine_with},
    recommend::request,
};

fn apply(engine: &Engine, overlay: &mut Overlay, at: i64, what: LiveKind<'_>, item_id: Option<&str>) {
    overlay.apply(engine, &LiveEvent { who: Who::Member("M001"), item_id, at, what });
}

fn set_consent(engine: &Engine, overlay: &mut Overlay, consent: &Consent) {
    overlay.set_consent(Arc::new(ResolvedConsent::new(engine, consent)));
}

fn switched(allowed: bool, at: i64) -> Consent {
    Consent { personalised: BTreeMap::from([("M001".to_owned(), Switch { allowed, at })]), ..Consent::default() }
}

#[test]
fn latest_consent_wins_regardless_of_its_source() {
    let engine = engine(1);
    let who = Who::Member("M001");
    for consent_first in [true, false] {
        for (consent_at, event_at, expected) in [(AS_OF + 1, AS_OF + 2, true), (AS_OF + 2, AS_OF + 1, false)] {
            let mut overlay = Overlay::default();
            if consent_first {
                set_consent(&engine, &mut overlay, &switched(false, consent_at));
            }
            apply(&engine, &mut overlay, event_at, LiveKind::OptIn, None);
            set_consent(&engine, &mut overlay, &switched(false, consent_at));
            assert_eq!(overlay.is_personalised(&engine, who), expected);
            assert_eq!(engine.recommend(&overlay, &request(who)).personalised, expected);
        }
    }
}

#[test]
fn opt_outs_and_opt_ins_count_in_order_of_receipt() {
    let engine = engine(1);
    let who = Who::Member("M001");
    let mut overlay = Overlay::default();
    apply(&engine, &mut overlay, AS_OF + 8 * 3_600, LiveKind::OptIn, None);
    apply(&engine, &mut overlay, AS_OF + 3, LiveKind::OptOut, None);
    assert!(!overlay.is_personalised(&engine, who), "an opt-in with a future time must not undo a later opt-out");
    apply(&engine, &mut overlay, AS_OF + 3, LiveKind::OptIn, None);
    apply(&engine, &mut overlay, AS_OF + 3, LiveKind::OptOut, None);
    assert!(!overlay.is_personalised(&engine, who));

    // The same with a switch: events of the inbox up to number 5 are earlier.
    for (sequence, expected) in [(5, false), (6, true)] {
        let mut overlay = Overlay::default();
        let at = AS_OF + 8 * 3_600;
        let event = LiveEvent { who, item_id: None, at, what: LiveKind::OptIn };
        overlay.apply_received(&engine, &event, at * 1_000_000, sequence);
        let consent =
            Consent { switched_after: BTreeMap::from([("M001".to_owned(), 5)]), ..switched(false, AS_OF + 60) };
        set_consent(&engine, &mut overlay, &consent);
        assert_eq!(overlay.is_personalised(&engine, who), expected, "event {sequence}");
    }
}

#[test]
fn switch_included_in_the_snapshot_yields_to_the_snapshot() {
    let consent = switched(true, AS_OF - 60);
    let mark = consent.switch_mark("M001").expect("a switch");
    for (is_built_in, expected) in [(true, false), (false, true)] {
        let engine = engine_with(1, |snapshot| {
            // The roster or a later event refused personalised lists after the switch.
            snapshot.members.personalised[1] = false;
            if is_built_in {
                snapshot.switch_marks = vec![(1, mark.clone())];
            }
        });
        let mut overlay = Overlay::default();
        set_consent(&engine, &mut overlay, &consent);
        assert_eq!(overlay.is_personalised(&engine, Who::Member("M001")), expected);
    }
}

#[test]
fn erased_member_is_unknown_and_in_no_audience() {
    let engine = engine(1);
    let openid = engine.snapshot().members.openid[1].clone();
    assert!(!openid.is_empty());
    let mut overlay = Overlay::default();
    let everybody = AudienceRequest::new(Target::Item("N02".into()), AS_OF + 2);
    let all = |overlay: &Overlay| engine.audience(overlay, &everybody, &|_| None).expect("made").preview.funnel[0].left;
    let before = all(&overlay);
    let erased = vec![ErasedMember { member_id: "M001".into(), openids: vec![openid.clone()] }];
    set_consent(&engine, &mut overlay, &Consent { erased, ..Consent::default() });
    let unknown = engine.recommend(&overlay, &request(Who::OpenId("unknown openid")));
    for who in [Who::Member("M001"), Who::OpenId(&openid)] {
        let list = engine.recommend(&overlay, &request(who));
        assert_eq!((list.personalised, &list.items), (false, &unknown.items));
        assert!(engine.member_profile(&overlay, who).is_none());
    }
    assert_eq!(all(&overlay), before - 1);
    set_consent(&engine, &mut overlay, &Consent::default());
    assert_eq!(all(&overlay), before, "consent are handed over whole");
}

#[test]
fn deleted_topic_counts_only_later_reads() {
    let engine = engine(1);
    let topics = |overlay: &Overlay| -> Vec<String> {
        let profile = engine.member_profile(overlay, Who::Member("M001")).expect("known");
        profile.preferences.into_iter().map(|preference| preference.topic).collect()
    };
    let mut overlay = Overlay::default();
    let topic = topics(&overlay).first().expect("a preference").clone();
    let row = engine.topic_row(&topic).expect("known") as u32;
    let items = &engine.snapshot().items;
    let about = (0..items.id.len()).find(|&item| items.topics.row(item).contains(&row)).expect("an item of the topic");
    let about = items.id[about].clone();
    let deleted = vec![DeletedTopic { member_id: "M001".into(), topic: topic.clone(), at: AS_OF + 10 }];
    apply(&engine, &mut overlay, AS_OF + 10, LiveKind::Read, Some(&about));
    set_consent(&engine, &mut overlay, &Consent { deleted_topics: deleted, ..Consent::default() });
    assert!(!topics(&overlay).contains(&topic), "earlier reads no longer count");
    let others = topics(&Overlay::default()).into_iter().filter(|other| *other != topic);
    assert!(others.into_iter().all(|other| topics(&overlay).contains(&other)), "other topics stay");
    apply(&engine, &mut overlay, AS_OF + 11, LiveKind::Read, Some(&about));
    assert!(topics(&overlay).contains(&topic), "a later read counts");
}
