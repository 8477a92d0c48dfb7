//! Tests of implicit alternating least squares: vectors, folding in and explanations.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use faer::{Mat, Scale, linalg::solvers::Solve};
use zhihui_models::{
    ModelError, Recommender, Row, UserItems,
    recommenders::ials::{FoldIn, Ials, IalsParams},
};

/// Two groups of members, each with its own half of the items and some entries withheld.
fn two_groups(members: u32, items: u32) -> UserItems {
    let seen = |member: u32, item: u32| member % 2 == item % 2 && !(member * 7 + item * 3).is_multiple_of(5);
    let pairs = (0..members).flat_map(|member| (0..items).map(move |item| (member, item)));
    let entries = pairs.filter(|&(member, item)| seen(member, item));
    let weighted = entries.map(|(member, item)| (member, item, 0.5 + (member + item) as f32 % 3.0));
    UserItems::from_triplets(members as usize, items as usize, weighted).unwrap()
}

fn fit(factors: usize) -> (UserItems, Ials) {
    let matrix = two_groups(60, 40);
    let params = IalsParams { factors, sweeps: 6, regularisation: 0.01, ..IalsParams::default() };
    let model = params.fit(&matrix, 3).unwrap();
    (matrix, model)
}

/// Solves the normal equations of one row in double precision, directly from their definition.
fn solved_by_definition(model: &Ials, row: Row<'_>, params: &IalsParams) -> Vec<f64> {
    let k = model.factors();
    let item = |i: usize| Mat::from_fn(k, 1, |at, _| f64::from(model.item_factors(i)[at]));
    let known: f64 = row.iter().map(|(_, weight)| f64::from(weight)).sum();
    let unobserved = f64::from(params.unobserved_weight);
    let exponent = f64::from(params.frequency_exponent);
    let ridge = f64::from(params.regularisation) * (known + unobserved * model.n_items() as f64).powf(exponent);
    let mut system = Mat::<f64>::identity(k, k) * Scale(ridge);
    let mut right = Mat::<f64>::zeros(k, 1);
    for i in 0..model.n_items() {
        system += item(i) * item(i).transpose() * Scale(unobserved);
    }
    for (i, weight) in row.iter() {
        system += item(i) * item(i).transpose() * Scale(f64::from(weight));
        right += item(i) * Scale(f64::from(weight));
    }
    let solution = system.partial_piv_lu().solve(&right);
    (0..k).map(|at| solution[(at, 0)]).collect()
}

#[test]
fn items_of_the_members_group_score_highest() {
    let (matrix, model) = fit(4);
    let mut scores = vec![0.0; model.n_items()];
    for member in 0..matrix.n_rows() {
        model.score_into(Some(member), matrix.row(member), &mut scores);
        let mean = |parity: usize| scores.iter().skip(parity).step_by(2).sum::<f32>() / 20.0;
        assert!(mean(member % 2) > mean(1 - member % 2) + 0.5);
    }
}

#[test]
fn folding_in_the_training_row_reproduces_the_vector_exactly() {
    for factors in [3, 16, 33] {
        let (matrix, model) = fit(factors);
        for member in 0..matrix.n_rows() {
            assert_eq!(model.fold_in(matrix.row(member)), model.user_factors(member));
        }
    }
}

#[test]
fn both_forms_of_the_solution_satisfy_the_definition() {
    // Rows have about 16 entries: fewer than 33 factors and more than 5, so both forms are used.
    for factors in [5, 33] {
        let (matrix, model) = fit(factors);
        let params = model.fold_in_model().params();
        for member in [0, 1, 17] {
            let expected = solved_by_definition(&model, matrix.row(member), params);
            for (got, expected) in model.user_factors(member).iter().zip(expected) {
                assert!((f64::from(*got) - expected).abs() < 2e-4, "{got} is not {expected} with {factors} factors");
            }
        }
    }
}

#[test]
fn contributions_of_the_history_sum_to_the_score() {
    for factors in [5, 33] {
        let (matrix, model) = fit(factors);
        for (member, item) in [(0, 0), (3, 8), (20, 39)] {
            let history = matrix.row(member);
            let contributions = model.explain(history, item);
            let total: f32 = contributions.iter().map(|&(_, contribution)| contribution).sum();
            let score = model.fold_in_model().score(model.user_factors(member), item);
            assert!((total - score).abs() < 1e-4, "{total} is not {score}");
            assert!(contributions.iter().map(|&(item, _)| item).eq(history.columns.iter().copied()));
        }
    }
}

#[test]
fn restored_parts_fold_in_like_the_model() {
    let (matrix, model) = fit(7);
    let fold_in_model = model.fold_in_model();
    let stored: Vec<f32> = (0..model.n_items()).flat_map(|item| model.item_factors(item).to_vec()).collect();
    let mut again = FoldIn::new(&stored, fold_in_model.gram(), fold_in_model.params()).unwrap();
    assert_eq!(&again, fold_in_model);
    let history = matrix.row(5);
    let before = again.fold_in(history);
    assert_eq!(again.push_item(&[0.5; 7]), Ok(40));
    assert_eq!(again.fold_in(history), before, "an item added later must not move anybody");
    assert!(again.push_item(&[0.5; 3]).is_err());
    assert!(FoldIn::new(&stored[1..], fold_in_model.gram(), fold_in_model.params()).is_err());
}

