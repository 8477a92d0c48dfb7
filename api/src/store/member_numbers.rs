//! Numbers of members, so that a set of members is a set of bits. An erased member loses the id, and the number names nobody.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::erased_hashes;
use super::error::StoreError;
use super::number_set::{NumberSet, decode_list};
use super::sql::{self, Connection, Parameter, Pool, tables};

/// Members in one row of the table.
const MEMBERS_PER_ROW: u32 = 5_000;

/// The table with the sets and lists of numbers, and the key of its rows in the export of a member.
pub(super) const OWNERS: &str = "audience_days";

/// The members that have a number.
#[derive(Debug, Default)]
pub(crate) struct MemberNumbers {
    /// The ids of each row of the table, by the row's number.
    rows: BTreeMap<u32, String>,
}

impl MemberNumbers {
    /// All of them.
    pub(crate) async fn load(pool: &Pool) -> Result<Self, StoreError> {
        let mut connection = pool.acquire().await?;
        Self::load_in(&mut connection).await
    }

    /// Those in the same rows of the table as `numbers`.
    pub(crate) async fn load_around(pool: &Pool, numbers: &[u32]) -> Result<Self, StoreError> {
        let wanted: HashSet<u32> = numbers.iter().map(|number| number / MEMBERS_PER_ROW).collect();
        let sql = format!("select number, ids from audience_day_members where {}", pool.dialect().is_in("number", 1));
        let wanted = Parameter::Integers(wanted.into_iter().map(i64::from).collect());
        let rows = sql::query_as(AssertSqlSafe(sql)).bind(wanted).fetch_all(pool).await?;
        Ok(Self { rows: rows.into_iter().collect() })
    }

    async fn load_in(connection: &mut Connection) -> Result<Self, StoreError> {
        let rows = sql::query_as("select number, ids from audience_day_members").fetch_all(connection).await?;
        Ok(Self { rows: rows.into_iter().collect() })
    }

    /// The numbers of all members who were not erased, with their ids.
    pub(crate) fn members(&self) -> impl Iterator<Item = (u32, &str)> {
        let members = self.rows.iter().flat_map(|(&row, ids)| (row * MEMBERS_PER_ROW..).zip(lines(ids)));
        members.filter(|(_, id)| !id.is_empty())
    }

    /// The id of a number; `None` if the member was erased.
    pub(crate) fn id_of(&self, number: u32) -> Option<&str> {
        let ids = self.rows.get(&(number / MEMBERS_PER_ROW))?;
        lines(ids).nth((number % MEMBERS_PER_ROW) as usize).filter(|id| !id.is_empty())
    }

