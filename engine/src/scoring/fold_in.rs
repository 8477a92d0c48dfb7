//! Fold-in: computes a member's vector from the history, with the items' vectors fixed.

use zhihui_data::snapshot::Factors;

/// Computes the vector of a member from a history of `(item, weight)` with distinct items. Zeros for an empty history.
///
/// It solves `(D + Σ w·y·yᵀ) x = Σ w·y`, where y are the vectors of the history's items and D is the [`diagonal`], by
/// Cholesky factorisation in double precision. The result equals that of another half-sweep of training (a test
/// compares the two). `None` if the system is not positive definite, which cannot happen for a model with positive
/// regularisation.
pub(crate) fn fold_in(factors: &Factors, history: &[(u32, f32)]) -> Option<Vec<f32>> {
    let rank = factors.rank as usize;
    if history.is_empty() {
        return Some(vec![0.0; rank]);
    }
    let mut system = vec![0.0_f64; rank * rank];
    let mut right = vec![0.0_f64; rank];
    for &(item, weight) in history {
        let Some(vector) = vector_of(factors, item) else { continue };
        let weight = f64::from(weight);
        for (row, &value) in vector.iter().enumerate() {
            let scaled = weight * f64::from(value);
            right[row] += scaled;
            for (cell, &other) in system[row * rank..=row * rank + row].iter_mut().zip(vector) {
                *cell += scaled * f64::from(other);
            }
        }
    }
    for (row, own) in diagonal(factors, history).enumerate() {
        system[row * rank + row] += own;
    }
    factorise(&mut system, rank)?;
    solve(&system, &mut right);
    Some(right.into_iter().map(|value| value as f32).collect())
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

/// Replaces `right` by the solution. `lower` is a Cholesky factor.
fn solve(lower: &[f64], right: &mut [f64]) {
    let n = right.len();
    for row in 0..n {
        let known: f64 = (0..row).map(|column| lower[row * n + column] * right[column]).sum();
        right[row] = (right[row] - known) / lower[row * n + row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|below| lower[below * n + row] * right[below]).sum();
        right[row] = (right[row] - known) / lower[row * n + row];
    }
}

pub(super) fn vector_of(factors: &Factors, item: u32) -> Option<&[f32]> {
    let rank = factors.rank as usize;
    factors.items.get(item as usize * rank..(item as usize + 1) * rank)
}

/// Replaces the lower triangle of a positive definite matrix by its Cholesky factor. Reads only the lower triangle.
fn factorise(system: &mut [f64], n: usize) -> Option<()> {
    for row in 0..n {
        for column in 0..=row {
            let (above, current) = system.split_at(row * n);
            let left = &current[..column];
            let known: f64 = if column == row {
                left.iter().map(|value| value * value).sum()
            } else {
                left.iter().zip(&above[column * n..]).map(|(left, other)| left * other).sum()
            };
            let rest = system[row * n + column] - known;
            system[row * n + column] = if column < row {
                rest / system[column * n + column]
            } else if rest > 0.0 && rest.is_finite() {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(())
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

    #[test]
    fn folded_in_vector_equals_trained_vector() {
        let (ials, factors) = fitted();
        for history in
            [vec![(0_u32, 1.0_f32)], vec![(1, 3.0), (3, 1.0), (4, 2.0)], (0..8).map(|item| (item, 1.0)).collect()]
        {
            let (columns, weights): (Vec<u32>, Vec<f32>) = history.iter().copied().unzip();
            let there = ials.fold_in(Row { columns: &columns, weights: &weights });
            let here = fold_in(&factors, &history).expect("positive definite");
            let largest = there.iter().map(|value| value.abs()).fold(0.0, f32::max);
            for (here, there) in here.iter().zip(&there) {
                assert!((here - there).abs() <= 1e-4 * largest, "{here} {there}");
            }
        }
    }

    #[test]
    fn read_items_score_higher_and_empty_history_scores_zero() {
        let (ials, factors) = fitted();
        let x = fold_in(&factors, &[(1, 1.0)]).expect("positive definite");
        let score = |item: usize| x.iter().zip(ials.item_factors(item)).map(|(x, y)| x * y).sum::<f32>();
        assert!(score(1) > score(0) && score(3) > score(2), "somebody who read item 1 has the taste of odd items");
        assert_eq!(fold_in(&factors, &[]), Some(vec![0.0; 4]));
    }

    #[test]
    fn invalid_gramian_gives_no_vector() {
        let broken = Factors { gram: vec![f32::NAN; 4], ..fitted().1 };
        assert_eq!(fold_in(&broken, &[(0, 1.0)]), None);
    }
}
