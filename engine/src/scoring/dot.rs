//! The dot product, in lanes that the compiler vectorises.

/// Number of separate sums: enough for two 8-wide or four 4-wide registers.
const LANES: usize = 16;

/// The dot product of two slices. If the lengths differ, the longer slice is cut.
///
/// The order of additions depends only on the length, so that the same vectors give the same bits on every machine.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let length = left.len().min(right.len());
    let (left_chunks, left_rest) = left[..length].as_chunks::<LANES>();
    let (right_chunks, right_rest) = right[..length].as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    sums[0] + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::dot;

    proptest! {
        #[test]
        fn dot_product_matches_simple_sum(pairs in prop::collection::vec((-2.0_f32..2.0, -2.0_f32..2.0), 0..90)) {
            let (left, right): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let plain: f64 = left.iter().zip(&right).map(|(&l, &r)| f64::from(l) * f64::from(r)).sum();
            prop_assert!((f64::from(dot(&left, &right)) - plain).abs() < 1e-3);
        }
    }
}
