//! Look-alikes: who is ranked, who is not, and the condition `similar_to` in rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use zhihui_data::snapshot::SparseRows;
use zhihui_engine::{
    Engine, Language, Overlay,
    answer::Who,
    audience::{
        AudienceError, AudienceRequest, Exclusion, ExclusionReason, LookAlikeWidth, LookAlikes, LookAlikesRequest,
        Rule, RuleError, Seed, Target,
    },
    overlay::{Consent, LiveEvent, LiveKind, ResolvedConsent, Switch},
};

use crate::fixture::{AS_OF, MEMBERS, engine_with};

const RANK: usize = 20;

/// An engine with two tastes: members of even rows like topic 0, those of odd rows topic 3, with some noise.
fn two_tastes(seed: u64) -> Engine {
    engine_with(seed, |snapshot| {
        let factors = snapshot.model.factors.as_mut().expect("factors");
        for row in 0..MEMBERS {
            let vector = &mut factors.members[row * RANK..(row + 1) * RANK];
            vector.iter_mut().for_each(|value| *value *= 0.3);
            vector[row % 2] += 1.0;
        }
        let topics =
            |row: usize| if row.is_multiple_of(2) { vec![(0, 6.0), (3, 1.0)] } else { vec![(0, 1.0), (3, 6.0)] };
        let of_row = |row: usize| if row % 6 == 5 { vec![] } else { topics(row) };
        snapshot.model.preferences.evidence = SparseRows::from_rows((0..MEMBERS).map(of_row));
    })
}

fn id(row: usize) -> String {
    format!("M{row:03}")
}

/// The first 44 rows are seeds if they are even.
fn even_seeds() -> Vec<String> {
    (0..44).step_by(2).map(id).collect()
}

fn request(seed: Seed) -> LookAlikesRequest {
    LookAlikesRequest {
        seed,
        width: LookAlikeWidth::Wide,
        within: None,
        now: AS_OF,
        exclusions: Vec::new(),
        sample: MEMBERS,
        language: Language::En,
    }
}

fn found(engine: &Engine, overlay: &Overlay, seed: Seed) -> Result<LookAlikes, RuleError> {
    engine.look_alikes(overlay, &request(seed), &resolve, &|| false)
}

/// Saved audiences: `even` is the seed as a rule, `few` is too small, `ring` leads to itself.
fn resolve(id: &str) -> Option<Rule> {
    let rule = match id {
        "even" => json!({"all": [{"field": "age", "at_most": 59}, {"not": {"audience": "odd"}}]}),
        "odd" => json!({"did": {"event": "read", "item_id": "N00"}}),
        "all" => json!({}),
        "few" => json!({"field": "age", "at_most": 20}),
        "ring" => json!({"similar_to": {"audience": "ring", "width": "wide"}}),
        _ => return None,
    };
    Rule::parse(&rule).ok()
}

fn ids(found: &LookAlikes) -> Vec<&str> {
    found.sample.iter().map(|member| member.member_id.as_str()).collect()
}

#[test]
fn members_with_the_taste_of_the_seed_come_first() {
    for seed in 0..6 {
        let engine = two_tastes(seed);
        let found = found(&engine, &Overlay::default(), Seed::Members(even_seeds())).expect("enough seeds");
        let rows: Vec<usize> = ids(&found).iter().map(|id| engine.member_row(id).expect("known")).collect();
        assert!(rows.len() >= 3, "{found:?}");
        // Members of the other taste come after some of this one: the vectors are noisy, and there are few members.
        let alike = rows.iter().filter(|row| **row % 2 == 0 && **row >= 44).count();
        assert!(rows[0].is_multiple_of(2) && 2 * alike > rows.len(), "{rows:?}");
        assert!(found.topics.iter().any(|topic| topic.topic == "亲子" && topic.lift > 1.0), "{:?}", found.topics);
        assert!(found.sample[0].reasons[0].text.contains("亲子"), "{:?}", found.sample);
        assert!(found.sentence.zh.contains("更关注「") && found.sentence.en.contains('“'), "{:?}", found.sentence);
        assert_eq!(found.rule, None, "a list of members cannot be part of a rule");
    }
}

