//! What every recommender of the catalogue owes its callers, whatever it learns.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::OnceLock;

use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};
use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::{Event, Metric, evaluate, recommend};
use zhihui_models::recommenders::blend::Blend;
use zhihui_models::recommenders::content::{Content, ContentParams};
use zhihui_models::recommenders::user_knn::UserKnnParams;
use zhihui_models::{ModelError, Recommender, Row, UserItems};

const SEED: u64 = 11;

/// Every name there is.
fn names() -> Vec<ModelName> {
    ModelName::ALL.to_vec()
}

fn events(pairs: impl IntoIterator<Item = (u32, u32)>) -> Vec<Event> {
    let event = |(at, (user, item))| Event { user, item, weight: 1.0, at: at as i64 };
    pairs.into_iter().enumerate().map(event).collect()
}

/// Two kinds of items; attributes say which kind.
fn data(n_users: usize, n_items: usize, pairs: impl IntoIterator<Item = (u32, u32)>) -> TrainingData {
    let kinds = (0..n_items as u32).map(|item| (item, item % 2, 1.0));
    let attributes = UserItems::from_triplets(n_items, 2, kinds).unwrap();
    TrainingData::from_events(n_users, n_items, &events(pairs)).unwrap().with_attributes(attributes).unwrap()
}

/// Member u touched every item of u's parity but item u itself.
fn checkerboard(n: u32) -> TrainingData {
    let pairs = (0..n).flat_map(|user| (0..n).map(move |item| (user, item)));
    data(n as usize, n as usize, pairs.filter(|(user, item)| user % 2 == item % 2 && user != item))
}

