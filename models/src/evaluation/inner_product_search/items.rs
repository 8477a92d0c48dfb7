//! The items of a search, sorted by length, and the packing of their vectors.

use crate::InnerProductModel;

/// Number of axes multiplied between two checks of the bound.
pub(super) const STAGE: usize = 32;

/// The items in descending order of vector length.
pub(super) struct SortedItems<'a> {
    pub(super) vectors: &'a dyn InnerProductModel,
    pub(super) order: Vec<u32>,
    /// Lengths in the same order.
    pub(super) lengths: Vec<f32>,
    /// Axes in descending order of the items' squared coordinates.
    axes: Vec<usize>,
}

impl<'a> SortedItems<'a> {
    pub(super) fn new(vectors: &'a dyn InnerProductModel, n_items: usize) -> Self {
        let mut spread = vec![0.0_f32; vectors.width()];
        let mut items = Vec::with_capacity(n_items);
        for item in 0..n_items {
            let vector = vectors.item_vector(item);
            spread.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value * value);
            items.push((length(vector), item as u32));
        }
        items.sort_unstable_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        let (lengths, order) = items.into_iter().unzip();
        let mut axes: Vec<usize> = (0..spread.len()).collect();
        axes.sort_by(|&left, &right| spread[right].total_cmp(&spread[left]));
        Self { vectors, order, lengths, axes }
    }

    pub(super) fn width(&self) -> usize {
        self.axes.len()
    }

    pub(super) fn stages(&self) -> usize {
        self.width().div_ceil(STAGE)
    }

    /// Bound on the rounding error of a score, relative to the product of both lengths.
    pub(super) fn rounding(&self) -> f32 {
        (self.width() + 2) as f32 * f32::EPSILON
    }

    /// Writes a vector, with its axes reordered, into every `stride`-th element of `values`.
    pub(super) fn pack(&self, vector: &[f32], values: &mut [f32], stride: usize) {
        for (at, &axis) in self.axes.iter().enumerate() {
            values[at * stride] = vector[axis];
        }
    }

    /// Writes the length of the rest of each of `lanes` packed vectors at each stage, 0 after the last. A share of the
    /// whole length is added to each, so that the product of two tails also bounds the rounding error of the sums.
    #[inline(always)]
    pub(super) fn measure_tails(&self, values: &[f32], tails: &mut [f32], lanes: usize) {
        let last = self.stages() * lanes;
        tails[last..].fill(0.0);
        for (stage, values) in values.chunks(STAGE * lanes).enumerate().rev() {
            tails.copy_within((stage + 1) * lanes..(stage + 2) * lanes, stage * lanes);
            let squares = &mut tails[stage * lanes..][..lanes];
            for values in values.chunks_exact(lanes) {
                squares.iter_mut().zip(values).for_each(|(square, value)| *square += value * value);
            }
        }
        for lane in 0..lanes {
            let share = (self.rounding() * tails[lane]).sqrt();
            tails[lane..last].iter_mut().step_by(lanes).for_each(|tail| *tail = tail.sqrt() + share);
        }
    }
}

/// The Euclidean length, added up in several accumulators.
pub(super) fn length(vector: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    for values in vector.chunks(sums.len()) {
        sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value) * f64::from(value));
    }
    sums.iter().sum::<f64>().sqrt() as f32
}
