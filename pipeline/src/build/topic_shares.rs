//! Builds `topic_shares`: the attention by topic that is expected of a member of an age band, and the weight of that expectation,
//! learnt from the members' weights by topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use zhihui_data::snapshot::AgeBands;
use zhihui_models::profile::preference::{Prior, Shrinkage};
use zhihui_models::{ModelError, UserItems};

use super::context::BuildContext;
use super::execution::{Streams, execute};
use super::{BuildError, staged_query};

const NAME: &str = "topic_shares";
/// The value of `age_band` for all members.
const ALL_MEMBERS: &str = "all";
/// The evidence, ordered by member.
pub(super) const EVIDENCE: &str =
    "select topic_weights.member_id, topic_weights.topic, topic_weights.weight, member_states.age_band
from member_states
join topic_weights on member_states.member_id = topic_weights.member_id
where topic_weights.weight > 0
order by topic_weights.member_id, topic_weights.topic";

/// Builds the table with the columns `age_band` (`all` for all members), `topic`, `share` and `prior_weight`.
pub(super) async fn build(context: &mut BuildContext<'_>) -> Result<(), BuildError> {
    let fingerprint = context.fingerprint(EVIDENCE, &["topic_weights", "member_states"]);
    context.record_fingerprint(NAME, &fingerprint);
    if context.reuse_if_unchanged(NAME, &fingerprint).await? {
        return Ok(());
    }
    let frame = staged_query::plan(&context.session, EVIDENCE, &context.parameters, NAME).await?;
    let evidence = execute(frame, NAME, Streams::One, async |streams| {
        let mut evidence = Evidence::default();
        for stream in streams {
            evidence.add(stream, &context.options.age_bands).await?;
        }
        Ok(evidence)
    });
    let evidence = evidence.await?;
    let learnt =
        context.session.read_batch(evidence.learn(&context.options.age_bands)?).map_err(BuildError::query(NAME))?;
    let (table, written) = staged_query::run(context.lake, learnt, NAME, 0).await?;
    context.stage_table(NAME, &fingerprint, table, written)
}

/// Weights of members (rows) by topic (columns), and the age band of each member.
#[derive(Default)]
struct Evidence {
    topics: BTreeMap<String, u32>,
    bands: Vec<Option<usize>>,
    triplets: Vec<(u32, u32, f32)>,
}

impl Evidence {
    /// Adds rows, which must be ordered by member.
    async fn add(&mut self, mut batches: SendableRecordBatchStream, age_bands: &AgeBands) -> Result<(), BuildError> {
        let mut last_member = String::new();
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(BuildError::query(NAME))?;
            let texts = |at: usize| texts(&batch, at);
            let (members, topics, bands) = (texts(0)?, texts(1)?, texts(3)?);
            let weights = batch.column(2).as_primitive_opt::<Float64Type>().ok_or_else(|| damaged("weight"))?;
            for row in 0..batch.num_rows() {
                if self.bands.is_empty() || members.value(row) != last_member {
                    last_member = members.value(row).to_owned();
                    self.bands.push(age_bands.named(bands.value(row)).map(usize::from));
                }
                let n_topics = self.topics.len() as u32;
                let topic = match self.topics.get(topics.value(row)) {
                    Some(&topic) => topic,
                    None => *self.topics.entry(topics.value(row).to_owned()).or_insert(n_topics),
                };
                let member = self.bands.len() as u32 - 1;
                self.triplets.push((member, topic, weights.value(row) as f32));
            }
        }
        Ok(())
    }

    /// Returns the table; it is empty without evidence.
    fn learn(self, age_bands: &AgeBands) -> Result<RecordBatch, BuildError> {
        let mut rows: Vec<(String, &str, f64, f64)> = Vec::new();
        let n_bands = age_bands.count();
        let weights = UserItems::from_triplets(self.bands.len(), self.topics.len(), self.triplets)?;
        let fitted = match Shrinkage::fit(&weights, &self.bands, n_bands) {
            Err(ModelError::NotEnoughData(_)) => None,
            fitted => Some(fitted?),
        };
        if let Some(shrinkage) = fitted {
            let mut add_rows = |band: String, prior: &Prior| {
                for (topic, &column) in &self.topics {
                    let share = prior.shares.get(column as usize).copied().unwrap_or_default();
                    rows.push((band.clone(), topic, share, prior.strength));
                }
            };
            add_rows(ALL_MEMBERS.to_owned(), shrinkage.prior(None));
            for band in 0..n_bands {
                add_rows(age_bands.label(band), shrinkage.prior(Some(band)));
            }
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0.as_str()))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.2))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.3))),
        ];
        let schema = Schema::new(vec![
            Field::new("age_band", DataType::Utf8, true),
            Field::new("topic", DataType::Utf8, true),
            Field::new("share", DataType::Float64, true),
            Field::new("prior_weight", DataType::Float64, true),
        ]);
        RecordBatch::try_new(Arc::new(schema), columns).map_err(|error| BuildError::query(NAME)(error.into()))
    }
}

fn texts(batch: &RecordBatch, at: usize) -> Result<StringArray, BuildError> {
    let column = arrow::compute::cast(batch.column(at), &DataType::Utf8).ok();
    column
        .and_then(|column| column.as_string_opt::<i32>().cloned())
        .ok_or_else(|| damaged(batch.schema_ref().field(at).name()))
}

fn damaged(column: &str) -> BuildError {
    BuildError::Damaged { table: "built/topic_weights".to_owned(), column: column.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_of_similar_members_keep_their_own_shares() {
        let topics = BTreeMap::from([("badminton".to_owned(), 0), ("films".to_owned(), 1)]);
        let mut evidence = Evidence { topics, ..Evidence::default() };
        for member in 0..200_u32 {
            let young = member < 100;
            evidence.bands.push(Some(if young { 1 } else { 4 }));
            evidence.triplets.push((member, u32::from(!young), 8.0));
            evidence.triplets.push((member, u32::from(young), 2.0));
        }
        let bands = AgeBands::default();
        let table = evidence.learn(&bands).expect("learnt");
        assert_eq!(table.num_rows(), 2 * (bands.count() + 1));
        let share = |band: &str, topic: &str| {
            (0..table.num_rows())
                .find(|&row| {
                    texts(&table, 0).expect("bands").value(row) == band
                        && texts(&table, 1).expect("topics").value(row) == topic
                })
                .map(|row| table.column(2).as_primitive::<Float64Type>().value(row))
                .expect("a row for every band and topic")
        };
        assert!(share("18-24", "badminton") > 0.7, "the young play");
        assert!(share("45-54", "badminton") < 0.3, "the others watch films");
        assert!((share("all", "badminton") - 0.5).abs() < 0.05);
    }

    #[test]
    fn without_evidence_the_table_is_empty() {
        assert_eq!(Evidence::default().learn(&AgeBands::default()).expect("empty").num_rows(), 0);
    }
}
