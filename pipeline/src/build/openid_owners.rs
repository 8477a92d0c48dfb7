//! The owners of openids, and which of them a partition depends on.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use futures::StreamExt;
use xxhash_rust::xxh3::xxh3_64;

use super::context::BuildContext;
use super::fingerprint::Fingerprint;
use super::state::TableState;
use super::{BuildError, inputs, staged_query};
use crate::sql;

/// The table of owners, and the name under which the build state keeps its fingerprint.
const NAME: &str = "actors";
/// The same table, with a fingerprint that covers the claims.
const CLAIMS: &str = "openid_claims";

/// Facts about the table `actors`.
#[derive(Debug)]
pub(super) struct OpenidOwners {
    /// Whether every openid has the owner that it had in the last build.
    are_unchanged: bool,
    /// Whether no member has two openids.
    pub(super) one_openid_per_member: bool,
}

impl OpenidOwners {
    /// Registers the owner of each openid as `actors` and `openid_claims`, each with a fingerprint that does not depend on the
    /// order of rows. That of `actors` leaves out the instants of claims: every roster may change them, and most tables do not
    /// read them.
    pub(super) async fn register(context: &mut BuildContext<'_>) -> Result<Self, BuildError> {
        let owners = sql::owners(Some(context.options.as_of));
        let frame = staged_query::plan(&context.session, &owners, &context.parameters, NAME).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame.collect().await.map_err(BuildError::query(NAME))?;
        let (mut owners, mut sum_of_claims, mut members_seen) = (Owners::default(), 0_u64, HashSet::new());
        for batch in &batches {
            let (openids, members) = (texts(batch, 0)?, texts(batch, 1)?);
            let (since, by_bind) = (texts(batch, 2)?, texts(batch, 3)?);
            let rows = openids.iter().zip(&members).zip(since.iter().zip(&by_bind));
            for ((openid, member), claim) in
                rows.filter_map(|((openid, member), claim)| Some(((openid?, member?), claim)))
            {
                owners.add(openid, Some(member));
                let of_claim = xxh3_64(format!("{openid}\n{member}\n{claim:?}").as_bytes());
                sum_of_claims = sum_of_claims.wrapping_add(of_claim);
                members_seen.insert(xxh3_64(member.as_bytes()));
            }
        }
        let schema = batches.first().map_or(schema, |batch| batch.schema());
        let table = Arc::new(MemTable::try_new(schema, vec![batches]).map_err(BuildError::query(NAME))?);
        for alias in [NAME, CLAIMS] {
            context.session.register_table(alias, Arc::<MemTable>::clone(&table)).map_err(BuildError::query(alias))?;
        }
        let fingerprint = Fingerprint::default().with(owners.sum.to_le_bytes());
        context.record_fingerprint(NAME, &fingerprint);
        context.record_fingerprint(CLAIMS, &Fingerprint::default().with(sum_of_claims.to_le_bytes()));
        let state = TableState { fingerprint: fingerprint.hex(), ..TableState::default() };
        let are_unchanged = context.last_state.get(NAME).is_some_and(|last| last.fingerprint == state.fingerprint);
        context.new_state.insert(NAME.to_owned(), state);
        Ok(Self { are_unchanged, one_openid_per_member: members_seen.len() == owners.openids })
    }

    /// Returns the fingerprint of the owners of the openids that the visible rows of a registered raw table name; empty if they
    /// name none. `last` is the state after the last build if that read the same rows.
    pub(super) async fn named_in(
        &self,
        context: &BuildContext<'_>,
        (source, time): (&str, &str),
        last: Option<&TableState>,
    ) -> Result<String, BuildError> {
        if let Some(last) = last.filter(|last| self.are_unchanged || last.actors.is_empty()) {
            return Ok(last.actors.clone());
        }
        let sql = format!(
            "select named.openid, actors.actor_id from actors right join (select openid from {source} \
             where member_id is null and openid is not null and {time} < $as_of group by openid) as named \
             on actors.actor_openid = named.openid"
        );
        let frame = staged_query::plan(&context.session, &sql, &context.parameters, source).await?;
        let mut batches = frame.execute_stream().await.map_err(BuildError::query(source))?;
        let mut owners = Owners::default();
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(BuildError::query(source))?;
            for (openid, member) in texts(&batch, 0)?.iter().zip(&texts(&batch, 1)?) {
                openid.into_iter().for_each(|openid| owners.add(openid, member));
            }
        }
        let fingerprint = Fingerprint::default().with(owners.sum.to_le_bytes());
        Ok(if owners.openids == 0 { String::new() } else { fingerprint.hex() })
    }
}

/// Counts the visible rows of a registered raw table whose openid has no owner.
pub(super) async fn unresolved_in(context: &BuildContext<'_>, (source, time): (&str, &str)) -> Result<i64, BuildError> {
    let sql = format!(
        "select count(*) - count(actor_id) from actors right join {source} on openid = actor_openid \
         where member_id is null and {time} < $as_of"
    );
    inputs::count(&context.session, &sql, &context.parameters, source).await
}

/// Openids with their owners, in any order.
#[derive(Debug, Default)]
struct Owners {
    openids: usize,
    sum: u64,
}

impl Owners {
    fn add(&mut self, openid: &str, member: Option<&str>) {
        self.openids += 1;
        let hash = member.map_or(0, |member| xxh3_64(format!("{openid}\n{member}").as_bytes()));
        self.sum = self.sum.wrapping_add(hash);
    }
}

fn texts(batch: &RecordBatch, at: usize) -> Result<StringArray, BuildError> {
    let column = arrow::compute::cast(batch.column(at), &DataType::Utf8).ok();
    column.and_then(|column| column.as_string_opt::<i32>().cloned()).ok_or_else(|| BuildError::Damaged {
        table: "raw/members".to_owned(),
        column: batch.schema_ref().field(at).name().clone(),
    })
}
