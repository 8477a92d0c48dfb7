//! The hour at which to send to the members of an audience.

use chrono::NaiveTime;
use zhihui_data::snapshot::{EventColumns, EventKind, SignUps};
use zhihui_engine::{
    Engine, Overlay,
    audience::{AudienceRequest, HABIT_READS, QuietTime, SendHours, Target},
};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine_with};

/// Midnight in Shanghai at the start of the snapshot's day.
const MIDNIGHT: i64 = AS_OF - 12 * 3_600;

/// An engine in which each member has read at the given times of the day before.
fn reading(times: impl Fn(usize) -> Vec<i64>) -> Engine {
    engine_with(4, |snapshot| {
        let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
        for member in 0..MEMBERS {
            let mut at: Vec<i64> = times(member).iter().map(|second| MIDNIGHT - DAY + second).collect();
            at.sort_unstable();
            history.at.extend(at);
            history.starts.push(history.at.len() as u64);
        }
        history.item = vec![15; history.at.len()];
        history.kind = vec![EventKind::Read; history.at.len()];
        snapshot.history = history.into();
        snapshot.sign_ups = SignUps { starts: vec![0; MEMBERS + 1], ..SignUps::default() };
    })
}

fn hours(engine: &Engine, quiet: Option<QuietTime>) -> SendHours {
    let request =
        AudienceRequest { send_hours: true, quiet, ..AudienceRequest::new(Target::Item("A04".into()), AS_OF) };
    let preview = engine.audience(&Overlay::default(), &request, &|_| None).expect("an audience").preview;
    let hours = preview.send_hours.expect("was requested");
    assert_eq!(hours.members, preview.selected);
    let counted: usize = hours.hours.iter().map(|hour| hour.by_habit).sum();
    assert_eq!((counted, hours.hours.len()), (hours.by_habit, 24));
    hours
}

fn quiet(from: u32, to: u32) -> Option<QuietTime> {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour");
    Some(QuietTime { from: hour(from), to: hour(to) })
}

#[test]
fn habits_need_enough_reads_and_the_rest_follows_the_age_band() {
    // Even members have a habit at 20 o'clock; odd ones have read once less than needed, at 12:40.
    let enough = HABIT_READS as usize;
    let engine = reading(|member| match member % 2 {
        0 => vec![20 * 3_600 + 300; enough],
        _ => vec![12 * 3_600 + 2_400; enough - 1],
    });
    let hours = hours(&engine, None);
    assert!(hours.by_habit > 0 && hours.by_habit < hours.members);
    assert_eq!(hours.hours[20].by_habit, hours.by_habit);
    let rest: usize = hours.age_bands.iter().map(|band| band.members).sum();
    assert_eq!(rest, hours.members - hours.by_habit);
    // No band has the reads for a time of its own, so the time of all members counts.
    assert_eq!(hours.rest_at.as_deref(), Some("20:00"));
    assert_eq!((hours.hours[20].by_age_band, hours.best_hour), (rest, Some(20)));
}

#[test]
fn quiet_hours_are_never_suggested() {
    let engine = reading(|_| [vec![22 * 3_600; 12], vec![9 * 3_600 + 1_900; HABIT_READS as usize]].concat());
    let free = hours(&engine, None);
    assert_eq!((free.by_habit, free.best_hour), (free.members, Some(22)));
    let night = hours(&engine, quiet(21, 8));
    assert_eq!((night.by_habit, night.best_hour), (night.members, Some(9)));
    assert!(night.hours[22].quiet && night.hours[7].quiet && !night.hours[8].quiet && !night.hours[20].quiet);
    assert_eq!(night.hours[22].by_habit, 0);
    let most = hours(&engine, quiet(8, 24 - 1));
    assert_eq!((most.by_habit, most.best_hour, most.rest_at), (0, None, None), "nobody reads between 23 and 8");
}

#[test]
fn old_reads_and_other_events_do_not_count() {
    let engine = reading(|_| vec![20 * 3_600 - 190 * DAY; 20]);
    let found = hours(&engine, None);
    assert_eq!((found.by_habit, found.best_hour), (0, None));
    assert!(found.age_bands.iter().all(|band| band.time.is_none()));
    let request = AudienceRequest::new(Target::Item("A04".into()), AS_OF);
    let preview = engine.audience(&Overlay::default(), &request, &|_| None).expect("an audience").preview;
    assert_eq!(preview.send_hours, None);
}

#[test]
fn a_band_with_enough_reads_has_a_time_of_its_own() {
    // Members 9 to 18 are 25 to 34 years old. The even ones of them read 60 times each at 7:30, and the others never; members
    // of other bands read too seldom for a habit.
    let engine = reading(|member| match member {
        9..=18 if member % 2 == 0 => vec![7 * 3_600 + 1_800; 60],
        9..=18 => Vec::new(),
        _ => vec![19 * 3_600; HABIT_READS as usize - 1],
    });
    let found = hours(&engine, None);
    let time =
        |label: &str| found.age_bands.iter().find(|band| band.age_band == label).map(|band| band.time.as_deref());
    assert_eq!((time("25-34"), time("35-44")), (Some(Some("07:30")), Some(Some("19:00"))));
    assert_eq!(found.rest_at.as_deref(), Some("19:00"), "most of those without a habit");
    let quiet = hours(&engine, quiet(6, 8));
    let own = quiet.age_bands.iter().find(|band| band.age_band == "25-34").and_then(|band| band.time.as_deref());
    assert_eq!(own, Some("19:00"), "the band reads at no other hour, so the time of all members counts");
}
