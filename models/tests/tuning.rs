//! Tuning does not use the test set, is deterministic, and stops on request.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::{
    Event, Metric, ValidationCut, evaluate, exceeds_standard_error, hold_out, learn_blend_weights, mean_gain,
};
use zhihui_models::recommenders::popularity::PopularityParams;
use zhihui_models::recommenders::rp3beta::Rp3BetaParams;
use zhihui_models::tuning::{TrialResult, TuneOptions, TuningTrial, evaluate_finalists, tune};

/// Six groups of members who mostly read their own twelve items.
fn groups_of_members() -> UserItems {
    let pairs = (0..240_u32).flat_map(|user| {
        (0..10_u32).map(move |n| {
            let stray = (user * 31 + n * 17) % 7 == 0;
            let item = if stray { (user * 13 + n * 29) % 72 } else { user % 6 * 12 + (user * 5 + n * n + n) % 12 };
            (user, item, 1.0)
        })
    });
    UserItems::from_triplets(240, 72, pairs).unwrap()
}

fn options() -> TuneOptions {
    TuneOptions { max_trials: 14, held_out: 0.3, k: 10, ..TuneOptions::new(5) }
}

const FAMILIES: [ModelName; 4] = [ModelName::Popular, ModelName::Rp3beta, ModelName::UserKnn, ModelName::Blend];

#[test]
fn same_data_and_seed_give_the_same_trials() {
    let data = TrainingData::new(groups_of_members());
    let run = || tune(&data, &FAMILIES, &options(), &|| 0.0, &mut |_| true).unwrap();
    let (first, second) = (run(), run());
    assert_eq!(first.trials, second.trials);
    assert_eq!(first.trials.len(), 14);
    assert_eq!(first.spec, second.spec);
    assert!(first.trials.iter().any(|trial| trial.spec.name() == ModelName::Blend));
}

#[test]
fn trials_of_a_smaller_budget_are_a_prefix_of_a_larger_one() {
    let data = TrainingData::new(groups_of_members());
    let whole = tune(&data, &FAMILIES, &options(), &|| 0.0, &mut |_| true).unwrap();
    for budget in [1, 4, 9] {
        let mut seen = 0;
        let stopped = tune(&data, &FAMILIES, &options(), &|| 0.0, &mut |_| {
            seen += 1;
            seen < budget
        });
        let stopped = stopped.unwrap();
        assert_eq!(stopped.trials, whole.trials[..budget]);
        let best = stopped.trials.iter().filter_map(TuningTrial::ndcg).fold(0.0, f64::max);
        assert_eq!(stopped.validation_ndcg, best);
    }
}

#[test]
fn winner_beats_popularity_on_unseen_entries() {
    let split = hold_out(&groups_of_members(), 0.3, 99);
    let data = TrainingData::new(split.train.clone());
    let tuned = tune(&data, &FAMILIES, &options(), &|| 0.0, &mut |_| true).unwrap();
    let ndcg = |model: &dyn zhihui_models::Recommender| {
        evaluate(model, &split.train, &split.test, &[10], None).unwrap().mean(Metric::Ndcg, 10).unwrap()
    };
    let popular = PopularityParams::default().fit(&split.train).unwrap();
    assert!(ndcg(tuned.model.as_ref()) > 2.0 * ndcg(&popular));
}

#[test]
fn failed_family_is_reported_and_not_tried_again() {
    let data = TrainingData::new(groups_of_members());
    let families = [ModelName::Content, ModelName::SequenceKnn, ModelName::Rp3beta];
    let tuned = tune(&data, &families, &options(), &|| 0.0, &mut |_| true).unwrap();
    let refused: Vec<_> =
        tuned.trials.iter().filter(|trial| matches!(trial.result, TrialResult::Failed { .. })).collect();
    assert_eq!(refused.len(), 2);
    assert_eq!(tuned.spec.name(), ModelName::Rp3beta);
    assert!(tune(&data, &[ModelName::Content], &options(), &|| 0.0, &mut |_| true).is_err());
}

