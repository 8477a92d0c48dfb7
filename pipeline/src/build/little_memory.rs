//! Tests that every query of a build gives the same rows with a quarter of its memory, or with 24 MB if a quarter is less; and that
//! the rows which are counted without their query are those of the query.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, Utc};
use datafusion::dataframe::DataFrame;
use datafusion::execution::TempFileFactory;
use datafusion::execution::memory_pool::PeakRecordingPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::spill_file::SpillFile;
use datafusion::prelude::SessionContext;
use zhihui_data::Table;

use super::context::BuildContext;
use super::execution::{QueryTurns, collect};
use super::inputs::Inputs;
use super::interaction_queries::{Duplicates, QUERIES};
use super::session::{instant, parameter};
use super::steps::{AFTER_TOPIC_SHARES, BEFORE_INTERACTIONS, BEFORE_TOPIC_SHARES, MONTHLY};
use super::{
    BuildError, BuildOptions, checks, interactions, item_bands, monthly_tables, run, staged_query, topic_shares,
};
use crate::lake::raw::raw_spec;
use crate::lake::{CommitInfo, CommitMode, Lake, LakeLocation, Written};
use crate::sql::{self, LakeScan, SessionLimits, SpillFolder, disk_manager, memory_pool};

const MEMBERS: usize = 30_000;
/// In bytes. With less, some batches for each of the sixty sorts of the largest plan do not fit.
const LEAST_MEMORY: usize = 24 << 20;
/// No query takes nearly as long.
const LONGEST: Duration = Duration::from_secs(120);

fn as_of() -> DateTime<Utc> {
    "2026-11-28T16:00:00Z".parse().expect("an instant")
}

/// The rows of the raw tables: numbers `n` from 1, with which everything is chosen by multiplication.
fn raw_rows() -> Vec<(Table, usize, String)> {
    let member = format!("('m' || (n * 7919 % {MEMBERS}))");
    // A third of the rows name the openid only.
    let actor = format!(
        "case when n % 3 > 0 then {member} end as member_id, case when n % 3 = 0 then 'openid-of-' || {member} end as openid"
    );
    let at = "to_timestamp_seconds(1795881000 - n * 2654435761 % 28000000)";
    let event = "case when n % 5 = 0 then 'e' || n end as event_id";
    let item = "'a' || (n * 104729 % 400)";
    let activity = "'v' || (n * 104729 % 60)";
    let topics = "make_array('t' || (n % 11), 't' || (n % 17))";
    vec![
        (Table::Unions, 200, "'u' || n as union_id, 'union ' || n as name".to_owned()),
        (
            Table::Members,
            2 * MEMBERS,
            format!(
                "{member} as member_id, 'openid-of-' || {member} as openid, 'u' || (n % 200) as union_id, \
                 arrow_cast(arrow_cast(n % 20000, 'Int32'), 'Date32') as birth_date, n % 19 > 0 as personalised, {at} as updated_at"
            ),
        ),
        (Table::Memberships, MEMBERS, format!("{member} as member_id, 'u' || (n % 31) as union_id")),
        (Table::Articles, 400, format!("'a' || n as article_id, {topics} as topics, {at} as published_at")),
        (Table::Activities, 60, format!("'v' || n as activity_id, {topics} as topics, {at} as starts_at")),
        (
            Table::Reads,
            900_000,
            format!("{event}, {actor}, {item} as article_id, {at} as read_at, n % 300 as dwell_seconds"),
        ),
        (Table::Shares, 40_000, format!("{event}, {actor}, {item} as item_id, {at} as shared_at")),
        (
            Table::SignUps,
            240_000,
            format!(
                "{actor}, {activity} as activity_id, {at} as signed_up_at, 1 + n % 3 as tickets, \
                 case n % 4 when 0 then 'cancelled' when 1 then 'attended' else 'registered' end as status"
            ),
        ),
        (
            Table::Pushes,
            120_000,
            format!(
                "'p' || (n % 50) as push_id, {member} as member_id, {item} as item_id, {at} as sent_at, \
                 case when n % 10 = 0 then 'hold_out' else 'push' end as arm"
            ),
        ),
        (Table::Shown, 60_000, format!("{event}, {actor}, {item} as item_id, {at} as shown_at, 0.5 as propensity")),
        (Table::Feedback, 2_000, format!("{event}, {actor}, {item} as item_id, {at} as at")),
        (
            Table::MemberEvents,
            12_000,
            format!(
                "'openid-of-' || {member} as openid, {member} as member_id, {at} as at, \
                 case n % 4 when 0 then 'bind' when 1 then 'unfollow' when 2 then 'opt_out' else 'follow' end as event"
            ),
        ),
    ]
}

