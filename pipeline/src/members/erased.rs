//! Finds members in the lake who were erased before: after a restore, when the lake is older than the erasure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{Array, AsArray};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use zhihui_data::ErasedIds;

use super::matching::{Matching, text_of};
use super::{OpenidClaims, Person, openids};
use crate::lake::{Lake, LakeError};

/// People whom any table names although they were erased. Somebody who is known by openid alone stands under it.
///
/// # Errors
/// When a table cannot be read.
pub async fn returned(lake: &Lake, forgotten: &ErasedIds, as_of: DateTime<Utc>) -> Result<Vec<Person>, LakeError> {
    let (mut members, mut loose) = (BTreeSet::new(), BTreeSet::new());
    if forgotten.is_empty() {
        return Ok(Vec::new());
    }
    let mut seen: HashSet<String> = HashSet::new();
    for name in lake.tables().await?.into_iter().filter(|name| !name.ends_with("/rejects")) {
        let Some(table) = lake.table(&name).await? else { continue };
        let columns = Matching::columns(&name, &table.schema());
        if columns.is_empty() {
            continue;
        }
        let files = table.files();
        let mut batches = std::pin::pin!(table.read(&files, &columns).await?);
        while let Some(batch) = batches.try_next().await? {
            for (column, name) in batch.columns().iter().zip(&columns) {
                let Some(texts) = text_of(column) else { continue };
                let texts = texts.as_string::<i32>();
                for id in (0..texts.len()).filter(|&row| texts.is_valid(row)).map(|row| texts.value(row)) {
                    if !seen.insert(format!("{name} {id}")) {
                        continue;
                    }
                    let _ = match *name {
                        "member_id" if forgotten.has_member(id) => members.insert(id.to_owned()),
                        "openid" if forgotten.has_openid(id) => loose.insert(id.to_owned()),
                        _ => false,
                    };
                }
            }
        }
    }
    let mut owned: BTreeMap<String, Vec<String>> = openids(lake, &members, &OpenidClaims::default(), as_of).await?;
    let mut people = Vec::new();
    for member_id in members {
        let openids = owned.remove(&member_id).unwrap_or_default();
        loose.retain(|openid| !openids.contains(openid));
        people.push(Person { member_id, openids });
    }
    people.extend(loose.into_iter().map(|openid| Person { member_id: openid.clone(), openids: vec![openid] }));
    Ok(people)
}
