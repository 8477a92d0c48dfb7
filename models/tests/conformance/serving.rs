//! Lists and scores: sensible, finite, whole, and the same for the same seed.

use zhihui_models::catalogue::{ModelName, ModelSpec, Setting, TrainingData};
use zhihui_models::evaluation::recommend;
use zhihui_models::{ModelError, Recommender, Row, UserItems};

use crate::support::{SEED, checkerboard, data, fit, names, scores};

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
