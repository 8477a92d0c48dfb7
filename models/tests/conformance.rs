//! What every recommender of the catalogue owes its callers, whatever it learns.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::{Event, recommend};
use zhihui_models::recommenders::blend::Blend;
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
        // A blend brings popularity with it.
        let serves = matches!(name, ModelName::Popular | ModelName::Blend);
        assert_eq!(model.serves(Some(2), Row::EMPTY), serves, "{name}");
        let lists = recommend(model.as_ref(), &data.interactions, &[2, 99], 4);
        let expected: Vec<u32> = if serves { vec![1, 0, 2, 3] } else { Vec::new() };
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

#[test]
fn a_million_items_touched_once_each_are_served() {
    const ITEMS: u32 = 1_000_000;
    let pairs = (0..ITEMS).map(|item| (item / 20, item, 1.0));
    let data = TrainingData::new(UserItems::from_triplets(50_000, ITEMS as usize, pairs).unwrap());
    for name in [ModelName::Popular, ModelName::ItemKnn, ModelName::UserKnn, ModelName::Rp3beta] {
        let model = fit(name, &data);
        let lists = recommend(model.as_ref(), &data.interactions, &[0, 49_999], 5);
        assert!(lists.iter().all(|list| list.len() == 5), "{name}: {lists:?}");
    }
}
