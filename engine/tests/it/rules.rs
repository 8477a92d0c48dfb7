//! Evaluation of rules, and errors in rules.

use serde_json::{Value, json};
use zhihui_data::snapshot::{EventColumns, EventKind, History, NONE};
use zhihui_engine::{
    Engine, Overlay,
    answer::Who,
    audience::{AudienceError, AudienceRequest, Rule, RuleError, Target},
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine, engine_with};

fn funnel(engine: &Engine, overlay: &Overlay, rule: &Value) -> Result<Vec<(Option<String>, usize)>, AudienceError> {
    let saved = |id: &str| match id {
        "women" => Rule::parse(&json!({"field": "gender", "eq": "female"})).ok(),
        "ring" => Rule::parse(&json!({"not": {"audience": "ring"}})).ok(),
        _ => None,
    };
    let rule = Rule::parse(rule)?;
    let request = AudienceRequest { rule: Some(rule), ..AudienceRequest::new(Target::Item("A04".into()), AS_OF) };
    let steps = engine.audience(overlay, &request, &saved)?.preview.funnel;
    Ok(steps.into_iter().filter(|step| step.step == "rule").map(|step| (step.path, step.left)).collect())
}

fn count(engine: &Engine, rule: &Value) -> usize {
    funnel(engine, &Overlay::default(), rule).expect("a rule").pop().expect("a row").1
}

fn pointer(rule: &Value) -> String {
    match funnel(&engine(1), &Overlay::default(), rule).expect_err("not understood") {
        AudienceError::Rule(error) => error.pointer().to_owned(),
        other => panic!("{other}"),
    }
}

#[test]
fn unknown_attribute_meets_only_is_unknown() {
    let engine = engine(1);
    let members = &engine.snapshot().members;
    let unknown_age = members.age.iter().filter(|&&age| age == NONE).count();
    let over_thirty = members.age.iter().filter(|&&age| age != NONE && age >= 30).count();
    let known = MEMBERS - unknown_age;
    assert!(unknown_age > 0);
    assert_eq!(count(&engine, &json!({"field": "age", "at_least": 30})), over_thirty);
    assert_eq!(count(&engine, &json!({"field": "age", "at_most": 29})), known - over_thirty);
    assert_eq!(count(&engine, &json!({"field": "age", "is_unknown": true})), unknown_age);
    assert_eq!(count(&engine, &json!({"field": "age", "is_unknown": false})), known);
    assert_eq!(count(&engine, &json!({"field": "age", "ne": 30})), known - 1);
    assert_eq!(count(&engine, &json!({"field": "age", "not_in": [30, 31]})), known - 2);
    assert_eq!(count(&engine, &json!({"field": "age_band", "eq": "unknown"})), 0);
    assert_eq!(count(&engine, &json!({"field": "age_band", "at_least": "unknown"})), 0);
    assert_eq!(count(&engine, &json!({"field": "age_band", "not_in": ["25-34"]})), {
        members.age.iter().filter(|&&age| age != NONE && !(25..35).contains(&age)).count()
    });
    assert_eq!(count(&engine, &json!({"not": {"field": "age", "at_least": 30}})), MEMBERS - over_thirty);
    assert_eq!(count(&engine, &json!({"field": "home_district", "ne": "朝阳"})), {
        members.home_district.iter().filter(|&&district| district == 1).count()
    });
    assert_eq!(count(&engine, &json!({"field": "home_district", "eq": "火星"})), 0);
}

