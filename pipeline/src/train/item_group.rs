//! The group of an item: articles and activities have rankers of their own.

use zhihui_data::snapshot::{ItemGroup, Snapshot};

/// Groups of items, in the order of their rankers.
pub(super) const GROUPS: [ItemGroup; 2] = [ItemGroup::Articles, ItemGroup::Activities];

pub(super) fn group_of(snapshot: &Snapshot, item: usize) -> ItemGroup {
    if snapshot.items.kind[item] == zhihui_data::ItemKind::Article {
        ItemGroup::Articles
    } else {
        ItemGroup::Activities
    }
}
