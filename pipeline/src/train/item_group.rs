//! The group of an item: articles and activities have rankers of their own.

use zhihui_data::snapshot::{ItemGroup, Snapshot};

pub(super) fn group_of(snapshot: &Snapshot, item: usize) -> ItemGroup {
    if snapshot.items.kind[item] == zhihui_data::ItemKind::Article {
        ItemGroup::Articles
    } else {
        ItemGroup::Activities
    }
}
