//! Tests of Bayesian personalised ranking.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use zhihui_models::{ModelError, Recommender, Row, UserItems, recommenders::bpr::BprParams};

/// Two groups of members, each with half of the items. Every fourth entry is withheld.
fn two_groups() -> UserItems {
    let pairs = (0..40_u32).flat_map(|member| (0..30_u32).map(move |item| (member, item)));
    let seen = pairs.filter(|(member, item)| member % 2 == item % 2 && (member / 2 + item / 2) % 4 != 0);
    UserItems::from_triplets(40, 30, seen.map(|(member, item)| (member, item, 1.0))).unwrap()
}

fn params() -> BprParams {
    BprParams { factors: 9, epochs: 100, ..BprParams::default() }
}

#[test]
fn withheld_items_of_the_own_group_score_higher() {
    let matrix = two_groups();
    let model = params().fit(&matrix, 1).unwrap();
    let mut scores = vec![0.0; 30];
    let own = |member: usize, user: Option<usize>, scores: &mut [f32]| {
        model.score_into(user, matrix.row(member), scores);
        let mean = |parity: usize| {
            let unseen = (0..30_u32).filter(|item| *item as usize % 2 == parity && !matrix.row(member).contains(*item));
            let values: Vec<f32> = unseen.map(|item| scores[item as usize]).collect();
            values.iter().sum::<f32>() / values.len() as f32
        };
        mean(member % 2) > mean(1 - member % 2)
    };
    assert!((0..40).all(|member| own(member, Some(member), &mut scores)));
    assert!(
        (0..40).all(|member| own(member, None, &mut scores)),
        "an unknown member with the same history is folded in"
    );
}

#[test]
fn same_seed_gives_identical_models() {
    let matrix = two_groups();
    assert_eq!(params().fit(&matrix, 5), params().fit(&matrix, 5));
    assert_ne!(params().fit(&matrix, 5), params().fit(&matrix, 6));
    let model = params().fit(&matrix, 5).unwrap();
    assert_eq!(model.fold_in(matrix.row(3)), model.fold_in(matrix.row(3)));
}

#[test]
fn block_scores_equal_single_scores() {
    let matrix = two_groups();
    let model = params().fit(&matrix, 2).unwrap();
    let members = [5, 0, 7];
    let histories = members.map(|member| matrix.row(member));
    let (mut block, mut single) = (vec![0.0; 90], vec![0.0; 30]);
    model.score_block(&members, &histories, &mut block);
    for ((&member, &history), row) in members.iter().zip(&histories).zip(block.chunks_exact(30)) {
        model.score_into(Some(member), history, &mut single);
        assert!(row.iter().zip(&single).all(|(block, single)| (block - single).abs() < 1e-5));
    }
}

#[test]
fn empty_rows_and_unknown_items_give_finite_scores() {
    let matrix = UserItems::from_triplets(3, 1, [(0, 0, 2.0), (1, 0, 0.0)]).unwrap();
    let model = params().fit(&matrix, 1).unwrap();
    let mut scores = [f32::NAN];
    model.score_into(Some(2), Row::EMPTY, &mut scores);
    assert!(scores[0].is_finite());
    assert_eq!(model.fold_in(Row { columns: &[7], weights: &[1.0] }), vec![0.0; 9]);
}

#[test]
fn invalid_input_is_rejected() {
    let empty = UserItems::from_triplets(2, 2, []).unwrap();
    assert!(matches!(params().fit(&empty, 1), Err(ModelError::NotEnoughData(_))));
    let weightless = UserItems::from_triplets(2, 2, [(0, 0, 0.0)]).unwrap();
    assert!(matches!(params().fit(&weightless, 1), Err(ModelError::NotEnoughData(_))));
    for bad in [
        BprParams { factors: 0, ..params() },
        BprParams { epochs: 0, ..params() },
        BprParams { learning_rate: 0.0, ..params() },
        BprParams { regularisation: f32::NAN, ..params() },
    ] {
        assert!(matches!(bad.check(), Err(ModelError::BadParameter { .. })));
    }
}
