//! Chooses the metrics that a memo shows as tiles.

use zhihui_engine::report::METRICS;

use super::context::MemoContext;

/// Maximum and usual minimum number of tiles.
const MAX_TILES: usize = 6;
const MIN_TILES: usize = 3;
/// The tiles besides those with targets: content, activities, unions.
const DEFAULT_TILES: [&str; 4] = ["readers", "sign_up_members", "union_coverage", "fill_rate"];
/// Fill up to the minimum.
const FURTHER_TILES: [&str; 3] = ["active_members", "members", "articles_published"];

/// Names of the tiles: metrics with a target in the order of the registry, then the default ones. Only those with a value.
pub(super) fn tiles(context: &MemoContext<'_>) -> Vec<String> {
    let has_target = |name: &&str| context.metric(name).is_some_and(|metric| metric.target.is_some());
    let with_target = METRICS.iter().map(|metric| metric.name).filter(has_target).map(|name| (name, MAX_TILES));
    let default = DEFAULT_TILES.map(|name| (name, MAX_TILES));
    let mut tiles: Vec<String> = Vec::new();
    for (name, limit) in with_target.chain(default).chain(FURTHER_TILES.map(|name| (name, MIN_TILES))) {
        if tiles.len() < limit && context.value(name).is_some() && !tiles.iter().any(|tile| tile == name) {
            tiles.push(name.to_owned());
        }
    }
    tiles
}
