//! The rows that count now: of all rows of a key that were ever ingested, the one that stands.

use chrono::{DateTime, SecondsFormat, Utc};
use zhihui_data::tables::Identity;
use zhihui_data::{Column, Table};

use crate::lake::raw::{BATCH, ROW};

/// A statement that gives the current rows of a contract table from its raw table. `columns` are the columns wanted; the
/// contract's are [`stored_columns`].
///
/// A keyed row replaces earlier ones by `updated_at`. A row without one counts as being as new as the newest row of its key
/// that came before it, so that the order stays one order. Without `updated_at` the later row wins. With `as_of`, rows that
/// became true then or later are left out, as far as they say when they did.
#[must_use]
pub fn current_rows(table: Table, columns: &[&str], as_of: Option<DateTime<Utc>>) -> String {
    let raw = known_then(table, as_of);
    let wanted = list(columns.iter().copied());
    let newest = |source: &str, key: &str, newness: &str| {
        let order = format!("{newness} desc nulls last, {BATCH} desc, {ROW} desc");
        format!(
            "select {wanted} from (select *, row_number() over (partition by {key} order by {order}) as _rank \
             from {source}) where _rank = 1"
        )
    };
    match table.identity() {
        Identity::Event { .. } => format!("select {wanted} from {raw}"),
        Identity::Key(key) => {
            let key = list(key.iter().copied());
            if table.column("updated_at").is_none() {
                return newest(&raw, &key, BATCH);
            }
            let before = format!("over (partition by {key} order by {BATCH}, {ROW} rows unbounded preceding)");
            let source = format!("(select *, coalesce(updated_at, max(updated_at) {before}) as _newness from {raw})");
            newest(&source, &key, "_newness")
        }
        Identity::SignUp => {
            let own = raw_columns(table).iter().map(|name| format!("s.\"{name}\"")).collect::<Vec<_>>().join(", ");
            let source = format!(
                "(select {own}, coalesce(s.member_id, m.member_id, s.openid) as _who, \
                 coalesce(s.updated_at, s.signed_up_at) as _newness from {raw} s left join \
                 (select openid, max(member_id) as member_id from members where openid is not null group by openid) m \
                 on s.openid = m.openid)"
            );
            newest(&source, "_who, activity_id", "_newness")
        }
    }
}

/// The raw rows that were true before `as_of`.
fn known_then(table: Table, as_of: Option<DateTime<Utc>>) -> String {
    let raw = format!("raw_{}", table.name());
    let Some(as_of) = as_of else { return raw };
    let time = match table.identity() {
        Identity::Event { time, .. } => time.to_owned(),
        Identity::SignUp => "coalesce(updated_at, signed_up_at)".to_owned(),
        Identity::Key(_) if table.column("sent_at").is_some() => "sent_at".to_owned(),
        Identity::Key(_) if table.column("updated_at").is_some() => "updated_at".to_owned(),
        Identity::Key(_) => return raw,
    };
    let instant = as_of.to_rfc3339_opts(SecondsFormat::Micros, true);
    format!(
        "(select * from {raw} where {time} is null \
         or {time} < arrow_cast('{instant}', 'Timestamp(Microsecond, Some(\"UTC\"))'))"
    )
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
