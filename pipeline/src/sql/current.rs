//! The definition of the current row of a key, which `zhihui sql`, the build, maintenance and ingest share.
//!
//! Each column has a value of its own, from the rows of the key that have the column (their mask names it):
//! - Without a column `updated_at`, the value of the row that arrived last.
//! - With it, there are two candidates: the dated row with the latest time (of equal times, the one that arrived last), and the
//!   undated row that arrived last. The value is that of the candidate that arrived later, even if it is null.
//!
//! For sign-ups, `sign_up_rows.sql` defines the current row and what it takes from earlier rows.

use chrono::{DateTime, SecondsFormat, Utc};
use zhihui_data::tables::Identity;
use zhihui_data::{Column, ColumnKind, Table};

use super::openid_owners::owners;
use crate::lake::raw::{BATCH, COLUMNS, ROW};

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
        Some(Self::with_key(table, key))
    }

    /// Returns the rule of a table with this key.
    pub(crate) fn with_key(table: Table, key: &'static [&'static str]) -> Self {
        let named = |name: &str| table.column(name).map(|column| column.name);
        let updated_at = named("updated_at");
        Self { key, time: updated_at.or_else(|| named("sent_at")), by_time: updated_at.is_some() }
    }

    /// Returns the `order by` that puts the newest row first, separately for rows with and without a time.
    fn newest_first(&self) -> String {
        let by_time = self.time.filter(|_| self.by_time).map(|time| format!("{time} desc, ")).unwrap_or_default();
        format!("{by_time}{BATCH} desc, {ROW} desc")
    }

    /// Returns a query for the current row of each key in the relation `rows`, with the values of these columns.
    fn current(&self, table: Table, rows: &str, values: &[Value<'_>]) -> String {
        let mut columns: Vec<&str> = Vec::new();
        for value in values.iter().filter(|value| !self.key.contains(&value.column)) {
            if !columns.contains(&value.column) {
                columns.push(value.column);
            }
        }
        let key = list(self.key.iter().copied());
        let place = |column: &str| columns.iter().position(|known| *known == column);
        let outputs: Vec<String> = values.iter().map(|value| value.sql(table, place(value.column))).collect();
        let outputs = outputs.join(", ");
        if columns.is_empty() {
            return format!("select {outputs} from {rows} group by {key}");
        }
        let numbered = || columns.iter().enumerate();
        let candidates: Vec<String> = numbered().map(|(place, column)| self.candidates(table, column, place)).collect();
        let newest: Vec<String> = numbered().map(|(place, _)| self.newest(place)).collect();
        let keys = |sql: &dyn Fn((usize, &&str)) -> String| self.key.iter().enumerate().map(sql).collect::<Vec<_>>();
        let named = keys(&|(at, name)| format!("\"{name}\" as _key{at}")).join(", ");
        let names = keys(&|(at, _)| format!("_key{at}")).join(", ");
        // Parts of a key may be missing. Otherwise `=` lets a filter by key reach both sides of the join.
        let may_be_missing = |name: &&str| table.column(name).is_none_or(|column| !column.required);
        let operator = if self.key.iter().any(may_be_missing) { "is not distinct from" } else { "=" };
        let equal = keys(&|(at, name)| format!("(_key{at} {operator} \"{name}\")")).join(" and ");
        let versions = format!(
            "(select *, {BATCH} * {ROWS_OF_BATCH} + {ROW} as _arrival, coalesce({COLUMNS}, -1) as _mask from {rows})"
        );
        format!(
            "select {outputs} from (select {names}, {newest} from (select {named}, {candidates} from {versions} \
             group by {key})) as _newest join {versions} as _versions on {equal} group by {key}",
            newest = newest.join(", "),
            candidates = candidates.join(", "),
        )
    }

    /// Returns the aggregates that find the candidates for a column's value, as numbers that grow with time and arrival.
    fn candidates(&self, table: Table, column: &str, place: usize) -> String {
        let has_column = format!("_mask & {} <> 0", table.column_bit(column));
        match self.time.filter(|_| self.by_time) {
            Some(time) => format!(
                "max(cast(arrow_cast({time}, 'Int64') + {ARRIVALS} as decimal(38, 0)) * {ARRIVALS} + _arrival) \
                 filter (where {time} is not null and {has_column}) as _dated{place}, \
                 max(_arrival) filter (where {time} is null and {has_column}) as _undated{place}"
            ),
            None => format!("max(_arrival) filter (where {has_column}) as _arrived{place}"),
        }
    }

    /// Returns the arrival of the row that gives the value of a column.
    fn newest(&self, place: usize) -> String {
        if self.by_time {
            format!(
                "greatest(coalesce(cast(_dated{place} % {ARRIVALS} as bigint), -1), coalesce(_undated{place}, -1)) \
                 as _arrived{place}"
            )
        } else {
            format!("_arrived{place}")
        }
    }
}

