//! The definition of the current row of a key, which `zhihui sql`, the build, maintenance and ingest share.
//!
//! - Without a column `updated_at`, the row that arrived last is current.
//! - With it, there are two candidates: the dated row with the latest time (of equal times, the one that arrived last), and the
//!   undated row that arrived last. Of these two, the one that arrived later is current.
//! - For sign-ups, `sign_up_rows.sql` defines the current row and what it takes from earlier rows.

use chrono::{DateTime, SecondsFormat, Utc};
use zhihui_data::tables::Identity;
use zhihui_data::{Column, Table};

use super::openid_owners::owners;
use crate::lake::raw::{BATCH, ROW};

/// How a row of a table replaces earlier rows of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The columns of the key.
    pub(crate) key: &'static [&'static str],
    /// The column with the time when a row became true. A row without this time is visible at every instant.
    pub(crate) time: Option<&'static str>,
    /// Whether the row with the later time is current even if it arrived earlier.
    pub(crate) by_time: bool,
}

impl Versions {
    /// Returns the rule of a table with a key; `None` for other tables.
    pub(crate) fn of(table: Table) -> Option<Self> {
        let Identity::Key(key) = table.identity() else { return None };
        let named = |name: &str| table.column(name).map(|column| column.name);
        let updated_at = named("updated_at");
        Some(Self { key, time: updated_at.or_else(|| named("sent_at")), by_time: updated_at.is_some() })
    }

    /// Returns the `order by` that puts the newest row first, separately for rows with and without a time.
    fn newest_first(&self) -> String {
        let by_time = self.time.filter(|_| self.by_time).map(|time| format!("{time} desc, ")).unwrap_or_default();
        format!("{by_time}{BATCH} desc, {ROW} desc")
    }

    /// Returns a query for the current row of each key in the relation `rows`.
    fn current(&self, rows: &str, columns: &str) -> String {
        let (key, order) = (list(self.key.iter().copied()), self.newest_first());
        let Some(time) = self.time.filter(|_| self.by_time) else {
            return format!(
                "select {columns} from (select *, row_number() over (partition by {key} order by {order}) as _rank \
                 from {rows}) where _rank = 1"
            );
        };
        format!(
            "select {columns} from (select *, row_number() over (partition by {key} order by {BATCH} desc, {ROW} desc) \
             as _rank from (select *, row_number() over (partition by {key}, {time} is null order by {order}) as _place \
             from {rows}) where _place = 1) where _rank = 1"
        )
    }
}

/// Returns a query for the current rows of a contract table, which reads the raw table `raw_<name>`.
///
/// `columns` are the columns of the result; [`stored_columns`] are those of the contract. The query of sign-ups also reads
/// `raw_members` and `raw_member_events`. With `as_of`, rows with a time at or after it are left out.
#[must_use]
pub fn current_rows(table: Table, columns: &[&str], as_of: Option<DateTime<Utc>>) -> String {
    let selected = list(columns.iter().copied());
    match table.identity() {
        Identity::Event { time, .. } => format!("select {selected} from {}", visible(table, Some(time), as_of)),
        Identity::SignUp => current_sign_ups(columns, as_of),
        Identity::Key(_) => {
            let Some(versions) = Versions::of(table) else { return format!("select {selected} from raw_{table}") };
            versions.current(&visible(table, versions.time, as_of), &selected)
        }
    }
}

/// Returns a query that counts the rows visible at an instant. This number and the table's files determine [`current_rows`].
pub(crate) fn count_visible(table: Table, as_of: Option<DateTime<Utc>>) -> String {
    format!("select count(*) from {}", visible(table, Versions::of(table).and_then(|versions| versions.time), as_of))
}

