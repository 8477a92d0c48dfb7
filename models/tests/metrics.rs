//! Compares the metrics with a naive implementation of their definitions, and tests the rules of ranking.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use proptest::prelude::*;
use zhihui_models::evaluation::{Bootstrap, Metric, evaluate, evaluate_lists, recommend};
use zhihui_models::top_k::top_k;
use zhihui_models::{ModelError, Recommender, Row, UserItems};

/// A recommender with given scores.
#[derive(Debug)]
struct FixedScores {
    n_items: usize,
    scores: Vec<Vec<f32>>,
}

impl Recommender for FixedScores {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn serves(&self, user: Option<usize>, _history: Row<'_>) -> bool {
        user.is_some_and(|user| user < self.scores.len())
    }

    fn score_into(&self, user: Option<usize>, _history: Row<'_>, scores: &mut [f32]) {
        match user.and_then(|user| self.scores.get(user)) {
            Some(own) => scores.copy_from_slice(own),
            None => scores.fill(0.0),
        }
    }
}

/// All unseen items by descending score, then ascending index.
fn naive_ranking(scores: &[f32], seen: &[u32], k: usize) -> Vec<u32> {
    let mut items: Vec<u32> = (0..scores.len() as u32).filter(|item| !seen.contains(item)).collect();
    items.sort_by(|&left, &right| {
        scores[right as usize].partial_cmp(&scores[left as usize]).unwrap().then(left.cmp(&right))
    });
    items.truncate(k);
    items
}

/// recall, ndcg, hit rate, mrr, map, precision.
fn naive_metrics(list: &[u32], relevant: &HashSet<u32>, k: usize) -> [f64; 6] {
    let hit = |rank: usize| list.get(rank - 1).is_some_and(|item| relevant.contains(item));
    let hits_until = |rank: usize| (1..=rank).filter(|&rank| hit(rank)).count() as f64;
    let hits = hits_until(k);
    let dcg: f64 = (1..=k).filter(|&rank| hit(rank)).map(|rank| 1.0 / (rank as f64 + 1.0).log2()).sum();
    let ideal: f64 = (1..=k.min(relevant.len())).map(|rank| 1.0 / (rank as f64 + 1.0).log2()).sum();
    let first = (1..=k).find(|&rank| hit(rank)).map_or(0.0, |rank| 1.0 / rank as f64);
    let map: f64 = (1..=k).filter(|&rank| hit(rank)).map(|rank| hits_until(rank) / rank as f64).sum();
    let any = f64::from(u8::from(hits > 0.0));
    [hits / relevant.len() as f64, dcg / ideal, any, first, map / k.min(relevant.len()) as f64, hits / k as f64]
}

fn matrix(n_users: usize, n_items: usize, pairs: &[(u32, u32)]) -> UserItems {
    UserItems::from_triplets(n_users, n_items, pairs.iter().map(|&(user, item)| (user, item, 1.0))).unwrap()
}

fn pairs(n_users: u32, n_items: u32) -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..n_users, 0..n_items), 0..120)
}

proptest! {
    #[test]
    fn evaluation_equals_the_definitions(
        train in pairs(8, 70),
        test in pairs(10, 75),
        // Few distinct values, to produce many ties, and both zeros.
        scores in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![-1.0_f32, -0.0, 0.0, 0.5, 2.0]), 70), 7),
        k in 1_usize..90,
    ) {
        let (train, test) = (matrix(8, 70, &train), matrix(10, 75, &test));
        let model = FixedScores { n_items: 70, scores };
        let evaluation = evaluate(&model, &train, &test, &[k, 3], None).unwrap();
        let users: Vec<u32> = (0..10).filter(|&user| !test.row(user as usize).is_empty()).collect();
        prop_assert_eq!(evaluation.users(), &users[..]);
        for cut in [k, 3] {
            for (index, metric) in Metric::ALL.into_iter().enumerate() {
                let measured = evaluation.per_user(metric, cut).unwrap();
                for (&user, measured) in users.iter().zip(measured) {
                    let relevant = test.row(user as usize).columns.iter().copied().collect();
                    let list = model.scores.get(user as usize).map_or(Vec::new(), |scores| {
                        naive_ranking(scores, train.row(user as usize).columns, cut)
                    });
                    let expected = naive_metrics(&list, &relevant, cut)[index];
                    prop_assert!((measured - expected).abs() < 1e-12, "{} of member {}: {} {}", metric, user, measured, expected);
                }
            }
        }
    }

    #[test]
    fn top_k_equals_a_full_sort(
        scores in prop::collection::vec(-4_i8..4, 0..400),
        seen in prop::collection::btree_set(0_u32..420, 0..60),
        k in 0_usize..450,
    ) {
        let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
        let seen: Vec<u32> = seen.into_iter().collect();
        let best: Vec<u32> = top_k(&scores, k, &seen).iter().map(|scored| scored.item).collect();
        prop_assert_eq!(best, naive_ranking(&scores, &seen, k));
    }
}

#[test]
fn metrics_of_a_worked_example() {
    // Hits at ranks 1 and 3 of 4; five relevant items.
    let metrics = Metric::of_list(&[7, 1, 9, 2], &[3, 4, 5, 7, 9], 4);
    let ideal = 1.0 + 1.0 / 3_f64.log2() + 0.5 + 1.0 / 5_f64.log2();
    let expected = [0.4, 1.5 / ideal, 1.0, 1.0, (1.0 + 2.0 / 3.0) / 4.0, 0.5];
    for (measured, expected) in metrics.iter().zip(expected) {
        assert!((measured - expected).abs() < 1e-12, "{metrics:?}");
    }
}

