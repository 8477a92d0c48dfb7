//! Interactions, one partition for each source and month; a partition is made anew only where its raw rows changed, or where
//! it names members by openid and openids changed hands.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use datafusion::datasource::MemTable;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::Table;

use super::desk::Desk;
use super::fingerprint::{self, Fingerprint};
use super::inputs::{self, Inputs};
use super::stage::{self, Staged};
use super::state::Memory;
use super::{BuildError, TableStatus, steps};
use crate::lake::raw::MONTH;
use crate::lake::{CommitMode, DataFile, LakeTable, Written};
use crate::sql::{self, LakeScan};

const NAME: &str = "interactions";
/// The month under which all sign-ups stand: their raw table is not partitioned.
const ALL_MONTHS: &str = "all";

/// Who owns which openid.
#[derive(Debug)]
pub(super) struct Actors {
    /// The same for the same pairs in any order.
    fingerprint: String,
    /// No member has two openids.
    one_openid_each: bool,
}

/// One partition to be.
struct Unit {
    table: Table,
    sql: &'static str,
    month: String,
    files: Vec<DataFile>,
}

impl Unit {
    fn name(&self) -> String {
        format!("{NAME}/{}/{}", self.table, self.month)
    }

    fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    fn time(&self) -> &'static str {
        self.table.partition_time().unwrap_or("signed_up_at")
    }

    fn partition(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("source".to_owned(), self.table.to_string()), (MONTH.to_owned(), self.month.clone())])
    }
}

/// Builds the partitions that changed and registers all of them as `interactions`.
pub(super) async fn build(desk: &mut Desk<'_>, inputs: &Inputs, actors: &Actors) -> Result<(), BuildError> {
    let existing = desk.lake.table("built/interactions").await?;
    let (mut whole, mut made, mut kept) = (Fingerprint::default(), Made::default(), Vec::new());
    for unit in units(inputs) {
        let fingerprint = unit_fingerprint(desk, inputs, &unit).await?;
        let present = existing.as_ref().map_or(0, |table| rows_of(table, &unit.partition()));
        whole.add(fingerprint.hex().as_bytes());
        let fits = |memory: &&Memory| {
            memory.fingerprint == fingerprint.hex()
                && memory.rows == present
                && (memory.actors.is_empty() || memory.actors == actors.fingerprint)
        };
        match desk.before.get(&unit.name()).filter(fits).cloned() {
            Some(memory) if existing.is_some() => {
                whole.add(memory.actors.as_bytes());
                desk.tell(unit.name(), TableStatus::Skipped, memory.rows, "its raw rows did not change");
                kept.push((unit, fingerprint, memory));
            }
            _ => {
                let why = if desk.before.contains_key(&unit.name()) { "its raw rows changed" } else { "first build" };
                let memory = made.add(desk, &unit, &fingerprint, actors, why).await?;
                whole.add(memory.actors.as_bytes());
            }
        }
    }
    if made.table.as_ref().is_some_and(LakeTable::must_be_replaced) {
        for (unit, fingerprint, _) in kept.drain(..) {
            desk.tables.retain(|table| table.name != unit.name());
            inputs.register_unit(&desk.session, unit.table, unit.files.clone(), desk.options.as_of).await?;
            made.add(desk, &unit, &fingerprint, actors, "the columns of interactions changed").await?;
        }
    }
    let mut stay = BTreeSet::new();
    for (unit, _, memory) in kept {
        stay.insert(unit.partition());
        desk.after.insert(unit.name(), memory);
    }
    desk.know(NAME, &whole);
    let table = made.table.or(existing).ok_or_else(|| BuildError::NotBuilt("interactions".to_owned()))?;
    register(desk, table, made.written, &stay, made.partitions)
}

/// The partitions that were made anew.
#[derive(Default)]
struct Made {
    table: Option<LakeTable>,
    written: Written,
    partitions: Vec<BTreeMap<String, String>>,
}