/// A lake with raw rows.
async fn town(lake: &Lake) {
    let session = SessionContext::new();
    for (table, rows, columns) in raw_rows() {
        let spec = raw_spec(table);
        let month = match table.partition_time() {
            Some(time) => format!(", to_char({time} + interval '8 hours', '%Y-%m') as month"),
            None => String::new(),
        };
        let sql = format!(
            "select *, 1 as _batch, 'file' as _file{month} \
             from (select {columns}, n as _row from (select value as n from generate_series(1, {rows})))"
        );
        let batches = session.sql(&sql).await.expect("planned").collect().await.expect("rows");
        let mut raw = lake.create(&spec).await.expect("a table");
        // Small files: a row of a view keeps the whole column of its file in memory.
        let mut written = Written::default();
        for batch in &batches {
            let mut writer = raw.writer();
            writer.write(batch).await.expect("written");
            written.merge(writer.finish().await.expect("finished"));
        }
        let info = CommitInfo { operation: "test".into(), run_id: "test".into(), at: as_of() };
        raw.commit(written, CommitMode::Append, Vec::new(), info).await.expect("committed");
    }
}

/// All queries of a build with their tables.
fn queries() -> Vec<(String, String)> {
    let steps = [BEFORE_INTERACTIONS, BEFORE_TOPIC_SHARES, AFTER_TOPIC_SHARES].concat().into_iter().flatten();
    let mut queries: Vec<(String, String)> = steps.map(|step| (step.name.to_owned(), step.sql.to_owned())).collect();
    queries.extend(MONTHLY.iter().map(|step| (step.name.to_owned(), step.sql.to_owned())));
    for query in QUERIES {
        queries.push((format!("interactions of {}", query.table), query.sql(Duplicates::Possible)));
        queries.push((format!("interactions of {} as they are", query.table), query.sql(Duplicates::Impossible)));
    }
    queries.push(("actors".to_owned(), sql::owners(Some(as_of()))));
    queries.push(("topic_shares".to_owned(), topic_shares::EVIDENCE.to_owned()));
    queries.extend(checks::queries().map(|(check, sql)| (check.to_owned(), sql.to_owned())));
    queries
}

/// A session in which every table is registered that a query of the build reads.
async fn registered<'a>(lake: &'a Lake, options: &'a BuildOptions) -> BuildContext<'a> {
    let inputs = Inputs::open(lake).await.expect("raw tables");
    let (mut context, _) = run::prepared(lake, options, &inputs, &|_| {}).await.expect("prepared");
    for query in QUERIES {
        let files = inputs.files(query.table);
        inputs.register_partition(&context.session, query.table, files, as_of()).await.expect("registered");
    }
    for name in lake.tables().await.expect("tables") {
        if let Some(built) = name.strip_prefix("built/") {
            let table = lake.table(&name).await.expect("readable").expect("a table");
            for name in [built.to_owned(), format!("changed_{built}")] {
                context.register_scan(&name, LakeScan::new(&table)).expect("registered");
            }
            if built == interactions::NAME {
                context.register_scan(monthly_tables::INPUT, LakeScan::new(&table)).expect("registered");
            }
        }
    }
    // All interactions are in one month.
    let year = chrono::Duration::days(366);
    let month = [parameter("month_from", instant(as_of() - year)), parameter("month_to", instant(as_of()))];
    context.parameters.extend(month);
    let steps = [BEFORE_INTERACTIONS, AFTER_TOPIC_SHARES].concat().into_iter().flatten();
    for step in steps.filter(|step| step.transient) {
        let frame = staged_query::plan(&context.session, step.sql, &context.parameters, step.name).await;
        context.register_temporary(frame.expect("planned"), &[step.name]).await.expect("registered");
    }
    context
}

/// Counts the temporary files of queries.
struct Counting(Arc<dyn TempFileFactory>, AtomicUsize);

impl TempFileFactory for Counting {
    fn create_temp_file(&self, description: &str) -> datafusion::common::Result<Arc<dyn SpillFile>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.create_temp_file(description)
    }
}

/// What a query did with its memory.
struct Outcome {
    /// Sorted, with numbers of nine digits: sums depend on the order of rows.
    rows: Vec<String>,
    /// Bytes.
    peak: usize,
    files: usize,
    joined_by_sorting: bool,
}

/// Runs a query in a memory of its own.
async fn outcome(
    frame: DataFrame,
    name: &str,
    spill: &SpillFolder,
    memory_bytes: usize,
) -> Result<Outcome, BuildError> {
    let (mut state, query) = frame.into_parts();
    let limits = SessionLimits { memory_bytes, threads: 2, spill_dir: Some(spill.clone()) };
    let pool = Arc::new(PeakRecordingPool::new(memory_pool(memory_bytes)));
    let files = Arc::new(Counting(spill.factory(), AtomicUsize::new(0)));
    let runtime = RuntimeEnvBuilder::from_runtime_env(state.runtime_env())
        .with_memory_pool(Arc::<PeakRecordingPool>::clone(&pool))
        .with_disk_manager_builder(disk_manager(Arc::<Counting>::clone(&files)))
        .build_arc()
        .expect("a runtime");
    let turns = Arc::<QueryTurns>::default();
    let of_limits = sql::configuration(&limits);
    let execution = &mut state.config_mut().options_mut().execution;
    execution.batch_size = of_limits.options().execution.batch_size;
    execution.sort_spill_reservation_bytes = of_limits.options().execution.sort_spill_reservation_bytes;
    state.config_mut().set_extension(Arc::<QueryTurns>::clone(&turns));
    let state = datafusion::execution::SessionStateBuilder::from(state).with_runtime_env(runtime).build();
    let batches = collect(DataFrame::new(state, query), name).await?;
    let mut rows: Vec<String> = batches.iter().flat_map(texts).collect();
    rows.sort_unstable();
    Ok(Outcome {
        rows,
        peak: pool.max_reserved(),
        files: files.1.load(Ordering::Relaxed),
        joined_by_sorting: turns.take_sorted(name),
    })
}

