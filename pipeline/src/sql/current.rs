//! The current row of a key: the one definition that `zhihui sql`, the build, maintenance and ingest use.
//!
//! - Without `updated_at` the row that arrived last is current.
//! - With it, two rows compete: of the dated rows the newest (of two with one time, the one that arrived last), and of the
//!   undated rows the one that arrived last. The one of these two that arrived later is current.
//! - A sign-up is a history of rows: `07_sign_up_rows.sql` says which is current and what it takes over from those before.

use chrono::{DateTime, SecondsFormat, Utc};
use zhihui_data::tables::Identity;
use zhihui_data::{Column, Table};

use super::owners::owners;
use crate::lake::raw::{BATCH, ROW};

/// How the rows of one key replace one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The columns of the key.
    pub(crate) key: &'static [&'static str],
    /// When a row became true. A row without this time is visible at any instant.
    pub(crate) time: Option<&'static str>,
    /// Whether a row with a later time replaces one that arrived after it.
    pub(crate) by_time: bool,
}

impl Versions {
    /// The rule of a table with a key, `None` for other tables.
    pub(crate) fn of(table: Table) -> Option<Self> {
        let Identity::Key(key) = table.identity() else { return None };
        let named = |name: &str| table.column(name).map(|column| column.name);
        let updated_at = named("updated_at");
        Some(Self { key, time: updated_at.or_else(|| named("sent_at")), by_time: updated_at.is_some() })
    }

    /// Of the rows with a time and of those without, which comes first: the newest of each.
    fn newest_first(&self) -> String {
        let by_time = self.time.filter(|_| self.by_time).map(|time| format!("{time} desc, ")).unwrap_or_default();
        format!("{by_time}{BATCH} desc, {ROW} desc")
    }

    /// The current row of each key in the relation `rows`.
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

/// A statement that gives the current rows of a contract table from its raw table `raw_<name>`.
///
/// `columns` are the columns wanted; the contract's are [`stored_columns`]. The current sign-ups also read `raw_members` and
/// `raw_member_events`. With `as_of`, rows that became true then or later are left out, as far as they say when they did.
#[must_use]
pub fn current_rows(table: Table, columns: &[&str], as_of: Option<DateTime<Utc>>) -> String {
    let wanted = list(columns.iter().copied());
    match table.identity() {
        Identity::Event { time, .. } => format!("select {wanted} from {}", visible(table, Some(time), as_of)),
        Identity::SignUp => current_sign_ups(columns, as_of),
        Identity::Key(_) => {
            let Some(versions) = Versions::of(table) else { return format!("select {wanted} from raw_{table}") };
            versions.current(&visible(table, versions.time, as_of), &wanted)
        }
    }
}

/// How many rows of the raw table are visible at an instant: with the table's files this decides what [`current_rows`] gives.
pub(crate) fn count_visible(table: Table, as_of: Option<DateTime<Utc>>) -> String {
    format!("select count(*) from {}", visible(table, Versions::of(table).and_then(|versions| versions.time), as_of))
}

/// A statement that gives the rows which the current row of any key depends on, at every instant from `since` on; all columns
/// named, from `raw_<name>`. `None` for tables of which every row counts.
///
/// These are the rows dated `since` or later, of those dated before the newest of each key, and the last row without a date:
/// any other row has a competitor that is visible whenever it is. The rows that ingest compares new ones with are among them.
/// Of the roster the newest row for each openid stays as well, so that an erasure finds what a member did under an earlier one,
/// and the newest refusal of personalised lists, which a later roster does not withdraw.
pub(crate) fn rows_to_keep(table: Table, columns: &[&str], since: DateTime<Utc>) -> Option<String> {
    // A push is a fact of its month, and the build counts months one by one.
    let versions = Versions::of(table).filter(|versions| versions.by_time || versions.time.is_none())?;
    let era = match versions.time {
        Some(time) => {
            format!("case when {time} is null then 0 when {time} < {} then 1 else 2 end", instant(Some(since)))
        }
        None => "0".to_owned(),
    };
    let kept = ["openid", "personalised"].into_iter().filter_map(|name| table.column(name)).map(|column| column.name);
    let groups = list(versions.key.iter().copied().chain(kept));
    Some(format!(
        "select {} from (select *, row_number() over (partition by {groups}, _era order by {}) as _place \
         from (select *, {era} as _era from raw_{table})) where _era = 2 or _place = 1",
        list(columns.iter().copied()),
        versions.newest_first(),
    ))
}

/// The current sign-up of each member, or of each openid of nobody known, and activity: the row as it arrived, with the
/// tickets, children, time and status that count.
fn current_sign_ups(columns: &[&str], as_of: Option<DateTime<Utc>>) -> String {
    let column = |name: &&str| match *name {
        "signed_up_at" | "status" | "tickets" | "children" => format!("standing.{name} as {name}"),
        "updated_at" => "case when standing.is_final then told.updated_at end as updated_at".to_owned(),
        other => format!("told.\"{other}\" as \"{other}\""),
    };
    let wanted: Vec<String> = columns.iter().map(column).collect();
    format!(
        "with owners as ({owners}), \
         strangers as (select distinct openid as stranger from raw_sign_ups where member_id is null and openid is not null), \
         actors as (select actor_openid, actor_id from owners union all \
         select stranger as actor_openid, stranger as actor_id from strangers left anti join owners on stranger = actor_openid), \
         sign_ups as (select * from raw_sign_ups), \
         sign_up_rows as ({rows}) \
         select {} from (select _batch as at_batch, _row as at_row, signed_up_at, status, tickets, children, is_final \
         from sign_up_rows where newest_first = 1) as standing \
         join raw_sign_ups as told on told.{BATCH} = standing.at_batch and told.{ROW} = standing.at_row",
        wanted.join(", "),
        owners = owners(as_of),
        rows = include_str!("../../sql/build/07_sign_up_rows.sql").replace("$as_of", &instant(as_of)),
    )
}

/// The raw rows that were true before `as_of`.
fn visible(table: Table, time: Option<&str>, as_of: Option<DateTime<Utc>>) -> String {
    match (time, as_of) {
        (Some(time), Some(_)) => {
            format!("(select * from raw_{table} where {time} is null or {time} < {})", instant(as_of))
        }
        _ => format!("raw_{table}"),
    }
}

/// An instant as an SQL expression; `None` is later than any.
pub(super) fn instant(at: Option<DateTime<Utc>>) -> String {
    let text =
        at.map_or_else(|| "9999-12-31T00:00:00Z".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Micros, true));
    format!("arrow_cast('{text}', 'Timestamp(Microsecond, Some(\"UTC\"))')")
}

/// The stored columns of a contract table, without those that only the lake knows.
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
