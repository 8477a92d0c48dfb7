//! Plans the calls for statistics of the account: which days each interface is asked for, within WeChat's limits.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Timelike, Utc};
use zhihui_data::account_interface::Subject;
use zhihui_data::{AccountInterface, Generation, Zone};

/// Hour from which WeChat has the figures of yesterday.
const READY_HOUR: u32 = 8;

/// One call: an interface and its days, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlannedCall {
    pub(crate) interface: &'static AccountInterface,
    pub(crate) begin: NaiveDate,
    pub(crate) end: NaiveDate,
}

/// The days of an interface in the lake with their last day of figures. Days with figures that are not final are left out.
pub(crate) type StoredDays = BTreeMap<String, BTreeMap<NaiveDate, NaiveDate>>;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// First day, and the end, which is excluded.
    pub(crate) days: (NaiveDate, NaiveDate),
    pub(crate) interfaces: &'a [&'static AccountInterface],
    /// Whether each day is asked for in the generation that has it.
    pub(crate) is_split: bool,
    pub(crate) stored: &'a StoredDays,
}

/// The day after the last one that WeChat has figures of. WeChat's days are those of Beijing.
pub(crate) fn available_until(now: DateTime<Utc>) -> NaiveDate {
    let local = Zone::default().local(now);
    let waits = u64::from(local.hour() < READY_HOUR);
    local.date().checked_sub_days(Days::new(waits)).unwrap_or_default()
}

/// The interfaces that are asked without a choice of interfaces.
pub(crate) fn default_interfaces(generation: Option<Generation>) -> Vec<&'static AccountInterface> {
    let is_default = |interface: &&AccountInterface| match interface.subject {
        Subject::Hour => false,
        Subject::Followers => true,
        _ => generation.is_none_or(|generation| generation == interface.generation),
    };
    AccountInterface::ALL.iter().filter(is_default).collect()
}

/// The calls that are needed. Days that the lake has are left out, except those of articles whose figures still grow.
pub(crate) fn planned_calls(wanted: &Wanted<'_>) -> Vec<PlannedCall> {
    let (first, end) = wanted.days;
    let mut calls = Vec::new();
    for &interface in wanted.interfaces {
        let stored = wanted.stored.get(interface.name);
        let is_stored = |day: &NaiveDate| {
            let Some(last) = stored.and_then(|days| days.get(day)) else { return false };
            match interface.subject {
                Subject::ArticlesSincePublication(days) => {
                    let last_day = day.checked_add_days(Days::new(u64::from(days) - 1));
                    last_day.is_some_and(|last_day| *last >= last_day)
                        || last.succ_opt().is_some_and(|next| next >= end)
                }
                _ => true,
            }
        };
        let of_generation = |day: &NaiveDate| {
            let is_new = *day >= Generation::New.first_day();
            *day >= interface.generation.first_day()
                && (!wanted.is_split
                    || interface.subject == Subject::Followers
                    || is_new == (interface.generation == Generation::New))
        };
        let days: BTreeSet<NaiveDate> = first
            .iter_days()
            .take_while(|day| *day < end)
            .filter(|day| of_generation(day) && !is_stored(day))
            .collect();
        calls.extend(spans(&days, interface));
    }
    calls
}

/// Joins days that follow one another, up to the maximum length of a request.
fn spans(days: &BTreeSet<NaiveDate>, interface: &'static AccountInterface) -> Vec<PlannedCall> {
    let mut calls: Vec<PlannedCall> = Vec::new();
    for &day in days {
        match calls.last_mut() {
            Some(call)
                if call.end.succ_opt() == Some(day)
                    && day.signed_duration_since(call.begin).num_days() < i64::from(interface.span_days) =>
            {
                call.end = day;
            }
            _ => calls.push(PlannedCall { interface, begin: day, end: day }),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn plan(from: &str, end: &str, names: &[&str], stored: &StoredDays) -> Vec<String> {
        let all = default_interfaces(None);
        let chosen: Vec<_> = all.into_iter().filter(|interface| names.contains(&interface.name)).collect();
        let wanted = Wanted { days: (day(from), day(end)), interfaces: &chosen, is_split: true, stored };
        let text = |call: PlannedCall| format!("{} {} {}", call.interface.name, call.begin, call.end);
        planned_calls(&wanted).into_iter().map(text).collect()
    }

    #[test]
    fn each_day_is_asked_for_once_in_its_generation_and_within_the_span() {
        let found =
            plan("2025-10-28", "2025-11-05", &["getbizsummary", "getuserread", "getusercumulate"], &StoredDays::new());
        let expected = [
            "getbizsummary 2025-11-01 2025-11-04",
            "getuserread 2025-10-28 2025-10-30",
            "getuserread 2025-10-31 2025-10-31",
            "getusercumulate 2025-10-28 2025-11-03",
            "getusercumulate 2025-11-04 2025-11-04",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn stored_days_are_left_out_unless_figures_of_their_articles_still_grow() {
        let last = |days: &[(&str, &str)]| days.iter().map(|(first, last)| (day(first), day(last))).collect();
        let stored = StoredDays::from([
            ("getbizsummary".to_owned(), last(&[("2026-01-02", "2026-01-02")])),
            (
                "getarticletotaldetail".to_owned(),
                last(&[("2026-01-01", "2026-01-04"), ("2026-01-02", "2026-01-31"), ("2026-01-03", "2026-02-02")]),
            ),
        ]);
        let names = ["getbizsummary", "getarticletotaldetail"];
        let found = plan("2026-01-01", "2026-01-04", &names, &stored);
        assert_eq!(found[..2], ["getbizsummary 2026-01-01 2026-01-01", "getbizsummary 2026-01-03 2026-01-03"]);
        assert_eq!(found.len(), 2, "the figures of all articles reach the last day that there is");
        let found = plan("2026-01-01", "2026-01-10", &["getarticletotaldetail"], &stored);
        assert_eq!(found[0], "getarticletotaldetail 2026-01-01 2026-01-01");
        assert!(!found.iter().any(|call| call.contains("2026-01-02 ") || call.contains("2026-01-03 ")), "{found:?}");
    }

    #[test]
    fn yesterday_is_available_from_eight_in_the_morning_in_beijing() {
        let until = |at: &str| available_until(at.parse().expect("a time")).to_string();
        assert_eq!(until("2026-11-20T23:59:59Z"), "2026-11-20");
        assert_eq!(until("2026-11-21T00:00:00Z"), "2026-11-21");
    }
}
