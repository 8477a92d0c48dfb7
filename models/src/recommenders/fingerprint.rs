//! Detects whether a history has changed since the fit.

use crate::Row;

/// A 64-bit hash of a row, by the multiply-and-rotate scheme of `FxHash`.
pub(super) fn fingerprint(row: Row<'_>) -> u64 {
    let seed = row.len() as u64;
    row.columns.iter().zip(row.weights).fold(seed, |digest, (&column, weight)| {
        let entry = (u64::from(column) << 32) | u64::from(weight.to_bits());
        (digest.rotate_left(23) ^ entry).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}