fn fit(name: ModelName, data: &TrainingData) -> Box<dyn Recommender> {
    ModelSpec::new(name).fit(data, SEED).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn scores(model: &dyn Recommender, user: Option<usize>, history: Row<'_>) -> Vec<f32> {
    let mut scores = vec![f32::NAN; model.n_items()];
    model.score_into(user, history, &mut scores);
    scores
}

#[test]
fn the_withheld_item_of_a_checkerboard_comes_first() {
    let data = checkerboard(40);
    for name in names().into_iter().filter(|&name| name != ModelName::Popular) {
        let model = fit(name, &data);
        let users: Vec<u32> = (0..40).collect();
        for (user, list) in recommend(model.as_ref(), &data.interactions, &users, 3).iter().enumerate() {
            assert_eq!(list.first(), Some(&(user as u32)), "{name}, member {user}");
        }
    }
}

#[test]
fn a_member_unknown_at_fit_time_is_served_from_history() {
    let data = checkerboard(40);
    for name in names().into_iter().filter(|&name| name != ModelName::Popular) {
        let model = fit(name, &data);
        let history = Row { columns: &[1, 3, 5, 7], weights: &[1.0; 4] };
        assert!(model.serves(None, history), "{name}");
        let scores = scores(model.as_ref(), None, history);
        assert!(scores[9] > scores[8], "{name} prefers the other kind");
    }
}

#[test]
fn a_block_scores_like_its_members_one_by_one() {
    let data = data(30, 25, (0..30).flat_map(|user| (0..1 + user % 9).map(move |n| (user, (user * 7 + n * n) % 25))));
    for name in names() {
        let model = fit(name, &data);
        let users: Vec<usize> = (0..30).rev().collect();
        let histories: Vec<Row<'_>> = users.iter().map(|&user| data.interactions.row(user)).collect();
        let mut block = vec![f32::NAN; 30 * 25];
        model.score_block(&users, &histories, &mut block);
        for ((&user, &history), row) in users.iter().zip(&histories).zip(block.chunks(25)) {
            for (one, many) in scores(model.as_ref(), Some(user), history).iter().zip(row) {
                assert!((one - many).abs() <= 1e-4 * (1.0 + one.abs()), "{name}: {one} and {many}");
            }
        }
    }
}

#[test]
fn asking_for_more_than_exists_gives_all_unseen_items_once() {
    let data = data(4, 6, [(0, 0), (0, 1), (1, 1), (1, 2), (2, 3), (2, 0), (3, 4)]);
    for name in names() {
        let model = fit(name, &data);
        for (user, mut list) in
            recommend(model.as_ref(), &data.interactions, &[0, 1, 2, 3], 100).into_iter().enumerate()
        {
            let seen = data.interactions.row(user);
            list.sort_unstable();
            let unseen: Vec<u32> = (0..6).filter(|&item| !seen.contains(item)).collect();
            assert_eq!(list, unseen, "{name}, member {user}");
        }
    }
}

#[test]
fn scores_are_finite_for_any_history() {
    // Item 5 was touched by nobody, member 3 touched nothing.
    let data = data(4, 6, [(0, 0), (0, 1), (1, 1), (1, 2), (2, 3), (2, 0), (2, 4)]);
    for name in names() {
        let model = fit(name, &data);
        let histories: [(Option<usize>, &[u32]); 5] =
            [(Some(0), &[0, 1]), (Some(3), &[]), (None, &[]), (None, &[5]), (Some(3), &[0, 5])];
        for (user, columns) in histories {
            let weights = vec![1.0; columns.len()];
            let scores = scores(model.as_ref(), user, Row { columns, weights: &weights });
            assert!(scores.iter().all(|score| score.is_finite()), "{name} for {columns:?}: {scores:?}");
        }
    }
}

#[test]
fn somebody_without_history_is_left_to_popularity() {
    let data = data(3, 4, [(0, 0), (0, 1), (1, 1), (1, 2)]);
    for name in names() {
        let model = fit(name, &data);
        assert_eq!(model.serves(Some(2), Row::EMPTY), name == ModelName::Popular, "{name}");
        let lists = recommend(model.as_ref(), &data.interactions, &[2, 99], 4);
        let expected: Vec<u32> = if name == ModelName::Popular { vec![1, 0, 2, 3] } else { Vec::new() };
        assert_eq!(lists, [expected.clone(), expected], "{name}");
    }
}

#[test]
fn the_smallest_data_fits() {
    for name in names() {
        for (n_users, n_items, pairs) in [
            (1, 3, vec![(0, 0), (0, 2)]),
            (3, 1, vec![(0, 0), (1, 0)]),
            (1, 1, vec![(0, 0)]),
            (2, 2, Vec::new()),
            (0, 3, Vec::new()),
        ] {
            let data = data(n_users, n_items, pairs);
            let model = match ModelSpec::new(name).fit(&data, SEED) {
                Err(ModelError::NotEnoughData(_)) if data.interactions.n_entries() == 0 => continue,
                fitted => fitted.unwrap_or_else(|error| panic!("{name}: {error}")),
            };
            assert_eq!(model.n_items(), n_items, "{name}");
            if n_users > 0 {
                let scores = scores(model.as_ref(), Some(0), data.interactions.row(0));
                assert!(scores.iter().all(|score| score.is_finite()), "{name} on {n_users} × {n_items}: {scores:?}");
            }
        }
        let empty = TrainingData::new(UserItems::from_triplets(3, 0, []).unwrap());
        let refused = ModelSpec::new(name).fit(&empty, SEED).err();
        assert!(matches!(refused, Some(ModelError::NotEnoughData(_))), "{name}: {refused:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_scores_to_the_last_bit() {
    let data = checkerboard(24);
    for name in names() {
        let (first, second) = (fit(name, &data), fit(name, &data));
        for user in 0..24 {
            let history = data.interactions.row(user);
            let bits = |model: &dyn Recommender| {
                scores(model, Some(user), history).iter().map(|s| s.to_bits()).collect::<Vec<_>>()
            };
            assert_eq!(bits(first.as_ref()), bits(second.as_ref()), "{name}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let pairs = (0..600_u32).flat_map(|user| (0..8 + user % 30).map(move |n| (user, (user * 7 + n * n * 3) % 500)));
    let data = data(600, 500, pairs);
    let settings: Vec<Setting> = ["gf_cf.vectors=8", "bpr.epochs=2"].iter().map(|text| text.parse().unwrap()).collect();
    for name in names() {
        let spec = ModelSpec::with_settings(name, &settings).unwrap();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            // Graphs are kept with the data, so each fit has its own.
            let data = data.restricted_to(data.interactions.clone());
            let model = pool.install(|| spec.fit(&data, SEED).unwrap());
            let users = (0..600).step_by(37);
            let bits = users.flat_map(|user| scores(model.as_ref(), Some(user), data.interactions.row(user)));
            bits.map(f32::to_bits).collect::<Vec<_>>()
        };
        assert!(on(1) == on(3), "{name}");
    }
}

#[test]
fn a_heavier_interaction_counts_for_more() {
    // Two camps of items, 0-4 and 5-9; the member's history holds one item of each, weighed differently.
    let pairs =
        (0..20).flat_map(|user| (0..5).filter(move |n| n % 5 != user % 5).map(move |n| (user, n + 5 * (user % 2))));
    let data = data(20, 10, pairs);
    let personal = |name: &ModelName| !matches!(name, ModelName::Popular | ModelName::Content);
    for name in names().into_iter().filter(personal) {
        let model = fit(name, &data);
        let lean = |first, second| {
            let scores = scores(model.as_ref(), None, Row { columns: &[0, 5], weights: &[first, second] });
            scores[1..5].iter().sum::<f32>() - scores[6..10].iter().sum::<f32>()
        };
        assert!(lean(3.0, 1.0) > 0.0 && lean(1.0, 3.0) < 0.0, "{name}: {} {}", lean(3.0, 1.0), lean(1.0, 3.0));
    }
}

#[test]
fn reasons_sum_to_the_score() {
    let data = data(30, 25, (0..30).flat_map(|user| (0..2 + user % 9).map(move |n| (user, (user * 7 + n * n) % 25))));
    let sums_of_history =
        |name: ModelName| !matches!(name, ModelName::Popular | ModelName::UserKnn | ModelName::Bpr | ModelName::Blend);
    for name in names() {
        let model = fit(name, &data);
        for (user, history) in data.interactions.rows().enumerate() {
            let scores = scores(model.as_ref(), Some(user), history);
            for (item, score) in scores.into_iter().enumerate() {
                let Some(reasons) = model.explain(Some(user), history, item) else {
                    assert!(!sums_of_history(name), "{name} gives no reasons");
                    continue;
                };
                assert_eq!(reasons.iter().map(|&(seen, _)| seen).collect::<Vec<_>>(), history.columns, "{name}");
                let sum: f32 = reasons.iter().map(|&(_, contribution)| contribution).sum();
                assert!((sum - score).abs() <= 1e-4 * (1.0 + sum.abs()), "{name}: {sum} and {score}");
            }
        }
    }
}

#[test]
fn reasons_by_members_and_by_parts_sum_to_the_score() {
    let data = data(30, 25, (0..30).flat_map(|user| (0..2 + user % 9).map(move |n| (user, (user * 7 + n * n) % 25))));
    let members = UserKnnParams::default().fit(&data.interactions).unwrap();
    let parts = Blend::new(vec![(fit(ModelName::Ials, &data), 0.7), (fit(ModelName::Rp3beta, &data), 1.3)]).unwrap();
    for (user, history) in data.interactions.rows().enumerate() {
        let by_members = scores(&members, Some(user), history);
        for (item, (one, other)) in by_members.into_iter().zip(scores(&parts, Some(user), history)).enumerate() {
            let sum: f32 = members.explain_by_members(Some(user), history, item).iter().map(|&(_, share)| share).sum();
            assert!((sum - one).abs() < 1e-4, "{sum} and {one}");
            let sum: f32 = parts.explain_by_parts(Some(user), history, item).iter().sum();
            assert!((sum - other).abs() < 1e-3, "{sum} and {other}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn reasons_sum_to_the_score_for_any_history(
        history in prop::collection::btree_map(0_u32..25, 1_u8..5, 1..12), item in 0_usize..25,
    ) {
        static FITTED: OnceLock<(Vec<(ModelName, Box<dyn Recommender>)>, Content)> = OnceLock::new();
        let (models, content) = FITTED.get_or_init(|| {
            let pairs = (0..30).flat_map(|user| (0..2 + user % 9).map(move |n| (user, (user * 7 + n * n) % 25)));
            let data = data(30, 25, pairs);
            let topics = (0..25).flat_map(|item| [(item, item % 4, 1.0), (item, 4 + item % 3, 0.5)]);
            let topics = UserItems::from_triplets(25, 7, topics).unwrap();
            let names = [ModelName::Ials, ModelName::ItemKnn, ModelName::Rp3beta, ModelName::Ease, ModelName::GfCf];
            let models = names.into_iter().map(|name| (name, fit(name, &data))).collect();
            (models, ContentParams::default().fit(&topics).unwrap())
        });
        let (columns, weights): (Vec<u32>, Vec<f32>) =
            history.into_iter().map(|(item, weight)| (item, f32::from(weight))).unzip();
        let history = Row { columns: &columns, weights: &weights };
        for (name, model) in models {
            let score = scores(model.as_ref(), None, history)[item];
            let reasons = model.explain(None, history, item).unwrap();
            let sum: f32 = reasons.iter().map(|&(_, contribution)| contribution).sum();
            prop_assert!((sum - score).abs() <= 1e-3 * (1.0 + score.abs()), "{}: {} and {}", name, sum, score);
        }
        let score = scores(content, None, history)[item];
        for sum in [
            content.explain_by_topics(history, item).iter().map(|&(_, share)| share).sum::<f32>(),
            content.explain(None, history, item).unwrap().iter().map(|&(_, share)| share).sum(),
        ] {
            prop_assert!((sum - score).abs() <= 1e-4 * (1.0 + score.abs()), "content: {} and {}", sum, score);
        }
    }
}

#[test]
fn weights_that_are_no_weights_are_refused_before_any_model_sees_them() {
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
fn weights_of_zero_teach_nothing_and_break_nothing() {
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
fn an_empty_test_measures_nobody() {
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
fn what_test_and_train_have_in_common_is_never_recommended_and_counts_as_missed() {
    let data = checkerboard(12);
    // Each member's withheld item, and one that is in the training data too.
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

/// The family with settings that keep a catalogue of a million items within seconds and a gigabyte.
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
fn a_million_items_touched_once_each_are_served() {
    const ITEMS: u32 = 1_000_000;
    let data = data(50_000, ITEMS as usize, (0..ITEMS).map(|item| (item / 20, item)));
    for name in names() {
        let model = frugal(name).fit(&data, SEED).unwrap_or_else(|error| panic!("{name}: {error}"));
        let lists = recommend(model.as_ref(), &data.interactions, &[0, 49_999], 5);
        for (list, user) in lists.iter().zip([0, 49_999_usize]) {
            let served = model.serves(Some(user), data.interactions.row(user));
            assert_eq!(list.len(), if served { 5 } else { 0 }, "{name}: {list:?}");
            // Items that do not fit into the memory of EASE are unknown to it, and so are their readers.
            assert!(served || name == ModelName::Ease, "{name}");
        }
    }
}
