//! The features that depend on the item only.

use crate::index::{Seasons, Series};
use zhihui_data::{
    ItemKind,
    snapshot::{ItemGroup, NO_TIME, NONE, Snapshot},
};

/// The features that depend on the item only, equal for all members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ItemFacts {
    pub(crate) item: u32,
    /// Series, or [`NONE`].
    pub(crate) series: u32,
    pub(crate) kind: ItemKind,
    pub(crate) union: u32,
    pub(crate) district: u32,
    /// Publication of an article, opening of any other item.
    pub(crate) since: i64,
    /// When sign-up closes, or [`NO_TIME`].
    pub(crate) until: i64,
    pub(crate) log_popularity: f32,
    /// Mean season of its topics.
    pub(crate) season: f32,
    pub(crate) log_price: f32,
    pub(crate) free: bool,
    pub(crate) for_children: bool,
}

impl ItemFacts {
    pub(crate) fn of(snapshot: &Snapshot, series: &Series, seasons: &Seasons, item: usize) -> Self {
        let items = &snapshot.items;
        let kind = items.kind[item];
        let price = items.price[item];
        let opened = if items.opens_at[item] == NO_TIME { items.published_at[item] } else { items.opens_at[item] };
        Self {
            item: item as u32,
            series: series.of_item(item as u32),
            kind,
            union: items.union[item],
            district: items.district[item],
            since: if kind == ItemKind::Article { items.published_at[item] } else { opened },
            until: if kind == ItemKind::Article { NO_TIME } else { items.closes_at[item] },
            log_popularity: snapshot.model.popularity.overall[item].max(0.0).ln_1p(),
            season: seasons.mean(items.topics.row(item)),
            log_price: if price > 0.0 { price.ln_1p() } else { 0.0 },
            free: price == 0.0,
            for_children: items.child_tickets[item] != NONE && items.child_tickets[item] > 0,
        }
    }

    /// The group of items whose ranker ranks it.
    pub(crate) fn group(&self) -> ItemGroup {
        group_of(self.kind)
    }
}

/// Articles have their own ranker. All items with sign-up share the other one.
pub(crate) fn group_of(kind: ItemKind) -> ItemGroup {
    if kind == ItemKind::Article { ItemGroup::Articles } else { ItemGroup::Activities }
}
