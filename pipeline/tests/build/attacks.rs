//! Attacks on random families of reports: from all that is shown, no number of people from 1 to the minimum less one follows.

use zhihui_engine::report::MinGroupSize;

use super::day_attacks::few_on_days;
use super::list_attacks::few_in_lists;
use super::memo_numbers::numbers_of_memos_only;
use super::part_attacks::{Subject, few_in_parts};
use super::published::{FIGURES, unread_numbers};
use super::random_town::{Windows, random_town};
use super::report_family::{Shown, family};

/// Seeds of random towns. Earlier rules revealed small groups in each of them.
const TOWNS: [u64; 3] = [4, 7, 11];

fn all_few(reports: &[Shown], windows: &Windows, min_size: MinGroupSize) -> Vec<String> {
    let subjects = [
        Subject::acts("reads", "readers"),
        Subject::acts("shares", "sharers"),
        Subject::acts("sign_ups", "signers"),
        Subject::acts("attended", "attendees"),
        Subject::acts("ratings", "raters"),
        Subject::lifecycle(),
        Subject::seats(),
        Subject::standing(),
    ];
    let mut few: Vec<String> = subjects.iter().flat_map(|subject| few_in_parts(reports, subject, min_size)).collect();
    for measure in [
        "readers",
        "reads",
        "active",
        "first_active",
        "sharers",
        "shares",
        "signers",
        "sign_ups",
        "attendees",
        "attended",
        "raters",
    ] {
        few.extend(few_on_days(reports, measure, min_size));
    }
    few.extend(few_in_lists(reports, windows, min_size));
    few
}

#[tokio::test(flavor = "multi_thread")]
async fn no_family_of_reports_reveals_a_small_group() {
    let min_size = MinGroupSize::default();
    let mut shown = 0;
    for seed in TOWNS {
        let town = random_town(seed).await;
        let reports = family(&town.home, min_size, seed).await;
        let numbers = |figure: &super::published::Figure| {
            reports.iter().map(|shown| figure.numbers(&shown.report).len()).sum::<usize>()
        };
        shown += FIGURES.iter().map(numbers).sum::<usize>();
        let few = all_few(&reports, &town.windows, min_size);
        assert!(few.is_empty(), "town {seed}: {few:#?}");
        let unknown = numbers_of_memos_only(&reports);
        assert!(unknown.is_empty(), "town {seed}: {unknown:#?}");
    }
    assert!(shown > 600, "only {shown} numbers are shown, which is too few to be useful");
}

#[tokio::test]
async fn every_number_of_people_is_read_by_the_attacker() {
    let town = random_town(TOWNS[0]).await;
    let report = family(&town.home, MinGroupSize::default(), TOWNS[0]).await.swap_remove(0).report;
    let unread = unread_numbers(&report);
    assert!(unread.is_empty(), "add a figure, or say why it needs none: {unread:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attacker_finds_groups_that_a_lower_minimum_reveals() {
    let (five, ten) = (MinGroupSize::try_from(5).expect("enough"), MinGroupSize::default());
    let mut found = Vec::new();
    for seed in 0..1 {
        let town = random_town(seed).await;
        found.extend(all_few(&family(&town.home, five, seed).await, &town.windows, ten));
    }
    for what in [" in u", " but not ", " of ", " in (", " in all but "] {
        assert!(found.iter().any(|few| few.contains(what)), "nothing with {what}: {found:#?}");
    }
}
