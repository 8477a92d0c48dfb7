//! A lake whose raw rows are given as JSON objects.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use zhihui_data::{Table, Zone};
use zhihui_pipeline::build::{BuildError, BuildOptions, BuildReport, build};
use zhihui_pipeline::lake::raw::{BATCH, MONTH, ROW, month_of, raw_spec, rejects_spec};
use zhihui_pipeline::lake::{CommitInfo, CommitMode, Lake, LakeLocation, TableSpec};
use zhihui_pipeline::sql::SessionLimits;

/// A lake in a temporary folder.
pub(crate) struct Home {
    pub(crate) lake: Lake,
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = Lake::open(&LakeLocation::Local(folder.path().join("lake"))).await.expect("a lake");
        Self { lake, folder }
    }

    /// Appends rows to a raw table in one commit. Panics for unknown columns.
    pub(crate) async fn add(&self, table: Table, rows: &[Value]) {
        let spec = raw_spec(table);
        let batch_number = self.lake.create(&spec).await.expect("a table").version() + 1;
        let rows: Vec<Value> =
            rows.iter().enumerate().map(|(at, row)| completed(table, row, batch_number, at)).collect();
        self.append(&spec, &rows).await;
    }

    /// Appends rows to `rejects`.
    pub(crate) async fn add_rejects(&self, rows: &[Value]) {
        self.append(&rejects_spec(), rows).await;
    }

    async fn append(&self, spec: &TableSpec, rows: &[Value]) {
        let mut raw = self.lake.create(spec).await.expect("a table");
        let columns = spec.schema.fields().iter().map(|field| column(field, rows)).collect();
        let batch = RecordBatch::try_new(Arc::clone(&spec.schema), columns).expect("a batch");
        let mut writer = raw.writer();
        writer.write(&batch).await.expect("written");
        let written = writer.finish().await.expect("finished");
        let info = CommitInfo { operation: "test".into(), run_id: "test".into(), at: DateTime::<Utc>::UNIX_EPOCH };
        raw.commit(written, CommitMode::Append, Vec::new(), info).await.expect("committed");
    }

    /// A copy without built tables.
    pub(crate) async fn with_raw_tables_only(&self) -> Self {
        let copy = Self::new().await;
        copy_folder(&self.folder.path().join("lake/raw"), &copy.folder.path().join("lake/raw"));
        copy
    }

    /// Builds as of a time.
    pub(crate) async fn build(&self, as_of: &str) -> Result<BuildReport, BuildError> {
        build(&self.lake, &options(as_of), &|_| {}).await
    }

    /// The rows of every built table except the build state.
    pub(crate) async fn built_tables(&self) -> BTreeMap<String, Vec<Value>> {
        let mut tables = BTreeMap::new();
        for name in self.lake.tables().await.expect("listed") {
            // The build state contains numbers that depend on the commits.
            if let Some(plain) = name.strip_prefix("built/").filter(|name| *name != "build_state") {
                tables.insert(plain.to_owned(), self.rows(plain).await);
            }
        }
        tables
    }

    /// The rows of a built table as objects, sorted by their text.
    pub(crate) async fn rows(&self, table: &str) -> Vec<Value> {
        use futures::TryStreamExt;
        let found = self.lake.table(&format!("built/{table}")).await.expect("readable").expect("built");
        let batches: Vec<RecordBatch> =
            found.read(&found.files(), &[]).await.expect("readable").try_collect().await.expect("rows");
        let mut rows: Vec<Value> = batches.iter().flat_map(objects).collect();
        rows.sort_by_key(Value::to_string);
        rows
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("copied");
        }
    }
}

pub(crate) fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

pub(crate) fn options(as_of: &str) -> BuildOptions {
    BuildOptions::at(time(as_of), "test")
}

pub(crate) fn limits() -> SessionLimits {
    SessionLimits { memory_bytes: 1 << 28, threads: 2, spill_dir: None }
}

fn completed(table: Table, row: &Value, batch: i64, at: usize) -> Value {
    let mut row = row.clone();
    for name in row.as_object().expect("an object").keys() {
        assert!(table.column(name).is_some(), "{table} has no column {name}");
    }
    row[BATCH] = json!(batch);
    row[ROW] = json!(at);
    if let Some(column) = table.partition_time() {
        let instant = time(row[column].as_str().expect("a time"));
        row[MONTH] = json!(month_of(Zone::default(), instant.timestamp_micros()));
    }
    row
}

fn column(field: &Field, rows: &[Value]) -> ArrayRef {
    let cells = || rows.iter().map(|row| row.get(field.name()).filter(|cell| !cell.is_null()));
    let text = |cell: &Value| cell.as_str().expect("a text").to_owned();
    match field.data_type() {
        DataType::Utf8 => Arc::new(cells().map(|cell| cell.map(text)).collect::<StringArray>()),
        DataType::Int64 => Arc::new(cells().map(|cell| cell.and_then(Value::as_i64)).collect::<Int64Array>()),
        DataType::Float64 => Arc::new(cells().map(|cell| cell.and_then(Value::as_f64)).collect::<Float64Array>()),
        DataType::Boolean => Arc::new(cells().map(|cell| cell.and_then(Value::as_bool)).collect::<BooleanArray>()),
        DataType::Timestamp(..) => {
            let micros = |cell: &Value| time(&text(cell)).timestamp_micros();
            Arc::new(cells().map(|cell| cell.map(micros)).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        DataType::Date32 => {
            let days = |cell: &Value| {
                let day: NaiveDate = text(cell).parse().expect("a day");
                i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).expect("a day of our time")
            };
            Arc::new(cells().map(|cell| cell.map(days)).collect::<Date32Array>())
        }
        DataType::List(item) => {
            let mut lists = ListBuilder::new(StringBuilder::new()).with_field(Arc::clone(item));
            for cell in cells() {
                let texts = cell.and_then(Value::as_array);
                texts.into_iter().flatten().for_each(|cell| lists.values().append_value(text(cell)));
                lists.append(texts.is_some());
            }
            Arc::new(lists.finish())
        }
        other => panic!("no test column of type {other}"),
    }
}

fn objects(batch: &RecordBatch) -> Vec<Value> {
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    let options = FormatOptions::new().with_null("");
    let formatters: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).expect("printable"))
        .collect();
    let object = |row: usize| {
        let cells = batch.schema_ref().fields().iter().zip(&formatters);
        let cells: BTreeMap<String, String> =
            cells.map(|(field, formatter)| (field.name().clone(), formatter.value(row).to_string())).collect();
        json!(cells)
    };
    (0..batch.num_rows()).map(object).collect()
}
