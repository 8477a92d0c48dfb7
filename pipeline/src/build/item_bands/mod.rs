//! Counts the rows of `item_bands.sql` in one pass over the interactions.
//!
//! The query groups all interactions by item and member, and spills most of them at a province's size. Here they are added up
//! by item and age band, and only the distinct pairs of members and items go to temporary files, as numbers. The SQL
//! defines the rows; a test compares them. On a cluster the SQL runs.

mod band_cells;
mod member_pairs;

use std::hint::black_box;
use std::sync::Arc;

use arrow::array::{Array, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Float64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::task::JoinSet;
use zhihui_data::snapshot::NONE;

use super::context::BuildContext;
use super::execution::{Streams, collect, execute};
use super::vocabulary::Vocabulary;
use super::{BuildError, staged_query};
use crate::sql::SpillFolder;
use band_cells::{BandCells, Did, Interaction};
use member_pairs::{Deeds, MemberPairs};

pub(super) const NAME: &str = "item_bands";
const INTERACTIONS: &str = "select item_id, member_id, kind, weight, at from interactions";
const MEMBERS: &str = "select member_id, age_band from member_states";
const ITEMS: &str = "select item_id, kind from items";

const WEIGHTED: Deeds = 1;
const READ: Deeds = 2;
const SHARED: Deeds = 4;

/// Counts the rows from the registered tables. Temporary files are in `spill`.
///
/// # Errors
/// [`BuildError`] as a query of the build.
pub(super) async fn count(context: &BuildContext<'_>, spill: &SpillFolder) -> Result<RecordBatch, BuildError> {
    let known = Arc::new(Known::load(context).await?);
    let frame = staged_query::plan(&context.session, INTERACTIONS, &context.parameters, NAME).await?;
    let counters = execute(frame, NAME, Streams::PerThread, async |streams| {
        let mut counting = JoinSet::new();
        for stream in streams {
            counting.spawn(Counter::new(&known, spill).count(stream));
        }
        let mut counters = Vec::new();
        while let Some(counted) = counting.join_next().await {
            match counted.map_err(|error| BuildError::query(NAME)(DataFusionError::External(error.into())))? {
                Ok(counter) => counters.push(counter),
                Err(error) => {
                    // The others release their memory before the query runs again.
                    counting.shutdown().await;
                    return Err(error);
                }
            }
        }
        Ok(counters)
    });
    let counters = counters.await?;
    let rows = tokio::task::spawn_blocking(move || rows(counters, &known)).await;
    rows.map_err(|error| BuildError::query(NAME)(DataFusionError::External(error.into())))?
        .map_err(BuildError::query(NAME))
}

/// Adds up what the threads counted, and counts each pair of a member and an item once.
fn rows(counters: Vec<Counter>, known: &Known) -> Result<RecordBatch, DataFusionError> {
    let mut cells = BandCells::new(known.items.len(), known.bands.len());
    let mut pairs = Vec::new();
    for counter in counters {
        cells.merge(&counter.cells);
        pairs.push(counter.pairs);
    }
    MemberPairs::each(pairs, |member, item, deeds| {
        let did = |what: Deeds| deeds & what > 0;
        let did = Did { weighted: did(WEIGHTED), read: did(READ), shared: did(SHARED) };
        cells.count(item, known.band_of[member as usize], did);
    })?;
    Ok(cells.rows(known.items.texts(), &known.bands)?)
}

/// The ids of members and items as numbers, with what the counts need of them.
struct Known {
    members: Vocabulary,
    items: Vocabulary,
    /// The names of the age bands, sorted.
    bands: Vec<String>,
    /// The place of each member's age band.
    band_of: Vec<u8>,
    /// Of the weight of an interaction with each item, in days.
    half_lives: Vec<f64>,
    /// The instant of the build, in seconds since 1970.
    as_of: f64,
}

impl Known {
    async fn load(context: &BuildContext<'_>) -> Result<Self, BuildError> {
        let options = context.options;
        let (article_days, other_days) = (options.half_lives.article_days, options.half_lives.activity_days);
        let half_life = |kind: &String| if kind == "article" { article_days } else { other_days };
        let Labelled { ids: members, labels: bands, label_of: band_of } =
            Labelled::load(context, "member_states", MEMBERS).await?;
        let Labelled { ids: items, labels: kinds, label_of: kind_of } = Labelled::load(context, "items", ITEMS).await?;
        Ok(Self {
            members: Vocabulary::of(members),
            items: Vocabulary::of(items),
            bands,
            band_of,
            half_lives: kind_of.into_iter().map(|kind| half_life(&kinds[usize::from(kind)])).collect(),
            as_of: options.as_of.timestamp_micros() as f64 / 1e6,
        })
    }
}

/// Ids, each with one of a few labels.
struct Labelled {
    /// Sorted.
    ids: Vec<String>,
    /// Sorted.
    labels: Vec<String>,
    /// Of each id, the place of its label.
    label_of: Vec<u8>,
}

impl Labelled {
    /// Runs a query of ids and labels.
    async fn load(context: &BuildContext<'_>, table: &str, sql: &str) -> Result<Self, BuildError> {
        let frame = staged_query::plan(&context.session, sql, &context.parameters, NAME).await?;
        let mut labels: Vec<String> = Vec::new();
        let mut found: Vec<(String, usize)> = Vec::new();
        for batch in collect(frame, NAME).await? {
            let [ids, of_ids] = [texts(table, &batch, 0)?, texts(table, &batch, 1)?];
            for row in 0..batch.num_rows() {
                let label = of_ids.value(row);
                let place = labels.iter().position(|known| known == label).unwrap_or_else(|| {
                    labels.push(label.to_owned());
                    labels.len() - 1
                });
                found.push((ids.value(row).to_owned(), place));
            }
        }
        found.sort_unstable();
        let mut sorted = labels.clone();
        sorted.sort_unstable();
        let places: Vec<u8> = labels.iter().map(|label| sorted.partition_point(|other| other < label) as u8).collect();
        if labels.len() > usize::from(u8::MAX) {
            return Err(damaged(table, "age_band"));
        }
        let label_of = found.iter().map(|(_, place)| places[*place]).collect();
        Ok(Self { ids: found.into_iter().map(|(id, _)| id).collect(), labels: sorted, label_of })
    }
}

/// Counts the rows of one stream.
struct Counter {
    known: Arc<Known>,
    cells: BandCells,
    pairs: MemberPairs,
}

impl Counter {
    fn new(known: &Arc<Known>, spill: &SpillFolder) -> Self {
        let cells = BandCells::new(known.items.len(), known.bands.len());
        Self { known: Arc::clone(known), cells, pairs: MemberPairs::in_folder(spill) }
    }

    async fn count(mut self, mut batches: SendableRecordBatchStream) -> Result<Self, BuildError> {
        while let Some(batch) = batches.next().await {
            self.add(&batch.map_err(BuildError::query(NAME))?)?;
        }
        Ok(self)
    }

    /// Adds interactions. Those of members that do not exist do not count.
    fn add(&mut self, batch: &RecordBatch) -> Result<(), BuildError> {
        let text = |at: usize| texts("interactions", batch, at);
        let (items, members, kinds) = (text(0)?, text(1)?, text(2)?);
        let weights = batch.column(3).as_primitive_opt::<Float64Type>();
        let weights = weights.ok_or_else(|| damaged("interactions", "weight"))?;
        let times = batch.column(4).as_primitive_opt::<TimestampMicrosecondType>();
        let times = times.ok_or_else(|| damaged("interactions", "at"))?;
        for row in 0..batch.num_rows() {
            let member = self.known.members.index_of(members.value(row));
            let item = self.known.items.index_of(items.value(row));
            if member == NONE || item == NONE {
                continue;
            }
            let (weight, at, kind) = (weights.value(row), times.value(row), kinds.value(row));
            let age_days = (at as f64 / 1e6 - self.known.as_of) / 86_400.0;
            // The power of a constant 2 would be compiled to `exp2`, whose last digit differs from that of the query.
            let decay = black_box(2_f64).powf(age_days / self.known.half_lives[item as usize]);
            let interaction =
                Interaction { weight: weight * decay, is_read: kind == "read", is_share: kind == "share", at };
            self.cells.add(item, self.known.band_of[member as usize], interaction);
            let did = |what: Deeds, is_so: bool| if is_so { what } else { 0 };
            let deeds =
                did(WEIGHTED, weight > 0.0) | did(READ, interaction.is_read) | did(SHARED, interaction.is_share);
            if deeds > 0 {
                self.pairs.add(member, item, deeds).map_err(BuildError::query(NAME))?;
            }
        }
        Ok(())
    }
}

fn texts(table: &str, batch: &RecordBatch, at: usize) -> Result<StringViewArray, BuildError> {
    let column = arrow::compute::cast(batch.column(at), &DataType::Utf8View).ok();
    let texts = column.and_then(|column| column.as_string_view_opt().cloned()).filter(|texts| texts.null_count() == 0);
    texts.ok_or_else(|| damaged(table, batch.schema_ref().field(at).name()))
}

fn damaged(table: &str, column: &str) -> BuildError {
    BuildError::Damaged { table: format!("built/{table}"), column: column.to_owned() }
}