#[test]
fn changed_history_is_folded_in() {
    let (matrix, model) = fit(8);
    let (mut trained, mut changed, mut stranger) = (vec![0.0; 40], vec![0.0; 40], vec![0.0; 40]);
    model.score_into(Some(0), matrix.row(0), &mut trained);
    model.score_into(Some(0), matrix.row(1), &mut changed);
    model.score_into(None, matrix.row(1), &mut stranger);
    assert_eq!(changed, stranger);
    assert_ne!(changed, trained);
}

#[test]
fn block_scores_equal_single_scores() {
    let (matrix, model) = fit(9);
    let members: Vec<usize> = (0..matrix.n_rows()).rev().collect();
    let histories: Vec<Row<'_>> = members.iter().map(|&member| matrix.row(member)).collect();
    let mut block = vec![0.0; members.len() * 40];
    model.score_block(&members, &histories, &mut block);
    let mut single = vec![0.0; 40];
    for ((&member, &history), row) in members.iter().zip(&histories).zip(block.chunks_exact(40)) {
        model.score_into(Some(member), history, &mut single);
        for (block, single) in row.iter().zip(&single) {
            assert!((block - single).abs() < 1e-5);
        }
    }
}

#[test]
fn vectors_depend_on_the_seed_but_not_on_threads() {
    let matrix = two_groups(60, 40);
    let params = IalsParams { factors: 6, sweeps: 3, ..IalsParams::default() };
    let fit = |seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| params.fit(&matrix, seed).unwrap())
    };
    assert_eq!(fit(1, 1), fit(1, 3));
    assert_ne!(fit(1, 1), fit(2, 1));
}

#[test]
fn vectors_of_empty_rows_and_items_are_zero() {
    let matrix = UserItems::from_triplets(4, 5, [(0, 0, 1.0), (0, 1, 1.0), (2, 1, 0.0), (3, 3, 2.0)]).unwrap();
    let model = IalsParams { factors: 3, sweeps: 4, ..IalsParams::default() }.fit(&matrix, 1).unwrap();
    assert_eq!(model.user_factors(1), [0.0; 3], "no entry");
    assert_eq!(model.user_factors(2), [0.0; 3], "only an entry of weight zero");
    assert_eq!(model.item_factors(4), [0.0; 3]);
    assert!(!model.serves(Some(1), matrix.row(1)));
    let stranger = Row { columns: &[1, 99], weights: &[1.0, 1.0] };
    assert_eq!(model.fold_in(stranger), model.fold_in(Row { columns: &[1], weights: &[1.0] }));
}

#[test]
fn empty_matrix_is_rejected() {
    let empty = UserItems::from_triplets(3, 3, []).unwrap();
    assert!(matches!(IalsParams::default().fit(&empty, 1), Err(ModelError::NotEnoughData(_))));
}

#[test]
fn every_parameter_has_its_bounds() {
    let good = IalsParams::default;
    let bad = [
        ("ials.factors", IalsParams { factors: 0, ..good() }),
        ("ials.factors", IalsParams { factors: 5000, ..good() }),
        ("ials.sweeps", IalsParams { sweeps: 0, ..good() }),
        ("ials.regularisation", IalsParams { regularisation: 0.0, ..good() }),
        ("ials.unobserved_weight", IalsParams { unobserved_weight: f32::NAN, ..good() }),
        ("ials.frequency_exponent", IalsParams { frequency_exponent: -0.1, ..good() }),
        ("ials.init_scale", IalsParams { init_scale: f32::INFINITY, ..good() }),
    ];
    assert_eq!(good().check(), Ok(()));
    for (expected, params) in bad {
        match params.check() {
            Err(ModelError::BadParameter { name, .. }) => assert_eq!(name, expected),
            other => panic!("{expected} was answered with {other:?}"),
        }
    }
}

#[test]
fn members_of_given_items_follow_the_definition_and_ignore_items_without_entries() {
    let (matrix, model) = fit(6);
    let params = IalsParams { factors: 6, sweeps: 6, regularisation: 0.01, ..IalsParams::default() };
    let own: Vec<f32> = (0..40).flat_map(|item| model.item_factors(item).to_vec()).collect();
    let again = params.fit_members(&matrix, &own).unwrap();
    let score = |model: &Ials, member: usize, item: usize| -> f32 {
        model.user_factors(member).iter().zip(model.item_factors(item)).map(|(x, y)| x * y).sum()
    };
    for (member, item) in [(0, 0), (7, 11), (33, 20), (59, 39)] {
        assert!((score(&model, member, item) - score(&again, member, item)).abs() < 1e-4, "{member} {item}");
    }
    // An item without entries does not affect other scores, whatever the length of its vector.
    let wider = UserItems::from_triplets(
        60,
        41,
        matrix.rows().enumerate().flat_map(|(member, row)| {
            row.iter().map(move |(item, weight)| (member as u32, item as u32, weight)).collect::<Vec<_>>()
        }),
    )
    .unwrap();
    let (short, long) = ([own.as_slice(), &[0.0; 6]].concat(), [own.as_slice(), &[9.0; 6]].concat());
    let (short, long) = (params.fit_members(&wider, &short).unwrap(), params.fit_members(&wider, &long).unwrap());
    assert!((score(&short, 7, 11) - score(&long, 7, 11)).abs() < 1e-5);
    assert!(score(&long, 7, 40) != 0.0 && score(&short, 7, 40) == 0.0);
    assert!(params.fit_members(&matrix, &own[1..]).is_err());
}
