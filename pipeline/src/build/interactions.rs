//! Builds `interactions`, one partition for each source and month.
//!
//! A partition is built again only if its raw rows changed, or if it identifies members by openid and owners of openids changed.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::Table;

use super::context::BuildContext;
use super::execution::{Streams, execute};
use super::fingerprint::{self, Fingerprint};
use super::inputs::{self, Inputs};
use super::interaction_queries::{Duplicates, InteractionQuery, QUERIES};
use super::staged_query::{self, Staged};
use super::state::TableState;
use super::{BuildError, TableStatus};
use crate::lake::raw::MONTH;
use crate::lake::{CommitMode, DataFile, LakeTable, Written};
use crate::sql::{self, LakeScan};

const NAME: &str = "interactions";
/// The month of all sign-ups, because their raw table has no months.
const ALL_MONTHS: &str = "all";

/// Facts about the table `actors`.
#[derive(Debug)]
pub(super) struct OpenidOwners {
    /// Does not depend on the order of rows.
    fingerprint: String,
    /// Whether no member has two openids.
    one_openid_per_member: bool,
}

/// One partition, which may not exist yet.
struct Partition {
    query: &'static InteractionQuery,
    month: String,
    files: Vec<DataFile>,
}

impl Partition {
    fn table(&self) -> Table {
        self.query.table
    }

    fn name(&self) -> String {
        format!("{NAME}/{}/{}", self.table(), self.month)
    }

    fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    fn time_column(&self) -> &'static str {
        self.table().partition_time().unwrap_or("signed_up_at")
    }

    /// The values of the partition columns.
    fn values(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("source".to_owned(), self.table().to_string()), (MONTH.to_owned(), self.month.clone())])
    }
}

/// Builds the partitions that changed and registers all of them as `interactions`.
pub(super) async fn build(
    context: &mut BuildContext<'_>,
    inputs: &Inputs,
    owners: &OpenidOwners,
) -> Result<(), BuildError> {
    let existing = context.lake.table("built/interactions").await?;
    let (mut of_all, mut rebuilt, mut kept) = (Fingerprint::default(), Rebuilt::default(), Vec::new());
    for partition in partitions(inputs) {
        let fingerprint = partition_fingerprint(context, inputs, &partition).await?;
        let rows = existing.as_ref().map_or(0, |table| rows_of(table, &partition.values()));
        of_all.add(fingerprint.hex().as_bytes());
        let is_current = |state: &&TableState| {
            state.fingerprint == fingerprint.hex()
                && state.rows == rows
                && (state.actors.is_empty() || state.actors == owners.fingerprint)
        };
        match context.last_state.get(&partition.name()).filter(is_current).cloned() {
            Some(state) if existing.is_some() => {
                of_all.add(state.actors.as_bytes());
                context.report_table(partition.name(), TableStatus::Skipped, state.rows, "its raw rows did not change");
                kept.push((partition, fingerprint, state));
            }
            _ => {
                let is_known = context.last_state.contains_key(&partition.name());
                let why = if is_known { "its raw rows changed" } else { "first build" };
                let state = rebuilt.add(context, &partition, &fingerprint, owners, why).await?;
                of_all.add(state.actors.as_bytes());
            }
        }
    }
    if rebuilt.table.as_ref().is_some_and(LakeTable::must_be_replaced) {
        for (partition, fingerprint, _) in kept.drain(..) {
            context.tables.retain(|table| table.name != partition.name());
            let (table, files) = (partition.table(), partition.files.clone());
            inputs.register_partition(&context.session, table, files, context.options.as_of).await?;
            rebuilt.add(context, &partition, &fingerprint, owners, "the columns of interactions changed").await?;
        }
    }
    let mut kept_values = BTreeSet::new();
    for (partition, _, state) in kept {
        kept_values.insert(partition.values());
        context.new_state.insert(partition.name(), state);
    }
    context.record_fingerprint(NAME, &of_all);
    let table = rebuilt.table.or(existing).ok_or_else(|| BuildError::NotBuilt("interactions".to_owned()))?;
    register(context, table, rebuilt.written, &kept_values, rebuilt.partitions)
}

/// The partitions that were built again.
#[derive(Default)]
struct Rebuilt {
    table: Option<LakeTable>,
    written: Written,
    partitions: Vec<BTreeMap<String, String>>,
}

