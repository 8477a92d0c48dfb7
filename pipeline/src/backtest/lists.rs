//! The lists of one date: ours and those of the simple rules, and whom of those who came they hold.

use rayon::prelude::*;
use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::audience::{AudienceRequest, Target};
use zhihui_engine::{Engine, Overlay};

use super::items::Item;
use super::rules::{self, Actions, ORDERS, RULES};
use super::{BacktestError, BacktestOptions};

/// Ours, then the rules in their order.
pub(super) const ORDERINGS: usize = 1 + RULES.len();

/// The lists for one item at one date.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    /// Place of the date.
    pub(super) date: usize,
    pub(super) item: u32,
    pub(super) group: ItemGroup,
    /// Whether anybody responded to the item before.
    pub(super) is_warm: bool,
    /// Members who could have been on the list.
    pub(super) candidates: usize,
    /// Those of them who responded: with nothing before, with something before.
    pub(super) came: [Vec<u32>; 2],
    /// By length, in the order of the options.
    pub(super) sizes: Vec<Sized>,
}

/// The lists of one length.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sized {
    /// Members on our list and on that of every rule: what was asked for, fewer where seats or unions ran out.
    pub(super) length: usize,
    /// Those of `came` on each list, as `came` is split.
    pub(super) hits: [[f64; 2]; ORDERINGS],
    /// Expected responses of our list, and the bounds of their interval.
    pub(super) expected: [f64; 3],
}

/// Makes the lists for all items; those whom nobody came for among the candidates are left out.
pub(super) fn measure(engine: &Engine, items: &[Item], options: &BacktestOptions) -> Result<Vec<List>, BacktestError> {
    let actions = Actions::of(engine.snapshot());
    let lists = items.par_iter().map(|item| list(engine, &actions, item, options));
    let lists: Vec<Option<List>> = lists.collect::<Result<_, _>>()?;
    Ok(lists.into_iter().flatten().collect())
}

fn list(
    engine: &Engine,
    actions: &Actions,
    item: &Item,
    options: &BacktestOptions,
) -> Result<Option<List>, BacktestError> {
    let overlay = Overlay::default();
    let snapshot = engine.snapshot();
    let target = Target::Item(snapshot.items.id[item.item as usize].clone());
    let request = AudienceRequest { caps: options.caps, sample: 0, ..AudienceRequest::new(target, item.at) };
    let candidates = engine.audience_candidates(&overlay, &request, &|_| None)?;
    let came: Vec<u32> = item.came.iter().copied().filter(|member| candidates.binary_search(member).is_ok()).collect();
    if came.is_empty() {
        return Ok(None);
    }
    let lengths: Vec<usize> = options.sizes.iter().map(|size| size.of(candidates.len())).collect();
    let longest = lengths.iter().copied().max().unwrap_or_default();
    let simple = rules::lists(snapshot, actions, item.item, &candidates, longest);
    let came = [false, true].map(|warm| {
        let of_kind = came.iter().copied().filter(|&member| actions.is_warm(member) == warm);
        of_kind.collect::<Vec<u32>>()
    });
    let mut sizes = Vec::new();
    for limit in lengths {
        let made = engine.audience(&overlay, &AudienceRequest { limit: Some(limit), ..request.clone() }, &|_| None)?;
        let ours: Vec<u32> = made.rows.iter().map(|row| row.member as u32).collect();
        let length = ours.len();
        let held = |list: &[u32]| [0, 1].map(|part| held(list, &came[part]) as f64);
        let mut hits = [[0.0; 2]; ORDERINGS];
        hits[0] = held(&ours);
        hits[1] = [0, 1].map(|part| rules::expected(came[part].len(), length, candidates.len()));
        for rule in 0..ORDERS {
            hits[2 + rule] = held(&simple[rule][..length.min(simple[rule].len())]);
        }
        let expected = &made.preview.expected_responses;
        sizes.push(Sized { length, hits, expected: [expected.value, expected.low, expected.high] });
    }
    Ok(Some(List {
        date: 0,
        item: item.item,
        group: item.group,
        is_warm: actions.is_warm_item(item.item),
        candidates: candidates.len(),
        came,
        sizes,
    }))
}

/// How many of `came`, ascending, are on a list.
fn held(list: &[u32], came: &[u32]) -> usize {
    list.iter().filter(|member| came.binary_search(member).is_ok()).count()
}
