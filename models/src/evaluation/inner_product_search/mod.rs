//! Maximum inner product search: finds the best items without storing all scores.
//!
//! Items are visited in descending order of vector length. Once the product of a member's length and an item's length
//! does not exceed the member's k-th best score, no later item can. Products are computed in registers along the axes
//! with the largest values first, and abandoned if the rest of both vectors cannot make up the difference (Teflioudi,
//! Gemulla and Mykytiuk: *LEMP: fast retrieval of large entries in a matrix product*, SIGMOD 2015). Both bounds allow
//! for rounding, so the lists equal those of scoring all items.

mod items;
mod kernel;

use pulp::bytemuck::cast_slice;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use self::{
    items::{SortedItems, length},
    kernel::{PackedVectors, REGISTERS, TILE, any_above, scores},
};
use crate::top_k::TopK;
use crate::{InnerProductModel, Row};

/// Members processed by one thread at a time: enough to amortise the packing of the items.
const BLOCK: usize = 2048;
/// Numbers in a cache line.
const LINE: usize = 16;

/// A member: the row at fit time and the history.
pub(super) type Member<'a> = (Option<usize>, Row<'a>);

/// The `k` best items of each member, best first, without those of the history. Empty for `None`. `k` must be above 0.
pub(super) fn recommend(
    vectors: &dyn InnerProductModel,
    n_items: usize,
    members: &[Option<Member<'_>>],
    k: usize,
) -> Vec<Vec<u32>> {
    let items = SortedItems::new(vectors, n_items);
    let threads = rayon::current_num_threads();
    let rounds = members.len().div_ceil(BLOCK * threads).max(1);
    let block = members.len().div_ceil(rounds * threads).max(1);
    let mut lists = vec![Vec::new(); members.len()];
    members.par_chunks(block).zip(lists.par_chunks_mut(block)).for_each(|(members, lists)| {
        let served = members.iter().zip(lists).filter_map(|(member, list)| member.map(|member| (member, list)));
        let (members, lists): (Vec<_>, Vec<_>) = served.unzip();
        let mut retrieval = Retrieval::new(&items, &members, k);
        Arch::new().dispatch(&mut retrieval);
        for (list, mut best) in lists.into_iter().zip(retrieval.best) {
            *list = best.best().iter().map(|scored| scored.item).collect();
        }
    });
    lists
}

/// The search for a block of members.
struct Retrieval<'a> {
    items: &'a SortedItems<'a>,
    members: &'a [Member<'a>],
    best: Vec<TopK>,
    tiles: Vec<Tile>,
    /// The members' vectors as [`PackedVectors`], one tile after another.
    values: Vec<f32>,
    tails: Vec<f32>,
}

/// Bounds that decide whether an item is relevant for the members of a tile. Missing members of the last tile exclude
/// all items.
struct Tile {
    /// Upper bound of the length of each member's vector, rounding included.
    lengths: [f32; TILE],
    /// See [`TopK::threshold`].
    floors: [f32; TILE],
}

impl Tile {
    fn may_reach(&self, length: f32) -> bool {
        self.lengths.iter().zip(&self.floors).any(|(own, floor)| own * length > *floor)
    }
}

impl<'a> Retrieval<'a> {
    fn new(items: &'a SortedItems<'a>, members: &'a [Member<'a>], k: usize) -> Self {
        let (width, n_tails) = (items.width(), items.stages() + 1);
        let n_tiles = members.len().div_ceil(TILE);
        let tile = || Tile { lengths: [0.0; TILE], floors: [f32::INFINITY; TILE] };
        let mut tiles: Vec<Tile> = std::iter::repeat_with(tile).take(n_tiles).collect();
        let mut values = vec![0.0; n_tiles * width * TILE];
        let mut tails = vec![0.0; n_tiles * n_tails * TILE];
        let mut vector = vec![0.0; width];
        for (at, &(identity, history)) in members.iter().enumerate() {
            items.vectors.write_user_vector(identity, history, &mut vector);
            let (tile, lane) = (at / TILE, at % TILE);
            items.pack(&vector, &mut values[tile * width * TILE + lane..], TILE);
            tiles[tile].lengths[lane] = length(&vector) * (1.0 + items.rounding());
            tiles[tile].floors[lane] = f32::NEG_INFINITY;
        }
        for (values, tails) in values.chunks_exact(width * TILE).zip(tails.chunks_exact_mut(n_tails * TILE)) {
            items.measure_tails(values, tails, TILE);
        }
        Self { items, members, best: vec![TopK::new(k); members.len()], tiles, values, tails }
    }

    fn packed(&self, tile: usize) -> PackedVectors<'_> {
        let of = |all: &'_ [f32]| {
            let length = all.len() / self.tiles.len();
            tile * length..(tile + 1) * length
        };
        PackedVectors { values: &self.values[of(&self.values)], tails: &self.tails[of(&self.tails)] }
    }

    /// Adds a member's scores for `items`. Never inlined: it is called rarely and would occupy registers.
    #[inline(never)]
    fn update_best(&mut self, tile: usize, lane: usize, items: &[u32], scores: &[f32]) {
        let member = tile * TILE + lane;
        let history = self.members[member].1;
        let best = &mut self.best[member];
        for (&item, &score) in items.iter().zip(scores) {
            if score > best.threshold() && !history.contains(item) {
                best.push(item, score);
            }
        }
        self.tiles[tile].floors[lane] = best.threshold();
    }
}

impl WithSimd for &mut Retrieval<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let items = self.items;
        let lanes = REGISTERS * S::F32_LANES;
        let mut buffer = vec![0.0_f32; items.width() * lanes + LINE];
        // Loads that cross a cache line take twice as long.
        let aligned = buffer.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        let values = &mut buffer[aligned..][..items.width() * lanes];
        let mut tails = vec![0.0; (items.stages() + 1) * lanes];
        let mut unfinished: Vec<usize> = (0..self.tiles.len()).collect();
        for (panel, lengths) in items.order.chunks(lanes).zip(items.lengths.chunks(lanes)) {
            unfinished.retain(|&tile| self.tiles[tile].may_reach(lengths[0]));
            if unfinished.is_empty() {
                return;
            }
            for (lane, &item) in panel.iter().enumerate() {
                let vector = items.vectors.item_vector(item as usize);
                items.pack(vector, &mut values[lane..], lanes);
            }
            items.measure_tails(values, &mut tails, lanes);
            for &tile in &unfinished {
                let packed = PackedVectors { values, tails: &tails };
                let Some(scores) = scores(simd, self.packed(tile), packed, &self.tiles[tile].floors) else {
                    continue;
                };
                for (lane, scores) in scores.iter().enumerate() {
                    if any_above(simd, scores, self.tiles[tile].floors[lane]) {
                        self.update_best(tile, lane, panel, cast_slice(scores));
                    }
                }
            }
        }
    }
}