#[test]
fn held_out_half_of_a_seed_is_found_far_more_often_than_by_chance() {
    let (mut hits, mut chance) = (0.0, 0.0);
    for seed in 0..8 {
        let engine = two_tastes(seed);
        // 30 members share the taste: 22 are given, the others are to be found among all other members.
        let found = found(&engine, &Overlay::default(), Seed::Members(even_seeds())).expect("enough seeds");
        let others = (0..MEMBERS).filter(|row| row % 2 == 1 || *row >= 44).count();
        hits += ids(&found).iter().filter(|id| engine.member_row(id).is_some_and(|row| row % 2 == 0)).count() as f64;
        chance += found.sample.len() as f64 * 8.0 / others as f64;
    }
    assert!(hits > 3.0 * chance, "{hits} found, {chance} by chance");
}

#[test]
fn nobody_is_ranked_who_cannot_be_pushed_or_compared() {
    let engine = two_tastes(1);
    let found = found(&engine, &Overlay::default(), Seed::Members(even_seeds())).expect("enough seeds");
    let members = &engine.snapshot().members;
    let base = (0..MEMBERS).filter(|&row| members.follows[row] && members.personalised[row]).count();
    let silent = (0..MEMBERS).filter(|&row| members.follows[row] && members.personalised[row] && row % 6 == 5).count();
    assert_eq!((found.base, found.unranked), (base, silent));
    assert!(silent > 0);
    let seeds: BTreeSet<String> = even_seeds().into_iter().collect();
    for id in ids(&found) {
        let row = engine.member_row(id).expect("known");
        assert!(members.follows[row] && members.personalised[row] && row % 6 != 5 && !seeds.contains(id), "{id}");
    }
    let sizes: Vec<usize> = found.sizes.iter().map(|size| size.members).collect();
    let expected = [0.01, 0.05, 0.1].map(|share| (share * base as f64).ceil() as usize);
    assert_eq!(sizes, expected);
}

#[test]
fn excluded_members_are_left_out_of_every_width_and_counted() {
    let engine = two_tastes(1);
    let all = found(&engine, &Overlay::default(), Seed::Members(even_seeds())).expect("enough seeds");
    let excluded = Exclusion {
        id: "x".into(),
        reason: ExclusionReason::ExclusionList,
        members: Arc::new(engine.member_set([ids(&all)[0], ids(&all)[2]])),
        applies: true,
    };
    let request = LookAlikesRequest { exclusions: vec![excluded], ..request(Seed::Members(even_seeds())) };
    let left = engine.look_alikes(&Overlay::default(), &request, &resolve, &|| false).expect("enough seeds");
    assert_eq!(left.base, all.base);
    let mut expected = ids(&all);
    expected.remove(2);
    expected.remove(0);
    assert_eq!(ids(&left), expected);
    for (before, after) in all.sizes.iter().zip(&left.sizes) {
        assert_eq!((before.excluded, before.members), (0, after.members + after.excluded));
    }
    assert_eq!(left.sizes[2].excluded, 2);
    assert_eq!(left.breakdowns["age_band"].iter().map(|band| band.members).sum::<usize>(), expected.len());
    assert!(left.sentence.zh.contains("另有 2 人") && left.sentence.en.contains("2 more are excluded"), "{left:?}");
}

#[test]
fn seeds_who_opted_out_or_never_did_anything_are_counted_and_not_used() {
    let engine = two_tastes(2);
    let all: Vec<String> = (0..50).map(id).chain(["nobody".to_owned()]).collect();
    let found = found(&engine, &Overlay::default(), Seed::Members(all)).expect("enough seeds");
    let opted_out = (0..50).filter(|row| row % 8 == 7).count();
    let silent = (0..50).filter(|row| row % 8 != 7 && row % 6 == 5).count();
    let seed = found.seed;
    assert_eq!((seed.members, seed.opted_out, seed.without_evidence, seed.unknown), (50, opted_out, silent, 1));
    assert_eq!(seed.usable, 50 - opted_out - silent);
    assert!(ids(&found).iter().all(|id| engine.member_row(id).is_some_and(|row| row >= 50)));
}

