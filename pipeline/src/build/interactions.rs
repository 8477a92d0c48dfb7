//! Builds `interactions`, one partition for each source and month.
//!
//! A partition is built again only if its raw rows changed, or if an openid that they name has another owner. Sign-ups have no
//! months in their raw table; a month of theirs is written again only if its interactions changed.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use datafusion::dataframe::DataFrame;
use zhihui_data::Table;

use super::BuildError;
use super::context::BuildContext;
use super::fingerprint;
use super::inputs::{self, Inputs};
use super::interaction_queries::{Duplicates, InteractionQuery, QUERIES};
use super::openid_owners::{self, OpenidOwners};
use super::partitioned_table::{self, BuiltPartitions, Partition, PartitionValues, PlannedPartition};
use super::sign_up_months::{self, SignUpMonth};
use super::staged_query;
use super::state::TableState;
use crate::lake::DataFile;
use crate::lake::raw::MONTH;

pub(super) const NAME: &str = "interactions";
/// The partition column with the contract table.
pub(super) const SOURCE: &str = "source";

/// Builds the partitions that changed and registers all of them as `interactions`.
pub(super) async fn build(
    context: &mut BuildContext<'_>,
    inputs: &Inputs,
    owners: &OpenidOwners,
) -> Result<BuiltPartitions, BuildError> {
    let facts = fact_months(inputs, owners).map(InteractionMonth::Facts);
    let sign_ups = sign_up_months::find(context).await?.into_iter().map(InteractionMonth::SignUps);
    let months: Vec<InteractionMonth<'_>> = facts.chain(sign_ups).collect();
    let built = partitioned_table::build(context, NAME, &["at"], &months).await?;
    context.n_interactions = built.files.iter().map(|file| file.rows).sum();
    Ok(built)
}

enum InteractionMonth<'a> {
    Facts(FactMonth<'a>),
    SignUps(SignUpMonth),
}

impl Partition for InteractionMonth<'_> {
    fn values(&self) -> PartitionValues {
        let (source, month) = match self {
            Self::Facts(facts) => (facts.source(), &facts.month),
            Self::SignUps(sign_ups) => (Table::SignUps.name(), &sign_ups.month),
        };
        vec![(SOURCE, source.to_owned()), (MONTH, month.clone())]
    }

    async fn state(&self, context: &mut BuildContext<'_>, last: Option<&TableState>) -> Result<TableState, BuildError> {
        match self {
            Self::Facts(facts) => facts.state(context, last).await,
            Self::SignUps(sign_ups) => Ok(sign_ups.state()),
        }
    }

    async fn plan(&self, context: &mut BuildContext<'_>) -> Result<PlannedPartition, BuildError> {
        match self {
            Self::Facts(facts) => facts.plan(context).await,
            Self::SignUps(sign_ups) => sign_ups.plan(context).await,
        }
    }
}

/// A month of a raw table with months.
struct FactMonth<'a> {
    query: &'static InteractionQuery,
    month: String,
    files: Vec<DataFile>,
    inputs: &'a Inputs,
    owners: &'a OpenidOwners,
    /// Counted at most once.
    ids: OnceLock<IdCounts>,
}

fn fact_months<'a>(inputs: &'a Inputs, owners: &'a OpenidOwners) -> impl Iterator<Item = FactMonth<'a>> {
    QUERIES.iter().flat_map(move |query| {
        let mut months: BTreeMap<String, Vec<DataFile>> = BTreeMap::new();
        for file in inputs.files(query.table) {
            months.entry(file.partition.get(MONTH).cloned().unwrap_or_default()).or_default().push(file);
        }
        let of_month = move |(month, files)| FactMonth { query, month, files, inputs, owners, ids: OnceLock::new() };
        months.into_iter().map(of_month)
    })
}

impl FactMonth<'_> {
    fn source(&self) -> &'static str {
        self.query.table.name()
    }

    fn time_column(&self) -> &'static str {
        self.query.table.partition_time().unwrap_or_default()
    }

    /// Registers the raw rows.
    async fn state(&self, context: &BuildContext<'_>, last: Option<&TableState>) -> Result<TableState, BuildError> {
        let (table, files, as_of) = (self.query.table, &self.files, context.options.as_of);
        let raw = self.inputs.register_partition(&context.session, table, files.clone(), as_of).await?;
        let visible =
            inputs::visible_rows(&context.session, files, &raw, self.time_column(), as_of, &context.parameters).await?;
        // The SQL for impossible duplicates comes from the same text.
        let fingerprint = fingerprint::of_weights(context.options).with(self.query.sql(Duplicates::Possible));
        let fingerprint = fingerprint.with_files(files).with(visible.to_le_bytes()).hex();
        let last = last.filter(|last| last.fingerprint == fingerprint);
        let has_openids = table.needs_actor() && (last.is_some() || self.count_ids(context).await?.by_openid > 0);
        let actors = if has_openids {
            self.owners.named_in(context, (self.source(), self.time_column()), last).await?
        } else {
            String::new()
        };
        Ok(TableState { fingerprint, actors, ..TableState::default() })
    }

    async fn plan(&self, context: &BuildContext<'_>) -> Result<PlannedPartition, BuildError> {
        let counts = if self.query.table.needs_actor() { self.count_ids(context).await? } else { IdCounts::default() };
        let sql = self.query.sql(counts.duplicates(self.owners));
        let frame: DataFrame = staged_query::plan(&context.session, &sql, &context.parameters, NAME).await?;
        let unresolved = match counts.by_openid {
            0 => 0,
            _ => openid_owners::unresolved_in(context, (self.source(), self.time_column())).await?,
        };
        Ok(PlannedPartition { frame, rows: self.files.iter().map(|file| file.rows).sum(), unresolved })
    }

    /// Counts the ids of the registered raw rows.
    async fn count_ids(&self, context: &BuildContext<'_>) -> Result<IdCounts, BuildError> {
        if let Some(&counts) = self.ids.get() {
            return Ok(counts);
        }
        let (source, time) = (self.source(), self.time_column());
        let event_ids = if self.query.table.column("event_id").is_some() { "count(event_id)" } else { "0" };
        let sql =
            format!("select count(*), count(*) - count(member_id), {event_ids} from {source} where {time} < $as_of");
        let counts = inputs::counts(&context.session, &sql, &context.parameters, source).await?;
        let counts = match counts[..] {
            [rows, by_openid, with_event_id] => IdCounts { rows, by_openid, with_event_id },
            _ => IdCounts::default(),
        };
        Ok(*self.ids.get_or_init(|| counts))
    }
}

/// How many rows of a partition have which ids.
#[derive(Debug, Clone, Copy, Default)]
struct IdCounts {
    rows: i64,
    by_openid: i64,
    with_event_id: i64,
}

impl IdCounts {
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
