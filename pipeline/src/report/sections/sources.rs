//! Data trust: what each source has brought, until when, and what could not be used.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::future::try_join_all;
use serde_json::Value;
use zhihui_data::{Table, Zone};

use crate::lake::raw::raw_name;
use crate::lake::{Lake, LakeError, OpenedTables};
use crate::report::hidden_cells::ColumnContent::NotPeople;
use crate::report::tables::{Column, SuppressedTable, table};

/// The table of the contract tables that have rows. `rejected` and `nulled` are the rows of `rejected.sql` and `nulled.sql`;
/// `signed_up` is the latest sign-up, which the log of its table does not have.
pub(super) async fn sources(
    (lake, opened): (&Lake, &OpenedTables),
    (rejected, nulled): (&[Vec<Value>], &[Vec<Value>]),
    signed_up: Option<DateTime<Utc>>,
    zone: Zone,
) -> Result<SuppressedTable, LakeError> {
    let columns: &[Column] = &[
        ("source", "数据", "Data", "text", NotPeople),
        ("latest", "最新时间", "Latest", "text", NotPeople),
        ("rows", "行数", "Rows", "rows", NotPeople),
        ("rejected_rows", "拒收行数", "Rejected rows", "rows", NotPeople),
        ("nulled_values", "设为未知的数值", "Values set to unknown", "number", NotPeople),
    ];
    let of_table = |row: &Vec<Value>| Some((row[0].as_str()?.to_owned(), row[1].as_u64()?));
    let mut rejected: BTreeMap<String, u64> = rejected.iter().filter_map(of_table).collect();
    let mut nulled: BTreeMap<String, u64> = nulled.iter().filter_map(of_table).collect();
    let mut rows = Vec::new();
    let stored = Table::ALL.iter().map(async |&table| opened.table(lake, &raw_name(table)).await);
    for (&contract, stored) in Table::ALL.iter().zip(try_join_all(stored).await?) {
        let files = stored.map(|stored| stored.files()).unwrap_or_default();
        let count: u64 = files.iter().map(|file| file.rows as u64).sum();
        let latest = files.iter().filter_map(|file| file.time_range).map(|(_, latest)| latest).max();
        let latest = latest.and_then(DateTime::from_timestamp_micros);
        let latest = latest.or(signed_up.filter(|_| contract == Table::SignUps));
        let latest = latest.map(|at| zone.local(at).format("%Y-%m-%d %H:%M").to_string());
        let refused = rejected.remove(contract.name()).unwrap_or_default();
        if count + refused > 0 {
            let unknown = nulled.remove(contract.name()).unwrap_or_default();
            rows.push(vec![contract.name().into(), latest.into(), count.into(), refused.into(), unknown.into()]);
        }
    }
    Ok((table("sources", ("数据来源", "Sources of the data"), columns, rows), 0))
}
