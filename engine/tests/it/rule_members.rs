//! The members of a rule, as the daily figures of a saved audience need them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use zhihui_engine::{
    Engine, Overlay,
    audience::{AudienceRequest, Rule, RuleError, Target},
    overlay::{Consent, ErasedMember, ResolvedConsent, Switch},
};

use crate::fixture::{AS_OF, engine};

fn with_consent(engine: &Engine, consent: &Consent) -> Overlay {
    let mut overlay = Overlay::default();
    overlay.set_consent(Arc::new(ResolvedConsent::new(engine, consent)));
    overlay
}

#[test]
fn members_of_a_rule_are_those_of_the_funnel() {
    let (engine, overlay) = (engine(1), Overlay::default());
    let rule = Rule::parse(&json!({ "field": "gender", "eq": "female" })).expect("a rule");
    for within in [None, Some("U1")] {
        let members = engine.rule_members(&overlay, &rule, (within, AS_OF), &|_| None, &|| false).expect("valid");
        assert_eq!(Ok(members.rows.len()), engine.count_rule(&overlay, &rule, within, AS_OF, &|_| None));
        let request = AudienceRequest {
            rule: Some(rule.clone()),
            within: within.map(str::to_owned),
            ..AudienceRequest::new(Target::Topic(engine.snapshot().topics[0].clone()), AS_OF)
        };
        let preview = engine.audience(&overlay, &request, &|_| None).expect("valid").preview;
        let reachable = preview.funnel.iter().find(|step| step.step == "reachable").map(|step| step.left);
        assert_eq!(Some(members.reachable), reachable);
    }
    let stopped = engine.rule_members(&overlay, &rule, (None, AS_OF), &|_| None, &|| true);
    assert!(matches!(stopped, Err(RuleError::Stopped { .. })), "{stopped:?}");
}

#[test]
fn erased_members_and_those_who_refuse_personalised_lists_are_not_listed() {
    let engine = engine(1);
    let nobody = Overlay::default();
    assert!(engine.may_be_listed(&nobody, "M001", None) && !engine.may_be_listed(&nobody, "M999999", None));
    assert!(!engine.may_be_listed(&nobody, "M001", Some("U77")));
    let switch = Switch { allowed: false, at: AS_OF };
    let refused = Consent { personalised: BTreeMap::from([("M001".to_owned(), switch)]), ..Consent::default() };
    assert!(!engine.may_be_listed(&with_consent(&engine, &refused), "M001", None));
    let erased = ErasedMember { member_id: "M001".to_owned(), openids: Vec::new() };
    let erased = with_consent(&engine, &Consent { erased: vec![erased], ..Consent::default() });
    assert!(!engine.may_be_listed(&erased, "M001", None));
    let (before, after) = (engine.unerased_member_ids(&nobody), engine.unerased_member_ids(&erased));
    let row = engine.member_row("M001").expect("known");
    assert_eq!((before[row], after[row]), (Some("M001"), None));
    assert_eq!(after.iter().flatten().count() + 1, before.iter().flatten().count());
}
