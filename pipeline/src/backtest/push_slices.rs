//! Results of sent pushes by group of items.

use zhihui_data::snapshot::ItemGroup;
use zhihui_engine::report::is_too_few;
use zhihui_models::ranking::reliability::reliability;

use super::pushes::SentPush;
use super::report::{PushReport, PushSlice, instant};

/// Returns the results of each group of items in which enough members responded to be told. `ids` are those of the items.
pub(super) fn slices(pushes: &[SentPush], ids: &[String]) -> Vec<PushSlice> {
    let groups = [(ItemGroup::Articles, "articles"), (ItemGroup::Activities, "activities")];
    let slices = groups.map(|(group, name)| {
        let of_group: Vec<&SentPush> = pushes.iter().filter(|push| push.group == group).collect();
        let responses: usize = of_group.iter().map(|push| push.responses()).sum();
        (!of_group.is_empty() && !is_too_few(responses as u64)).then(|| slice(name, &of_group, ids))
    });
    slices.into_iter().flatten().collect()
}

fn slice(items: &str, pushes: &[&SentPush], ids: &[String]) -> PushSlice {
    let (probabilities, responded): (Vec<f32>, Vec<bool>) =
        pushes.iter().flat_map(|push| push.members.iter().copied()).unzip();
    let is_covered = |push: &&&SentPush| {
        let [_, low, high] = push.expected;
        (low.floor()..=high.ceil()).contains(&(push.responses() as f64))
    };
    PushSlice {
        items: items.to_owned(),
        pushes: pushes.len(),
        members: responded.len(),
        expected: pushes.iter().map(|push| push.expected[0]).sum(),
        actual: pushes.iter().map(|push| push.responses()).sum(),
        coverage: pushes.iter().filter(is_covered).count() as f64 / pushes.len().max(1) as f64,
        calibration: reliability(&probabilities, &responded),
        each: pushes.iter().map(|push| report(push, ids)).collect(),
    }
}

fn report(push: &SentPush, ids: &[String]) -> PushReport {
    PushReport {
        at: instant(push.at),
        item_id: ids[push.item as usize].clone(),
        members: push.members.len(),
        expected: push.expected,
        actual: push.responses(),
    }
}
