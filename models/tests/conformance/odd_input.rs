//! Edge cases of the input: finite scores or a clear error.

use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::{Event, Metric, evaluate, recommend};
use zhihui_models::{ModelError, UserItems};

use crate::support::{SEED, checkerboard, data, fit, names, scores};

#[test]
fn invalid_weights_are_rejected_by_the_matrix() {
    for weight in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, -1e-30, f32::MAX] {
        let entries = [(0, 0, 1.0), (1, 2, weight)];
        match UserItems::from_triplets(2, 3, entries) {
            Err(ModelError::BadWeight { row: 1, column: 2, .. }) => {}
            other => panic!("{weight}: {other:?}"),
        }
        let bad = Event { user: 1, item: 2, weight, at: 0 };
        let refused = TrainingData::from_events(2, 3, &[bad]).err().map(|error| error.to_string());
        assert!(refused.as_ref().is_some_and(|text| text.contains("(1, 2)")), "{weight}: {refused:?}");
    }
    let sum = UserItems::from_triplets(1, 1, [(0, 0, 9e11), (0, 0, 9e11)]);
    assert!(matches!(sum, Err(ModelError::BadWeight { row: 0, column: 0, .. })), "{sum:?}");
}

#[test]
fn weights_of_any_size_give_finite_scores() {
    let sizes = [0.0, 1e-38, 1e-20, 1.0, 1e6, 1e12];
    let weighed = |user: u32, item: u32| sizes[(user * 5 + item * item + item) as usize % sizes.len()];
    let pairs = (0..20).flat_map(|user| (0..12).map(move |item| (user, item)));
    let events = pairs.filter(|(user, item)| (user * 7 + item * 3) % 4 < 2).map(|(user, item)| Event {
        user,
        item,
        weight: weighed(user, item),
        at: i64::from(user + item),
    });
    let kinds = UserItems::from_triplets(12, 2, (0..12).map(|item| (item, item % 2, 1.0))).unwrap();
    let data = TrainingData::from_events(20, 12, &events.collect::<Vec<_>>()).unwrap().with_attributes(kinds).unwrap();
    for name in names() {
        let model = match ModelSpec::new(name).fit(&data, SEED) {
            Err(ModelError::Diverged(_)) => continue,
            fitted => fitted.unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        for (user, history) in data.interactions.rows().enumerate() {
            let scores = scores(model.as_ref(), Some(user), history);
            assert!(scores.iter().all(|score| score.is_finite()), "{name}, member {user}: {scores:?}");
        }
    }
}

#[test]
fn zero_weights_have_no_effect() {
    let zero = |user, item, at| Event { user, item, weight: 0.0, at };
    let kinds = UserItems::from_triplets(3, 1, (0..3).map(|item| (item, 0, 1.0))).unwrap();
    let data = TrainingData::from_events(2, 3, &[zero(0, 0, 1), zero(0, 2, 2), zero(1, 1, 3)]).unwrap();
    let data = data.with_attributes(kinds).unwrap();
    for name in names() {
        let model = match ModelSpec::new(name).fit(&data, SEED) {
            Err(ModelError::NotEnoughData(message)) => {
                assert!(message.contains("weight") || message.contains("entry"), "{name}: {message}");
                continue;
            }
            fitted => fitted.unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        let scores = scores(model.as_ref(), Some(0), data.interactions.row(0));
        assert!(scores.iter().all(|score| score.is_finite()), "{name}: {scores:?}");
    }
}

#[test]
fn empty_test_set_has_no_members() {
    let data = checkerboard(12);
    let nothing = UserItems::from_triplets(12, 12, []).unwrap();
    for name in names() {
        let evaluation = evaluate(fit(name, &data).as_ref(), &data.interactions, &nothing, &[5], None).unwrap();
        assert_eq!((evaluation.users().len(), evaluation.served()), (0, 0), "{name}");
        assert_eq!(evaluation.mean(Metric::Ndcg, 5), Ok(0.0), "{name}");
        assert!(evaluation.summary().values().all(|value| value.is_finite()), "{name}: {:?}", evaluation.summary());
    }
}

#[test]
fn test_entries_in_the_training_data_count_as_misses() {
    let data = checkerboard(12);
    // Each member's withheld item, and one that is also in the training data.
    let both = (0..12_u32).flat_map(|user| [(user, user, 1.0), (user, (user + 2) % 12, 1.0)]);
    let test = UserItems::from_triplets(12, 12, both).unwrap();
    for name in names() {
        let model = fit(name, &data);
        let users: Vec<u32> = (0..12).collect();
        for (user, list) in recommend(model.as_ref(), &data.interactions, &users, 12).iter().enumerate() {
            assert!(list.iter().all(|&item| !data.interactions.row(user).contains(item)), "{name}: {list:?}");
        }
        let evaluation = evaluate(model.as_ref(), &data.interactions, &test, &[12], None).unwrap();
        assert_eq!(evaluation.mean(Metric::Recall, 12), Ok(0.5), "{name}");
    }
}

/// The family with settings that fit a million items within seconds and a gigabyte.
fn frugal(name: ModelName) -> ModelSpec {
    let settings = [
        "ease.memory_mb=16",
        "ials.factors=4",
        "ials.sweeps=1",
        "bpr.factors=4",
        "bpr.epochs=1",
        "gf_cf.vectors=2",
        "blend.popular=0.1",
        "blend.item_knn=1",
    ];
    let settings: Vec<Setting> = settings.iter().map(|text| text.parse().unwrap()).collect();
    ModelSpec::with_settings(name, &settings).unwrap()
}

#[test]
fn million_items_with_one_interaction_each_can_be_scored() {
    const ITEMS: u32 = 1_000_000;
    let data = data(50_000, ITEMS as usize, (0..ITEMS).map(|item| (item / 20, item)));
    for name in names() {
        let model = frugal(name).fit(&data, SEED).unwrap_or_else(|error| panic!("{name}: {error}"));
        let lists = recommend(model.as_ref(), &data.interactions, &[0, 49_999], 5);
        for (list, user) in lists.iter().zip([0, 49_999_usize]) {
            let served = model.serves(Some(user), data.interactions.row(user));
            assert_eq!(list.len(), if served { 5 } else { 0 }, "{name}: {list:?}");
            // EASE cannot score members whose items are not among those it models.
            assert!(served || name == ModelName::Ease, "{name}");
        }
    }
}
