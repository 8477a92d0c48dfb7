//! Random numbers from named streams of one seed, so that a change in one part of the generator does not change the
//! others.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A stream of random numbers.
pub(super) struct RandomStream(ChaCha8Rng);

impl RandomStream {
    /// The stream for this purpose under the seed.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        Self(ChaCha8Rng::seed_from_u64(xxh3_64_with_seed(purpose.as_bytes(), seed)))
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        self.0.gen_range(0.0..1.0)
    }

    /// True with this probability, which is clamped to 0 to 1.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A uniform integer in the inclusive range; `low` if the range is empty.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.gen_range(low..=high) }
    }

    /// A uniform index below `length`; 0 if `length` is 0.
    pub(super) fn index(&mut self, length: usize) -> usize {
        if length < 2 { 0 } else { self.0.gen_range(0..length) }
    }

    /// A uniform choice.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, choices: &[T; N]) -> T {
        choices[self.index(N)]
    }

    /// Standard normal, by the Box–Muller method.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Log-normal with this median.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Exponential with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Gamma with scale 1 (Marsaglia and Tsang, 2000, with their method for shapes below 1).
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = (1.0 - self.unit()).powf(1.0 / shape.max(1e-3));
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Poisson, by inversion for small means and by a rounded normal above 40.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        if mean > 40.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u32;
        }
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// Draws indices in proportion to their weights.
pub(super) struct Weights {
    cumulative: Vec<f64>,
    /// Start of the search for each of as many equal intervals of the total as there are weights; empty to bisect (Chen
    /// and Asau, 1974).
    guide: Vec<u32>,
}

impl Weights {
    /// Without an index, for a few draws. Negative weights count as zero.
    pub(super) fn new(weights: impl Iterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let add = |weight: f64| {
            sum += weight.max(0.0);
            sum
        };
        Self { cumulative: weights.map(add).collect(), guide: Vec::new() }
    }

    /// With an index, for many draws in constant time on average.
    pub(super) fn indexed(weights: impl Iterator<Item = f64>) -> Self {
        let plain = Self::new(weights);
        let total = plain.cumulative.last().copied().unwrap_or(0.0);
        let parts = plain.cumulative.len();
        let mut at = 0;
        let mut begin = |part: usize| {
            let from = total * part as f64 / parts as f64;
            while plain.cumulative.get(at).is_some_and(|&sum| sum <= from) {
                at += 1;
            }
            at as u32
        };
        let guide = (0..parts).map(&mut begin).collect();
        Self { guide, ..plain }
    }

    /// Draws an index; `None` if all weights are zero.
    pub(super) fn draw(&self, rng: &mut RandomStream) -> Option<usize> {
        let total = *self.cumulative.last()?;
        if total <= 0.0 {
            return None;
        }
        let share = rng.unit();
        let at = share * total;
        let found = match self.guide.get((share * self.guide.len() as f64) as usize) {
            Some(&begin) => {
                // One step back, because the interval bounds are rounded.
                let begin = (begin as usize).saturating_sub(1);
                begin + self.cumulative[begin..].iter().take_while(|&&sum| sum <= at).count()
            }
            None => self.cumulative.partition_point(|&sum| sum <= at),
        };
        Some(found.min(self.cumulative.len() - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_requested_means() {
        let mut rng = RandomStream::new(7, "test");
        let mean = |draw: &mut dyn FnMut() -> f64| (0..20_000).map(|_| draw()).sum::<f64>() / 20_000.0;
        assert!((mean(&mut || rng.gamma(0.3)) - 0.3).abs() < 0.03);
        assert!((mean(&mut || rng.gamma(4.0)) - 4.0).abs() < 0.1);
        assert!((mean(&mut || f64::from(rng.poisson(3.0))) - 3.0).abs() < 0.1);
        assert!((mean(&mut || f64::from(rng.poisson(90.0))) - 90.0).abs() < 0.5);
        assert!((mean(&mut || rng.exponential(5.0)) - 5.0).abs() < 0.2);
    }

    #[test]
    fn zero_weights_are_never_drawn() {
        let mut rng = RandomStream::new(7, "weights");
        let weights = Weights::new([0.0, 1.0, 0.0, 3.0, 0.0].into_iter());
        let mut counts = [0; 5];
        for _ in 0..4_000 {
            counts[weights.draw(&mut rng).expect("positive weights")] += 1;
        }
        assert_eq!((counts[0], counts[2], counts[4]), (0, 0, 0));
        assert!(counts[3] > 2 * counts[1]);
        assert_eq!(Weights::new([0.0].into_iter()).draw(&mut rng), None);
        assert_eq!(Weights::indexed([0.0].into_iter()).draw(&mut rng), None);
    }

    #[test]
    fn index_does_not_change_the_draws() {
        let weights: Vec<f64> =
            (0..997).map(|place| if place % 3 == 0 { 0.0 } else { f64::from(place % 71) }).collect();
        let (plain, indexed) = (Weights::new(weights.iter().copied()), Weights::indexed(weights.iter().copied()));
        let (mut left, mut right) = (RandomStream::new(1, "index"), RandomStream::new(1, "index"));
        for _ in 0..20_000 {
            assert_eq!(plain.draw(&mut left), indexed.draw(&mut right));
        }
    }

    #[test]
    fn streams_are_independent_and_reproducible() {
        let draw = |seed, purpose| RandomStream::new(seed, purpose).unit();
        assert_eq!(draw(1, "a").to_bits(), draw(1, "a").to_bits());
        assert_ne!(draw(1, "a").to_bits(), draw(1, "b").to_bits());
        assert_ne!(draw(1, "a").to_bits(), draw(2, "a").to_bits());
    }
}
