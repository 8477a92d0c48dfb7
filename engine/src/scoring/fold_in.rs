//! A member's vector from what the member did, with the items' vectors held fixed.

use zhihui_data::snapshot::Factors;

/// Solves for the vector of a member whose history is `(item, weight)`, each item once; zeros for an empty history.
///
/// `(G + Σ c·w·y·yᵀ + λI) x = Σ c·w·y` with `G` the weighted item Gramian, `c` the weight of an observed interaction and
/// `λ = regularisation · (n + unobserved_weight · n_items)^frequency_exponent`, by Cholesky in double precision.
/// `None` when the system is not positive definite, which a model trained with regularisation above zero never is.
///
/// # References
/// Rendle, Krichene, Zhang, Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks", `RecSys` 2022.
pub(crate) fn fold_in(factors: &Factors, history: &[(u32, f32)]) -> Option<Vec<f32>> {
    let rank = factors.rank as usize;
    if history.is_empty() {
        return Some(vec![0.0; rank]);
    }
    let n_items = factors.items.len() / rank.max(1);
    let reach = history.len() as f64 + f64::from(factors.unobserved_weight) * n_items as f64;
    let lambda = f64::from(factors.regularisation) * reach.powf(f64::from(factors.frequency_exponent));
    let mut system: Vec<f64> = factors.gramian.iter().map(|&value| f64::from(value)).collect();
    let mut right = vec![0.0_f64; rank];
    for &(item, weight) in history {
        let start = item as usize * rank;
        let Some(vector) = factors.items.get(start..start + rank) else { continue };
        let weight = f64::from(factors.observed_weight) * f64::from(weight);
        for (row, &value) in vector.iter().enumerate() {
            let scaled = weight * f64::from(value);
            right[row] += scaled;
            for (cell, &other) in system[row * rank..=row * rank + row].iter_mut().zip(vector) {
                *cell += scaled * f64::from(other);
            }
        }
    }
    for row in 0..rank {
        system[row * rank + row] += lambda;
    }
    solve_positive_definite(&mut system, &mut right)?;
    Some(right.iter().map(|&value| value as f32).collect())
}

/// Replaces `right` by the solution; only the lower triangle of `system` is read.
fn solve_positive_definite(system: &mut [f64], right: &mut [f64]) -> Option<()> {
    let n = right.len();
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
    for row in 0..n {
        let known: f64 = (0..row).map(|column| system[row * n + column] * right[column]).sum();
        right[row] = (right[row] - known) / system[row * n + row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|below| system[below * n + row] * right[below]).sum();
        right[row] = (right[row] - known) / system[row * n + row];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors() -> Factors {
        let items = vec![1.0_f32, 0.2, 0.1, 0.9, -0.4, 0.3];
        let mut gramian = vec![0.0_f32; 4];
        for vector in items.chunks(2) {
            for row in 0..2 {
                for column in 0..2 {
                    gramian[row * 2 + column] += 0.1 * vector[row] * vector[column];
                }
            }
        }
        Factors {
            rank: 2,
            items,
            gramian,
            observed_weight: 1.0,
            unobserved_weight: 0.1,
            regularisation: 0.05,
            frequency_exponent: 1.0,
            item_is_warm: vec![true; 3],
            members: Vec::new(),
        }
    }

    #[test]
    fn the_solution_satisfies_the_normal_equations() {
        let factors = factors();
        let history = [(0_u32, 1.0_f32), (2, 2.0)];
        let x = fold_in(&factors, &history).expect("positive definite");
        let lambda = 0.05 * (2.0 + 0.1 * 3.0);
        for row in 0..2 {
            let mut left = lambda * x[row] + (0..2).map(|k| factors.gramian[row * 2 + k] * x[k]).sum::<f32>();
            let mut right = 0.0;
            for &(item, weight) in &history {
                let y = &factors.items[item as usize * 2..item as usize * 2 + 2];
                left += weight * y[row] * (y[0] * x[0] + y[1] * x[1]);
                right += weight * y[row];
            }
            assert!((left - right).abs() < 1e-5, "{left} {right}");
        }
    }

    #[test]
    fn what_was_read_scores_higher_afterwards_and_nothing_read_scores_nothing() {
        let factors = factors();
        let x = fold_in(&factors, &[(1, 1.0)]).expect("positive definite");
        let score = |item: usize| x[0] * factors.items[item * 2] + x[1] * factors.items[item * 2 + 1];
        assert!(score(1) > 0.3 && score(1) > score(0) && score(1) > score(2));
        assert_eq!(fold_in(&factors, &[]), Some(vec![0.0, 0.0]));
    }

    #[test]
    fn a_broken_gramian_gives_no_vector() {
        let broken = Factors { gramian: vec![f32::NAN; 4], ..factors() };
        assert_eq!(fold_in(&broken, &[(0, 1.0)]), None);
    }
}
