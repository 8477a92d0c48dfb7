//! Explanations sum to the score.

use std::sync::OnceLock;

use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};
use zhihui_models::catalogue::ModelName;
use zhihui_models::recommenders::blend::Blend;
use zhihui_models::recommenders::content::{Content, ContentParams};
use zhihui_models::recommenders::user_knn::UserKnnParams;
use zhihui_models::{Recommender, Row, UserItems};

use crate::support::{data, fit, names, scores};

type Named = (ModelName, Box<dyn Recommender>);

#[test]
fn contributions_sum_to_the_score() {
    let data = data(30, 25, (0..30).flat_map(|user| (0..2 + user % 9).map(move |n| (user, (user * 7 + n * n) % 25))));
    let sums_of_history =
        |name: ModelName| !matches!(name, ModelName::Popular | ModelName::UserKnn | ModelName::Bpr | ModelName::Blend);
    for name in names() {
        let model = fit(name, &data);
        for (user, history) in data.interactions.rows().enumerate() {
            let scores = scores(model.as_ref(), Some(user), history);
            for (item, score) in scores.into_iter().enumerate() {
                let Some(contributions) = model.explain(Some(user), history, item) else {
                    assert!(!sums_of_history(name), "{name} gives no explanation");
                    continue;
                };
                assert_eq!(contributions.iter().map(|&(seen, _)| seen).collect::<Vec<_>>(), history.columns, "{name}");
                let sum: f32 = contributions.iter().map(|&(_, contribution)| contribution).sum();
                assert!((sum - score).abs() <= 1e-4 * (1.0 + sum.abs()), "{name}: {sum} and {score}");
            }
        }
    }
}

#[test]
fn contributions_by_members_and_by_parts_sum_to_the_score() {
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
    fn contributions_sum_to_the_score_for_any_history(
        history in prop::collection::btree_map(0_u32..25, 1_u8..5, 1..12), item in 0_usize..25,
    ) {
        static FITTED: OnceLock<(Vec<Named>, Content)> = OnceLock::new();
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
            let contributions = model.explain(None, history, item).unwrap();
            let sum: f32 = contributions.iter().map(|&(_, contribution)| contribution).sum();
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