#[test]
fn missing_validation_data_is_an_error() {
    let single = UserItems::from_triplets(3, 3, [(0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0)]).unwrap();
    let error = tune(&TrainingData::new(single), &FAMILIES, &options(), &|| 0.0, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("hold out"), "{error}");
}

#[test]
fn latest_cut_needs_times() {
    let options = TuneOptions { cut: ValidationCut::Latest, ..options() };
    let untimed = TrainingData::new(groups_of_members());
    assert!(tune(&untimed, &FAMILIES, &options, &|| 0.0, &mut |_| true).is_err());
    // All members follow the same ring of items, so only the order is informative.
    let events: Vec<Event> = (0..60_u32)
        .flat_map(|user| (0..8_u32).map(move |n| Event { user, item: (user + n) % 40, weight: 1.0, at: i64::from(n) }))
        .collect();
    let timed = TrainingData::from_events(60, 40, &events).unwrap();
    let families = [ModelName::Popular, ModelName::SequenceKnn];
    let tuned = tune(&timed, &families, &options, &|| 0.0, &mut |_| true).unwrap();
    assert_eq!(tuned.spec.name(), ModelName::SequenceKnn);
}

#[test]
fn learnt_weights_are_at_least_as_good_as_the_best_part() {
    let split = hold_out(&groups_of_members(), 0.3, 4);
    let useful = Rp3BetaParams::default().fit(&split.train).unwrap();
    let popular = PopularityParams::default().fit(&split.train).unwrap();
    let users: Vec<u32> = (0..240).collect();
    let single = learn_blend_weights(&[&useful], &split, &users, 10);
    let both = learn_blend_weights(&[&popular, &useful], &split, &users, 10);
    assert!(both.ndcg >= single.ndcg, "{both:?} {single:?}");
    assert!(both.weights[1] > both.weights[0], "{both:?}");
}

#[test]
fn blend_without_weights_learns_them() {
    let data = TrainingData::new(groups_of_members());
    let model = ModelSpec::new(ModelName::Blend).fit(&data, 3).unwrap();
    assert!(format!("{model:?}").starts_with("Blend"));
    assert_eq!(model.n_items(), 72);
}

#[test]
fn finalists_are_evaluated_on_fresh_cuts() {
    let data = TrainingData::new(groups_of_members());
    let options = TuneOptions { max_trials: 24, ..options() };
    let run = |options: &TuneOptions| tune(&data, &FAMILIES, options, &|| 0.0, &mut |_| true).unwrap();
    let tuned = run(&options);
    let chosen: Vec<_> = tuned.finalists.iter().filter(|finalist| finalist.chosen).collect();
    assert_eq!(chosen.len(), 1, "{:?}", tuned.finalists);
    // A single recommender becomes a blend of one, which can score every member.
    let of_one = |name: &str| tuned.spec.params().get(name) == Some(&1.0);
    assert!(tuned.spec == chosen[0].spec || of_one(chosen[0].spec.name().as_str()), "{:?}", tuned.spec);
    assert_eq!(tuned.validation_ndcg, chosen[0].mean_ndcg());
    assert!(tuned.finalists.iter().all(|finalist| finalist.ndcg.len() == 2));
    assert_eq!(tuned.best_trial_ndcg, tuned.trials.iter().filter_map(TuningTrial::ndcg).fold(0.0, f64::max));
    for finalist in &tuned.finalists {
        let better = finalist.ndcg.iter().zip(&chosen[0].ndcg).all(|(other, won)| other > won);
        assert!(!better, "{finalist:?} beats {:?} on every cut", chosen[0]);
        if let Some(trial) = finalist.trial {
            assert_eq!(tuned.trials[trial].spec, finalist.spec);
        }
    }
    assert_eq!(evaluate_finalists(&data, &tuned.trials, &options).unwrap(), tuned.finalists);
    let none = run(&TuneOptions { fresh_cuts: 0, ..options });
    assert!(none.finalists.is_empty() && none.validation_ndcg == none.best_trial_ndcg);
    assert_eq!(none.trials, tuned.trials, "how many cuts follow changes no trial");
}

