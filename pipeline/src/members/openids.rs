//! The `WeChat` ids that files have ever given to a member.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use zhihui_data::Table;

use super::matching::text_of;
use crate::lake::raw::{BATCH, ROW, raw_name};
use crate::lake::{Lake, LakeError};

/// The openids of these members in every roster row that was ever ingested, by member; an openid that a later row gives to
/// somebody else is that one's and is left out.
///
/// # Errors
/// When the roster cannot be read.
pub async fn openids(lake: &Lake, members: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<String>>, LakeError> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let Some(table) = lake.table(&raw_name(Table::Members)).await? else { return Ok(found) };
    // The last owner of each openid, by order of arrival.
    let mut owners: BTreeMap<String, ((i64, i64), String)> = BTreeMap::new();
    let files = table.files();
    let mut batches = std::pin::pin!(table.read(&files, &["member_id", "openid", BATCH, ROW]).await?);
    while let Some(batch) = batches.try_next().await? {
        let (Some(ids), Some(openids)) = (text_of(batch.column(0)), text_of(batch.column(1))) else { continue };
        let (ids, openids) = (ids.as_string::<i32>(), openids.as_string::<i32>());
        let place = |column: usize, row: usize| {
            batch.column(column).as_primitive_opt::<Int64Type>().map_or(0, |numbers| numbers.value(row))
        };
        for row in (0..batch.num_rows()).filter(|&row| ids.is_valid(row) && openids.is_valid(row)) {
            let arrived = (place(2, row), place(3, row));
            let owner = owners.entry(openids.value(row).to_owned()).or_insert_with(|| (arrived, String::new()));
            if arrived >= owner.0 {
                *owner = (arrived, ids.value(row).to_owned());
            }
        }
    }
    for (openid, (_, owner)) in owners.into_iter().filter(|(_, (_, owner))| members.contains(owner)) {
        found.entry(owner).or_default().push(openid);
    }
    Ok(found)
}
