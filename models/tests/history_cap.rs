//! The history cap bounds the cost of very long histories without reducing accuracy.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use rand::{Rng, SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use zhihui_models::UserItems;
use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::{Metric, evaluate};
use zhihui_models::recommenders::item_knn::ItemKnnParams;

#[test]
fn history_cap_limits_the_pairs_of_one_member() {
    // 200 members have ten items of a hundred. One more member has 3,000 others.
    let usual = (0..200_u32).flat_map(|user| (0..10).map(move |n| (user, (user + n * n) % 100, 1.0)));
    let matrix = UserItems::from_triplets(201, 3100, usual.chain((100..3100).map(|item| (200, item, 1.0)))).unwrap();
    let neighbours = |history_cap: usize| {
        let fitted = ItemKnnParams { history_cap, neighbours: 5000, ..ItemKnnParams::default() }.fit(&matrix).unwrap();
        let similar: Vec<Vec<u32>> = (0..3100).map(|item| fitted.similar(item).columns.to_vec()).collect();
        (similar[..100].to_vec(), similar[100..].iter().map(Vec::len).sum::<usize>())
    };
    let (all, capped) = (neighbours(0), neighbours(ItemKnnParams::default().history_cap));
    assert_eq!(all.0, capped.0, "items of the others keep their neighbours");
    assert_eq!((all.1, capped.1), (3000 * 2999, 1000 * 999));
    for name in [ModelName::ItemKnn, ModelName::Rp3beta, ModelName::Slim] {
        assert_eq!(ModelSpec::new(name).resolved()["history_cap"], 1000.0, "{name}");
    }
}

/// Twenty groups of 30 members, each with 12 of the group's 40 items and 4 of 1,200 others, and 12 accounts with 1,500
/// of all 2,000 items. Three of the group's items are withheld.
fn groups_of_members() -> (UserItems, UserItems) {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for user in 0..600_u32 {
        for (n, item) in sample(&mut rng, 40, 12).into_iter().enumerate() {
            let entry = (user, user / 30 * 40 + item as u32, 1.0);
            if n < 3 { test.push(entry) } else { train.push(entry) }
        }
        (0..4).for_each(|_| train.push((user, rng.gen_range(800..2000), 1.0)));
    }
    for user in 600..612 {
        train.extend(sample(&mut rng, 2000, 1500).into_iter().map(|item| (user, item as u32, 1.0)));
    }
    let matrix = |entries| UserItems::from_triplets(612, 2000, entries).unwrap();
    (matrix(train), matrix(test))
}

#[test]
fn history_cap_does_not_reduce_accuracy() {
    let (train, test) = groups_of_members();
    let data = TrainingData::new(train);
    for name in [ModelName::ItemKnn, ModelName::Rp3beta, ModelName::Slim] {
        let ndcg = |cap: f64| {
            let mut spec = ModelSpec::new(name);
            spec.set("history_cap", cap).unwrap();
            let model = spec.fit(&data, 1).unwrap();
            let evaluation = evaluate(model.as_ref(), &data.interactions, &test, &[10], None).unwrap();
            evaluation.mean(Metric::Ndcg, 10).unwrap()
        };
        let (all, capped) = (ndcg(0.0), ndcg(200.0));
        assert!(capped > all - 0.002 && capped > 0.1, "{name}: {capped:.4} with a cap, {all:.4} without");
    }
}
