//! Scores of a tile of members and a panel of items, held in registers.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters are not always inlined into code for wider registers, which costs more than the kernel"
)]

use pulp::Simd;
use pulp::bytemuck::cast_slice;

use super::items::STAGE;

/// Members of a tile. With two registers of items, their sums fill twelve of sixteen registers.
pub(super) const TILE: usize = 6;
/// Registers of items in a panel.
pub(super) const REGISTERS: usize = 2;

/// Packed vectors: their coordinates by axis, and the lengths of their tails by stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackedVectors<'a> {
    pub(super) values: &'a [f32],
    pub(super) tails: &'a [f32],
}

/// The score of every member and item, or `None` if no score can exceed its member's floor.
#[inline(always)]
pub(super) fn scores<S: Simd>(
    simd: S,
    members: PackedVectors<'_>,
    items: PackedVectors<'_>,
    floors: &[f32; TILE],
) -> Option<[[S::f32s; REGISTERS]; TILE]> {
    let (values, _) = pulp::as_arrays::<TILE, _>(members.values);
    let (tails, _) = pulp::as_arrays::<TILE, _>(members.tails);
    let (item_values, _) = pulp::as_arrays::<REGISTERS, _>(S::as_simd_f32s(items.values).0);
    let (item_tails, _) = pulp::as_arrays::<REGISTERS, _>(S::as_simd_f32s(items.tails).0);
    let (item_values, item_tails) = (&item_values[..values.len()], &item_tails[..tails.len()]);
    let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; TILE];
    for stage in 1..tails.len() {
        for at in (stage - 1) * STAGE..(stage * STAGE).min(values.len()) {
            add_products(simd, &values[at], &item_values[at], &mut sums);
        }
        let mut bound = sums;
        add_products(simd, &tails[stage], &item_tails[stage], &mut bound);
        let mut reachable = simd.splat_u32s(0);
        for lane in 0..TILE {
            reachable = simd.or_u32s(reachable, above(simd, &bound[lane], floors[lane]));
        }
        if !any_bit::<S>(reachable) {
            return None;
        }
    }
    Some(sums)
}

#[inline(always)]
fn add_products<S: Simd>(
    simd: S,
    members: &[f32; TILE],
    items: &[S::f32s; REGISTERS],
    sums: &mut [[S::f32s; REGISTERS]; TILE],
) {
    for lane in 0..TILE {
        let member = simd.splat_f32s(members[lane]);
        for register in 0..REGISTERS {
            sums[lane][register] = simd.mul_add_f32s(member, items[register], sums[lane][register]);
        }
    }
}

/// Whether a score exceeds the floor.
#[inline(always)]
pub(super) fn any_above<S: Simd>(simd: S, scores: &[S::f32s; REGISTERS], floor: f32) -> bool {
    any_bit::<S>(above(simd, scores, floor))
}

/// Sets all bits of lanes whose score exceeds the floor, in any register.
#[inline(always)]
fn above<S: Simd>(simd: S, scores: &[S::f32s; REGISTERS], floor: f32) -> S::u32s {
    let floor = simd.splat_f32s(floor);
    let (all, none) = (simd.splat_u32s(u32::MAX), simd.splat_u32s(0));
    let mut any = none;
    for register in 0..REGISTERS {
        let above = simd.greater_than_f32s(scores[register], floor);
        any = simd.or_u32s(any, simd.select_u32s(above, all, none));
    }
    any
}

/// Whether any bit is set.
#[inline(always)]
fn any_bit<S: Simd>(mask: S::u32s) -> bool {
    let bits: &[u32] = cast_slice(std::slice::from_ref(&mask));
    let mut any = 0;
    for at in 0..bits.len() {
        any |= bits[at];
    }
    any != 0
}
