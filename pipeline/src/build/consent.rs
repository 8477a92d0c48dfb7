//! Consent as tables that queries can join.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use zhihui_engine::overlay::Consent;

use super::fingerprint::Fingerprint;
use crate::ingest::inbox_transaction;
use crate::lake::raw::instant_type;

/// Registers the tables `member_switches` and `deleted_topics` and returns the fingerprint of each. Their column names differ
/// from those of other tables for the reason given in `actors.sql`.
pub(super) fn register(
    session: &SessionContext,
    consent: &Consent,
    inbox: Option<&str>,
) -> Result<[(&'static str, Fingerprint); 2], DataFusionError> {
    let (mut switches, mut deletions) = (Fingerprint::default(), Fingerprint::default());
    for (member, switch) in &consent.personalised {
        switches.add(member.as_bytes());
        switches.add(&[u8::from(switch.allowed)]);
        switches.add(&switch.at.to_le_bytes());
        switches.add(format!("{:?} {inbox:?}", consent.switched_after.get(member)).as_bytes());
    }
    let members = StringArray::from_iter_values(consent.personalised.keys());
    let allowed: BooleanArray = consent.personalised.values().map(|switch| Some(switch.allowed)).collect();
    let at = instants(consent.personalised.values().map(|switch| switch.at));
    let fields = vec![
        Field::new("switch_member", DataType::Utf8, false),
        Field::new("allowed", DataType::Boolean, false),
        Field::new("switched_at", instant_type(), false),
        Field::new("switched_after", DataType::Int64, true),
        Field::new("switch_inbox", DataType::Utf8, true),
        Field::new("switch_mark", DataType::Utf8, true),
    ];
    let switched_after =
        |member: &String| consent.switched_after.get(member).map(|&after| i64::try_from(after).unwrap_or(i64::MAX));
    let after: Int64Array = consent.personalised.keys().map(switched_after).collect();
    let inboxes: StringArray =
        consent.personalised.keys().map(|_| inbox.map(|id| format!("{}:", inbox_transaction(id)))).collect();
    let marks: StringArray = consent.personalised.keys().map(|member| consent.switch_mark(member)).collect();
    let columns: Vec<ArrayRef> =
        vec![Arc::new(members), Arc::new(allowed), Arc::new(at), Arc::new(after), Arc::new(inboxes), Arc::new(marks)];
    session.register_batch("member_switches", RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)?;

    let deleted = &consent.deleted_topics;
    for deletion in deleted {
        deletions.add(deletion.member_id.as_bytes());
        deletions.add(deletion.topic.as_bytes());
        deletions.add(&deletion.at.to_le_bytes());
    }
    let members = StringArray::from_iter_values(deleted.iter().map(|deletion| &deletion.member_id));
    let topics = StringArray::from_iter_values(deleted.iter().map(|deletion| &deletion.topic));
    let at = instants(deleted.iter().map(|deletion| deletion.at));
    let fields = vec![
        Field::new("deleted_member", DataType::Utf8, false),
        Field::new("deleted_topic", DataType::Utf8, false),
        Field::new("deleted_at", instant_type(), false),
    ];
    let columns: Vec<ArrayRef> = vec![Arc::new(members), Arc::new(topics), Arc::new(at)];
    session.register_batch("deleted_topics", RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)?;
    Ok([("member_switches", switches), ("deleted_topics", deletions)])
}

fn instants(seconds: impl Iterator<Item = i64>) -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from_iter_values(seconds.map(|at| at.saturating_mul(1_000_000))).with_timezone("UTC")
}
