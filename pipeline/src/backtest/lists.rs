//! Lists of one date, by the engine and by simple rules, and which responders they contain.

use rayon::prelude::*;
use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::audience::{AudienceRequest, Target};
use zhihui_engine::{Engine, Overlay};

use super::items::Item;
use super::rules::{self, Actions, ORDERS, RULES};
use super::{BacktestError, BacktestOptions};

/// Number of orderings: the engine, then the rules.
pub(super) const ORDERINGS: usize = 1 + RULES.len();

/// Lists for one item at one date.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    /// Index of the date.
    pub(super) date: usize,
    pub(super) item: u32,
    pub(super) group: ItemGroup,
    /// Whether the item had a response before.
    pub(super) is_warm: bool,
    /// Whether the interval of its expected responses is judged: the item is new, and its probabilities are those of
    /// members who are not pushed to. Calibrated ones hold for a push, which a list of a past date was not.
    pub(super) is_interval_judged: bool,
    /// Number of candidates.
    pub(super) candidates: usize,
    /// Candidates who responded: without and with an earlier response.
    pub(super) responders: [Vec<u32>; 2],
    /// Results by size, in the order of the options.
    pub(super) sizes: Vec<SizeResult>,
}

/// Results for lists of one size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SizeResult {
    /// Members on each list. Fewer than requested if seats or quotas limit it.
    pub(super) length: usize,
    /// Responders on each list, split as `responders`.
    pub(super) hits: [[f64; 2]; ORDERINGS],
    /// Expected responses of the list of the engine, with the bounds of their interval.
    pub(super) expected: [f64; 3],
}

/// Makes lists for all items. Items without a candidate are left out, and so are items that are not new without a
/// responder among the candidates.
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
    let responders: Vec<u32> =
        item.responders.iter().copied().filter(|member| candidates.binary_search(member).is_ok()).collect();
    if candidates.is_empty() || (responders.is_empty() && !item.is_new) {
        return Ok(None);
    }
    let lengths: Vec<usize> = options.sizes.iter().map(|size| size.of(candidates.len())).collect();
    let longest = lengths.iter().copied().max().unwrap_or_default();
    let simple = rules::lists(snapshot, actions, item.item, &candidates, longest);
    let responders = [false, true].map(|warm| {
        let of_kind = responders.iter().copied().filter(|&member| actions.is_warm(member) == warm);
        of_kind.collect::<Vec<u32>>()
    });
    let (mut sizes, mut calibrated) = (Vec::new(), false);
    for limit in lengths {
        let made = engine.audience(&overlay, &AudienceRequest { limit: Some(limit), ..request.clone() }, &|_| None)?;
        let ours: Vec<u32> = made.rows.iter().map(|row| row.member as u32).collect();
        let length = ours.len();
        let hits_of = |list: &[u32]| [0, 1].map(|part| count_hits(list, &responders[part]) as f64);
        let mut hits = [[0.0; 2]; ORDERINGS];
        hits[0] = hits_of(&ours);
        hits[1] = [0, 1].map(|part| rules::expected(responders[part].len(), length, candidates.len()));
        for rule in 0..ORDERS {
            hits[2 + rule] = hits_of(&simple[rule][..length.min(simple[rule].len())]);
        }
        let expected = &made.preview.expected_responses;
        calibrated |= expected.calibrated;
        sizes.push(SizeResult { length, hits, expected: [expected.value, expected.low, expected.high] });
    }
    Ok(Some(List {
        date: 0,
        item: item.item,
        group: item.group,
        is_warm: actions.is_warm_item(item.item),
        is_interval_judged: item.is_new && !calibrated,
        candidates: candidates.len(),
        responders,
        sizes,
    }))
}

/// Returns the number of responders on a list. `responders` ascend.
fn count_hits(list: &[u32], responders: &[u32]) -> usize {
    list.iter().filter(|member| responders.binary_search(member).is_ok()).count()
}
