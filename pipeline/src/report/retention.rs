//! Retention: members by the month of their first activity, and how many of them were active in later months.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDate};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::report::{Groups, MinGroupSize, ReportColumn, ReportTable};

use super::figures::json;
use super::hidden_cells::hidden_text;
use super::period::Period;
use super::tables::SuppressedTable;
use super::words::sentence;

/// Number of first months, up to the month of the tables.
const FIRST_MONTHS: usize = 6;

/// The months whose first-active members are followed, up to this month.
pub(super) fn months(last: Period, zone: Zone) -> Vec<NaiveDate> {
    let mut starts = vec![last.0];
    while starts.len() < FIRST_MONTHS {
        let earliest = starts[starts.len() - 1];
        starts.push(zone.month_start(earliest - Duration::microseconds(1)));
    }
    starts.into_iter().rev().map(|start| zone.day(start)).collect()
}

/// The time from the first of these months to the end of the last one.
pub(super) fn period(last: Period, zone: Zone) -> Period {
    (months(last, zone).first().map_or(last.0, |first| zone.midnight(*first)), last.1)
}

/// Active members by first month and month, from the rows of the query. `members` are all members.
pub(super) struct Retention {
    /// The months of the table.
    months: Vec<String>,
    active: BTreeMap<(String, String), u64>,
    members: u64,
}

