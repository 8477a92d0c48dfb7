//! Backtests of audiences: they use only what was known, count who responded, and their figures add up.

use std::collections::BTreeMap;

use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_pipeline::backtest::{
    AudienceBacktest, BacktestError, BacktestOptions, Dates, ListReport, ListSize, audiences,
};
use zhihui_pipeline::build::snapshot_before;

use super::town::{AS_OF, DAY, MEMBERS, town};

fn options() -> BacktestOptions {
    BacktestOptions {
        dates: Dates::Last(2),
        sizes: vec![ListSize::Share(0.05), ListSize::Members(60)],
        all_lists: true,
        ..BacktestOptions::default()
    }
}

fn backtest(town: &Snapshot) -> AudienceBacktest {
    audiences(town, &snapshot_before, &options(), &|_| {}).expect("judged")
}

fn by_item(report: &AudienceBacktest) -> BTreeMap<(&str, &str, &str), &ListReport> {
    let lists = report.lists.as_ref().expect("lists");
    lists.iter().map(|list| ((list.at.as_str(), list.item_id.as_str(), list.size.as_str()), list)).collect()
}

#[test]
fn slices_add_up_to_their_lists_and_interests_beat_chance() {
    let report = backtest(&town(0.0, 1));
    assert_eq!((report.dates.len(), report.resampled.as_str()), (2, "lists"), "{:?}", report.dates);
    let lists = report.lists.as_ref().expect("lists");
    for part in report.parts.iter().filter(|part| part.members == "all") {
        assert!(part.people >= 10 && part.people <= part.responses, "{part:?}");
        for size in &part.sizes {
            let warm = |list: &&ListReport| part.history == "all" || list.warm == (part.history == "warm");
            let of_part = lists.iter().filter(|list| list.items == part.items && list.size == size.size).filter(warm);
            let of_part: Vec<&ListReport> = of_part.collect();
            assert_eq!(part.lists, of_part.len());
            assert_eq!(part.responses, of_part.iter().map(|list| list.came).sum::<usize>());
            assert_eq!(size.actual, of_part.iter().map(|list| list.ours).sum::<usize>());
            assert!((size.recall - size.actual as f64 / part.responses as f64).abs() < 1e-12);
            let chance: f64 =
                of_part.iter().map(|list| list.came as f64 * list.listed as f64 / list.candidates as f64).sum();
            assert!((size.rules[0].recall - chance / part.responses as f64).abs() < 1e-9);
            for (at, rule) in size.rules.iter().enumerate() {
                let of_rule: f64 = of_part.iter().map(|list| list.rules[at]).sum();
                assert!((rule.recall - of_rule / part.responses as f64).abs() < 1e-9, "{rule:?}");
            }
            let new: Vec<&&ListReport> = of_part.iter().filter(|list| list.is_interval_judged).collect();
            let covered = new.iter().filter(|list| {
                let ours = list.ours as f64;
                list.expected[1].floor() <= ours && ours <= list.expected[2].ceil()
            });
            let coverage = (!new.is_empty()).then(|| covered.count() as f64 / new.len() as f64);
            assert_eq!(part.judged_intervals, new.len());
            assert_eq!(size.coverage.map(|share| (share * 1e9).round()), coverage.map(|share| (share * 1e9).round()));
        }
    }
    let articles = report.parts.iter().find(|part| part.items == "articles").expect("articles");
    let [low, _] = articles.sizes[0].rules[0].interval;
    assert!(low.expect("a bound") > 1.0, "a quarter of the members like an article: {articles:?}");
}

#[test]
fn events_after_a_date_do_not_change_its_lists() {
    let town = town(0.0, 1);
    let report = backtest(&town);
    let cut = chrono::DateTime::parse_from_rfc3339(&report.dates[1].at).expect("a time").timestamp();
    let mut other = town;
    // Swaps the events from the last date on between the first and the last members, as far as both have the same number.
    let late: Vec<std::ops::Range<usize>> = (0..MEMBERS)
        .map(|member| {
            let events = other.history.of(member);
            other.history.since(events, cut)
        })
        .collect();
    other.history.edit(|events| {
        for member in 0..MEMBERS / 2 {
            let (left, right) = (late[member].clone(), late[MEMBERS - 1 - member].clone());
            for (left, right) in left.zip(right) {
                events.item.swap(left, right);
                events.kind.swap(left, right);
                events.at.swap(left, right);
            }
        }
    });
    other.sign_ups.starts = vec![0; MEMBERS + 1];
    for column in [&mut other.sign_ups.item, &mut other.sign_ups.tickets, &mut other.sign_ups.children] {
        column.clear();
    }
    other.sign_ups.status.clear();
    let changed = backtest(&other);
    let (before, after) = (by_item(&report), by_item(&changed));
    let mut compared = 0;
    for (key, list) in &before {
        if let Some(same) = after.get(key).filter(|_| list.at == report.dates[1].at) {
            assert_eq!((list.candidates, list.listed, list.expected), (same.candidates, same.listed, same.expected));
            compared += 1;
        }
    }
    assert!(compared > 9, "{compared} lists were compared");
    assert_ne!(report.lists, changed.lists, "the responses differ");
}

