//! Items: similar and popular lists, the item pages, and the cached reach of an item.

pub(crate) mod daily_activity;
pub(crate) mod item_page;
pub(crate) mod labels;
pub(crate) mod page;
pub(crate) mod reach_cache;
pub(crate) mod routes;
pub(crate) mod row;
pub(crate) mod visibility;
