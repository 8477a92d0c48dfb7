//! The last event of each member is predicted from earlier events alone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use zhihui_models::evaluation::{Event, Metric, RecentPopularity};

fn event(user: u32, item: u32, at: i64) -> Event {
    Event { user, item, weight: 1.0, at }
}

#[test]
fn last_events_of_a_worked_example() {
    // Counts are refreshed at 10 and 20. For member 3's last event at 20, items 1 (twice) and 0 (once) are in the
    // window.
    let events = [event(0, 0, 12), event(1, 1, 13), event(2, 1, 19), event(3, 1, 20), event(4, 7, 2), event(4, 0, 25)];
    let popularity = RecentPopularity { window: 10, refresh: 10 };
    let evaluation = popularity.predict_last_events(5, 8, &events, &[1, 2]).unwrap();
    assert_eq!(evaluation.users(), [0, 1, 2, 3, 4]);
    // For members 0 to 2, the window before 10 contains only member 4's first event. For member 4, item 0 is second.
    assert_eq!(evaluation.per_user(Metric::Mrr, 2).unwrap(), [0.0, 0.0, 0.0, 1.0, 0.5]);
    assert_eq!(evaluation.per_user(Metric::HitRate, 1).unwrap(), [0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn repeated_item_is_a_miss_and_later_events_are_invisible() {
    let events = [event(0, 0, 1), event(1, 1, 11), event(0, 0, 12), event(2, 0, 30), event(3, 0, 30)];
    let popularity = RecentPopularity { window: 100, refresh: 1 };
    let evaluation = popularity.predict_last_events(4, 2, &events, &[5]).unwrap();
    assert_eq!(evaluation.users(), [0, 1, 2, 3]);
    assert_eq!(evaluation.per_user(Metric::Mrr, 5).unwrap(), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn window_and_refresh_must_be_positive() {
    assert!(RecentPopularity { window: 0, refresh: 1 }.predict_last_events(1, 1, &[], &[5]).is_err());
    assert!(RecentPopularity { window: 1, refresh: -1 }.predict_last_events(1, 1, &[], &[5]).is_err());
}
