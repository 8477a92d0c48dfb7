//! Fold-in: computes a member's vector from the history, with the items' vectors fixed.

use zhihui_data::snapshot::Factors;
use zhihui_models::Row;
use zhihui_models::recommenders::ials::{FoldIn, IalsParams};

/// Returns the item side of a snapshot's factor model. `None` if its parameters are out of bounds, which cannot happen for
/// a model that was fitted.
pub(crate) fn fold_in_model(factors: &Factors) -> Option<FoldIn> {
    let params = IalsParams {
        factors: factors.rank as usize,
        unobserved_weight: factors.unobserved_weight,
        regularisation: factors.regularisation,
        frequency_exponent: factors.frequency_exponent,
        ..IalsParams::default()
    };
    FoldIn::new(&factors.items, &factors.gram, &params).ok()
}

/// Computes the vector of a member from a history of `(item, weight)` with distinct items. Zeros for an empty history,
/// `None` if the model is damaged.
pub(crate) fn fold_in(model: &FoldIn, history: &[(u32, f32)]) -> Option<Vec<f32>> {
    let (columns, weights): (Vec<u32>, Vec<f32>) = history.iter().copied().unzip();
    let vector = model.fold_in(Row { columns: &columns, weights: &weights });
    vector.iter().all(|value| value.is_finite()).then_some(vector)
}

/// The diagonal that regularises a history, factor by factor: `D = α₀·G + λI` with `G` the diagonal Gramian of the
/// items' vectors, `α₀` the weight of an unobserved pair and `λ = regularisation · (Σ w + α₀ ·
/// n_items)^frequency_exponent`.
///
/// # References
/// Rendle, Krichene, Zhang, Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks", `RecSys`
/// 2022.
pub(super) fn diagonal<'a>(factors: &'a Factors, history: &[(u32, f32)]) -> impl Iterator<Item = f64> + 'a {
    let n_items = factors.items.len() / (factors.rank as usize).max(1);
    let unobserved = f64::from(factors.unobserved_weight);
    let reach: f64 = history.iter().map(|&(_, weight)| f64::from(weight)).sum::<f64>() + unobserved * n_items as f64;
    let lambda = f64::from(factors.regularisation) * reach.powf(f64::from(factors.frequency_exponent));
    factors.gram.iter().map(move |&gram| lambda + unobserved * f64::from(gram))
}

pub(super) fn vector_of(factors: &Factors, item: u32) -> Option<&[f32]> {
    let rank = factors.rank as usize;
    factors.items.get(item as usize * rank..(item as usize + 1) * rank)
}

#[cfg(test)]
pub(super) mod tests {
    use zhihui_models::recommenders::ials::{Ials, IalsParams};
    use zhihui_models::{Row, UserItems};

    use super::*;

    /// Two tastes among 30 members and 8 items, and the same model in the snapshot's format.
    pub(crate) fn fitted() -> (Ials, Factors) {
        let taste =
            |member: u32| (0..8_u32).filter(move |item| item % 2 == member % 2 && !(item + member).is_multiple_of(5));
        let entries =
            (0..30_u32).flat_map(|member| taste(member).map(move |item| (member, item, 1.0 + (item % 3) as f32)));
        let matrix = UserItems::from_triplets(30, 8, entries).expect("in bounds");
        let params = IalsParams { factors: 4, ..IalsParams::default() };
        let ials = params.fit(&matrix, 3).expect("fits");
        let factors = Factors {
            rank: 4,
            items: (0..8).flat_map(|item| ials.item_factors(item).to_vec()).collect(),
            gram: ials.fold_in_model().gram().to_vec(),
            unobserved_weight: params.unobserved_weight,
            regularisation: params.regularisation,
            frequency_exponent: params.frequency_exponent,
            item_is_warm: vec![true; 8],
            members: Vec::new(),
            band_means: Vec::new(),
            prior_weight: 0.0,
        };
        (ials, factors)
    }

    /// The vector of a history.
    pub(crate) fn folded(factors: &Factors, history: &[(u32, f32)]) -> Option<Vec<f32>> {
        fold_in(&fold_in_model(factors)?, history)
    }

    #[test]
    fn stored_model_gives_the_trained_vector() {
        let (ials, factors) = fitted();
        for history in
            [vec![(0_u32, 1.0_f32)], vec![(4, 2.0), (1, 3.0), (3, 1.0)], (0..8).map(|item| (item, 1.0)).collect()]
        {
            let mut sorted = history.clone();
            sorted.sort_by_key(|entry| entry.0);
            let (columns, weights): (Vec<u32>, Vec<f32>) = sorted.into_iter().unzip();
            let trained = ials.fold_in(Row { columns: &columns, weights: &weights });
            let restored = folded(&factors, &history).expect("a vector");
            let largest = trained.iter().map(|value| value.abs()).fold(0.0, f32::max);
            for (restored, trained) in restored.iter().zip(&trained) {
                assert!((restored - trained).abs() <= 1e-4 * largest, "{restored} {trained}");
            }
        }
    }

    #[test]
    fn read_items_score_higher_and_empty_history_scores_zero() {
        let (ials, factors) = fitted();
        let x = folded(&factors, &[(1, 1.0)]).expect("a vector");
        let score = |item: usize| x.iter().zip(ials.item_factors(item)).map(|(x, y)| x * y).sum::<f32>();
        assert!(score(1) > score(0) && score(3) > score(2), "somebody who read item 1 has the taste of odd items");
        assert_eq!(folded(&factors, &[]), Some(vec![0.0; 4]));
    }

    #[test]
    fn damaged_models_give_no_vector() {
        let (_, factors) = fitted();
        let broken = Factors { gram: vec![f32::NAN; 4], ..factors.clone() };
        assert_eq!(folded(&broken, &[(0, 1.0)]), None);
        let short = Factors { gram: vec![1.0; 3], ..factors };
        assert_eq!(folded(&short, &[(0, 1.0)]), None);
    }
}