#[test]
fn every_field_reads_its_column() {
    let engine = engine(1);
    let members = &engine.snapshot().members;
    let rows = |holds: &dyn Fn(usize) -> bool| (0..MEMBERS).filter(|&row| holds(row)).count();
    assert_eq!(count(&engine, &json!({"field": "gender", "eq": "male"})), rows(&|row| members.gender[row] == 1));
    assert_eq!(count(&engine, &json!({"field": "union_id", "in": ["U1", "U2"]})), {
        rows(&|row| [1, 2].contains(&members.union[row]))
    });
    assert_eq!(count(&engine, &json!({"field": "union_subtree", "eq": "U1"})), {
        rows(&|row| [1, 3].contains(&members.union[row]))
    });
    assert_eq!(count(&engine, &json!({"field": "union_subtree", "eq": "U9"})), rows(&|row| row % 5 == 0));
    assert_eq!(count(&engine, &json!({"field": "union_subtree", "is_unknown": true})), {
        rows(&|row| members.union[row] == NONE && row % 5 != 0)
    });
    assert_eq!(count(&engine, &json!({"field": "lifecycle", "eq": "dormant"})), rows(&|row| row % 6 == 5));
    assert_eq!(
        count(&engine, &json!({"segment": "读书人"})),
        rows(&|row| members.personalised[row] && members.segment[row] == 1)
    );
    assert_eq!(
        count(&engine, &json!({"field": "segment", "eq": "读书人"})),
        rows(&|row| members.personalised[row] && members.segment[row] == 1)
    );
    assert_eq!(count(&engine, &json!({"field": "follows", "eq": false})), rows(&|row| !members.follows[row]));
    assert_eq!(count(&engine, &json!({"field": "openid_known", "eq": true})), rows(&|row| row % 10 != 9));
    // M004 joined 120 days before 2026-11-21, on 2026-07-24.
    assert_eq!(count(&engine, &json!({"field": "joined_at", "eq": "2026-07-24"})), 1);
    assert_eq!(count(&engine, &json!({"field": "joined_at", "at_least": "2026-07-24"})), 4);
    assert_eq!(count(&engine, &json!({"field": "joined_at", "at_most": "2026-07-24"})), 45 - 3);
    assert_eq!(
        count(&engine, &json!({"preference": {"topic": "读书", "at_least": 0.0}})),
        rows(&|row| members.personalised[row])
    );
    let few = count(&engine, &json!({"preference": {"topic": "读书", "at_least": 0.6}}));
    assert!(few > 0 && few < MEMBERS);
}

/// Member 0 read N00 today at 00:00 and one second before, member 1 read it twice yesterday. No other member has
/// events.
fn few_events() -> Engine {
    engine_with(2, |snapshot| {
        let midnight = AS_OF - 12 * 3_600;
        let events = [(0, midnight - 1), (0, midnight), (1, midnight - DAY), (1, midnight - 3_600)];
        let mut starts = vec![0_u64, 2];
        starts.extend(vec![4; MEMBERS - 1]);
        snapshot.history = History::from(EventColumns {
            starts,
            item: vec![12; 4],
            kind: vec![EventKind::Read; 4],
            at: events.map(|(_, at)| at).to_vec(),
            ..EventColumns::default()
        });
    })
}

#[test]
fn days_start_at_midnight_in_shanghai() {
    let engine = few_events();
    let did = |extra: Value| {
        let mut did = json!({"event": "read"});
        did.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        count(&engine, &json!({"did": did}))
    };
    assert_eq!(did(json!({})), 2);
    assert_eq!(did(json!({"within_days": 1})), 1);
    assert_eq!(did(json!({"within_days": 2})), 2);
    assert_eq!(did(json!({"within_days": 2, "at_least": 2})), 2);
    assert_eq!(did(json!({"distinct_days": 2})), 1);
    assert_eq!(did(json!({"from": "2026-11-20", "to": "2026-11-21"})), 2);
    assert_eq!(did(json!({"from": "2026-11-21"})), 1);
    assert_eq!(did(json!({"to": "2026-11-20T00:00:00+08:00"})), 0);
    assert_eq!(did(json!({"to": "2026-11-20T00:00:01+08:00"})), 1);
}

#[test]
fn zero_count_selects_members_without_events() {
    let engine = few_events();
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "exactly": 0}})), MEMBERS - 2);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "at_most": 1, "within_days": 1}})), MEMBERS);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "at_most": 1}})), MEMBERS - 2);
    assert_eq!(count(&engine, &json!({"not": {"did": {"event": "read"}}})), MEMBERS - 2);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "item_id": "N01"}})), 0);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "item_id": "N00", "kind": "article"}})), 2);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "topic": "亲子"}})), 2);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "topic": "没有的"}})), 0);
    assert_eq!(count(&engine, &json!({"did": {"event": "read", "topic": "没有的", "exactly": 0}})), MEMBERS);
}

#[test]
fn live_events_count() {
    let engine = few_events();
    let mut overlay = Overlay::default();
    let at = AS_OF - 1;
    overlay.apply(&engine, &LiveEvent { who: Who::Member("M007"), item_id: Some("N00"), at, what: LiveKind::Read });
    overlay.apply(&engine, &LiveEvent { who: Who::Member("M001"), item_id: None, at, what: LiveKind::Unfollow });
    let rows = |rule: Value| funnel(&engine, &overlay, &rule).expect("a rule").pop().expect("a row").1;
    assert_eq!(rows(json!({"did": {"event": "read", "within_days": 1}})), 2);
    let followed = engine.snapshot().members.follows.iter().filter(|&&follows| follows).count();
    assert_eq!(rows(json!({"field": "follows", "eq": true})), followed - 1);
}