#[test]
fn too_small_seed_is_refused_with_the_number_of_usable_members() {
    let engine = two_tastes(1);
    let overlay = Overlay::default();
    let error = found(&engine, &overlay, Seed::Members(even_seeds()[..19].to_vec())).expect_err("19 are too few");
    assert_eq!(error, RuleError::TooFewSeeds { at: "/seed".into(), usable: 19 });
    assert!(error.to_string().contains("only 19 members") && error.to_string().contains("20 are needed"), "{error}");
    let error = found(&engine, &overlay, Seed::Audience("nothing".into())).expect_err("unknown");
    assert!(matches!(&error, RuleError::UnknownAudience { at, .. } if at == "/seed/audience"), "{error:?}");
    let rule = Rule::parse(&json!({"field": "age_band", "eq": "1-2"})).expect("a rule");
    let error = found(&engine, &overlay, Seed::Rule(rule)).expect_err("no such band");
    assert!(error.pointer().starts_with("/seed/rule"), "{error:?}");
    let stopped = engine.look_alikes(&overlay, &request(Seed::Members(even_seeds())), &resolve, &|| true);
    assert!(matches!(stopped, Err(RuleError::Stopped { .. })));
}

#[test]
fn condition_selects_what_the_ranking_lists() {
    let engine = two_tastes(3);
    let overlay = Overlay::default();
    for width in LookAlikeWidth::ALL {
        let request = LookAlikesRequest { width, ..request(Seed::Audience("even".into())) };
        let found = engine.look_alikes(&overlay, &request, &resolve, &|| false).expect("enough seeds");
        let rule = found.rule.clone().expect("a rule");
        let written = json!({"similar_to": {"audience": "even", "width": width.as_str()}});
        assert_eq!(rule, Rule::parse(&written).expect("a rule"));
        assert_eq!(serde_json::to_value(&rule).expect("JSON"), written);
        let listed: BTreeSet<&str> = ids(&found).into_iter().collect();
        assert_eq!(engine.count_rule(&overlay, &rule, None, AS_OF, &resolve), Ok(listed.len()));
        for row in 0..MEMBERS {
            let conditions = engine.explain_rule(&overlay, &rule, &id(row), (None, AS_OF), &resolve);
            let conditions = conditions.expect("valid").expect("a member");
            assert_eq!(conditions, [(String::new(), listed.contains(id(row).as_str()))]);
        }
        let nobody = Rule::parse(&json!({"all": [written, {"audience": "even"}]})).expect("a rule");
        assert_eq!(engine.count_rule(&overlay, &nobody, None, AS_OF, &resolve), Ok(0), "the seed is excluded");
        let everybody = Rule::parse(&json!({"any": [written, {"not": written}]})).expect("a rule");
        assert_eq!(engine.count_rule(&overlay, &everybody, None, AS_OF, &resolve), Ok(MEMBERS));
    }
}

