//! Finds erased members that are in the lake again after the restore of an older backup.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{Array, AsArray};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use zhihui_data::ErasedIds;

use super::member_matcher::{MemberMatcher, has_values, text_of};
use super::{OpenidClaims, Person, openids};
use crate::lake::{Lake, LakeError};

/// Finds erased people that a table still mentions. If only an openid is known, it is used as the member id.
///
/// # Errors
/// If a table cannot be read.
pub async fn find_erased(lake: &Lake, erased: &ErasedIds, as_of: DateTime<Utc>) -> Result<Vec<Person>, LakeError> {
    let (mut members, mut unowned) = (BTreeSet::new(), BTreeSet::new());
    if erased.is_empty() {
        return Ok(Vec::new());
    }
    let mut seen: HashSet<String> = HashSet::new();
    for name in lake.tables().await?.into_iter().filter(|name| !has_values(name)) {
        let Some(table) = lake.table(&name).await? else { continue };
        let columns = MemberMatcher::columns(&name, &table.schema());
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
                        "member_id" if erased.has_member(id) => members.insert(id.to_owned()),
                        "openid" if erased.has_openid(id) => unowned.insert(id.to_owned()),
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
        unowned.retain(|openid| !openids.contains(openid));
        people.push(Person { member_id, openids });
    }
    people.extend(unowned.into_iter().map(|openid| Person { member_id: openid.clone(), openids: vec![openid] }));
    Ok(people)
}
