//! Counts unresolved rows: rows with a member or item that no file describes yet.

use std::collections::HashSet;

use arrow::array::{Array, AsArray, StringArray};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::Table;

use super::super::IngestError;
use crate::lake::{Lake, raw};

/// Hashes of described ids. 64 bits are enough, because a collision only changes a count.
#[derive(Debug, Default)]
pub(super) struct DescribedIds {
    item: Option<&'static str>,
    names_members: bool,
    members: HashSet<u64>,
    openids: HashSet<u64>,
    items: HashSet<u64>,
}

impl DescribedIds {
    /// Reads the ids that rows of `table` can refer to.
    pub(super) async fn read(lake: &Lake, table: Table) -> Result<Self, IngestError> {
        let item = match table {
            Table::Reads => Some("article_id"),
            Table::SignUps => Some("activity_id"),
            Table::Shares | Table::Pushes | Table::Shown | Table::Feedback => Some("item_id"),
            _ => None,
        };
        let mut described =
            Self { item, names_members: item.is_some() || table == Table::Memberships, ..Self::default() };
        if described.names_members {
            add_ids(lake, Table::Members, "member_id", &mut described.members).await?;
        }
        if table.needs_actor() {
            add_ids(lake, Table::Members, "openid", &mut described.openids).await?;
        }
        if item.is_some() {
            add_ids(lake, Table::Articles, "article_id", &mut described.items).await?;
            add_ids(lake, Table::Activities, "activity_id", &mut described.items).await?;
        }
        Ok(described)
    }

    /// Counts rows with a member or item that is not described. Feedback without an item is about the account as a whole.
    pub(super) fn unresolved(&self, batch: &RecordBatch) -> u64 {
        if !self.names_members {
            return 0;
        }
        let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let (member, openid, item) = (text("member_id"), text("openid"), self.item.and_then(text));
        let is_missing = |set: &HashSet<u64>, column: Option<&StringArray>, row: usize| {
            let column = column.filter(|column| column.is_valid(row));
            column.map(|column| set.is_empty() || !set.contains(&xxh3_64(column.value(row).as_bytes())))
        };
        let unresolved = |row: &usize| {
            let actor = is_missing(&self.members, member, *row).or_else(|| is_missing(&self.openids, openid, *row));
            actor == Some(true) || is_missing(&self.items, item, *row) == Some(true)
        };
        (0..batch.num_rows()).filter(unresolved).count() as u64
    }
}

async fn add_ids(lake: &Lake, table: Table, column: &str, ids: &mut HashSet<u64>) -> Result<(), IngestError> {
    let Some(stored) = lake.table_of(&raw::raw_spec(table)).await? else { return Ok(()) };
    let files = stored.files();
    let mut rows = std::pin::pin!(stored.read(&files, &[column]).await?);
    while let Some(batch) = rows.try_next().await? {
        if let Some(values) = batch.column(0).as_string_opt::<i32>() {
            ids.extend(values.iter().flatten().map(|id| xxh3_64(id.as_bytes())));
        }
    }
    Ok(())
}