impl Retention {
    pub(super) fn of(rows: &[Vec<Value>], months: &[NaiveDate], members: u64) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let count = |row: &Vec<Value>| ((text(&row[0]), text(&row[1])), row[2].as_u64().unwrap_or_default());
        let months = months.iter().map(|month| month.format("%Y-%m").to_string()).collect();
        Self { months, active: rows.iter().map(count).collect(), members }
    }

    /// The table: one row for each first month with its members, and the share of them who were active one to five months
    /// later.
    ///
    /// In a month the first months are groups side by side, of the active as well as of the inactive members, whose sums are
    /// shown elsewhere. Both counts of a cell must be large enough, and so must what is left of the sums. All first months
    /// count, also those before the table, so that tables of different months hide the same cells.
    ///
    /// Who was active in an earlier month and not in this one has lapsed. If these are few, those who were new in this month are
    /// hidden, because the sum of all first months less the active members would reveal the few.
    pub(super) fn table(&self, min_size: MinGroupSize) -> SuppressedTable {
        let shown: Vec<BTreeSet<&str>> = self.months.iter().map(|month| self.shown(month, min_size)).collect();
        let mut hidden = 0;
        let mut rows = Vec::new();
        for (at, first) in self.months.iter().enumerate().filter(|(_, first)| self.active(first, first) > 0) {
            let mut cell = |month: usize, value: Value| {
                let is_shown = shown[month].contains(first.as_str()) && shown[at].contains(first.as_str());
                hidden += usize::from(!is_shown);
                if is_shown { value } else { hidden_text(min_size).into() }
            };
            let size = self.active(first, first);
            let mut row = vec![first.clone().into(), cell(at, size.into())];
            for later in at + 1..at + FIRST_MONTHS {
                row.push(match self.months.get(later) {
                    Some(month) => cell(later, json(self.active(first, month) as f64 / size as f64)),
                    None => Value::Null,
                });
            }
            rows.push(row);
        }
        (self.titled(rows), hidden)
    }

    fn active(&self, first: &str, month: &str) -> u64 {
        self.active.get(&(first.to_owned(), month.to_owned())).copied().unwrap_or_default()
    }

    /// The first months that may be shown in a month.
    fn shown(&self, month: &str, min_size: MinGroupSize) -> BTreeSet<&str> {
        let firsts: BTreeSet<&str> =
            self.active.keys().map(|(first, _)| first.as_str()).filter(|first| *first <= month).collect();
        let firsts: Vec<&str> = firsts.into_iter().collect();
        let active: Vec<u64> = firsts.iter().map(|first| self.active(first, month)).collect();
        let inactive: Vec<u64> = firsts
            .iter()
            .zip(&active)
            .map(|(first, active)| self.active(first, first).saturating_sub(*active))
            .collect();
        let groups = Groups::flat(firsts.len());
        let shown = |counts: &[u64], rest: u64| {
            let own: Vec<u64> = std::iter::once(rest).chain(counts.iter().copied()).collect();
            groups.shown(&groups.totals(&own), min_size)
        };
        let (everybody, lapsed): (u64, u64) = (active.iter().chain(&inactive).sum(), inactive.iter().sum());
        // Members without any activity are inactive as well.
        let (active, inactive) = (shown(&active, 0), shown(&inactive, self.members.saturating_sub(everybody)));
        let is_revealing = |at: usize| firsts[at] == month && min_size.hides(lapsed);
        let is_shown = |at: &usize| active[at + 1] && inactive[at + 1] && !is_revealing(*at);
        (0..firsts.len()).filter(is_shown).map(|at| firsts[at]).collect()
    }

    fn titled(&self, rows: Vec<Vec<Value>>) -> ReportTable {
        let column =
            |zh: String, en: String, unit: &str| ReportColumn { label: sentence(zh, en), unit: unit.to_owned() };
        let mut columns = vec!["month".to_owned(), "members".to_owned()];
        let mut details = vec![
            column("首次活跃的月份".into(), "Month of first activity".into(), "text"),
            column("会员人数".into(), "Members".into(), "people"),
        ];
        for later in 1..FIRST_MONTHS {
            columns.push(format!("after_{later}"));
            let months = if later == 1 { "1 month later".to_owned() } else { format!("{later} months later") };
            details.push(column(format!("{later} 个月后活跃"), format!("Active {months}"), "share"));
        }
        ReportTable {
            name: "retention".to_owned(),
            label: sentence("首次活跃后的留存", "Retention after the first activity"),
            columns,
            column_details: details,
            rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(rows: &[(&str, &str, u64)], members: u64) -> Vec<Vec<Value>> {
        let months: Vec<NaiveDate> =
            ["2025-12-01", "2026-01-01", "2026-02-01"].map(|day| day.parse().expect("a day")).into();
        let rows: Vec<Vec<Value>> =
            rows.iter().map(|&(first, month, people)| vec![json!(first), json!(month), json!(people)]).collect();
        Retention::of(&rows, &months, members).table(MinGroupSize::default()).0.rows
    }

    #[test]
    fn shares_are_of_the_members_of_the_first_month() {
        let rows = table(
            &[
                ("2025-12", "2025-12", 40),
                ("2025-12", "2026-01", 20),
                ("2026-01", "2026-01", 30),
                ("2025-07", "2025-07", 90),
            ],
            400,
        );
        assert_eq!(rows.len(), 2, "nobody was active for the first time in February");
        assert_eq!(rows[0][..4], [json!("2025-12"), json!(40), json!(0.5), json!(0)]);
        assert_eq!(rows[1][..3], [json!("2026-01"), json!(30), json!(0)]);
        assert_eq!(rows[1][3], Value::Null, "that month is not over");
    }

    #[test]
    fn few_active_or_few_inactive_members_are_hidden_and_cannot_be_derived() {
        let active =
            |later: u64| table(&[("2025-12", "2025-12", 40), ("2025-12", "2026-01", later)], 400)[0][2].clone();
        assert_eq!([9, 10, 30, 31].map(active), [json!("<10"), json!(0.25), json!(0.75), json!("<10")]);
        // Four members of July, which is before the table, would be the rest of all who were active in January.
        let with_july = [
            ("2025-12", "2025-12", 40),
            ("2025-12", "2026-01", 20),
            ("2025-07", "2025-07", 50),
            ("2025-07", "2026-01", 4),
        ];
        assert_eq!(table(&with_july, 400)[0][2], json!("<10"));
    }

    #[test]
    fn new_members_of_a_month_are_hidden_if_few_of_the_earlier_ones_have_lapsed() {
        // Of 30 and 80 members one half each is not active again, or all but two and three are.
        let of_january = |[july, december]: [u64; 2]| {
            let active = [
                ("2025-07", "2025-07", 30),
                ("2025-07", "2026-01", july),
                ("2025-12", "2025-12", 80),
                ("2025-12", "2026-01", december),
                ("2026-01", "2026-01", 25),
            ];
            table(&active, 400)[1][..2].to_vec()
        };
        assert_eq!(of_january([15, 40]), [json!("2026-01"), json!(25)]);
        assert_eq!(of_january([28, 77]), [json!("2026-01"), json!("<10")], "five have lapsed");
        assert_eq!(of_january([30, 80]), [json!("2026-01"), json!(25)], "nobody has");
    }
}