/// The rows of a batch as texts. The values of a list are sorted, because that of an aggregation has no order.
fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("");
    let columns = batch.columns().iter().map(|column| {
        let formatter = ArrayFormatter::try_new(column, &options).expect("printable");
        let text = |row: usize| match column.data_type() {
            DataType::Float64 if column.is_valid(row) => {
                format!("{:.8e}", column.as_primitive::<Float64Type>().value(row))
            }
            DataType::List(_) => {
                let text = formatter.value(row).to_string();
                let mut values: Vec<&str> = text.trim_matches(['[', ']']).split(", ").collect();
                values.sort_unstable();
                values.join(", ")
            }
            _ => formatter.value(row).to_string(),
        };
        (0..batch.num_rows()).map(text).collect::<Vec<_>>()
    });
    let columns: Vec<Vec<String>> = columns.collect();
    let row = |row: usize| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" | ");
    (0..batch.num_rows()).map(row).collect()
}

/// A town with built tables. Temporary files are in `spill`.
async fn built_town(folder: &Path, spill: &SpillFolder) -> (Lake, BuildOptions) {
    let lake = Lake::open(&LakeLocation::Local(folder.join("lake"))).await.expect("a lake");
    town(&lake).await;
    let limits = SessionLimits { memory_bytes: 1 << 30, threads: 2, spill_dir: Some(spill.clone()) };
    let options = BuildOptions { limits, ..BuildOptions::at(as_of(), "test") };
    run::build(&lake, &options, &|_| {}).await.expect("built");
    (lake, options)
}

#[tokio::test(flavor = "multi_thread")]
async fn items_by_age_band_are_counted_as_their_query_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let spill = SpillFolder::inside(folder.path().join("spill"));
    let (lake, options) = built_town(folder.path(), &spill).await;
    let context = registered(&lake, &options).await;
    let queries = queries();
    let (name, sql) = queries.iter().find(|(name, _)| name == item_bands::NAME).expect("a query");
    let sql = format!("select * from ({sql}) order by item_id, age_band");
    let frame = staged_query::plan(&context.session, &sql, &context.parameters, name).await.expect("planned");
    let batches = collect(frame, name).await.expect("rows");
    let of_query = concat_batches(batches[0].schema_ref(), &batches).expect("one batch");
    let counted = item_bands::count(&context, &spill).await.expect("counted");
    assert!(counted.num_rows() > 1_000, "{} rows", counted.num_rows());
    for (field, column) in counted.schema_ref().fields().iter().zip(counted.columns()) {
        let expected = of_query.column_by_name(field.name()).expect("a column of the query");
        assert_eq!(column, &cast(expected, field.data_type()).expect("the same type"), "{}", field.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_of_the_memory_gives_the_same_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let spill = SpillFolder::inside(folder.path().join("spill"));
    let (lake, options) = built_town(folder.path(), &spill).await;
    let context = registered(&lake, &options).await;
    let (mut found, mut failures) = (BTreeMap::new(), Vec::new());
    for (name, sql) in queries() {
        let frame =
            async || staged_query::plan(&context.session, &sql, &context.parameters, &name).await.expect("planned");
        let usual = outcome(frame().await, &name, &spill, 1 << 30).await.expect("enough memory");
        assert!(!usual.joined_by_sorting, "{name} has enough memory");
        let memory_bytes = (usual.peak / 4).max(LEAST_MEMORY);
        let with_little = outcome(frame().await, &name, &spill, memory_bytes);
        let Ok(little) = tokio::time::timeout(LONGEST, with_little).await else {
            failures.push(format!("{name} with {memory_bytes} of {} bytes does not end", usual.peak));
            continue;
        };
        match little {
            Ok(little) if little.rows == usual.rows => {
                found.insert(name, (usual, little));
            }
            Ok(_) => failures.push(format!("{name} gives other rows with {memory_bytes} bytes")),
            Err(error) => failures.push(format!("{name} with {memory_bytes} of {} bytes: {error}", usual.peak)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let is_result = |name: &&String| !name.contains("__");
    assert!(found.iter().filter(|(name, _)| is_result(name)).all(|(_, (usual, _))| !usual.rows.is_empty()));
    let spilled = found.values().filter(|(_, little)| little.files > 0).count();
    let sorted = found.values().filter(|(_, little)| little.joined_by_sorting).count();
    assert!(spilled >= 5 && sorted >= 3, "{spilled} queries spilled, {sorted} joined by sorting");
}