impl Made {
    /// Makes one more partition and remembers it; its raw rows are registered already.
    async fn add(
        &mut self,
        desk: &mut Desk<'_>,
        unit: &Unit,
        fingerprint: &Fingerprint,
        actors: &Actors,
        why: &str,
    ) -> Result<Memory, BuildError> {
        let (table, written, memory) = make(desk, unit, fingerprint, actors).await?;
        desk.tell(unit.name(), TableStatus::Done, memory.rows, why);
        desk.after.insert(unit.name(), memory.clone());
        self.partitions.push(unit.partition());
        self.written.merge(written);
        self.table = Some(table);
        Ok(memory)
    }
}

fn register(
    desk: &mut Desk<'_>,
    table: LakeTable,
    written: Written,
    kept: &BTreeSet<BTreeMap<String, String>>,
    mut replaced: Vec<BTreeMap<String, String>>,
) -> Result<(), BuildError> {
    let (mut files, gone): (Vec<DataFile>, Vec<DataFile>) =
        table.files().into_iter().partition(|file| kept.contains(&file.partition));
    replaced.extend(gone.into_iter().map(|file| file.partition));
    replaced.sort();
    replaced.dedup();
    files.extend(written.files.iter().cloned());
    desk.n_interactions = files.iter().map(|file| file.rows).sum();
    desk.register(NAME, LakeScan::new(&table).with_files(files))?;
    if !replaced.is_empty() {
        desk.staged.push(Staged { table, written, mode: CommitMode::ReplacePartitions(replaced) });
    }
    Ok(())
}

/// The partitions that the raw tables ask for. Sign-ups are always among them, so that the table exists.
fn units(inputs: &Inputs) -> Vec<Unit> {
    let mut units = Vec::new();
    for &(name, sql) in steps::SOURCES {
        let Some(table) = Table::named(name) else { continue };
        if table.partition_time().is_none() {
            units.push(Unit { table, sql, month: ALL_MONTHS.to_owned(), files: inputs.files(table) });
            continue;
        }
        let mut months: BTreeMap<String, Vec<DataFile>> = BTreeMap::new();
        for file in inputs.files(table) {
            months.entry(file.partition.get(MONTH).cloned().unwrap_or_default()).or_default().push(file);
        }
        units.extend(months.into_iter().map(|(month, files)| Unit { table, sql, month, files }));
    }
    units
}

async fn unit_fingerprint(desk: &Desk<'_>, inputs: &Inputs, unit: &Unit) -> Result<Fingerprint, BuildError> {
    let Some(time) = unit.table.partition_time() else {
        return Ok(desk.fingerprint(unit.sql, &["sign_up_rows", "activities"]));
    };
    let as_of = desk.options.as_of;
    let raw = inputs.register_unit(&desk.session, unit.table, unit.files.clone(), as_of).await?;
    let visible = inputs::visible_rows(&desk.session, &unit.files, &raw, time, as_of, &desk.parameters).await?;
    let fingerprint = fingerprint::of_weights(desk.options).with(unit.sql);
    Ok(fingerprint.with_files(&unit.files).with(visible.to_le_bytes()))
}

/// Makes one partition; its raw rows are registered already.
async fn make(
    desk: &mut Desk<'_>,
    unit: &Unit,
    fingerprint: &Fingerprint,
    actors: &Actors,
) -> Result<(LakeTable, Written, Memory), BuildError> {
    desk.ready(&["sign_up_rows"]).await?;
    let named = if unit.table.needs_actor() { naming(desk, unit).await? } else { Naming::default() };
    let sql = if named.is_unlike(actors) { unit.sql.replace("from facts", "from unlike") } else { unit.sql.to_owned() };
    let frame = stage::plan(&desk.session, &sql, &desk.parameters, NAME).await?;
    let source = unit.table.name();
    let partition = [("source", source), (MONTH, unit.month.as_str())];
    let (table, written) = stage::run(desk.lake, frame, NAME, &partition, &["at"], unit.rows()).await?;
    let mut memory = Memory { fingerprint: fingerprint.hex(), rows: written.rows() as i64, ..Memory::default() };
    if named.by_openid > 0 {
        let time = unit.time();
        let sql = format!(
            "select count(*) - count(actor_id) from actors right join {source} on openid = actor_openid \
             where member_id is null and {time} < $as_of"
        );
        memory.unresolved = inputs::count(&desk.session, &sql, &desk.parameters, source).await?;
        memory.actors.clone_from(&actors.fingerprint);
    }
    Ok((table, written, memory))
}