/// Returns a query for the rows that decide the current row of a key at any instant from `since` on, with `columns`, from
/// `raw_<name>`. `None` for tables of which every row is needed.
///
/// These are the rows dated `since` or later, the newest row of each key dated before `since`, and the last undated row of each
/// key. Every other row is superseded by one of them at every instant. They include the rows that ingest compares with.
///
/// Of the roster, the query also keeps the newest row of each openid, so that an erasure finds events under earlier openids, and
/// the newest refusal of personalised lists, which a later roster does not withdraw.
pub(crate) fn rows_to_keep(table: Table, columns: &[&str], since: DateTime<Utc>) -> Option<String> {
    // Pushes keep every row, because the build reads them month by month.
    let versions = Versions::of(table).filter(|versions| versions.by_time || versions.time.is_none())?;
    let era = match versions.time {
        Some(time) => {
            format!("case when {time} is null then 0 when {time} < {} then 1 else 2 end", instant(Some(since)))
        }
        None => "0".to_owned(),
    };
    let also_kept =
        ["openid", "personalised"].into_iter().filter_map(|name| table.column(name)).map(|column| column.name);
    let groups = list(versions.key.iter().copied().chain(also_kept));
    Some(format!(
        "select {} from (select *, row_number() over (partition by {groups}, _era order by {}) as _place \
         from (select *, {era} as _era from raw_{table})) where _era = 2 or _place = 1",
        list(columns.iter().copied()),
        versions.newest_first(),
    ))
}

/// Returns a query for the current sign-up of each member (or openid without owner) and activity: its raw row with the tickets,
/// children, time and status of `sign_up_rows.sql`.
fn current_sign_ups(columns: &[&str], as_of: Option<DateTime<Utc>>) -> String {
    let column = |name: &&str| match *name {
        "signed_up_at" | "status" | "tickets" | "children" => format!("current_sign_ups.{name} as {name}"),
        "updated_at" => "case when current_sign_ups.is_final then source.updated_at end as updated_at".to_owned(),
        other => format!("source.\"{other}\" as \"{other}\""),
    };
    let selected: Vec<String> = columns.iter().map(column).collect();
    format!(
        "with owners as ({owners}), \
         unowned as (select distinct openid as unowned_openid from raw_sign_ups where member_id is null and openid is not null), \
         actors as (select actor_openid, actor_id from owners union all \
         select unowned_openid as actor_openid, unowned_openid as actor_id \
         from unowned left anti join owners on unowned_openid = actor_openid), \
         sign_ups as (select * from raw_sign_ups), \
         sign_up_rows as ({rows}) \
         select {} from (select _batch as current_batch, _row as current_row, signed_up_at, status, tickets, children, is_final \
         from sign_up_rows where newest_first = 1) as current_sign_ups \
         join raw_sign_ups as source \
         on source.{BATCH} = current_sign_ups.current_batch and source.{ROW} = current_sign_ups.current_row",
        selected.join(", "),
        owners = owners(as_of),
        rows = include_str!("../../sql/build/sign_up_rows.sql").replace("$as_of", &instant(as_of)),
    )
}

/// Returns a query for every raw row of a table that was true before `as_of`.
pub(super) fn raw_rows(table: Table, as_of: DateTime<Utc>) -> String {
    let time = match table.identity() {
        Identity::Event { time, .. } => Some(time),
        Identity::SignUp => Some("coalesce(updated_at, signed_up_at)"),
        Identity::Key(_) => Versions::of(table).and_then(|versions| versions.time),
    };
    format!("select * from {}", visible(table, time, Some(as_of)))
}

/// Returns the relation of the raw rows that were true before `as_of`.
fn visible(table: Table, time: Option<&str>, as_of: Option<DateTime<Utc>>) -> String {
    match (time, as_of) {
        (Some(time), Some(_)) => {
            format!("(select * from raw_{table} where {time} is null or {time} < {})", instant(as_of))
        }
        _ => format!("raw_{table}"),
    }
}

/// An instant as an SQL expression; `None` is later than every instant in the data.
pub(super) fn instant(at: Option<DateTime<Utc>>) -> String {
    let text =
        at.map_or_else(|| "9999-12-31T00:00:00Z".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Micros, true));
    format!("arrow_cast('{text}', 'Timestamp(Microsecond, Some(\"UTC\"))')")
}

/// The stored columns of a contract table, without the columns that ingest adds.
#[must_use]
pub fn stored_columns(table: Table) -> Vec<&'static str> {
    table.columns().iter().filter(|column: &&Column| !column.transient).map(|column| column.name).collect()
}

/// All columns of a raw table.
#[must_use]
pub fn raw_columns(table: Table) -> Vec<String> {
    crate::lake::raw::raw_schema(table).fields().iter().map(|field| field.name().clone()).collect()
}

fn list<'a>(columns: impl Iterator<Item = &'a str>) -> String {
    columns.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