#[test]
fn nan_scores_are_never_recommended() {
    let best = top_k(&[f32::NAN, 1.0, f32::NEG_INFINITY, 3.0, f32::NAN], 5, &[]);
    assert_eq!(best.iter().map(|scored| scored.item).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn members_without_a_list_count_as_zero() {
    let model = FixedScores { n_items: 3, scores: vec![vec![3.0, 2.0, 1.0]] };
    let train = matrix(2, 3, &[]);
    let test = matrix(2, 3, &[(0, 0), (1, 0)]);
    let evaluation = evaluate(&model, &train, &test, &[1], None).unwrap();
    assert_eq!(evaluation.mean(Metric::Recall, 1), Ok(0.5));
    assert_eq!(evaluation.served(), 1);
}

#[test]
fn test_item_seen_in_training_is_relevant_but_not_recommended() {
    let model = FixedScores { n_items: 3, scores: vec![vec![3.0, 2.0, 1.0]] };
    let train = matrix(1, 3, &[(0, 0)]);
    let test = matrix(1, 3, &[(0, 0), (0, 1)]);
    assert_eq!(recommend(&model, &train, &[0], 3), [[1, 2]]);
    let evaluation = evaluate(&model, &train, &test, &[3], None).unwrap();
    assert_eq!(evaluation.mean(Metric::Recall, 3), Ok(0.5));
}

#[test]
fn beyond_accuracy_of_a_worked_example() {
    // Four items and four members. Item 0 was read by all, item 1 by one, items 2 and 3 by none.
    let train = matrix(4, 4, &[(0, 0), (1, 0), (2, 0), (3, 0), (3, 1)]);
    let test = matrix(4, 4, &[(0, 1), (1, 1)]);
    let attributes = matrix(4, 2, &[(0, 0), (1, 1), (2, 0)]);
    let lists = [vec![0, 1], vec![0, 2]];
    let evaluation = evaluate_lists(vec![0, 1], &lists, &train, &test, &[2], Some(&attributes)).unwrap();
    let summary = evaluation.summary();
    // Shown 2, 1, 1, 0 times: Σ(2i − n − 1)x / (n·Σx) = (−1·1 + 1·1 + 3·2) / 16.
    for (name, expected) in [("coverage@2", 0.75), ("gini@2", 6.0 / 16.0), ("novelty@2", 1.0), ("diversity@2", 0.5)] {
        assert!((summary[name] - expected).abs() < 1e-6, "{name}: {}", summary[name]);
    }
}

#[test]
fn intervals_contain_the_mean_and_narrow_with_more_members() {
    let values = |n: usize| (0..n).map(|at| f64::from(u8::from(at % 4 == 0))).collect::<Vec<_>>();
    let (few, many) = (Bootstrap::new(3).mean(&values(40)), Bootstrap::new(3).mean(&values(4000)));
    for interval in [few, many] {
        assert!(interval.low < 0.25 && 0.25 < interval.high && interval.value == 0.25, "{interval:?}");
    }
    // The standard error is √(p(1−p)/n); a 95 % interval is about 3.92 of them wide.
    let width = many.high - many.low;
    let expected = 3.92 * (0.25_f64 * 0.75 / 4000.0).sqrt();
    assert!((width / expected - 1.0).abs() < 0.15, "{width} instead of {expected}");
    assert!(few.high - few.low > 5.0 * width);
    assert_eq!(few, Bootstrap::new(3).mean(&values(40)));
}

#[test]
fn comparisons_are_paired_by_member() {
    let (train, test) =
        (matrix(200, 2, &[]), matrix(200, 2, &(0..200).map(|user| (user, user % 2)).collect::<Vec<_>>()));
    let always = |item: usize| FixedScores {
        n_items: 2,
        scores: vec![if item == 0 { vec![1.0, 0.0] } else { vec![0.0, 1.0] }; 200],
    };
    let perfect = FixedScores {
        n_items: 2,
        scores: (0..200).map(|user| vec![(1 - user % 2) as f32, (user % 2) as f32]).collect(),
    };
    let of = |model: &FixedScores| evaluate(model, &train, &test, &[1], None).unwrap();
    let (first, second, perfect) = (of(&always(0)), of(&always(1)), of(&perfect));
    let even = first.compare(&second, Metric::Ndcg, 1, Bootstrap::new(1)).unwrap();
    assert!(even.low < 0.0 && even.value == 0.0 && even.high > 0.0, "{even:?}");
    let ahead = perfect.compare(&first, Metric::Ndcg, 1, Bootstrap::new(1)).unwrap();
    assert!(ahead.low > 0.3 && ahead.value == 0.5, "{ahead:?}");
    let fewer = evaluate(&always(0), &train, &matrix(200, 2, &[(3, 1)]), &[1], None).unwrap();
    assert!(matches!(first.compare(&fewer, Metric::Ndcg, 1, Bootstrap::new(1)), Err(ModelError::NotEnoughData(_))));
}

#[test]
fn slices_partition_the_members() {
    let (train, test) = (matrix(6, 2, &[]), matrix(6, 2, &[(0, 0), (1, 0), (2, 1), (3, 1), (4, 0)]));
    let model = FixedScores { n_items: 2, scores: vec![vec![1.0, 0.0]; 6] };
    let evaluation = evaluate(&model, &train, &test, &[1], None).unwrap();
    let slices = evaluation.slices(&["young", "young", "old", "old", "old", "old"]);
    let shares: Vec<(&str, usize, f64)> = slices
        .iter()
        .map(|(label, slice)| (*label, slice.users().len(), slice.mean(Metric::Recall, 1).unwrap()))
        .collect();
    assert_eq!(shares, [("old", 3, 1.0 / 3.0), ("young", 2, 1.0)]);
    assert_eq!(evaluation.mean(Metric::Recall, 1), Ok(0.6));
}