/// How the rows of a partition name their members and themselves.
#[derive(Debug, Default)]
struct Naming {
    rows: i64,
    by_openid: i64,
    by_event_id: i64,
}

impl Naming {
    /// Whether no two rows can tell one fact: those of the same event id, or of the same name, item and second, were told
    /// apart when they came in.
    fn is_unlike(&self, actors: &Actors) -> bool {
        let one_name = self.by_openid == 0 || (self.by_openid == self.rows && actors.one_openid_each);
        one_name && (self.by_event_id == 0 || self.by_event_id == self.rows)
    }
}

async fn naming(desk: &Desk<'_>, unit: &Unit) -> Result<Naming, BuildError> {
    let (source, time) = (unit.table.name(), unit.time());
    let events = if unit.table.column("event_id").is_some() { "count(event_id)" } else { "0" };
    let sql = format!("select count(*), count(*) - count(member_id), {events} from {source} where {time} < $as_of");
    let found = inputs::counts(&desk.session, &sql, &desk.parameters, source).await?;
    Ok(match found[..] {
        [rows, by_openid, by_event_id] => Naming { rows, by_openid, by_event_id },
        _ => Naming::default(),
    })
}

/// Collects who owns which openid and gives a fingerprint of that, whatever the order of rows. The instants of the claims have a
/// fingerprint of their own, because every roster may change them and most tables do not depend on them.
pub(super) async fn register_actors(desk: &mut Desk<'_>) -> Result<Actors, BuildError> {
    let (name, claims) = ("actors", "openid_claims");
    let frame = stage::plan(&desk.session, &sql::owners(Some(desk.options.as_of)), &desk.parameters, name).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.map_err(BuildError::query(name))?;
    let (mut summed, mut claimed, mut n_openids, mut owners) = (0_u64, 0_u64, 0_usize, HashSet::new());
    for batch in &batches {
        let [openids, members] = [0, 1].map(|at| arrow::compute::cast(batch.column(at), &DataType::Utf8).ok());
        let [openids, members] =
            [&openids, &members].map(|texts| texts.as_ref().and_then(|texts| texts.as_string_opt::<i32>()));
        let (Some(openids), Some(members)) = (openids, members) else {
            return Err(BuildError::Damaged { table: "raw/members".to_owned(), column: "openid".to_owned() });
        };
        let [since, by_bind] = [2, 3].map(|at| arrow::compute::cast(batch.column(at), &DataType::Utf8).ok());
        let [since, by_bind] =
            [&since, &by_bind].map(|texts| texts.as_ref().and_then(|texts| texts.as_string_opt::<i32>()));
        let (Some(since), Some(by_bind)) = (since, by_bind) else {
            return Err(BuildError::Damaged { table: "raw/members".to_owned(), column: "updated_at".to_owned() });
        };
        let rows = openids.iter().zip(members).zip(since.iter().zip(by_bind));
        for ((openid, member), claim) in rows.filter_map(|((openid, member), claim)| Some(((openid?, member?), claim)))
        {
            summed = summed.wrapping_add(xxh3_64(format!("{openid}\n{member}").as_bytes()));
            claimed = claimed.wrapping_add(xxh3_64(format!("{openid}\n{member}\n{claim:?}").as_bytes()));
            n_openids += 1;
            owners.insert(xxh3_64(member.as_bytes()));
        }
    }
    let schema = batches.first().map_or(schema, |batch| batch.schema());
    let table = Arc::new(MemTable::try_new(schema, vec![batches]).map_err(BuildError::query(name))?);
    for known_as in [name, claims] {
        desk.session.register_table(known_as, Arc::<MemTable>::clone(&table)).map_err(BuildError::query(known_as))?;
    }
    let fingerprint = Fingerprint::default().with(summed.to_le_bytes());
    desk.know(name, &fingerprint);
    desk.know(claims, &Fingerprint::default().with(claimed.to_le_bytes()));
    Ok(Actors { fingerprint: fingerprint.hex(), one_openid_each: owners.len() == n_openids })
}

fn rows_of(table: &LakeTable, partition: &BTreeMap<String, String>) -> i64 {
    table.files().iter().filter(|file| &file.partition == partition).map(|file| file.rows as i64).sum()
}
