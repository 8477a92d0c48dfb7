//! The items and their topics, by the number of the item's id.

use arrow::array::Array;

use super::batches::{each_batch, text};
use super::ids::Ids;
use crate::lake::LakeTable;
use crate::report::ReportError;

/// One article or activity.
#[derive(Debug, Clone)]
pub(in crate::report) struct Item {
    pub(in crate::report) is_article: bool,
    pub(in crate::report) title: Option<String>,
    /// Microseconds since 1970.
    pub(in crate::report) published_at: Option<i64>,
    pub(in crate::report) starts_at: Option<i64>,
    pub(in crate::report) capacity: Option<i64>,
    /// Number of the activity that an article announces.
    pub(in crate::report) announces: Option<u32>,
}

/// The items that the lake describes.
#[derive(Debug, Default)]
pub(in crate::report) struct ItemColumns {
    /// By number of the id; `None` for an id without an item.
    pub(in crate::report) items: Vec<Option<Item>>,
    pub(in crate::report) topics: Ids,
    /// Items of each topic, with the share of the topic in units of [`SHARE`].
    pub(in crate::report) items_of_topic: Vec<Vec<(u32, i64)>>,
}

/// A share of 1. Shares are decimals with twelve places, so that sums do not depend on their order.
pub(in crate::report) const SHARE: f64 = 1e12;

impl ItemColumns {
    pub(super) async fn read(table: &LakeTable, topics: &LakeTable, ids: &mut Ids) -> Result<Self, ReportError> {
        let mut read = Self::default();
        let columns = ["item_id", "kind", "title", "published_at", "starts_at", "capacity", "announces"];
        each_batch(table, &table.files(), &columns, |batch| {
            let (id, kind, title) = (batch.texts("item_id")?, batch.texts("kind")?, batch.texts("title")?);
            let (published_at, starts_at) = (batch.instants("published_at")?, batch.instants("starts_at")?);
            let (capacity, announces) = (batch.integers("capacity")?, batch.texts("announces")?);
            for row in 0..batch.rows() {
                let Some(id) = text(&id, row) else { continue };
                let item = Item {
                    is_article: text(&kind, row) == Some("article"),
                    title: text(&title, row).map(str::to_owned),
                    published_at: published_at[row],
                    starts_at: starts_at[row],
                    capacity: capacity.is_valid(row).then(|| capacity.value(row)),
                    announces: text(&announces, row).map(|activity| ids.add(activity)),
                };
                let at = ids.add(id) as usize;
                if read.items.len() <= at {
                    read.items.resize(at + 1, None);
                }
                read.items[at] = Some(item);
            }
            Ok(())
        })
        .await?;
        each_batch(topics, &topics.files(), &["item_id", "topic", "share"], |batch| {
            let (id, topic, share) = (batch.texts("item_id")?, batch.texts("topic")?, batch.numbers("share")?);
            for row in 0..batch.rows() {
                let (Some(id), Some(topic)) = (text(&id, row), text(&topic, row)) else { continue };
                let at = read.topics.add(topic) as usize;
                if read.items_of_topic.len() <= at {
                    read.items_of_topic.push(Vec::new());
                }
                read.items_of_topic[at].push((ids.add(id), (share.value(row) * SHARE).round() as i64));
            }
            Ok(())
        })
        .await?;
        Ok(read)
    }

    pub(in crate::report) fn get(&self, item: u32) -> Option<&Item> {
        self.items.get(item as usize)?.as_ref()
    }

    /// The items with their numbers.
    pub(in crate::report) fn iter(&self) -> impl Iterator<Item = (u32, &Item)> {
        self.items.iter().enumerate().filter_map(|(at, item)| Some((at as u32, item.as_ref()?)))
    }

    /// Memory in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        let titles: usize = self.iter().filter_map(|(_, item)| item.title.as_ref()).map(String::len).sum();
        let shares: usize = self.items_of_topic.iter().map(|items| items.len() * 16).sum();
        self.items.len() * size_of::<Option<Item>>() + titles + shares
    }
}