#[test]
fn warm_start_settings_are_tried_early() {
    let data = TrainingData::new(groups_of_members());
    let mut known = ModelSpec::new(ModelName::Rp3beta);
    known.set("neighbours", 33.0).unwrap();
    let stranger = ModelSpec::new(ModelName::Ials);
    let options = TuneOptions { warm_start: vec![known.clone(), stranger.clone()], ..options() };
    let tuned = tune(&data, &FAMILIES, &options, &|| 0.0, &mut |_| true).unwrap();
    let place = |spec: &ModelSpec| tuned.trials.iter().position(|trial| trial.spec == *spec);
    assert_eq!(place(&known), Some(4), "after three defaults and their blend");
    assert_eq!(place(&stranger), None, "its family is not searched");
}

#[test]
fn blend_parts_of_one_family_have_different_seeds() {
    let data = TrainingData::new(groups_of_members());
    let mut bagged = ModelSpec::new(ModelName::Blend);
    for (name, value) in [("ials", 1.0), ("ials:2", 1.0), ("ials.factors", 8.0), ("ials:2.factors", 8.0)] {
        bagged.set(name, value).unwrap();
    }
    let mut alone = ModelSpec::new(ModelName::Blend);
    alone.set("ials", 1.0).unwrap();
    alone.set("ials.factors", 8.0).unwrap();
    let scores = |spec: &ModelSpec, seed: u64| {
        let model = spec.fit(&data, seed).unwrap();
        let mut scores = vec![0.0; model.n_items()];
        model.score_into(Some(5), data.interactions.row(5), &mut scores);
        scores
    };
    let (first, second, both) = (scores(&alone, 3), scores(&alone, 4), scores(&bagged, 3));
    assert_ne!(first, second);
    for ((first, second), both) in first.iter().zip(&second).zip(&both) {
        assert!((first + second - both).abs() < 1e-4, "{first} and {second} make {both}");
    }
    for name in ["ials:1", "ials:x", "ials:", "wings:2", "ials:2.wings"] {
        assert!(bagged.set(name, 1.0).is_err(), "{name}");
    }
}

#[test]
fn gain_must_exceed_its_standard_error() {
    let [gain, error] = mean_gain(&[0.3, 0.5, 0.4, 0.4], &[0.2, 0.4, 0.3, 0.3]);
    assert!((gain - 0.1).abs() < 1e-12 && error < 1e-12 && exceeds_standard_error([gain, error]));
    let one_member = mean_gain(&[0.0, 1.0, 0.0], &[0.0, 0.0, 0.0]);
    assert!(!exceeds_standard_error(one_member), "the luck of one member alone is no gain: {one_member:?}");
    assert_eq!(mean_gain(&[], &[]), [0.0, 0.0]);
}

#[test]
fn the_best_blend_is_also_judged_with_more_singular_vectors() {
    let data = TrainingData::new(groups_of_members());
    let trial = |number: usize, vectors: f64, ndcg: f64| {
        let mut spec = ModelSpec::new(ModelName::Blend);
        for (name, value) in [("gf_cf", 1.0), ("gf_cf.vectors", vectors), ("popular", 0.1)] {
            spec.set(name, value).unwrap();
        }
        TuningTrial { number, spec, result: TrialResult::Measured { ndcg } }
    };
    let vectors_of = |trials: &[TuningTrial]| -> Vec<(Option<usize>, f64)> {
        let finalists = evaluate_finalists(&data, trials, &options()).unwrap();
        let single = finalists.iter().filter(|finalist| !finalist.spec.params().contains_key("gf_cf:2"));
        single.map(|finalist| (finalist.trial, finalist.spec.params()["gf_cf.vectors"])).collect()
    };
    let found = vectors_of(&[trial(0, 8.0, 0.2), trial(1, 4.0, 0.1)]);
    assert_eq!(found, [(Some(0), 8.0), (Some(1), 4.0), (None, 32.0)]);
    // There are no more vectors than items.
    assert_eq!(vectors_of(&[trial(0, 40.0, 0.2)]), [(Some(0), 40.0), (None, 72.0)]);
    assert!(vectors_of(&[trial(0, 72.0, 0.2)]).is_empty(), "a single finalist needs no cut");
}
