//! Chance: any list of the same length is as likely as any other.

/// Members among `came` whom a random list of `length` of `candidates` members holds on average.
pub(in crate::backtest) fn expected(came: usize, length: usize, candidates: usize) -> f64 {
    came as f64 * length as f64 / candidates.max(1) as f64
}
