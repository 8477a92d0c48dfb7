//! The last event of each member is foretold from earlier events alone.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use zhihui_models::evaluation::{Event, Metric, RecentPopularity};

fn event(user: u32, item: u32, at: i64) -> Event {
    Event { user, item, weight: 1.0, at }
}

#[test]
fn a_worked_example() {
    // The clock strikes at 10 and 20. Member 3's last event at 20 sees items 1 (twice) and 0 (once) within ten before 20.
    let events = [event(0, 0, 12), event(1, 1, 13), event(2, 1, 19), event(3, 1, 20), event(4, 7, 2), event(4, 0, 25)];
    let popularity = RecentPopularity { window: 10, refresh: 10 };
    let evaluation = popularity.predict_last_events(5, 8, &events, &[1, 2]).unwrap();
    assert_eq!(evaluation.users(), [0, 1, 2, 3, 4]);
    // Members 0 to 2 ask before the strike of 20 shows anything but member 4's early event; member 4 finds 0 second.
    assert_eq!(evaluation.per_user(Metric::Mrr, 2).unwrap(), [0.0, 0.0, 0.0, 1.0, 0.5]);
    assert_eq!(evaluation.per_user(Metric::HitRate, 1).unwrap(), [0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn an_item_touched_again_is_a_miss_and_the_future_is_not_seen() {
    let events = [event(0, 0, 1), event(1, 1, 11), event(0, 0, 12), event(2, 0, 30), event(3, 0, 30)];
    let popularity = RecentPopularity { window: 100, refresh: 1 };
    let evaluation = popularity.predict_last_events(4, 2, &events, &[5]).unwrap();
    assert_eq!(evaluation.users(), [0, 1, 2, 3]);
    assert_eq!(evaluation.per_user(Metric::Mrr, 5).unwrap(), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn a_window_must_have_a_length() {
    assert!(RecentPopularity { window: 0, refresh: 1 }.predict_last_events(1, 1, &[], &[5]).is_err());
    assert!(RecentPopularity { window: 1, refresh: -1 }.predict_last_events(1, 1, &[], &[5]).is_err());
}
