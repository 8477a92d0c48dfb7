//! Events on sensitive items are not used for selection, ranking or reasons. Members who opted out have no profile.

use serde_json::{Value, json};
use zhihui_data::SignUpStatus;
use zhihui_data::snapshot::{EventColumns, EventKind, History, SignUps, Snapshot};
use zhihui_engine::{
    Engine, Ineligible, Overlay,
    answer::Who,
    audience::{AudienceError, AudienceRequest, AudienceResult, AudienceRow, Rule, Target},
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, MEMBERS, count_seats, engine, engine_with};

/// The sensitive topic of the fixture.
const SENSITIVE: u32 = 2;

fn audience(
    engine: &Engine,
    overlay: &Overlay,
    item: &str,
    rule: Option<&Value>,
) -> Result<AudienceResult, AudienceError> {
    let rule = rule.map(Rule::parse).transpose()?;
    let request = AudienceRequest { rule, ..AudienceRequest::new(Target::Item(item.into()), AS_OF) };
    engine.audience(overlay, &request, &|_| None)
}

/// Ids of items with a sensitive topic, articles first.
fn sensitive_items(engine: &Engine) -> Vec<String> {
    let items = &engine.snapshot().items;
    let is_sensitive = |&item: &usize| items.topics.row(item).contains(&SENSITIVE);
    let mut ids: Vec<String> = (0..items.id.len()).filter(is_sensitive).map(|item| items.id[item].clone()).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(id.clone()));
    ids
}

#[test]
fn rules_with_sensitive_topics_are_rejected() {
    let engine = engine_with(1, |snapshot| snapshot.model.segments[1].topics = vec![SENSITIVE]);
    let item = sensitive_items(&engine).remove(0);
    let segment = engine.snapshot().model.segments[1].name.clone();
    for (rule, place) in [
        (json!({"did": {"event": "read", "topic": "医疗"}}), "/did/topic"),
        (json!({"all": [{"not": {"did": {"event": "sign_up", "item_id": item}}}]}), "/all/0/not/did/item_id"),
        (json!({"any": [{"preference": {"topic": "医疗", "at_least": 0.1}}]}), "/any/0/preference/topic"),
        (json!({"segment": segment}), "/segment"),
        (json!({"field": "segment", "in": ["other", segment]}), "/in/1"),
    ] {
        match audience(&engine, &Overlay::default(), "A04", Some(&rule)) {
            Err(AudienceError::Rule(error)) => assert_eq!((error.code(), error.pointer()), ("sensitive_topic", place)),
            other => panic!("{rule}: {other:?}"),
        }
    }
}

#[test]
fn topic_filter_excludes_sensitive_items_and_kind_filter_reveals_nothing() {
    let row = {
        let engine = engine(1);
        engine.item_row(&sensitive_items(&engine)[0]).expect("known") as u32
    };
    let engine = engine_with(1, |snapshot| {
        let mut starts = vec![0_u64];
        starts.extend(vec![1; MEMBERS]);
        snapshot.history = History::from(EventColumns {
            starts,
            item: vec![row],
            kind: vec![EventKind::Read],
            at: vec![AS_OF - 60],
            ..EventColumns::default()
        });
    });
    let item = row as usize;
    let others = engine.snapshot().items.topics.row(item).iter().filter(|&&topic| topic != SENSITIVE);
    let narrowed = others.map(|&topic| json!({"event": "read", "topic": engine.snapshot().topics[topic as usize]}));
    for did in narrowed {
        let rule = json!({ "did": did });
        let funnel = audience(&engine, &Overlay::default(), "A04", Some(&rule)).expect("a rule").preview.funnel;
        assert_eq!(funnel.iter().find(|step| step.step == "rule").map(|step| step.left), Some(0), "{rule}");
    }
    // The difference of the two rules does not reveal a member who read nothing else.
    let kind = engine.snapshot().items.kind[item].as_str();
    let rule = json!({"all": [{"did": {"event": "read"}}, {"not": {"did": {"event": "read", "kind": kind}}}]});
    let funnel = audience(&engine, &Overlay::default(), "A04", Some(&rule)).expect("a rule").preview.funnel;
    assert_eq!(funnel.iter().rfind(|step| step.step == "rule").map(|step| step.left), Some(0), "{funnel:?}");
}

