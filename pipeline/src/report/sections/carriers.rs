//! Who carries the word: members who share, by age band and by union. Never single members.
//!
//! A read does not say through whose share it came, so shares are not followed by reads here.

use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use crate::report::figures::json;
use crate::report::group_hierarchy::GroupHierarchy;
use crate::report::hidden_cells::ColumnContent::{DerivedFrom, NotPeople, People};
use crate::report::hidden_cells::hidden_text;
use crate::report::tables::{ACTIVE, ACTIVE_STATISTICS, Column, SuppressedTable, count_hidden};
use crate::report::unions::Unions;

/// Maximum number of unions.
const MAX_UNIONS: usize = 20;
const SHARER_STATISTICS: &[&str] = &["members", "active", "inactive", "sharers", "non_sharers"];
const SHARERS: Column = ("sharers", "分享人数", "Sharers", "people", People);

/// Sharers of a month by age band.
pub(super) fn by_age_band(bands: &GroupHierarchy, min_size: MinGroupSize) -> SuppressedTable {
    let columns: &[Column] = &[
        ("age_band", "年龄段", "Age band", "text", NotPeople),
        SHARERS,
        ACTIVE,
        ("sharer_share", "占活跃会员", "Of active members", "share", DerivedFrom(&[1, 2])),
    ];
    let rows = bands.names().iter().enumerate().map(|(at, name)| {
        let mut row = vec![Value::from(name.as_str())];
        row.extend(sharers(bands, at + 1, min_size));
        row
    });
    count_hidden("sharers_by_band", ("谁在传播：年龄段", "Who shares, by age band"), columns, rows.collect(), min_size)
}

/// The unions with most sharers in a month, each including the unions below it. Only unions whose sharers may be shown.
pub(super) fn by_union(hierarchy: &GroupHierarchy, unions: &Unions, min_size: MinGroupSize) -> SuppressedTable {
    let columns: &[Column] = &[
        ("union_id", "工会编号", "Union id", "text", NotPeople),
        ("name", "工会", "Union", "text", NotPeople),
        SHARERS,
        ACTIVE,
        ("sharer_share", "占活跃会员", "Of active members", "share", DerivedFrom(&[2, 3])),
    ];
    let is_shown = |place: &usize| hierarchy.shows(SHARER_STATISTICS, *place) && hierarchy.count("sharers", *place) > 0;
    let mut places: Vec<usize> = (1..unions.groups.len()).filter(is_shown).collect();
    places.sort_by_cached_key(|&place| (std::cmp::Reverse(hierarchy.count("sharers", place)), place));
    places.truncate(MAX_UNIONS);
    let rows = places.into_iter().map(|place| {
        let (id, name) = unions.at(place);
        let mut row = vec![Value::from(id), Value::from(name)];
        row.extend(sharers(hierarchy, place, min_size));
        row
    });
    count_hidden("sharers_by_union", ("谁在传播：工会", "Who shares, by union"), columns, rows.collect(), min_size)
}

/// Sharers, active members, and the share of the first in the second.
fn sharers(hierarchy: &GroupHierarchy, place: usize, min_size: MinGroupSize) -> Vec<Value> {
    let count = |statistic: &str, required: &[&str]| {
        hierarchy.shows(required, place).then(|| hierarchy.count(statistic, place))
    };
    let (sharers, active) = (count("sharers", SHARER_STATISTICS), count("active", ACTIVE_STATISTICS));
    let share = sharers.zip(active).filter(|&(_, active)| active > 0);
    let share = share.map(|(sharers, active)| json(sharers as f64 / active as f64));
    let cell = |count: Option<u64>| count.map_or_else(|| Value::from(hidden_text(min_size)), Value::from);
    vec![cell(sharers), cell(active), share.unwrap_or_default()]
}