/// Upper bound of the rows of a batch: 2^33.
const ROWS_OF_BATCH: i64 = 1 << 33;
/// Upper bound of the arrivals of rows, and of times in microseconds: 2^62. The product fits into 38 decimal digits.
const ARRIVALS: i64 = 1 << 62;

/// A value of the current row of a key: that of `from` in the row that gives the value of `column`.
#[derive(Debug, Clone, Copy)]
struct Value<'a> {
    column: &'a str,
    from: &'a str,
}

impl<'a> Value<'a> {
    fn of(column: &'a str) -> Self {
        Self { column, from: column }
    }

    /// The expression for the value; `place` is that of the column among the columns out of the key.
    fn sql(&self, table: Table, place: Option<usize>) -> String {
        let from = self.from;
        let Some(place) = place else { return format!("\"{from}\"") };
        let kind = table.column(from).map(|column| column.kind);
        // At most one row has this arrival. `max` is faster, but knows no lists.
        let aggregate = if kind == Some(ColumnKind::List) { "first_value" } else { "max" };
        let value = format!("{aggregate}(\"{from}\") filter (where _arrival = _arrived{place})");
        match (table, from) {
            (Table::Activities, "kind") => format!("coalesce({value}, 'activity') as \"{from}\""),
            _ => format!("{value} as \"{from}\""),
        }
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
        Identity::Key(key) => {
            let versions = Versions::with_key(table, key);
            let values: Vec<Value<'_>> = columns.iter().copied().map(Value::of).collect();
            versions.current(table, &visible(table, versions.time, as_of), &values)
        }
    }
}

/// Returns a query for the current openid of each member, with `updated_at`, [`BATCH`] and [`ROW`] of the row that gave it, and the
/// member's `followed_at`. It reads `raw_members`.
pub(super) fn roster_claims(as_of: Option<DateTime<Utc>>) -> String {
    let versions = Versions::with_key(Table::Members, &["member_id"]);
    let beside = |from| Value { column: "openid", from };
    let values = [
        Value::of("member_id"),
        Value::of("openid"),
        Value::of("followed_at"),
        beside("updated_at"),
        beside(BATCH),
        beside(ROW),
    ];
    versions.current(Table::Members, &visible(Table::Members, versions.time, as_of), &values)
}

/// Returns a query that counts the rows visible at an instant. This number and the table's files determine [`current_rows`].
pub(crate) fn count_visible(table: Table, as_of: Option<DateTime<Utc>>) -> String {
    format!("select count(*) from {}", visible(table, Versions::of(table).and_then(|versions| versions.time), as_of))
}

/// Returns a query for the rows that decide the current row of a key at any instant from `since` on, with `columns`, from
/// `raw_<name>`. `None` for tables of which every row is needed.
///
/// These are the rows dated `since` or later and, of the rows of each key that have the same columns, the newest one dated before
/// `since` and the last undated one. Every other row is superseded by one of them at every instant. They include the rows that
/// ingest compares with.
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
    // Tables that older programs wrote may have no masks yet.
    let masks = columns.iter().copied().filter(|name| *name == COLUMNS);
    let groups = list(versions.key.iter().copied().chain(also_kept).chain(masks));
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
