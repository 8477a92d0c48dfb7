//! Lists and scores are plausible, finite, complete and deterministic.

use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::recommend;
use zhihui_models::{ModelError, Recommender, Row, UserItems};

use crate::support::{SEED, checkerboard, data, fit, names, scores};

#[test]
fn withheld_item_of_a_checkerboard_ranks_first() {
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
fn unknown_member_is_scored_from_history() {
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
fn block_scores_equal_single_scores() {
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
fn large_k_returns_each_unseen_item_once() {
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
    // Item 5 and member 3 have no interactions.
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
fn only_popularity_scores_members_without_history() {
    let data = data(3, 4, [(0, 0), (0, 1), (1, 1), (1, 2)]);
    for name in names() {
        let model = fit(name, &data);
        // A blend falls back to popularity.
        let serves = matches!(name, ModelName::Popular | ModelName::Blend);
        assert_eq!(model.serves(Some(2), Row::EMPTY), serves, "{name}");
        let lists = recommend(model.as_ref(), &data.interactions, &[2, 99], 4);
        let expected: Vec<u32> = if serves { vec![1, 0, 2, 3] } else { Vec::new() };
        assert_eq!(lists, [expected.clone(), expected], "{name}");
    }
}

#[test]
fn smallest_data_can_be_fitted() {
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
fn same_seed_gives_identical_scores() {
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
fn scores_do_not_depend_on_the_number_of_threads() {
    let pairs = (0..600_u32).flat_map(|user| (0..8 + user % 30).map(move |n| (user, (user * 7 + n * n * 3) % 500)));
    let data = data(600, 500, pairs);
    let settings: Vec<Setting> = ["gf_cf.vectors=8", "bpr.epochs=2"].iter().map(|text| text.parse().unwrap()).collect();
    for name in names() {
        let spec = ModelSpec::with_settings(name, &settings).unwrap();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            // The data cache graphs, so each fit gets its own copy.
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
fn heavier_interactions_have_more_influence() {
    // Two groups of items, 0-4 and 5-9. The member's history has one item of each, with different weights.
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
