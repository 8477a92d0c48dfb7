//! Activity on an item for each of the last whole days.

use chrono::{DateTime, Days};
use zhihui_data::Zone;
use zhihui_engine::insight::ItemDay;
use zhihui_engine::report::{MinGroupSize, shown_in_list};

use crate::web::chart::{Chart, Series};
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, local_minute};

/// Number of days.
const DAYS: u64 = 30;

/// The midnights that delimit the last whole days before `until`.
pub(crate) fn midnights(until: i64, zone: Zone) -> Vec<i64> {
    let today = zone.day(DateTime::from_timestamp(until, 0).unwrap_or_default());
    let midnight = |ago: u64| today.checked_sub_days(Days::new(ago)).map(|day| zone.midnight(day).timestamp());
    (0..=DAYS).rev().filter_map(midnight).collect()
}

/// A count of person-times; `None` if it is hidden because it covers too few people.
type Count = Option<u32>;

/// Sign-ups, reads and pushes by day, in person-times.
#[derive(Debug, Default)]
pub(crate) struct DailyActivity {
    /// Each day with its sign-ups, reads and pushes.
    days: Vec<(String, [Count; 3])>,
    totals: [Count; 3],
    /// End of the last day.
    pub(crate) until: String,
    /// Text shown instead of a hidden count.
    hidden: String,
}

/// Person-times and people of one kind of activity on a day.
type Kind = fn(&ItemDay) -> (u32, u32);
const KINDS: [Kind; 3] =
    [|day| (day.sign_ups, day.signers), |day| (day.reads, day.readers), |day| (day.pushes, day.pushed)];

impl DailyActivity {
    pub(crate) fn new(days: &[ItemDay], midnights: &[i64], hides_few: Option<MinGroupSize>, zone: Zone) -> Self {
        let columns = KINDS.map(|kind| {
            let people: Vec<u64> = days.iter().map(|day| u64::from(kind(day).1)).collect();
            let shown = hides_few.map_or_else(|| vec![true; days.len()], |fewest| shown_in_list(&people, fewest));
            let counts: Vec<Count> = days.iter().zip(shown).map(|(day, shown)| shown.then_some(kind(day).0)).collect();
            // The people of the days may overlap, so the total is shown only if a single day has enough people.
            let is_large = |fewest: MinGroupSize| {
                people.iter().any(|&people| people >= fewest.people()) || people.iter().all(|&people| people == 0)
            };
            let total = hides_few.is_none_or(is_large).then(|| days.iter().map(|day| kind(day).0).sum());
            (counts, total)
        });
        let name = |&midnight: &i64| local_minute(midnight, zone).get(5..10).unwrap_or_default().to_owned();
        let day = |at: usize| (name(&midnights[at]), [0, 1, 2].map(|kind| columns[kind].0[at]));
        Self {
            days: (0..days.len()).map(day).collect(),
            totals: [0, 1, 2].map(|kind| columns[kind].1),
            hidden: format!("<{}", hides_few.unwrap_or_default().people()),
            until: midnights.last().map(|&midnight| local_minute(midnight, zone)).unwrap_or_default(),
        }
    }

    /// Whether there was no activity.
    pub(crate) fn is_empty(&self) -> bool {
        self.totals.iter().all(|total| *total == Some(0) || self.days.is_empty())
    }

    /// Sign-ups, reads and pushes of all days.
    pub(crate) fn totals(&self) -> [String; 3] {
        self.totals.map(|count| self.text(count))
    }

    /// Each day with its sign-ups, reads and pushes.
    pub(crate) fn days(&self) -> Vec<(&str, [String; 3])> {
        self.days.iter().map(|(day, counts)| (day.as_str(), counts.map(|count| self.text(count)))).collect()
    }

    fn text(&self, count: Count) -> String {
        count.map_or_else(|| self.hidden.clone(), |count| grouped(f64::from(count), 0))
    }

    pub(crate) fn chart(&self, is_article: bool, t: Locale) -> Chart {
        let values = |kind: usize| self.days.iter().map(|(_, counts)| f64::from(counts[kind].unwrap_or(0))).collect();
        let own = if is_article {
            Series { name: t.items_chart_reads().to_owned(), values: values(1) }
        } else {
            Series { name: t.items_chart_sign_ups().to_owned(), values: values(0) }
        };
        let pushes = Series { name: t.items_chart_pushes().to_owned(), values: values(2) };
        let categories = self.days.iter().map(|(day, _)| day.clone()).collect();
        Chart::Columns { categories, series: vec![own, pushes], unit: "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_at_the_last_midnight() {
        let until = DateTime::parse_from_rfc3339("2026-11-22T02:00:00Z").expect("a time").timestamp();
        let midnights = midnights(until, Zone::default());
        assert_eq!(midnights.len(), 31);
        assert_eq!(local_minute(midnights[30], Zone::default()), "2026-11-22 00:00");
    }

    #[test]
    fn days_with_few_people_are_hidden_from_leaders_and_not_derivable_from_the_total() {
        let day = |reads, readers| ItemDay { reads, readers, ..ItemDay::default() };
        let days = [day(3, 2), day(40, 30), day(60, 40), ItemDay::default()];
        let midnights = [0, 86_400, 172_800, 259_200, 345_600];
        let leader = DailyActivity::new(&days, &midnights, Some(MinGroupSize::default()), Zone::default());
        let reads: Vec<Count> = leader.days.iter().map(|(_, counts)| counts[1]).collect();
        assert_eq!((reads, leader.totals[1]), (vec![None, None, Some(60), Some(0)], Some(103)));
        let staff = DailyActivity::new(&days, &midnights, None, Zone::default());
        assert_eq!((staff.days[0].1[1], staff.totals[1]), (Some(3), Some(103)));
        let few = DailyActivity::new(
            &[day(3, 2), day(4, 3)],
            &midnights[..3],
            Some(MinGroupSize::default()),
            Zone::default(),
        );
        assert_eq!(few.totals[1], None);
        // A larger `fewest_people` hides more.
        let fewest = MinGroupSize::try_from(35).expect("allowed");
        let configured = DailyActivity::new(&days, &midnights, Some(fewest), Zone::default());
        let reads: Vec<Count> = configured.days.iter().map(|(_, counts)| counts[1]).collect();
        assert_eq!((reads, configured.days()[0].1[1].as_str()), (vec![None, None, None, Some(0)], "<35"));
        let configured = DailyActivity::new(&days, &midnights, MinGroupSize::try_from(45).ok(), Zone::default());
        assert_eq!((configured.days[2].1[1], configured.totals[1]), (None, None));
    }
}
