//! The account and the identified members day by day: figures for metrics, and the table.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use zhihui_data::{Generation, Zone};
use zhihui_engine::report::MinGroupSize;

use super::super::ReportError;
use super::super::figures::{self, Figures};
use super::super::hidden_cells::{ColumnContent, HiddenCells, hidden_text, people};
use super::super::period::Period;
use super::super::period_rule::PeriodRule;
use super::super::session::ReportSession;
use super::super::tables::{self, Column, SuppressedTable};
use super::AccountStatistics;

/// From this number of days on, the table has months.
const MOST_DAYS: usize = 62;
/// The metrics of the account. A report without its statistics has none of them.
pub(in super::super) const FIGURES: &[&str] =
    &["account_read_users", "account_reads", "account_share_users", "identified_read_users", "identified_share"];

/// WeChat's figures of the days of a period, beside ours.
#[derive(Debug, Default)]
pub(in super::super) struct AccountDays {
    days: Vec<AccountDay>,
    min_size: MinGroupSize,
}

/// A day in one generation of WeChat's interfaces.
#[derive(Debug, Clone)]
struct AccountDay {
    day: String,
    generation: Generation,
    read_users: u64,
    read_times: Option<u64>,
    share_users: Option<u64>,
    is_delayed: bool,
    ours: Identified,
}

/// Our figures of a day. `None` where they are hidden.
#[derive(Debug, Clone, Copy)]
struct Identified {
    readers: Option<u64>,
    reads: Option<u64>,
    sharers: Option<u64>,
}

