//! The tables of the days of saved audiences.

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::comparison::Changes;
use super::record::{AudienceDay, Change, KEPT_DAYS, KEPT_LISTS, MAX_LISTED};
use crate::clock::rfc3339;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::number_set::{NumberSet, decode_list, encode_list};
use crate::store::sql::{self, Connection, Pool, Row};

/// The snapshot of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotDay {
    pub(crate) day: NaiveDate,
    pub(crate) as_of: i64,
    pub(crate) version: String,
}

/// An audience whose day is missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MissingDay {
    pub(crate) audience_id: String,
    pub(crate) rule_version: i64,
    pub(crate) rule: Value,
    /// The union subtree of the owner, to which the audience is limited.
    pub(crate) union_id: Option<String>,
}

/// The members of an audience on a day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DaySet {
    pub(crate) day: NaiveDate,
    /// The rule, and those of the audiences it refers to.
    pub(crate) rule: Value,
    pub(crate) members: NumberSet,
}

/// A computed day.
#[derive(Debug)]
pub(crate) struct NewDay {
    pub(crate) audience_id: String,
    pub(crate) rule_version: i64,
    pub(crate) set: DaySet,
    pub(crate) reachable: usize,
    /// The day that this one was compared with.
    pub(crate) previous_day: Option<NaiveDate>,
    pub(crate) rule_changed: bool,
    pub(crate) changes: Changes,
}

/// An audience has no figures of this snapshot or a later one. Names have a time in them, so that of two snapshots of one
/// instant the later one replaces the other for all processes.
const IS_MISSING: &str = "a.deleted_at is null and not exists (select 1 from audience_days d where d.audience_id = a.id \
                          and d.day >= $1 and (d.as_of, d.snapshot) >= ($2, $3))";

/// The days of the saved audiences of a home.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AudienceDays<'a> {
    pool: &'a Pool,
}

impl<'a> AudienceDays<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// The audiences without figures of a snapshot.
    pub(crate) async fn missing(&self, snapshot: &SnapshotDay) -> Result<Vec<MissingDay>, StoreError> {
        let sql = format!(
            "select a.id, a.version, a.union_id, v.rule from audiences a \
             join audience_versions v on v.audience_id = a.id and v.version = a.version where {IS_MISSING} order by a.id"
        );
        let select = sql::query(sqlx::AssertSqlSafe(sql)).bind(snapshot.day.to_string());
        let rows = select.bind(snapshot.as_of).bind(&snapshot.version).fetch_all(self.pool).await?;
        let missing = |row: Row| {
            let rule: String = row.try_get("rule")?;
            Ok(MissingDay {
                audience_id: row.try_get("id")?,
                rule_version: row.try_get("version")?,
                rule: serde_json::from_str(&rule).unwrap_or(Value::Null),
                union_id: row.try_get("union_id")?,
            })
        };
        rows.into_iter().map(missing).collect()
    }

    /// The members of the last day before `day`.
    pub(crate) async fn set_before(&self, audience_id: &str, day: NaiveDate) -> Result<Option<DaySet>, StoreError> {
        let sql = "select day, rule, members from audience_day_sets where audience_id = $1 and day < $2 \
                   order by day desc limit 1";
        let select = sql::query(sql).bind(audience_id).bind(day.to_string());
        let Some(row) = select.fetch_optional(self.pool).await? else { return Ok(None) };
        let (rule, members): (String, Vec<u8>) = (row.try_get("rule")?, row.try_get("members")?);
        Ok(Some(DaySet {
            day: day_of(&row.try_get::<String, _>("day")?)?,
            rule: serde_json::from_str(&rule).unwrap_or(Value::Null),
            members: NumberSet::from_bytes(&members),
        }))
    }

    /// Stores a day, unless another process has stored it or a later one, the audience was deleted, or the day that it was
    /// compared with is not the last one any more. Returns whether it was stored. Removes what is older than is kept.
    pub(crate) async fn store(&self, snapshot: &SnapshotDay, new: &NewDay) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let sql = format!("select count(*) from audiences a where {IS_MISSING} and a.id = $4");
        let select = sql::query_scalar(sqlx::AssertSqlSafe(sql)).bind(snapshot.day.to_string()).bind(snapshot.as_of);
        let missing: i64 = select.bind(&snapshot.version).bind(&new.audience_id).fetch_one(&mut *transaction).await?;
        let sql = "select max(day) from audience_day_sets where audience_id = $1 and day < $2";
        let select = sql::query_scalar(sql).bind(&new.audience_id).bind(snapshot.day.to_string());
        let previous: Option<String> = select.fetch_one(&mut *transaction).await?;
        if missing == 0 || previous != new.previous_day.map(|day| day.to_string()) {
            return Ok(false);
        }
        insert_day(&mut transaction, snapshot, new).await?;
        insert_members(&mut transaction, new).await?;
        remove_old(&mut transaction, new).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The days of an audience from `from` to `to`, ascending. If there are more than `limit`, the last ones.
    pub(crate) async fn days(
        &self,
        audience_id: &str,
        (from, to): (Option<NaiveDate>, Option<NaiveDate>),
        limit: u32,
    ) -> Result<Vec<AudienceDay>, StoreError> {
        let sql = "select *, (select max(day) from audience_days where audience_id = $1) as last from audience_days \
                   where audience_id = $1 and ($2 is null or day >= $2) and ($3 is null or day <= $3) \
                   order by day desc limit $4";
        let text = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let rows = sql::query(sql).bind(audience_id).bind(text(from)).bind(text(to)).bind(limit);
        rows.fetch_all(self.pool).await?.iter().rev().map(day_of_row).collect()
    }

    /// The union subtree to which the figures of an audience are limited.
    pub(crate) async fn union_of(&self, audience_id: &str) -> Result<Option<String>, StoreError> {
        let sql = "select union_id from audiences where id = $1";
        Ok(sql::query_scalar(sql).bind(audience_id).fetch_optional(self.pool).await?.flatten())
    }

    /// The numbers of the members with a change on a day, ascending; none if their list is not kept.
    pub(crate) async fn changed(
        &self,
        audience_id: &str,
        day: NaiveDate,
        change: Change,
    ) -> Result<Vec<u32>, StoreError> {
        let sql = "select members from audience_day_changes where audience_id = $1 and day = $2 and change = $3";
        let select = sql::query_scalar(sql).bind(audience_id).bind(day.to_string()).bind(change.as_str());
        let Some(bytes): Option<Vec<u8>> = select.fetch_optional(self.pool).await? else { return Ok(Vec::new()) };
        decode_list(&bytes).ok_or_else(|| StoreError::damaged("the list of members of a day"))
    }
}