/// Removes all events on sensitive items from the fixture's histories.
fn without_sensitive_reading(snapshot: &mut Snapshot) {
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    for member in 0..snapshot.members.id.len() {
        for at in snapshot.history.of(member) {
            let item = snapshot.history.item(at);
            let is_exposure =
                matches!(snapshot.history.kind(at), EventKind::Shown | EventKind::Push | EventKind::HoldOut);
            if is_exposure || !snapshot.items.topics.row(item as usize).contains(&SENSITIVE) {
                history.item.push(item);
                history.kind.push(snapshot.history.kind(at));
                history.at.push(snapshot.history.at(at));
            }
        }
        history.starts.push(history.item.len() as u64);
    }
    snapshot.history = history.into();
}

#[test]
fn audience_of_a_sensitive_item_does_not_depend_on_readers() {
    let (with, without) = (engine(1), engine_with(1, without_sensitive_reading));
    let mut live = Overlay::default();
    for member in ["M001", "M005", "M010"] {
        for item in sensitive_items(&with).iter().filter(|id| id.starts_with('N')) {
            let event =
                LiveEvent { who: Who::Member(member), item_id: Some(item), at: AS_OF + 1, what: LiveKind::Read };
            live.apply(&with, &event);
        }
    }
    let (mut seen, mut readers) = (0, 0);
    for item in sensitive_items(&with).iter().filter(|id| id.starts_with('N')) {
        let made = |engine: &Engine, overlay: &Overlay| {
            let reach = engine.reach_of_items(overlay, &[item], None, AS_OF);
            (audience(engine, overlay, item, None).expect("made"), reach)
        };
        let expected = made(&without, &Overlay::default());
        // Readers are not excluded: funnel, counts, breakdowns, ranks, reasons and reach are equal.
        assert_eq!(made(&with, &Overlay::default()), expected, "{item}");
        assert_eq!(made(&with, &live), expected, "{item} after live reads");
        seen += expected.0.rows.len();
        let did_read = |row: &&AudienceRow| {
            let who = Who::Member(&with.snapshot().members.id[row.member]);
            with.eligibility(&live, who, item, AS_OF) == Some(Err(Ineligible::AlreadyRead))
        };
        readers += expected.0.rows.iter().filter(did_read).count();
    }
    assert!(readers > 2, "{readers} readers are in these audiences");
    assert!(seen > 0, "nobody is in any of these audiences");
}

/// The reasons for an item in the list of M057, if this number of union mates are signed up.
fn reasons_beside(mates: usize, item: &str) -> Vec<String> {
    let engine = engine_with(1, |snapshot| {
        let row = snapshot.items.id.iter().position(|id| id == item).expect("known") as u32;
        let union = snapshot.members.union[57];
        let others = (0..MEMBERS).filter(|&member| member != 57 && snapshot.members.union[member] == union);
        let signed: Vec<usize> = others.take(mates).collect();
        assert_eq!(signed.len(), mates, "the union is large enough");
        let starts = (0..=MEMBERS).map(|member| signed.iter().filter(|&&other| other < member).count() as u64);
        snapshot.sign_ups = SignUps {
            starts: starts.collect(),
            item: vec![row; mates],
            status: vec![SignUpStatus::Registered; mates],
            tickets: vec![1; mates],
            children: vec![0; mates],
        };
        count_seats(snapshot);
        for ranker in &mut snapshot.model.rankers {
            let feature = ranker.features.iter().position(|name| name == "union_mates").expect("a feature");
            ranker.weights.fill(0.0);
            ranker.weights[feature] = 5.0;
        }
    });
    let list = engine.recommend(&Overlay::default(), &crate::recommend::request(Who::Member("M057")));
    let found = list.items.into_iter().find(|listed| listed.item_id == item).expect("it is offered");
    found.reasons.into_iter().map(|reason| reason.code.to_string()).collect()
}

