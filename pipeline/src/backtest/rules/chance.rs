//! Rule "chance": all lists of the same length are equally likely.

/// Returns the expected number of responders on a random list of `length` out of `candidates` members.
pub(in crate::backtest) fn expected(responders: usize, length: usize, candidates: usize) -> f64 {
    responders as f64 * length as f64 / candidates.max(1) as f64
}