async fn insert_day(connection: &mut Connection, snapshot: &SnapshotDay, new: &NewDay) -> Result<(), StoreError> {
    let count = |change: Change| new.changes.of(change).len() as i64;
    let sql = "insert into audience_days (audience_id, day, as_of, snapshot, size, reachable, rule_version, \
               previous_day, rule_changed, entered, departed, entered_by_rule, left_by_rule) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (audience_id, day) do update set \
               as_of = $3, snapshot = $4, size = $5, reachable = $6, rule_version = $7, previous_day = $8, rule_changed = $9, \
               entered = $10, departed = $11, entered_by_rule = $12, left_by_rule = $13";
    sql::query(sql)
        .bind(&new.audience_id)
        .bind(snapshot.day.to_string())
        .bind(snapshot.as_of)
        .bind(&snapshot.version)
        .bind(new.set.members.len() as i64)
        .bind(new.reachable as i64)
        .bind(new.rule_version)
        .bind(new.previous_day.map(|day| day.to_string()))
        .bind(new.rule_changed)
        .bind(count(Change::Entered))
        .bind(count(Change::Left))
        .bind(count(Change::EnteredByRule))
        .bind(count(Change::LeftByRule))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_members(connection: &mut Connection, new: &NewDay) -> Result<(), StoreError> {
    let day = new.set.day.to_string();
    // Those of an earlier snapshot of the day.
    let sql = "delete from audience_day_changes where audience_id = $1 and day = $2";
    sql::query(sql).bind(&new.audience_id).bind(&day).execute(&mut *connection).await?;
    for change in Change::ALL {
        let numbers: Vec<u32> = new.changes.of(change).numbers().take(MAX_LISTED).collect();
        if !numbers.is_empty() {
            let sql = "insert into audience_day_changes (audience_id, day, change, members) values ($1, $2, $3, $4)";
            let insert = sql::query(sql).bind(&new.audience_id).bind(&day).bind(change.as_str());
            insert.bind(encode_list(&numbers)).execute(&mut *connection).await?;
        }
    }
    let sql = "insert into audience_day_sets (audience_id, day, rule, members) values ($1, $2, $3, $4) \
               on conflict (audience_id, day) do update set rule = $3, members = $4";
    let insert = sql::query(sql).bind(&new.audience_id).bind(&day).bind(new.set.rule.to_string());
    insert.bind(new.set.members.to_bytes()).execute(connection).await?;
    Ok(())
}

async fn remove_old(connection: &mut Connection, new: &NewDay) -> Result<(), StoreError> {
    let day = new.set.day;
    for (sql, before) in [
        ("delete from audience_day_sets where audience_id = $1 and day < $2", new.previous_day.unwrap_or(day)),
        ("delete from audience_day_changes where audience_id = $1 and day < $2", first_kept(day, KEPT_LISTS)),
        ("delete from audience_days where audience_id = $1 and day < $2", first_kept(day, KEPT_DAYS)),
    ] {
        sql::query(sql).bind(&new.audience_id).bind(before.to_string()).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The first of so many days, the last of which is `last`.
fn first_kept(last: NaiveDate, days: u64) -> NaiveDate {
    last.checked_sub_days(Days::new(days - 1)).unwrap_or(NaiveDate::MIN)
}

fn day_of_row(row: &Row) -> Result<AudienceDay, StoreError> {
    let optional_day = |text: Option<String>| text.as_deref().map(day_of).transpose();
    let (day, last): (NaiveDate, NaiveDate) =
        (day_of(&row.try_get::<String, _>("day")?)?, day_of(&row.try_get::<String, _>("last")?)?);
    let previous_day = optional_day(row.try_get("previous_day")?)?;
    let count = |column: &str| Ok::<_, sqlx::Error>(Some(row.try_get(column)?).filter(|_| previous_day.is_some()));
    Ok(AudienceDay {
        day,
        as_of: rfc3339(row.try_get("as_of")?),
        size: row.try_get("size")?,
        reachable: row.try_get("reachable")?,
        previous_day,
        entered: count("entered")?,
        left: count("departed")?,
        entered_by_rule: count("entered_by_rule")?,
        left_by_rule: count("left_by_rule")?,
        rule_version: row.try_get("rule_version")?,
        rule_changed: row.try_get("rule_changed")?,
        members_kept: day >= first_kept(last, KEPT_LISTS),
    })
}

fn day_of(text: &str) -> Result<NaiveDate, StoreError> {
    text.parse().map_err(|_| StoreError::damaged(format!("the day {text:?}")))
}
