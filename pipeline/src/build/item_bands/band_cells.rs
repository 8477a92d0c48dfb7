//! Items by age band: what is added up over their interactions.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

/// Scale of the decimals that weights are added up as, so that sums do not depend on the order.
const SCALE: i32 = 20;

/// The numbers of each item and age band.
pub(super) struct BandCells {
    n_bands: usize,
    /// By item, then by band.
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    /// In units of 10^-20.
    weight: i128,
    reads: i64,
    shares: i64,
    reached: i64,
    readers: i64,
    sharers: i64,
    /// In microseconds since 1970. Without interactions `first_at` is later than `last_at`.
    first_at: i64,
    last_at: i64,
}

/// One interaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interaction {
    /// Decayed to the instant of the build.
    pub(super) weight: f64,
    pub(super) is_read: bool,
    pub(super) is_share: bool,
    pub(super) at: i64,
}

/// What a member ever did with an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Did {
    pub(super) weighted: bool,
    pub(super) read: bool,
    pub(super) shared: bool,
}

impl Cell {
    const EMPTY: Self = Self {
        weight: 0,
        reads: 0,
        shares: 0,
        reached: 0,
        readers: 0,
        sharers: 0,
        first_at: i64::MAX,
        last_at: i64::MIN,
    };
}

impl BandCells {
    pub(super) fn new(n_items: usize, n_bands: usize) -> Self {
        Self { n_bands, cells: vec![Cell::EMPTY; n_items * n_bands] }
    }

    /// Adds an interaction of a member of a band.
    pub(super) fn add(&mut self, item: u32, band: u8, interaction: Interaction) {
        let cell = self.cell(item, band);
        cell.weight += (interaction.weight * 10_f64.powi(SCALE)).round() as i128;
        cell.reads += i64::from(interaction.is_read);
        cell.shares += i64::from(interaction.is_share);
        cell.first_at = cell.first_at.min(interaction.at);
        cell.last_at = cell.last_at.max(interaction.at);
    }

    /// Counts a member of a band.
    pub(super) fn count(&mut self, item: u32, band: u8, did: Did) {
        let cell = self.cell(item, band);
        cell.reached += i64::from(did.weighted);
        cell.readers += i64::from(did.read);
        cell.sharers += i64::from(did.shared);
    }

    /// Adds the numbers of another thread.
    pub(super) fn merge(&mut self, other: &Self) {
        for (cell, other) in self.cells.iter_mut().zip(&other.cells) {
            *cell = Cell {
                weight: cell.weight + other.weight,
                reads: cell.reads + other.reads,
                shares: cell.shares + other.shares,
                reached: cell.reached + other.reached,
                readers: cell.readers + other.readers,
                sharers: cell.sharers + other.sharers,
                first_at: cell.first_at.min(other.first_at),
                last_at: cell.last_at.max(other.last_at),
            };
        }
    }

    /// The rows of `item_bands.sql`, by item and band.
    ///
    /// # Errors
    /// If the columns do not fit together, which does not happen.
    pub(super) fn rows(&self, item_ids: &[String], bands: &[String]) -> Result<RecordBatch, ArrowError> {
        let has_interactions = |at: &usize| self.cells[*at].first_at <= self.cells[*at].last_at;
        let rows: Vec<usize> = (0..self.cells.len()).filter(has_interactions).collect();
        let numbers = |of: fn(&Cell) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|&at| of(&self.cells[at]))))
        };
        let times = |of: fn(&Cell) -> i64| -> ArrayRef {
            let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|&at| of(&self.cells[at])));
            Arc::new(times.with_timezone("UTC"))
        };
        let weight = |&at: &usize| self.cells[at].weight as f64 / 10_f64.powi(SCALE);
        let item = |&at: &usize| item_ids[at / self.n_bands].as_str();
        let band = |&at: &usize| bands[at % self.n_bands].as_str();
        let columns: [(&str, ArrayRef); 10] = [
            ("item_id", Arc::new(StringArray::from_iter_values(rows.iter().map(item)))),
            ("age_band", Arc::new(StringArray::from_iter_values(rows.iter().map(band)))),
            ("weight", Arc::new(Float64Array::from_iter_values(rows.iter().map(weight)))),
            ("reached", numbers(|cell| cell.reached)),
            ("readers", numbers(|cell| cell.readers)),
            ("reads", numbers(|cell| cell.reads)),
            ("sharers", numbers(|cell| cell.sharers)),
            ("shares", numbers(|cell| cell.shares)),
            ("first_at", times(|cell| cell.first_at)),
            ("last_at", times(|cell| cell.last_at)),
        ];
        RecordBatch::try_from_iter(columns)
    }

    fn cell(&mut self, item: u32, band: u8) -> &mut Cell {
        &mut self.cells[item as usize * self.n_bands + usize::from(band)]
    }
}