impl Rebuilt {
    /// Builds one partition and adds its state. Its raw rows must be registered.
    async fn add(
        &mut self,
        context: &mut BuildContext<'_>,
        partition: &Partition,
        fingerprint: &Fingerprint,
        owners: &OpenidOwners,
        why: &str,
    ) -> Result<TableState, BuildError> {
        let (table, written, state) = build_partition(context, partition, fingerprint, owners).await?;
        context.report_table(partition.name(), TableStatus::Done, state.rows, why);
        context.new_state.insert(partition.name(), state.clone());
        self.partitions.push(partition.values());
        self.written.merge(written);
        self.table = Some(table);
        Ok(state)
    }
}

fn register(
    context: &mut BuildContext<'_>,
    table: LakeTable,
    written: Written,
    kept: &BTreeSet<BTreeMap<String, String>>,
    mut replaced: Vec<BTreeMap<String, String>>,
) -> Result<(), BuildError> {
    let (mut files, removed): (Vec<DataFile>, Vec<DataFile>) =
        table.files().into_iter().partition(|file| kept.contains(&file.partition));
    replaced.extend(removed.into_iter().map(|file| file.partition));
    replaced.sort();
    replaced.dedup();
    files.extend(written.files.iter().cloned());
    context.n_interactions = files.iter().map(|file| file.rows).sum();
    context.register_scan(NAME, LakeScan::new(&table).with_files(files))?;
    if !replaced.is_empty() {
        context.staged.push(Staged { table, written, mode: CommitMode::ReplacePartitions(replaced) });
    }
    Ok(())
}

/// The partitions of the raw tables. That of sign-ups is always among them, so that the table exists.
fn partitions(inputs: &Inputs) -> Vec<Partition> {
    let mut partitions = Vec::new();
    for query in QUERIES {
        let files = inputs.files(query.table);
        if query.table.partition_time().is_none() {
            partitions.push(Partition { query, month: ALL_MONTHS.to_owned(), files });
            continue;
        }
        let mut months: BTreeMap<String, Vec<DataFile>> = BTreeMap::new();
        for file in files {
            months.entry(file.partition.get(MONTH).cloned().unwrap_or_default()).or_default().push(file);
        }
        partitions.extend(months.into_iter().map(|(month, files)| Partition { query, month, files }));
    }
    partitions
}

/// Returns the fingerprint of a partition and registers its raw rows.
async fn partition_fingerprint(
    context: &BuildContext<'_>,
    inputs: &Inputs,
    partition: &Partition,
) -> Result<Fingerprint, BuildError> {
    // The SQL for impossible duplicates comes from the same text.
    let sql = partition.query.sql(Duplicates::Possible);
    let Some(time) = partition.table().partition_time() else {
        return Ok(context.fingerprint(&sql, partition.query.reads));
    };
    let (as_of, files) = (context.options.as_of, &partition.files);
    let raw = inputs.register_partition(&context.session, partition.table(), files.clone(), as_of).await?;
    let visible = inputs::visible_rows(&context.session, files, &raw, time, as_of, &context.parameters).await?;
    let fingerprint = fingerprint::of_weights(context.options).with(sql);
    Ok(fingerprint.with_files(files).with(visible.to_le_bytes()))
}

/// Builds one partition. Its raw rows must be registered.
async fn build_partition(
    context: &mut BuildContext<'_>,
    partition: &Partition,
    fingerprint: &Fingerprint,
    owners: &OpenidOwners,
) -> Result<(LakeTable, Written, TableState), BuildError> {
    context.make_transient_inputs(&["sign_up_rows"]).await?;
    let has_actors = partition.table().needs_actor();
    let counts = if has_actors { IdCounts::query(context, partition).await? } else { IdCounts::default() };
    let sql = partition.query.sql(counts.duplicates(owners));
    let frame = staged_query::plan(&context.session, &sql, &context.parameters, NAME).await?;
    let source = partition.table().name();
    let values = [("source", source), (MONTH, partition.month.as_str())];
    let (table, written) = staged_query::run(context.lake, frame, NAME, &values, &["at"], partition.rows()).await?;
    let mut state = TableState { fingerprint: fingerprint.hex(), rows: written.rows() as i64, ..TableState::default() };
    if counts.by_openid > 0 {
        let time = partition.time_column();
        let sql = format!(
            "select count(*) - count(actor_id) from actors right join {source} on openid = actor_openid \
             where member_id is null and {time} < $as_of"
        );
        state.unresolved = inputs::count(&context.session, &sql, &context.parameters, source).await?;
        state.actors.clone_from(&owners.fingerprint);
    }
    Ok((table, written, state))
}