    /// Gives a number to every member of `ids` who has none and was not erased.
    pub(crate) async fn add(pool: &Pool, ids: &[String]) -> Result<Self, StoreError> {
        let mut transaction = pool.begin_write().await?;
        // Another process may have added some, and a member may have been erased since the caller looked.
        let mut numbers = Self::load_in(&mut transaction).await?;
        let erased = erased_hashes::load(&mut transaction).await?;
        let known: HashSet<&str> = numbers.members().map(|(_, id)| id).collect();
        let is_new = |id: &&String| !known.contains(id.as_str()) && !erased.has_member(id);
        let mut new: Vec<String> = ids.iter().filter(is_new).cloned().collect();
        new.reverse();
        let (mut row, mut places) = match numbers.rows.last_key_value() {
            Some((&row, ids)) => (row, lines(ids).count()),
            None => (0, 0),
        };
        while !new.is_empty() {
            if places >= MEMBERS_PER_ROW as usize {
                (row, places) = (row + 1, 0);
            }
            let room = (MEMBERS_PER_ROW as usize - places).min(new.len());
            let text = numbers.rows.entry(row).or_insert_with(|| "\n".to_owned());
            for id in new.drain(new.len() - room..).rev() {
                text.push_str(&id);
                text.push('\n');
            }
            places += room;
            let sql = "insert into audience_day_members (number, ids) values ($1, $2) \
                       on conflict (number) do update set ids = excluded.ids";
            sql::query(sql).bind(row).bind(text.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(numbers)
    }
}

/// The ids of a row of the table, with an empty one for every erased member.
fn lines(ids: &str) -> std::str::SplitTerminator<'_, char> {
    ids.strip_prefix('\n').unwrap_or(ids).split_terminator('\n')
}

/// Removes the id of a member. The number stays in sets and lists, and names nobody. The database of events has no audiences.
pub(super) async fn delete(connection: &mut Connection, member_id: &str) -> Result<(), StoreError> {
    if tables::exists(connection, OWNERS).await? {
        let sql = "update audience_day_members set ids = replace(ids, $1, $2) where instr(ids, $1) > 0";
        sql::query(sql).bind(format!("\n{member_id}\n")).bind("\n\n").execute(connection).await?;
    }
    Ok(())
}

/// The audiences that a member was in on their last days, entered or left.
pub(super) async fn select(connection: &mut Connection, member_id: &str) -> Result<Vec<Value>, StoreError> {
    if !tables::exists(connection, OWNERS).await? {
        return Ok(Vec::new());
    }
    let sql = "select number, ids from audience_day_members where instr(ids, $1) > 0";
    let rows = sql::query_as(sql).bind(format!("\n{member_id}\n")).fetch_all(&mut *connection).await?;
    let numbers = MemberNumbers { rows: rows.into_iter().collect() };
    let Some((number, _)) = numbers.members().find(|(_, id)| *id == member_id) else { return Ok(Vec::new()) };
    let sql = "select a.id, a.name, s.day, 'member' as change, s.members from audience_day_sets s \
               join audiences a on a.id = s.audience_id union all \
               select a.id, a.name, c.day, c.change, c.members from audience_day_changes c \
               join audiences a on a.id = c.audience_id order by 1, 3, 4";
    let mut found = Vec::new();
    for row in sql::query(sql).fetch_all(connection).await? {
        let (change, members): (String, Vec<u8>) = (row.try_get("change")?, row.try_get("members")?);
        let is_named = match change.as_str() {
            "member" => NumberSet::from_bytes(&members).contains(number),
            _ => decode_list(&members).is_some_and(|numbers| numbers.binary_search(&number).is_ok()),
        };
        if is_named {
            let (id, name, day): (String, String, String) =
                (row.try_get("id")?, row.try_get("name")?, row.try_get("day")?);
            found.push(json!({ "audience_id": id, "name": name, "day": day, "change": change }));
        }
    }
    Ok(found)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::store::audit::{LOCAL, NewAuditEntry};
    use crate::store::audit_action::AuditAction;
    use crate::store::database::Store;

    fn ids(range: std::ops::Range<u32>) -> Vec<String> {
        range.map(|at| format!("m{at}")).collect()
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("zhihui.db")).await.unwrap();
        (home, store)
    }

    #[tokio::test]
    async fn numbers_never_change_and_fill_the_rows() {
        let (_home, store) = store().await;
        MemberNumbers::add(store.pool(), &ids(0..4_990)).await.unwrap();
        let numbers = MemberNumbers::add(store.pool(), &ids(4_000..12_000)).await.unwrap();
        let read = MemberNumbers::load(store.pool()).await.unwrap();
        assert_eq!(read.rows, numbers.rows);
        assert_eq!(read.rows.len(), 3);
        assert!(read.members().all(|(number, id)| id == format!("m{number}")));
        assert_eq!(read.members().count(), 12_000);
        let some = MemberNumbers::load_around(store.pool(), &[4_999, 10_000]).await.unwrap();
        assert_eq!((some.rows.len(), some.id_of(4_999), some.id_of(10_001)), (2, Some("m4999"), Some("m10001")));
        assert_eq!((some.id_of(5_000), read.id_of(12_000)), (None, None));
    }

    #[tokio::test]
    async fn an_erased_member_has_no_id_and_gets_none_again() {
        let (_home, store) = store().await;
        MemberNumbers::add(store.pool(), &ids(0..4)).await.unwrap();
        let entry = NewAuditEntry {
            at: 0,
            actor: "a",
            role: None,
            source: LOCAL,
            action: AuditAction::MemberErased,
            member_id: Some("m1"),
            detail: json!({}),
        };
        for member in ["m1", "m2"] {
            store.erasures().erase(member, &[], &entry).await.unwrap();
        }
        let numbers = MemberNumbers::add(store.pool(), &ids(0..6)).await.unwrap();
        assert_eq!(numbers.rows[&0], "\nm0\n\n\nm3\nm4\nm5\n");
        assert_eq!(
            [0, 1, 2, 3, 5].map(|number| numbers.id_of(number)),
            [Some("m0"), None, None, Some("m3"), Some("m5")]
        );
    }
}
