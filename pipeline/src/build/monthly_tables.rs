//! Tables of which every row belongs to one month of interactions. A month is made again only if its interactions changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use zhihui_data::Zone;

use super::context::BuildContext;
use super::fingerprint;
use super::interactions::{self, SOURCE};
use super::partitioned_table::{self, BuiltPartitions, Partition, PartitionValues, PlannedPartition};
use super::session::{Parameters, instant, parameter};
use super::state::TableState;
use super::steps::{MONTHLY, MonthlyStep};
use super::{BuildError, staged_query};
use crate::lake::DataFile;
use crate::lake::raw::{MONTH, month_of};
use crate::sql::LakeScan;

/// The interactions of the files of one month, some of which may be of other months.
pub(super) const INPUT: &str = "month_interactions";

/// Builds the months that changed of every monthly table.
pub(super) async fn build(context: &mut BuildContext<'_>, interactions: &BuiltPartitions) -> Result<(), BuildError> {
    let months = Month::all(&interactions.files, context.options.zone, context.options.as_of);
    for step in MONTHLY {
        let months = months.iter().map(|month| MonthOfTable { step, month, interactions });
        partitioned_table::build(context, step.name, &[], &months.collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// A calendar month in the configured zone. The months of raw tables are those of the zone at the time of ingest.
struct Month {
    name: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// The files that may have interactions of the month.
    files: Vec<DataFile>,
}

impl Month {
    /// Returns the months of the files, at least that of `as_of`, so that the tables exist without interactions.
    fn all(files: &[DataFile], zone: Zone, as_of: DateTime<Utc>) -> Vec<Self> {
        let mut months = BTreeMap::from([Self::of(zone, as_of)].map(|month| (month.from, month)));
        // Only files without rows have no range.
        for (file, (first, last)) in files.iter().filter_map(|file| Some((file, file.time_range?))) {
            let mut next = DateTime::from_timestamp_micros(first);
            while let Some(at) = next.filter(|at| at.timestamp_micros() <= last) {
                let found = Self::of(zone, at);
                let month = months.entry(found.from).or_insert(found);
                month.files.push(file.clone());
                next = Some(month.to).filter(|to| *to > at);
            }
        }
        months.into_values().collect()
    }

    fn of(zone: Zone, at: DateTime<Utc>) -> Self {
        let from = zone.month_start(at);
        let next_month = zone.day(from).checked_add_days(Days::new(31)).unwrap_or(NaiveDate::MAX);
        let to = zone.month_start(zone.midnight(next_month));
        Self { name: month_of(zone, from.timestamp_micros()), from, to, files: Vec::new() }
    }

    fn parameters(&self, of_build: &Parameters) -> Parameters {
        let of_month = [parameter("month_from", instant(self.from)), parameter("month_to", instant(self.to))];
        of_build.iter().cloned().chain(of_month).collect()
    }
}

struct MonthOfTable<'a> {
    step: &'static MonthlyStep,
    month: &'a Month,
    interactions: &'a BuiltPartitions,
}

impl Partition for MonthOfTable<'_> {
    fn values(&self) -> PartitionValues {
        vec![(MONTH, self.month.name.clone())]
    }

    async fn state(
        &self,
        context: &mut BuildContext<'_>,
        _last: Option<&TableState>,
    ) -> Result<TableState, BuildError> {
        let sql = self.step.sql;
        let mut fingerprint = fingerprint::of_weights(context.options).with(sql).with(context.options.zone.name());
        for (name, value) in self.month.parameters(&context.parameters) {
            if sql.contains(&format!("${name}")) {
                fingerprint = fingerprint.with(name).with(format!("{value:?}"));
            }
        }
        let of_file = |file: &DataFile| {
            let value = |column: &str| file.partition.get(column).map_or("", String::as_str).to_owned();
            format!("{}/{}/{}", interactions::NAME, value(SOURCE), value(MONTH))
        };
        for name in self.month.files.iter().map(of_file).collect::<BTreeSet<_>>() {
            let state = context.new_state.get(&name).cloned().unwrap_or_default();
            fingerprint = fingerprint.with(name).with(state.fingerprint).with(state.actors);
        }
        Ok(TableState { fingerprint: fingerprint.hex(), ..TableState::default() })
    }

    async fn plan(&self, context: &mut BuildContext<'_>) -> Result<PlannedPartition, BuildError> {
        let files = self.month.files.clone();
        let rows = files.iter().map(|file| file.rows).sum();
        context.session.deregister_table(INPUT).map_err(BuildError::query(INPUT))?;
        context.register_scan(INPUT, LakeScan::new(&self.interactions.table).with_files(files))?;
        let parameters = self.month.parameters(&context.parameters);
        let frame = staged_query::plan(&context.session, self.step.sql, &parameters, self.step.name).await?;
        Ok(PlannedPartition { frame, rows, unresolved: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn file(first: &str, last: &str) -> DataFile {
        let time_range = Some((utc(first).timestamp_micros(), utc(last).timestamp_micros()));
        DataFile { path: first.to_owned(), rows: 1, bytes: 1, partition: BTreeMap::new(), time_range }
    }

    /// Each month with the number of its files.
    fn months(files: &[DataFile], zone: &str) -> Vec<(String, usize)> {
        let months = Month::all(files, Zone::named(zone).expect("a zone"), utc("2026-03-05T00:00:00Z"));
        assert!(months.windows(2).all(|pair| pair[0].to <= pair[1].from && pair[0].from < pair[0].to));
        months.into_iter().map(|month| (month.name, month.files.len())).collect()
    }

    #[test]
    fn files_belong_to_the_months_of_their_interactions_in_the_zone() {
        let february = file("2026-01-31T16:00:00Z", "2026-02-28T15:59:59Z");
        let march = file("2026-02-28T16:00:00Z", "2026-03-04T00:00:00Z");
        let named = |months: &[(&str, usize)]| months.iter().map(|&(name, n)| (name.to_owned(), n)).collect::<Vec<_>>();
        let files = [february, march];
        assert_eq!(months(&files, "Asia/Shanghai"), named(&[("2026-02", 1), ("2026-03", 1)]));
        assert_eq!(months(&files, "UTC"), named(&[("2026-01", 1), ("2026-02", 2), ("2026-03", 1)]));
        assert_eq!(months(&[], "UTC"), named(&[("2026-03", 0)]));
        assert_eq!(
            months(&[file("2025-12-31T00:00:00Z", "2026-02-01T00:00:00Z")], "UTC"),
            named(&[("2025-12", 1), ("2026-01", 1), ("2026-02", 1), ("2026-03", 0)])
        );
    }
}