#[test]
fn outermost_all_has_one_funnel_step_per_condition() {
    let engine = engine(1);
    let rule = json!({"all": [{"field": "gender", "ne": "male"}, {"any": []}, {"audience": "women"}]});
    let rows = funnel(&engine, &Overlay::default(), &rule).expect("a rule");
    let women = engine.snapshot().members.gender.iter().filter(|&&gender| gender == 2).count();
    assert_eq!(rows, [(Some("/all/0".into()), women), (Some("/all/1".into()), 0), (Some("/all/2".into()), 0)]);
    let one = funnel(&engine, &Overlay::default(), &json!({"audience": "women"})).expect("a rule");
    assert_eq!(one, [(Some(String::new()), women)]);
    assert_eq!(funnel(&engine, &Overlay::default(), &json!({"all": []})).expect("a rule"), []);
}

#[test]
fn rule_errors_have_the_json_pointer() {
    assert_eq!(pointer(&json!({"all": [{"field": "shoe_size", "eq": 43}]})), "/all/0/field");
    assert_eq!(pointer(&json!({"any": [{"not": {"field": "age", "like": 3}}]})), "/any/0/not");
    assert_eq!(pointer(&json!({"field": "age", "eq": "thirty"})), "/eq");
    assert_eq!(pointer(&json!({"field": "gender", "in": ["male", 2]})), "/in/1");
    assert_eq!(pointer(&json!({"field": "gender", "at_least": "male"})), "/at_least");
    assert_eq!(pointer(&json!({"field": "age"})), "");
    assert_eq!(pointer(&json!({"field": "age", "eq": 3, "ne": 4})), "");
    assert_eq!(pointer(&json!({"field": "age_band", "in": ["25-34", "25-35"]})), "/in/1");
    assert_eq!(pointer(&json!({"every": []})), "");
    assert_eq!(pointer(&json!({"all": {}})), "/all");
    assert_eq!(pointer(&json!({"all": [], "any": []})), "");
    assert_eq!(pointer(&json!({"did": {"event": "liked"}})), "/did/event");
    assert_eq!(pointer(&json!({"did": {"event": "read", "times": 3}})), "/did");
    assert_eq!(pointer(&json!({"did": {"event": "read", "at_least": -1}})), "/did/at_least");
    assert_eq!(pointer(&json!({"did": {"event": "read", "at_least": 1, "at_most": 2}})), "/did");
    assert_eq!(pointer(&json!({"did": {"event": "read", "within_days": 0}})), "/did/within_days");
    assert_eq!(pointer(&json!({"did": {"event": "read", "kind": "film"}})), "/did/kind");
    assert_eq!(pointer(&json!({"did": {"event": "read", "from": "yesterday"}})), "/did/from");
    assert_eq!(pointer(&json!({"preference": {"topic": "亲子", "at_least": 20}})), "/preference/at_least");
    assert_eq!(
        pointer(&json!({"all": [{"preference": {"topic": "医疗", "at_least": 0.2}}]})),
        "/all/0/preference/topic"
    );
    assert_eq!(pointer(&json!({"all": [{"audience": "nobody"}]})), "/all/0/audience");
    assert_eq!(pointer(&json!({"audience": "ring"})), "/audience/not/audience");
    assert_eq!(pointer(&json!("everybody")), "");
}

#[test]
fn maximum_depth_is_enforced() {
    let nested =
        |levels: usize| (1..levels).fold(json!({"field": "age", "at_least": 18}), |inner, _| json!({"not": inner}));
    assert!(Rule::parse(&nested(Rule::MAX_DEPTH)).is_ok());
    assert!(matches!(Rule::parse(&nested(Rule::MAX_DEPTH + 1)), Err(RuleError::TooDeep { .. })));
}

#[test]
fn rule_round_trips_and_serde_reports_errors() {
    let rule = json!({"all": [
        {"field": "age_band", "in": ["25-34", "35-44"]},
        {"any": [{"field": "home_district", "eq": "朝阳"}, {"field": "work_district", "eq": "朝阳"}]},
        {"did": {"event": "read", "topic": "亲子", "within_days": 30, "at_least": 3}},
        {"not": {"did": {"event": "sign_up", "item_id": "A17"}}},
        {"preference": {"topic": "亲子", "at_least": 0.2}},
        {"segment": "亲子家庭"},
        {"audience": "id"},
    ]});
    let read: Rule = serde_json::from_value(rule.clone()).expect("the contract's example");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), rule);
    let error = serde_json::from_value::<Rule>(json!({"not": {"field": "age", "eq": true}})).expect_err("a flag");
    assert!(error.to_string().contains("/not/eq"), "{error}");
}