#[test]
fn members_who_refuse_are_no_candidates_and_cancelled_sign_ups_no_responses() {
    let mut town = town(0.5, 1);
    let everybody = backtest(&town);
    for member in (0..MEMBERS).step_by(2) {
        town.members.personalised[member] = false;
    }
    let half = backtest(&town);
    let most = |report: &AudienceBacktest| by_item(report).values().map(|list| list.candidates).max();
    assert!(most(&everybody) > Some(MEMBERS / 2) && most(&half) <= Some(MEMBERS / 2));
    let rows = town.history.places();
    let sign_ups: Vec<usize> = rows.filter(|&row| town.history.kind(row) == EventKind::SignUp).collect();
    // Every sign-up is cancelled at the same instant.
    town.history.edit(|events| {
        for row in sign_ups.into_iter().rev() {
            let (item, at) = (events.item[row], events.at[row]);
            events.item.insert(row + 1, item);
            events.at.insert(row + 1, at);
            events.kind.insert(row + 1, EventKind::Cancel);
            events.starts.iter_mut().for_each(|start| *start += u64::from(*start > row as u64));
        }
    });
    let cancelled = backtest(&town);
    assert!(half.parts.iter().any(|part| part.items == "activities"), "{:?}", half.parts);
    assert!(cancelled.parts.iter().all(|part| part.items == "articles"), "{:?}", cancelled.parts);
}

#[test]
fn intervals_are_judged_on_new_items_whatever_their_outcome() {
    let mut town = town(0.0, 1);
    let date = AS_OF - 20 * DAY;
    // Nobody ever reads the article that was published an hour before the date.
    let (unread, published) = (town.items.id.len() - 1, date - 3_600);
    town.items.published_at[unread] = published;
    town.history
        .edit(|events| events.item.iter_mut().filter(|item| **item == unread as u32).for_each(|item| *item = 0));
    let options = BacktestOptions { dates: Dates::At(vec![date]), ..options() };
    let report = audiences(&town, &snapshot_before, &options, &|_| {}).expect("judged");
    let lists = by_item(&report);
    let unread = lists.values().find(|list| list.item_id == town.items.id[unread]).expect("a list without a response");
    assert_eq!((unread.is_interval_judged, unread.came, unread.ours), (true, 0, 0));
    assert!(lists.values().any(|list| list.came > 0), "items with responders are judged, too");
}

/// Adds a push of `item` at `at` to every member of `members`.
fn push(town: &mut Snapshot, item: u32, at: i64, members: impl Iterator<Item = usize>) {
    town.history.edit(|events| {
        for member in members {
            let own = events.starts[member] as usize..events.starts[member + 1] as usize;
            let row = own.start + events.at[own].partition_point(|&earlier| earlier <= at);
            events.item.insert(row, item);
            events.at.insert(row, at);
            events.kind.insert(row, EventKind::Push);
            events.starts[member + 1..].iter_mut().for_each(|start| *start += 1);
        }
    });
}

#[test]
fn sent_pushes_are_judged_by_the_members_who_had_not_responded_before() {
    let mut town = town(0.5, 1);
    let days = Dates::OfPushes(5);
    let options = BacktestOptions { dates: days.clone(), ..options() };
    assert!(matches!(audiences(&town, &snapshot_before, &options, &|_| {}), Err(BacktestError::NoDate)));
    let reads_of = |town: &Snapshot, item: u32, member: usize| -> Option<i64> {
        let mut events = town.history.of(member);
        let read = |event: &usize| town.history.item(*event) == item && town.history.kind(*event) == EventKind::Read;
        events.find(read).map(|event| town.history.at(event))
    };
    let noon =
        town.zone.midnight(town.zone.day(chrono::DateTime::from_timestamp(AS_OF - 20 * DAY, 0).expect("a time")));
    let at = noon.timestamp() + 12 * 3_600;
    let item = (0..town.items.id.len() as u32)
        .filter(|&item| (0..at).contains(&town.items.published_at[item as usize]))
        .max_by_key(|&item| {
            let read = (0..MEMBERS).filter_map(|member| reads_of(&town, item, member));
            read.filter(|read| (at..at + 3 * DAY).contains(read)).count()
        })
        .expect("an item");
    push(&mut town, item, at, 0..400);
    // A push to nine members is a small group.
    push(&mut town, item ^ 1, at, 0..9);
    let pushed: Vec<Option<i64>> = (0..400).map(|member| reads_of(&town, item, member)).collect();
    let candidates = pushed.iter().filter(|read| read.is_none_or(|read| read >= at)).count();
    let came = pushed.iter().flatten().filter(|read| (at..at + 3 * DAY).contains(read)).count();
    let report = audiences(&town, &snapshot_before, &options, &|_| {}).expect("judged");
    assert_eq!(report.dates.len(), 1, "one day with pushes");
    let [slice] = report.pushes.as_slice() else { panic!("one group: {:?}", report.pushes) };
    let [each] = slice.each.as_slice() else { panic!("one push: {slice:?}") };
    assert_eq!((each.members, each.actual, slice.pushes), (candidates, came, 1));
    assert_eq!((slice.members, slice.actual), (candidates, came));
    let [value, low, high] = each.expected;
    assert!(low <= value && value <= high && value > 0.0 && high <= candidates as f64, "{each:?}");
    let examples: usize = slice.calibration.iter().map(|bin| bin.examples).sum();
    assert_eq!(examples, candidates);
}

#[test]
fn without_history_there_is_no_date_and_the_json_can_be_parsed() {
    let report = backtest(&town(0.0, 1));
    let json = serde_json::to_string(&report).expect("written");
    let read: AudienceBacktest = serde_json::from_str(&json).expect("read");
    // The last digit of a parsed number may differ.
    assert_eq!((&read.dates, &read.sizes, read.parts.len()), (&report.dates, &report.sizes, report.parts.len()));
    let empty = snapshot_before(&town(0.0, 1), AS_OF - 61 * DAY);
    assert!(empty.history.places().all(|at| empty.history.kind(at) != EventKind::Read));
    let refused = audiences(&empty, &snapshot_before, &options(), &|_| {});
    assert!(matches!(refused, Err(BacktestError::NoDate)), "{refused:?}");
}