/// How many rows of a partition have which ids.
#[derive(Debug, Default)]
struct IdCounts {
    rows: i64,
    by_openid: i64,
    with_event_id: i64,
}

impl IdCounts {
    async fn query(context: &BuildContext<'_>, partition: &Partition) -> Result<Self, BuildError> {
        let (source, time) = (partition.table().name(), partition.time_column());
        let event_ids = if partition.table().column("event_id").is_some() { "count(event_id)" } else { "0" };
        let sql =
            format!("select count(*), count(*) - count(member_id), {event_ids} from {source} where {time} < $as_of");
        let counts = inputs::counts(&context.session, &sql, &context.parameters, source).await?;
        Ok(match counts[..] {
            [rows, by_openid, with_event_id] => Self { rows, by_openid, with_event_id },
            _ => Self::default(),
        })
    }

    /// Ingest stores one row per event id, and one per member id or openid, item and second. Duplicates are possible only if some
    /// rows have an event id and others have none, or if a member has several ids.
    fn duplicates(&self, owners: &OpenidOwners) -> Duplicates {
        let one_id = self.by_openid == 0 || (self.by_openid == self.rows && owners.one_openid_per_member);
        if one_id && (self.with_event_id == 0 || self.with_event_id == self.rows) {
            Duplicates::Impossible
        } else {
            Duplicates::Possible
        }
    }
}

/// Registers the owner of each openid as `actors` and `openid_claims`, each with a fingerprint that does not depend on the order
/// of rows. That of `actors` leaves out the instants of claims: every roster may change them, and most tables do not read them.
pub(super) async fn register_openid_owners(context: &mut BuildContext<'_>) -> Result<OpenidOwners, BuildError> {
    let (name, claims) = ("actors", "openid_claims");
    let owners = sql::owners(Some(context.options.as_of));
    let frame = staged_query::plan(&context.session, &owners, &context.parameters, name).await?;
    context.register_temporary(frame, &[name, claims]).await?;
    let all = "select actor_openid, actor_id, claimed_at, by_bind from openid_claims";
    let frame = staged_query::plan(&context.session, all, &context.parameters, claims).await?;
    let sums = execute(frame, claims, Streams::One, async |streams| {
        let mut sums = OwnerSums::default();
        for mut stream in streams {
            while let Some(batch) = stream.try_next().await.map_err(BuildError::query(claims))? {
                sums.add(&batch)?;
            }
        }
        Ok(sums)
    });
    let OwnerSums { owners: sum_of_owners, claims: sum_of_claims } = sums.await?;
    let several = "select count(*) from (select actor_id from actors group by actor_id having count(*) > 1 limit 1)";
    let several = inputs::count(&context.session, several, &context.parameters, name).await?;
    let fingerprint = Fingerprint::default().with(sum_of_owners.to_le_bytes());
    context.record_fingerprint(name, &fingerprint);
    context.record_fingerprint(claims, &Fingerprint::default().with(sum_of_claims.to_le_bytes()));
    Ok(OpenidOwners { fingerprint: fingerprint.hex(), one_openid_per_member: several == 0 })
}

/// Sums of hashes of the owners of openids, which do not depend on the order of rows.
#[derive(Debug, Default)]
struct OwnerSums {
    owners: u64,
    claims: u64,
}

impl OwnerSums {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), BuildError> {
        let column = |at: usize| {
            let text = arrow::compute::cast(batch.column(at), &DataType::Utf8).ok();
            text.and_then(|text| text.as_string_opt::<i32>().cloned()).ok_or_else(|| BuildError::Damaged {
                table: "raw/members".to_owned(),
                column: batch.schema_ref().field(at).name().clone(),
            })
        };
        let (openids, members, since, by_bind) = (column(0)?, column(1)?, column(2)?, column(3)?);
        let rows = openids.iter().zip(&members).zip(since.iter().zip(&by_bind));
        for ((openid, member), claim) in rows.filter_map(|((openid, member), claim)| Some(((openid?, member?), claim)))
        {
            let of_owner = xxh3_64(format!("{openid}\n{member}").as_bytes());
            let of_claim = xxh3_64(format!("{openid}\n{member}\n{claim:?}").as_bytes());
            self.owners = self.owners.wrapping_add(of_owner);
            self.claims = self.claims.wrapping_add(of_claim);
        }
        Ok(())
    }
}

fn rows_of(table: &LakeTable, partition: &BTreeMap<String, String>) -> i64 {
    table.files().iter().filter(|file| &file.partition == partition).map(|file| file.rows as i64).sum()
}