#[test]
fn errors_of_the_condition_have_its_pointer() {
    let engine = two_tastes(1);
    let pointer = |rule: serde_json::Value| {
        let rule = match Rule::parse(&rule) {
            Ok(rule) => rule,
            Err(error) => return error.pointer().to_owned(),
        };
        let request = AudienceRequest { rule: Some(rule), ..AudienceRequest::new(Target::Item("A04".into()), AS_OF) };
        match engine.audience(&Overlay::default(), &request, &resolve) {
            Err(AudienceError::Rule(error)) => error.pointer().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let similar = |value: serde_json::Value| json!({"any": [{"similar_to": value}]});
    assert_eq!(pointer(similar(json!({"audience": "few", "width": "wide"}))), "/any/0/similar_to");
    assert_eq!(pointer(similar(json!({"audience": "none", "width": "wide"}))), "/any/0/similar_to/audience");
    assert_eq!(pointer(similar(json!({"audience": "even", "width": "huge"}))), "/any/0/similar_to/width");
    assert_eq!(pointer(similar(json!({"audience": "even"}))), "/any/0/similar_to/width");
    assert_eq!(pointer(similar(json!({"width": "wide"}))), "/any/0/similar_to/audience");
    assert_eq!(pointer(similar(json!({"audience": 3, "width": "wide"}))), "/any/0/similar_to/audience");
    assert_eq!(pointer(similar(json!({"audience": "even", "width": "wide", "n": 3}))), "/any/0/similar_to");
    assert_eq!(pointer(similar(json!("even"))), "/any/0/similar_to");
    // The seed of a ring is evaluated inside itself.
    let ring = pointer(similar(json!({"audience": "ring", "width": "wide"})));
    assert_eq!(ring, "/any/0/similar_to/audience/similar_to/audience");
}

#[test]
fn opt_outs_and_new_reads_count_at_once() {
    let engine = two_tastes(1);
    let first = |overlay: &Overlay| {
        let found = found(&engine, overlay, Seed::Members(even_seeds())).expect("enough seeds");
        (ids(&found).into_iter().map(str::to_owned).collect::<Vec<_>>(), found.unranked, found.seed)
    };
    let (listed, unranked, _) = first(&Overlay::default());
    let mut overlay = Overlay::default();
    let out = Switch { allowed: false, at: AS_OF + 1 };
    let personalised = BTreeMap::from([(listed[0].clone(), out), (id(0), out)]);
    let consent = Consent { personalised, ..Consent::default() };
    overlay.set_consent(ResolvedConsent::new(&engine, &consent).into());
    let (without, _, seed) = first(&overlay);
    assert!(!without.contains(&listed[0]), "{without:?}");
    assert_eq!(seed.opted_out, 1, "a seed who opted out is not used");
    let silent = (0..MEMBERS).find(|&row| {
        let members = &engine.snapshot().members;
        row % 6 == 5 && members.follows[row] && members.personalised[row]
    });
    let silent = id(silent.expect("a member without evidence"));
    let read = LiveEvent { who: Who::Member(&silent), item_id: Some("N00"), at: AS_OF + 1, what: LiveKind::Read };
    let mut overlay = Overlay::default();
    overlay.apply(&engine, &read);
    assert_eq!(first(&overlay).1, unranked - 1);
}

#[test]
fn staff_of_one_union_compare_its_own_members_only() {
    let engine = engine_with(1, |snapshot| snapshot.members.personalised = vec![true; MEMBERS]);
    let everybody: Vec<String> = (0..MEMBERS).map(id).collect();
    let request = LookAlikesRequest { within: Some("U1".into()), ..request(Seed::Members(everybody)) };
    let found = engine.look_alikes(&Overlay::default(), &request, &resolve, &|| false).expect("enough seeds");
    let visible = (0..MEMBERS).filter(|&row| engine.is_member_within(&id(row), "U1")).count();
    assert_eq!((found.seed.members, found.seed.unknown), (visible, MEMBERS - visible));
    assert!(found.base < visible && found.sample.is_empty(), "all visible members are seeds");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn widths_are_nested_and_leave_out_the_seed(
        seed in 0_u64..8, chosen in prop::collection::btree_set(0..MEMBERS, 32..56),
    ) {
        let engine = two_tastes(seed);
        let seeds: Vec<String> = chosen.iter().map(|&row| id(row)).collect();
        let mut narrower: Vec<String> = Vec::new();
        for width in LookAlikeWidth::ALL {
            let request = LookAlikesRequest { width, ..request(Seed::Members(seeds.clone())) };
            let Ok(found) = engine.look_alikes(&Overlay::default(), &request, &resolve, &|| false) else {
                return Ok(());
            };
            let listed: Vec<String> = ids(&found).into_iter().map(str::to_owned).collect();
            prop_assert_eq!(&listed[..narrower.len()], &narrower[..]);
            prop_assert!(listed.iter().all(|id| !seeds.contains(id)));
            prop_assert!(listed.len() <= (width.share() * found.base as f64).ceil() as usize);
            let ages: usize = found.breakdowns["age_band"].iter().map(|group| group.members).sum();
            prop_assert_eq!(ages, listed.len());
            narrower = listed;
        }
    }
}
