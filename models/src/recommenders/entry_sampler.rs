//! Draws entries of a matrix in proportion to their weights. Weights are summed as integers, because floating-point
//! sums of many weights would lose the small ones.

use rand::Rng;

use crate::UserItems;

/// Entries between two indexed positions. A draw scans at most this many entries.
const STRIDE: usize = 64;
/// Largest number of bits of the sum of all weights.
const BITS: i32 = 62;

/// The index of a matrix: 12 bytes for every 64 entries.
#[derive(Debug)]
pub(super) struct EntrySampler<'a> {
    matrix: &'a UserItems,
    /// The member of every 64th entry.
    users: Vec<u32>,
    /// Sum of the integer weights before every 64th entry; empty if all weights are equal.
    before: Vec<u64>,
    /// Factor that converts weights to integers, a power of two.
    scale: f64,
    total: u64,
}

impl<'a> EntrySampler<'a> {
    /// Returns `None` if no entry has a weight above zero.
    pub(super) fn new(matrix: &'a UserItems) -> Option<Self> {
        let weights = matrix.weights();
        let heaviest = weights.iter().copied().fold(0.0, f32::max);
        if heaviest <= 0.0 {
            return None;
        }
        let mut users = Vec::with_capacity(weights.len().div_ceil(STRIDE));
        let mut first = 0;
        for (user, row) in matrix.rows().enumerate() {
            // Number of multiples of the stride among the row's entries.
            let held = (first + row.len()).div_ceil(STRIDE) - usize::div_ceil(first, STRIDE);
            users.extend(std::iter::repeat_n(user as u32, held));
            first += row.len();
        }
        let mut sampler = Self { matrix, users, before: Vec::new(), scale: 1.0, total: weights.len() as u64 };
        if weights.iter().any(|&weight| weight != heaviest) {
            let room = BITS - (usize::BITS - weights.len().leading_zeros()) as i32;
            sampler.scale = f64::from(room - f64::from(heaviest).log2().ceil() as i32).exp2();
            let mut sum = 0;
            for block in weights.chunks(STRIDE) {
                sampler.before.push(sum);
                sum += block.iter().map(|&weight| sampler.whole(weight)).sum::<u64>();
            }
            sampler.total = sum;
        }
        Some(sampler)
    }

    /// Draws a member and an item.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> (usize, usize) {
        let at = if self.before.is_empty() {
            rng.gen_range(0..self.total as usize)
        } else {
            self.entry_at(rng.gen_range(0..self.total))
        };
        let mut user = self.users[at / STRIDE] as usize;
        while self.matrix.starts()[user + 1] <= at {
            user += 1;
        }
        (user, self.matrix.columns()[at] as usize)
    }

    /// The entry whose interval of the cumulative weights contains `sum`, which must be below the total.
    fn entry_at(&self, sum: u64) -> usize {
        let block = self.before.partition_point(|&before| before <= sum) - 1;
        let (mut at, mut left) = (block * STRIDE, sum - self.before[block]);
        loop {
            let weight = self.whole(self.matrix.weights()[at]);
            if left < weight {
                return at;
            }
            left -= weight;
            at += 1;
        }
    }

    /// Converts a weight to an integer, at least 1 for a weight above zero.
    fn whole(&self, weight: f32) -> u64 {
        if weight > 0.0 { ((f64::from(weight) * self.scale) as u64).max(1) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const DRAWS: u32 = 1_000_000;

    /// The chi-squared statistic of the draws against the weights.
    fn chi_squared(weights: &[f32]) -> f64 {
        let entries = weights.iter().enumerate().map(|(n, &weight)| (n as u32 / 7 * 2, n as u32 % 7, weight));
        let matrix = UserItems::from_triplets(weights.len(), 7, entries).expect("entries within the shape");
        let sampler = EntrySampler::new(&matrix).expect("a weight above zero");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = vec![0_u32; weights.len()];
        for _ in 0..DRAWS {
            let (user, item) = sampler.draw(&mut rng);
            counts[user / 2 * 7 + item] += 1;
        }
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let expected = weights.iter().map(|&weight| f64::from(weight) / total * f64::from(DRAWS));
        let parts = counts.into_iter().zip(expected).map(|(count, expected)| {
            assert!(expected > 0.0 || count == 0, "an entry without weight was drawn");
            if expected > 0.0 { (f64::from(count) - expected).powi(2) / expected } else { 0.0 }
        });
        parts.sum()
    }

    #[test]
    fn entries_are_drawn_in_proportion_to_weights() {
        let weights: Vec<f32> = (0..300).map(|n| [0.0, 0.5, 1.0, 2.5][n % 4]).collect();
        // 224 degrees of freedom: a mean of 224 and a standard deviation of 21.
        let distance = chi_squared(&weights);
        assert!((140.0..310.0).contains(&distance), "{distance}");
        let distance = chi_squared(&vec![3.0; 300]);
        assert!((215.0..385.0).contains(&distance), "{distance}");
    }

    #[test]
    fn small_weights_keep_their_share_beside_large_ones() {
        // In single precision 2^25 + 1 is 2^25, so the entries after the first would never be drawn.
        let mut weights = vec![1.0; 20_000];
        weights[0] = (1 << 25) as f32;
        let entries = weights.iter().enumerate().map(|(n, &weight)| (0, n as u32, weight));
        let matrix = UserItems::from_triplets(1, weights.len(), entries).expect("entries within the shape");
        let sampler = EntrySampler::new(&matrix).expect("a weight above zero");
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let light = (0..4 * DRAWS).filter(|_| sampler.draw(&mut rng).1 > 0).count() as f64;
        let expected = f64::from(4 * DRAWS) * 19_999.0 / ((1 << 25) as f64 + 19_999.0);
        assert!((light - expected).abs() < 5.0 * expected.sqrt(), "{light} and not {expected}");
    }

    #[test]
    fn weights_of_any_scale_do_not_overflow() {
        for scale in [1e-38_f32, 1e-10, 1.0, 1e12] {
            let weights: Vec<f32> = (0..300).map(|n| scale * [0.25, 0.5, 1.0, 1.0][n % 4]).collect();
            let distance = chi_squared(&weights);
            assert!((180.0..420.0).contains(&distance), "{scale}: {distance}");
        }
    }
}
