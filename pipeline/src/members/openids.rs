//! Finds the openids (`WeChat` ids) of members by the same rule as the build.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use futures::TryStreamExt;
use zhihui_data::Table;

use super::member_matcher::text_of;
use crate::lake::raw::{BATCH, ROW, instant_type, raw_spec};
use crate::lake::{Lake, LakeError};
use crate::sql::{self, SessionLimits, SpillFolder};

/// Memory for sorting the claims in bytes. The sort spills to disk beyond it.
const MEMORY_BYTES: usize = 1 << 30;
/// Name of the session's table of binds that may not be in the lake yet.
const BINDS: &str = "pending_binds";

/// Assignments of openids that are not in the lake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenidClaims {
    /// Binds in the event inbox, including recently drained ones.
    pub binds: Vec<Bind>,
    /// Owners by openid in a snapshot. Used for openids without an owner in the lake and the binds.
    pub snapshot: BTreeMap<String, String>,
}

/// An event that assigns an openid to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The openid.
    pub openid: String,
    /// The member.
    pub member_id: String,
    /// Time of the event.
    pub at: DateTime<Utc>,
}

/// Returns the openids of these members as of an instant, by member: current ones, and earlier ones without another owner.
///
/// Omits an openid that now belongs to somebody else, because its events count as those of the new owner.
///
/// # Errors
/// If the roster or the member events cannot be read.
pub async fn openids(
    lake: &Lake,
    members: &BTreeSet<String>,
    claims: &OpenidClaims,
    as_of: DateTime<Utc>,
) -> Result<BTreeMap<String, Vec<String>>, LakeError> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unowned = claims.snapshot.clone();
    let failed = |error: DataFusionError| LakeError::Rows {
        table: "raw/members".to_owned(),
        detail: format!("cannot find the owners of openids: {}", error.strip_backtrace()),
    };
    let mut tables: Vec<(String, Arc<dyn TableProvider>)> =
        vec![(BINDS.to_owned(), binds_table(&claims.binds).map_err(failed)?)];
    for table in [Table::Members, Table::MemberEvents] {
        tables.push((format!("raw_{table}"), sql::provider(lake, &raw_spec(table)).await?));
    }
    let spill_dir = Some(SpillFolder::inside(lake.scratch()?));
    let limits = SessionLimits { memory_bytes: MEMORY_BYTES, threads: 2, spill_dir };
    let session = sql::session_over(lake, &limits, tables)
        .map_err(|error| LakeError::Rows { table: "raw/members".to_owned(), detail: error.to_string() })?;
    let frame = session.sql(&owners_query(as_of)).await.map_err(failed)?;
    let mut batches = frame.execute_stream().await.map_err(failed)?;
    while let Some(batch) = batches.try_next().await.map_err(failed)? {
        let (Some(openids), Some(owners)) = (text_of(batch.column(0)), text_of(batch.column(1))) else { continue };
        let pairs = openids.as_string::<i32>().iter().zip(owners.as_string::<i32>());
        for (openid, owner) in pairs.filter_map(|(openid, owner)| openid.zip(owner)) {
            unowned.remove(openid);
            if members.contains(owner) {
                found.entry(owner.to_owned()).or_default().push(openid.to_owned());
            }
        }
    }
    for (openid, owner) in unowned.into_iter().filter(|(_, owner)| members.contains(owner)) {
        found.entry(owner).or_default().push(openid);
    }
    found.values_mut().for_each(|openids| openids.sort());
    Ok(found)
}

/// SQL for the owner of every openid. An openid without a current owner has the last one in a roster.
fn owners_query(as_of: DateTime<Utc>) -> String {
    format!(
        "with owned as ({owners}), former as (select openid as former_openid, member_id as former_id from (\
         select openid, member_id, row_number() over (partition by openid order by \
         coalesce(updated_at, followed_at) desc nulls last, {BATCH} desc, {ROW} desc, member_id) as place \
         from raw_members where openid is not null) where place = 1) \
         select actor_openid, actor_id from owned union all \
         select former_openid, former_id from former left anti join owned on former_openid = actor_openid",
        owners = sql::owners_with(Some(as_of), BINDS),
    )
}

fn binds_table(binds: &[Bind]) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let fields = vec![
        Field::new("openid", DataType::Utf8, true),
        Field::new("member_id", DataType::Utf8, true),
        Field::new("at", instant_type(), true),
    ];
    let at = TimestampMicrosecondArray::from_iter_values(binds.iter().map(|bind| bind.at.timestamp_micros()));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(binds.iter().map(|bind| &bind.openid))),
        Arc::new(StringArray::from_iter_values(binds.iter().map(|bind| &bind.member_id))),
        Arc::new(at.with_timezone("UTC")),
    ];
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
