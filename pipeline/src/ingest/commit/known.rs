//! Which members and items other files have described: rows that name others are counted as unresolved.

use std::collections::HashSet;

use arrow::array::{Array, AsArray, StringArray};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::Table;

use super::super::IngestError;
use crate::lake::{Lake, raw};

/// Hashes of the ids that are described; 64 bits, since a mistaken one only changes a count.
#[derive(Debug, Default)]
pub(super) struct Known {
    item: Option<&'static str>,
    names_members: bool,
    members: HashSet<u64>,
    openids: HashSet<u64>,
    items: HashSet<u64>,
}

impl Known {
    /// What the lake describes, as far as rows of `table` name it.
    pub(super) async fn read(lake: &Lake, table: Table) -> Result<Self, IngestError> {
        let item = match table {
            Table::Reads => Some("article_id"),
            Table::SignUps => Some("activity_id"),
            Table::Shares | Table::Pushes | Table::Shown | Table::Feedback => Some("item_id"),
            _ => None,
        };
        let mut known = Self { item, names_members: item.is_some() || table == Table::Memberships, ..Self::default() };
        if known.names_members {
            gather(lake, Table::Members, "member_id", &mut known.members).await?;
        }
        if table.needs_actor() {
            gather(lake, Table::Members, "openid", &mut known.openids).await?;
        }
        if item.is_some() {
            gather(lake, Table::Articles, "article_id", &mut known.items).await?;
            gather(lake, Table::Activities, "activity_id", &mut known.items).await?;
        }
        Ok(known)
    }

    /// How many rows name a member or an item that is not described. A missing item of a feedback means everything.
    pub(super) fn unresolved(&self, batch: &RecordBatch) -> u64 {
        if !self.names_members {
            return 0;
        }
        let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let (member, openid, item) = (text("member_id"), text("openid"), self.item.and_then(text));
        let lacks = |set: &HashSet<u64>, column: Option<&StringArray>, row: usize| {
            let given = column.filter(|column| column.is_valid(row));
            given.map(|column| set.is_empty() || !set.contains(&xxh3_64(column.value(row).as_bytes())))
        };
        let unresolved = |row: &usize| {
            let actor = lacks(&self.members, member, *row).or_else(|| lacks(&self.openids, openid, *row));
            actor == Some(true) || lacks(&self.items, item, *row) == Some(true)
        };
        (0..batch.num_rows()).filter(unresolved).count() as u64
    }
}

async fn gather(lake: &Lake, table: Table, column: &str, into: &mut HashSet<u64>) -> Result<(), IngestError> {
    let Some(stored) = lake.table_of(&raw::raw_spec(table)).await? else { return Ok(()) };
    let files = stored.files();
    let mut rows = std::pin::pin!(stored.read(&files, &[column]).await?);
    while let Some(batch) = rows.try_next().await? {
        if let Some(ids) = batch.column(0).as_string_opt::<i32>() {
            into.extend(ids.iter().flatten().map(|id| xxh3_64(id.as_bytes())));
        }
    }
    Ok(())
}