impl AccountDays {
    /// The days of a period. Runs no query if WeChat's statistics have none.
    pub(in super::super) async fn read(
        session: &ReportSession,
        statistics: &AccountStatistics,
        (period, zone): (Period, Zone),
        (rule, min_size): (&PeriodRule, MinGroupSize),
    ) -> Result<Self, ReportError> {
        let rows = statistics.days(period, zone);
        if rows.is_empty() {
            return Ok(Self { days: Vec::new(), min_size });
        }
        let daily = session.rows(tables::DAILY.name, tables::DAILY.sql, period).await?;
        let (daily, _) = tables::daily(figures::rows(&daily), rule, min_size);
        let sql = include_str!("../../../sql/report/account_sharers.sql");
        let mut sharers = figures::rows(&session.rows("account_sharers", sql, period).await?);
        let mut hidden = HiddenCells::new(&sharers, &[ColumnContent::NotPeople, ColumnContent::People], min_size);
        for (at, row) in sharers.iter().enumerate() {
            if !rule.shows_day("sharers", row[0].as_str().unwrap_or_default()) {
                hidden.hide(at, 1);
            }
        }
        hidden.write(&mut sharers);
        let readers = cells_by_day(&daily.rows);
        let sharers = cells_by_day(&sharers);
        let ours = |cells: &HashMap<&str, &Vec<Value>>, day: &str, column: usize| match cells.get(day) {
            Some(row) => row.get(column).and_then(Value::as_u64),
            None => Some(0),
        };
        let number = |row: &[Value], column: usize| row.get(column).and_then(Value::as_u64);
        let day = |row: &&Vec<Value>| {
            let day = row[0].as_str()?.to_owned();
            let identified = Identified {
                readers: ours(&readers, &day, 1),
                reads: ours(&readers, &day, 2),
                sharers: ours(&sharers, &day, 1),
            };
            Some(AccountDay {
                generation: Generation::named(row[1].as_str()?)?,
                read_users: people(row, 2),
                read_times: number(row, 3),
                share_users: number(row, 4),
                is_delayed: number(row, 5) == Some(1),
                ours: identified,
                day,
            })
        };
        Ok(Self { days: rows.iter().filter_map(day).collect(), min_size })
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// The generation that has most of the days; of equal numbers the new one. Metrics are about its days only.
    pub(super) fn generation(&self) -> Option<Generation> {
        let days = |generation: Generation| self.of(generation).count();
        [Generation::Old, Generation::New]
            .into_iter()
            .filter(|generation| days(*generation) > 0)
            .max_by_key(|generation| (days(*generation), *generation == Generation::New))
    }

    fn of(&self, generation: Generation) -> impl Iterator<Item = &AccountDay> {
        self.days.iter().filter(move |day| day.generation == generation)
    }

    /// Number of days of a generation, of those that are not compared because ours are hidden, and of those that are not final.
    pub(super) fn counts(&self, generation: Generation) -> (usize, usize, usize) {
        let hidden = self.of(generation).filter(|day| day.ours.readers.is_none()).count();
        let delayed = self.of(generation).filter(|day| day.is_delayed).count();
        (self.of(generation).count(), hidden, delayed)
    }

    /// Whether more readers are identified than WeChat counts.
    pub(super) fn exceeds(&self, generation: Generation) -> bool {
        let sums = Sums::of(&self.of(generation).collect::<Vec<_>>());
        sums.readers.is_some_and(|readers| readers > sums.compared_read_users)
    }

    /// Adds the figures of metrics.
    pub(in super::super) fn add_to(&self, figures: &mut Figures) {
        let Some(generation) = self.generation() else { return };
        let days: Vec<&AccountDay> = self.of(generation).collect();
        let sums = Sums::of(&days);
        figures.add("account_read_users", sums.read_users as f64);
        for (name, sum) in [("account_reads", sums.read_times), ("account_share_users", sums.share_users)] {
            if let Some(sum) = sum {
                figures.add(name, sum as f64);
            }
        }
        if let Some(readers) = sums.readers {
            figures.add("identified_read_users", readers as f64);
            figures.add("compared_account_read_users", sums.compared_read_users as f64);
        }
    }

    /// The table by day, or by month for long periods.
    pub(in super::super) fn table(&self) -> SuppressedTable {
        let distinct = self.days.iter().map(|day| &day.day).collect::<std::collections::BTreeSet<_>>().len();
        let is_monthly = distinct > MOST_DAYS;
        let length = if is_monthly { "2026-11".len() } else { "2026-11-21".len() };
        let mut groups: BTreeMap<(&str, Generation), Vec<&AccountDay>> = BTreeMap::new();
        for day in &self.days {
            groups.entry((day.day.get(..length).unwrap_or(&day.day), day.generation)).or_default().push(day);
        }
        let text = hidden_text(self.min_size);
        let mut hidden = 0;
        let mut rows = Vec::with_capacity(groups.len());
        for ((time, generation), days) in groups {
            let sums = Sums::of(&days);
            let mut ours = |sum: Option<u64>| {
                sum.map_or_else(
                    || {
                        hidden += 1;
                        Value::from(text.as_str())
                    },
                    Value::from,
                )
            };
            let share = |readers: u64| {
                let all = sums.compared_read_users;
                if all > 0 { figures::json(readers as f64 / all as f64) } else { Value::Null }
            };
            let share = sums.readers.map_or_else(|| Value::from(text.as_str()), share);
            rows.push(vec![
                time.into(),
                generation.name().into(),
                sums.read_users.into(),
                ours(sums.readers),
                share,
                sums.read_times.into(),
                ours(sums.reads),
                sums.share_users.into(),
                ours(sums.sharers),
            ]);
        }
        let unit = if is_monthly { "person_days" } else { "people" };
        let columns: &[Column] = &[
            if is_monthly {
                ("month", "月份", "Month", "text", ColumnContent::NotPeople)
            } else {
                ("day", "日期", "Day", "text", ColumnContent::NotPeople)
            },
            ("generation", "接口", "Interface", "text", ColumnContent::NotPeople),
            ("account_read_users", "账号阅读人数", "Account readers", unit, ColumnContent::NotPeople),
            ("identified_read_users", "识别阅读人数", "Identified readers", unit, ColumnContent::People),
            ("identified_share", "识别率", "Identified share", "share", ColumnContent::NotPeople),
            ("account_reads", "账号阅读人次", "Account reads", "person_times", ColumnContent::NotPeople),
            ("identified_reads", "识别阅读人次", "Identified reads", "person_times", ColumnContent::NotPeople),
            ("account_share_users", "账号分享人数", "Account sharers", unit, ColumnContent::NotPeople),
            ("identified_share_users", "识别分享人数", "Identified sharers", unit, ColumnContent::People),
        ];
        let label = ("账号口径与识别口径", "The account and its identified readers");
        (tables::table("account_days", label, columns, rows), hidden)
    }
}

/// Sums over days. Ours leave hidden days out, and are `None` if all are hidden.
struct Sums {
    read_users: u64,
    read_times: Option<u64>,
    share_users: Option<u64>,
    readers: Option<u64>,
    reads: Option<u64>,
    sharers: Option<u64>,
    /// WeChat's readers of the days whose readers of ours are not hidden.
    compared_read_users: u64,
}

impl Sums {
    fn of(days: &[&AccountDay]) -> Self {
        let all = |field: fn(&AccountDay) -> Option<u64>| days.iter().map(|day| field(day)).sum::<Option<u64>>();
        let shown = |field: fn(&Identified) -> Option<u64>| {
            days.iter().filter_map(|day| field(&day.ours)).fold(None, |sum, count| Some(sum.unwrap_or(0) + count))
        };
        Self {
            read_users: days.iter().map(|day| day.read_users).sum(),
            read_times: all(|day| day.read_times),
            share_users: all(|day| day.share_users),
            readers: shown(|ours| ours.readers),
            reads: shown(|ours| ours.reads),
            sharers: shown(|ours| ours.sharers),
            compared_read_users: days.iter().filter(|day| day.ours.readers.is_some()).map(|day| day.read_users).sum(),
        }
    }
}

fn cells_by_day(rows: &[Vec<Value>]) -> HashMap<&str, &Vec<Value>> {
    rows.iter().filter_map(|row| Some((row.first()?.as_str()?, row))).collect()
}
