//! The map of interests: number of members by cell, never single members.

use zhihui_data::snapshot::{NONE, Snapshot};

use crate::report::is_too_few;

/// Average number of members in a cell if they were evenly spread. Chosen so that few cells are too small to be shown.
const MEMBERS_A_CELL: f64 = 30.0;
/// Minimum and maximum number of cells along a side.
const SIDE: (usize, usize) = (4, 28);
/// Share of members outside the map at each of its four edges. They are counted in the outermost cells.
const EDGE: f64 = 0.005;

/// Members by position on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct InterestMap {
    /// Cells with enough members to be shown, row by row.
    pub cells: Vec<MapCell>,
    /// Members in the cells that are not shown.
    pub left_out: u32,
}

/// A cell of the map. Positions of single members are not included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapCell {
    /// First coordinate of the centre.
    pub x: f32,
    /// Second coordinate of the centre.
    pub y: f32,
    /// The segment of most of its members, as an index into [`ModelInsight::segments`](super::ModelInsight).
    pub segment: usize,
    /// Number of members of all segments.
    pub members: u32,
}

impl InterestMap {
    /// Returns the map of members with a segment. `place_of` is the position of each segment in the list of segments.
    pub(super) fn of(snapshot: &Snapshot, place_of: &[usize]) -> Option<Self> {
        let (map, segments) = (&snapshot.model.member_map, &snapshot.members.segment);
        let placed: Vec<(f32, f32, usize)> = (0..segments.len())
            .filter(|&row| segments[row] != NONE && map.len() > 2 * row + 1)
            .map(|row| (map[2 * row], map[2 * row + 1], place_of[segments[row] as usize]))
            .collect();
        if placed.is_empty() {
            return None;
        }
        let side = ((placed.len() as f64 / MEMBERS_A_CELL).sqrt().round() as usize).clamp(SIDE.0, SIDE.1);
        let (across, along) =
            (Axis::of(placed.iter().map(|at| at.0), side), Axis::of(placed.iter().map(|at| at.1), side));
        let mut counts = vec![vec![0_u32; place_of.len()]; side * side];
        for &(x, y, segment) in &placed {
            counts[along.cell(y) * side + across.cell(x)][segment] += 1;
        }
        let cell = |(at, counts): (usize, &Vec<u32>)| {
            let most = (0..counts.len()).rev().max_by_key(|&segment| counts[segment]).unwrap_or_default();
            let (x, y) = (across.middle(at % side), along.middle(at / side));
            MapCell { x, y, segment: most, members: counts.iter().sum() }
        };
        let cells: Vec<MapCell> = counts.iter().enumerate().map(cell).filter(|cell| cell.members > 0).collect();
        let (few, enough): (Vec<MapCell>, Vec<MapCell>) =
            cells.into_iter().partition(|cell| is_too_few(u64::from(cell.members)));
        Some(Self { cells: enough, left_out: few.iter().map(|cell| cell.members).sum() })
    }
}

/// One axis of the map, divided into cells.
struct Axis {
    from: f32,
    width: f32,
    cells: usize,
}

impl Axis {
    fn of(places: impl Iterator<Item = f32>, cells: usize) -> Self {
        let mut places: Vec<f32> = places.collect();
        places.sort_by(f32::total_cmp);
        let edge = (EDGE * places.len() as f64) as usize;
        let (from, to) = (places[edge], places[places.len() - 1 - edge]);
        let width = ((to - from) / cells as f32).max(f32::MIN_POSITIVE);
        Self { from, width, cells }
    }

    fn cell(&self, at: f32) -> usize {
        (((at - self.from) / self.width).max(0.0) as usize).min(self.cells - 1)
    }

    fn middle(&self, cell: usize) -> f32 {
        self.from + (cell as f32 + 0.5) * self.width
    }
}
