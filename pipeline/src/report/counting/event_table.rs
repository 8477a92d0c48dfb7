//! The events of the members in view as a table for SQL, from columns in memory.
//!
//! Queries about other kinds of events or other columns than memory has read the lake.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::stream;

use super::view::{Micros, View};
use crate::report::columns::{EventColumns, Kind, ReportColumns};

/// Number of rows in a batch.
const BATCH_ROWS: usize = 8192;
/// The columns that memory has.
const COLUMNS: [&str; 8] = ["member_id", "item_id", "kind", "at", "dwell_seconds", "push_id", "age_band", "union_id"];

/// The table `events` of a report.
pub(in crate::report) struct EventTable {
    events: InMemory,
    threads: usize,
    /// The same table from the lake.
    on_disk: Arc<dyn TableProvider>,
}

/// The events in memory since an instant that are known.
#[derive(Clone)]
pub(in crate::report) struct InMemory {
    pub(super) columns: Arc<ReportColumns>,
    pub(super) view: Arc<View>,
    pub(super) known: Micros,
}

impl EventTable {
    pub(in crate::report) fn new(events: InMemory, threads: usize, on_disk: Arc<dyn TableProvider>) -> Self {
        Self { events, threads: threads.max(1), on_disk }
    }
}

impl std::fmt::Debug for EventTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventTable").finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for EventTable {
    fn schema(&self) -> SchemaRef {
        self.on_disk.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let projected =
            projection.map_or_else(|| Ok(Arc::clone(&schema)), |columns| schema.project(columns).map(Arc::new))?;
        let has_columns = projected.fields().iter().all(|field| COLUMNS.contains(&field.name().as_str()));
        let kinds: Option<Vec<Kind>> =
            filters.iter().find_map(names).and_then(|names| names.into_iter().map(Kind::named).collect());
        let Some(kinds) = kinds.filter(|_| has_columns) else {
            return self.on_disk.scan(state, projection, filters, limit).await;
        };
        let period = filters.iter().fold(self.events.known, |period, filter| within(filter, period));
        let files = self.events.columns.events.iter().filter(|events| events.overlaps(period));
        let mut partitions = vec![Vec::new(); self.threads];
        for (at, events) in files.enumerate() {
            partitions[at % self.threads].push(Arc::clone(events));
        }
        let partitions = partitions.into_iter().map(|files| {
            let events = InMemory { known: period, ..self.events.clone() };
            let part = Part { events, files, kinds: kinds.clone(), schema: Arc::clone(&projected) };
            Arc::new(part) as Arc<dyn PartitionStream>
        });
        Ok(Arc::new(StreamingTableExec::try_new(Arc::clone(&projected), partitions.collect(), None, [], false, limit)?))
    }
}

/// The kinds to which a filter restricts; `None` if it does not.
fn names(filter: &Expr) -> Option<Vec<&str>> {
    let is_kind = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name == "kind");
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_kind(left) => Some(vec![literal(right)?]),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => Some([names(left)?, names(right)?].concat()),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => names(left).or_else(|| names(right)),
        Expr::InList(list) if is_kind(&list.expr) && !list.negated => list.list.iter().map(literal).collect(),
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

/// The part of a period that a filter leaves.
fn within(filter: &Expr, (from, to): Micros) -> Micros {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return (from, to) };
    if *op == Operator::And {
        return within(right, within(left, (from, to)));
    }
    match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), Expr::Literal(ScalarValue::TimestampMicrosecond(Some(at), _), _))
            if column.name == "at" =>
        {
            match op {
                Operator::GtEq => (from.max(*at), to),
                Operator::Lt => (from, to.min(*at)),
                _ => (from, to),
            }
        }
        _ => (from, to),
    }
}

/// The events of some files, for one thread.
struct Part {
    events: InMemory,
    files: Vec<Arc<EventColumns>>,
    kinds: Vec<Kind>,
    schema: SchemaRef,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (events, kinds, schema) = (self.events.clone(), self.kinds.clone(), Arc::clone(&self.schema));
        let batches = self.files.clone().into_iter().flat_map(move |file| {
            let rows = rows_of(&events, &file, &kinds);
            let (events, schema) = (events.clone(), Arc::clone(&schema));
            let chunks = rows.len().div_ceil(BATCH_ROWS);
            (0..chunks).map(move |chunk| {
                let rows = &rows[chunk * BATCH_ROWS..rows.len().min((chunk + 1) * BATCH_ROWS)];
                batch(&events, &file, rows, &schema).map_err(DataFusionError::from)
            })
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::iter(batches)))
    }
}

/// An event of a file: item, place in the columns, and row of the member.
type Row = (u32, usize, usize);

fn rows_of(events: &InMemory, file: &EventColumns, kinds: &[Kind]) -> Vec<Row> {
    let (from, to) = events.known;
    let is_wanted =
        |place: usize| (from..to).contains(&file.at.get(place)) && kinds.contains(&file.flags[place].kind());
    let places = file.items.iter().flat_map(|(item, places)| places.clone().map(move |place| (*item, place)));
    places
        .filter(|(_, place)| is_wanted(*place))
        .filter_map(|(item, place)| Some((item, place, events.view.row(file.members[place])?)))
        .collect()
}

fn batch(
    events: &InMemory,
    file: &EventColumns,
    rows: &[Row],
    schema: &SchemaRef,
) -> std::result::Result<RecordBatch, ArrowError> {
    let columns = &events.columns;
    let members = &columns.members;
    let group_text = |dimension: usize| -> ArrayRef {
        let text = |row: &Row| members.texts.text(members.groups[members.group_of[row.2] as usize][dimension]);
        Arc::new(rows.iter().map(text).collect::<StringViewArray>())
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "member_id" => {
                let text = |row: &Row| columns.member_ids.text(file.members[row.1]);
                Arc::new(rows.iter().map(text).collect::<StringViewArray>())
            }
            "item_id" => {
                let text = |row: &Row| columns.item_ids.text(row.0);
                Arc::new(rows.iter().map(text).collect::<StringViewArray>())
            }
            "kind" => {
                let text = |row: &Row| Some(file.flags[row.1].kind().name());
                Arc::new(rows.iter().map(text).collect::<StringViewArray>())
            }
            "at" => {
                let instants: TimestampMicrosecondArray =
                    rows.iter().map(|row| file.at.get(row.1)).collect::<Vec<_>>().into();
                Arc::new(instants.with_timezone("UTC"))
            }
            "dwell_seconds" => {
                let seconds = |row: &Row| file.seconds.get(row.1);
                Arc::new(rows.iter().map(seconds).collect::<Float64Array>())
            }
            "push_id" => {
                let text = |row: &Row| columns.push_ids.text(*file.pushes.get(row.1)?);
                Arc::new(rows.iter().map(text).collect::<StringViewArray>())
            }
            "age_band" => group_text(1),
            _ => group_text(0),
        }
    };
    let arrays = schema.fields().iter().map(|field| {
        let array = column(field.name());
        if array.data_type() == field.data_type() { Ok(array) } else { arrow::compute::cast(&array, field.data_type()) }
    });
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays.collect::<std::result::Result<_, _>>()?, &options)
}