#[test]
fn union_mates_reason_needs_ten_people_and_no_sensitive_item() {
    let counts = |mates: usize, item: &str| reasons_beside(mates, item).iter().any(|code| code == "union_mates");
    assert!(!counts(9, "A04"), "nine is below the minimum");
    assert!(counts(10, "A04"));
    assert!(!counts(10, "A02"), "a sensitive activity");
}

#[test]
fn evidence_is_never_negative_zero() {
    let engine = engine(1);
    for id in &engine.snapshot().members.id {
        let member = engine.member_insight(&Overlay::default(), id).expect("known");
        let weights = member.preferences.iter().map(|topic| topic.own_weight).chain([member.own_weight]);
        assert!(weights.into_iter().all(f32::is_sign_positive), "{id}: -0.0 would be printed");
    }
}

#[test]
fn opted_out_members_have_no_preference_or_segment_in_rules() {
    let engine = engine_with(1, |snapshot| snapshot.members.personalised = vec![true; MEMBERS]);
    let segment = engine.snapshot().model.segments[1].name.clone();
    let rules = [
        json!({"segment": segment}),
        json!({"field": "segment", "eq": segment}),
        json!({"preference": {"topic": "读书", "at_least": 0.3}}),
    ];
    let left = |overlay: &Overlay, rule: &Value| {
        let funnel = audience(&engine, overlay, "A04", Some(rule)).expect("a rule").preview.funnel;
        funnel.into_iter().find(|step| step.step == "rule").expect("a step").left
    };
    let mut nobody = Overlay::default();
    for id in &engine.snapshot().members.id {
        let event = LiveEvent { who: Who::Member(id), item_id: None, at: AS_OF, what: LiveKind::OptOut };
        nobody.apply(&engine, &event);
    }
    for rule in &rules {
        assert!(left(&Overlay::default(), rule) > 0, "{rule}");
        assert_eq!(left(&nobody, rule), 0, "{rule}");
    }
}

#[test]
fn undescribed_item_is_not_offered() {
    let described = engine(1);
    let popular = |engine: &Engine| -> Vec<String> {
        let list = engine.popular(&Overlay::default(), None, 50, AS_OF, zhihui_engine::Language::Zh);
        list.items.into_iter().map(|item| item.item_id).collect()
    };
    let first = popular(&described).remove(0);
    let engine = engine_with(1, |snapshot| {
        let row = snapshot.items.id.iter().position(|id| *id == first).expect("known");
        snapshot.undescribed = vec![row as u32];
    });
    assert!(!popular(&engine).contains(&first));
    for member in &engine.snapshot().members.id {
        let request = crate::recommend::request(Who::Member(member));
        let items = engine.recommend(&Overlay::default(), &request).items;
        assert!(!items.iter().any(|item| item.item_id == first), "{first} is offered to {member}");
    }
    for other in &engine.snapshot().items.id {
        let similar = engine.similar(&Overlay::default(), other, 50, AS_OF, zhihui_engine::Language::Zh);
        assert!(!similar.expect("known").items.iter().any(|item| item.item_id == first), "like {other}");
    }
    let preview = audience(&engine, &Overlay::default(), &first, None).expect("made").preview;
    assert_eq!(preview.selected, 0);
    assert!(preview.excluded.get("undescribed").is_some_and(|count| *count > 0), "{:?}", preview.excluded);
    let shown = engine.item_insights(&Overlay::default(), i64::MIN + 1, AS_OF);
    assert!(!shown.iter().any(|item| item.item_id == first), "it must not be a target of an audience");
}
