//! What reports count of the raw tables, which the built ones do not keep: rejected rows, identified rows and followers.

use std::collections::BTreeMap;

use arrow::array::Array;

use super::batches::{Batch, text};
use super::ids::Ids;
use crate::report::ReportError;
use crate::report::sql_session::SqlSession;

/// Columns of the raw tables.
#[derive(Debug, Default)]
pub(in crate::report) struct RawColumns {
    /// Of each table the first rejections of its rows, sorted, in microseconds since 1970.
    pub(in crate::report) rejected: BTreeMap<String, Vec<i64>>,
    /// The same for measurements that are unknown.
    pub(in crate::report) nulled: BTreeMap<String, Vec<i64>>,
    /// Sorted by time.
    pub(in crate::report) facts: Vec<FactCount>,
    pub(in crate::report) changes: Vec<FollowerChange>,
    /// Number of people of `changes`.
    pub(in crate::report) people: usize,
}

/// Rows of reads, shares and shown items within a quarter of an hour.
#[derive(Debug, Clone)]
pub(in crate::report) struct FactCount {
    /// The first and the last of the rows, in microseconds since 1970.
    pub(in crate::report) times: (i64, i64),
    pub(in crate::report) rows: i64,
    pub(in crate::report) identified: i64,
}

/// Somebody began or ceased to follow the account.
#[derive(Debug, Clone)]
pub(in crate::report) struct FollowerChange {
    /// A number below [`RawColumns::people`].
    pub(in crate::report) person: u32,
    pub(in crate::report) follows: bool,
    /// Microseconds since 1970.
    pub(in crate::report) at: i64,
}

macro_rules! query {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../sql/report/", $name, ".sql")))
    };
}

impl RawColumns {
    /// Queries the raw tables of a session.
    pub(super) async fn read(session: &SqlSession) -> Result<Self, ReportError> {
        let mut columns = Self {
            rejected: times_by_source(session, query!("kept_rejects")).await?,
            nulled: times_by_source(session, query!("kept_nulled")).await?,
            ..Self::default()
        };
        each_batch(session, query!("kept_facts"), |batch| {
            let (first, last) = (batch.instants("first")?, batch.instants("last")?);
            let (rows, identified) = (batch.integers("fact_rows")?, batch.integers("identified_rows")?);
            for (row, times) in first.into_iter().zip(last).enumerate() {
                if let (Some(first), Some(last)) = times {
                    let (rows, identified) = (rows.value(row), identified.value(row));
                    columns.facts.push(FactCount { times: (first, last), rows, identified });
                }
            }
            Ok(())
        })
        .await?;
        columns.facts.sort_unstable_by_key(|fact| fact.times);
        let mut people = Ids::default();
        each_batch(session, query!("kept_changes"), |batch| {
            let (person, follows) = (batch.texts("person")?, batch.flags("follows")?);
            for (row, at) in batch.instants("at")?.into_iter().enumerate() {
                if let (Some(person), Some(at)) = (text(&person, row), at) {
                    let follows = follows.is_valid(row) && follows.value(row);
                    columns.changes.push(FollowerChange { person: people.add(person), follows, at });
                }
            }
            Ok(())
        })
        .await?;
        columns.changes.sort_unstable_by_key(|change| change.at);
        columns.people = people.len();
        Ok(columns)
    }

    /// Memory in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        let listed: usize = self.rejected.values().chain(self.nulled.values()).map(|times| times.len() * 8).sum();
        listed + self.facts.len() * size_of::<FactCount>() + self.changes.len() * size_of::<FollowerChange>()
    }
}

/// The instants of a query's rows by their table, sorted.
async fn times_by_source(
    session: &SqlSession,
    query: (&'static str, &str),
) -> Result<BTreeMap<String, Vec<i64>>, ReportError> {
    let mut times: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    each_batch(session, query, |batch| {
        let source = batch.texts("source")?;
        for (row, at) in batch.instants("at")?.into_iter().enumerate() {
            if let (Some(source), Some(at)) = (text(&source, row), at) {
                times.entry(source.to_owned()).or_default().push(at);
            }
        }
        Ok(())
    })
    .await?;
    times.values_mut().for_each(|times| times.sort_unstable());
    Ok(times)
}

/// Visits the rows of a query about all times.
async fn each_batch(
    session: &SqlSession,
    (name, sql): (&'static str, &str),
    mut visit: impl FnMut(&Batch) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    session.rows_of_all_times(name, sql).await?.into_iter().try_for_each(|batch| visit(&Batch::from(batch)))
}
