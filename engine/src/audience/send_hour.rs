//! The hour of day at which members read: by own habit where it is known, else by the age band.

use std::sync::OnceLock;

use chrono::{NaiveTime, Timelike};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{EventKind, Snapshot};

use super::time;
use crate::Engine;

/// Reads in 180 days from which on a member's own hours count.
///
/// If 8 reads fall into 16 waking hours at random, some hour has half of them with a probability below 1 in 50.
pub const HABIT_READS: u32 = 8;
/// Reads of this many days before the snapshot's time count.
const DAYS: i64 = 180;
/// Reads of an age band from which on its own time counts; below, that of all members.
const BAND_READS: u32 = 100;
/// Half hours of a day.
const SLOTS: usize = 48;

/// Hours of the day in which nothing is sent, in the zone of the snapshot. They may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietTime {
    /// Their beginning.
    pub from: NaiveTime,
    /// Their end, which is not quiet.
    pub to: NaiveTime,
}

impl QuietTime {
    /// Whether a local time is quiet.
    #[must_use]
    pub fn contains(self, time: NaiveTime) -> bool {
        let Self { from, to } = self;
        if from < to { from <= time && time < to } else { from <= time || time < to }
    }
}

/// Members by the hour at which to send to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourCount {
    /// The hour, 0 to 23.
    pub hour: u32,
    /// Members who read most at this hour.
    pub by_habit: usize,
    /// Members without a known habit whose age band reads most in this hour.
    pub by_age_band: usize,
    /// Whether the hour begins in the quiet hours, so that it is never suggested.
    pub quiet: bool,
}

/// The time at which an age band reads most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandTime {
    /// Label of the age band.
    pub age_band: String,
    /// Members of the band without a known habit.
    pub members: usize,
    /// The beginning of the half hour, such as `12:30`. Null if there are no reads.
    pub time: Option<String>,
}

/// When to send to the members of an audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendHours {
    /// Members to push to.
    pub members: usize,
    /// Those with at least [`HABIT_READS`] reads outside the quiet hours in 180 days.
    pub by_habit: usize,
    /// The 24 hours.
    pub hours: Vec<HourCount>,
    /// The age bands of the other members, in order.
    pub age_bands: Vec<BandTime>,
    /// The time that suits most of the others. Null if there are none, or no reads.
    pub rest_at: Option<String>,
    /// The hour that suits most members, for a list that is sent at once. Null if there are no reads.
    pub best_hour: Option<u32>,
}

/// Reads by half hour: one row for each age band, and one for all members.
#[derive(Debug, Default)]
pub(crate) struct BandReads(OnceLock<Vec<[u32; SLOTS]>>);

/// Converts the times of one window to local half hours.
struct LocalClock {
    start: i64,
    /// Seconds to add to UTC, for each hour of the window.
    offsets: Vec<i64>,
}

impl LocalClock {
    fn of(snapshot: &Snapshot) -> Self {
        let start = (snapshot.as_of - DAYS * 86_400).div_euclid(3_600) * 3_600;
        let offset = |hour: i64| {
            let at = time::utc(start + hour * 3_600);
            (snapshot.zone.local(at) - at.naive_utc()).num_seconds()
        };
        Self { start, offsets: (0..=DAYS * 24).map(offset).collect() }
    }

    /// The half hour of a time, or `None` outside of the window.
    fn slot(&self, at: i64) -> Option<usize> {
        let hour = usize::try_from((at - self.start).div_euclid(3_600)).ok()?;
        let local = at + self.offsets.get(hour)?;
        Some((local.rem_euclid(86_400) / 1_800) as usize)
    }

    /// Half hours of the member's reads.
    fn reads<'a>(&'a self, snapshot: &'a Snapshot, member: usize) -> impl Iterator<Item = usize> + 'a {
        let history = &snapshot.history;
        let recent = history.since(history.of(member), self.start);
        recent.filter(|&event| history.kind(event) == EventKind::Read).filter_map(|event| self.slot(history.at(event)))
    }
}

impl Engine {
    /// Counts members by the hour at which to send to them, as rows of the snapshot.
    ///
    /// A member with at least [`HABIT_READS`] reads in the last 180 days has the hour with the most of them; ties go to the
    /// hour in which the age band reads more, then to the earlier one. Others have the half hour in which their age band
    /// reads most. Quiet hours are left out before anything is chosen. Reads that a push caused count like others, so a
    /// habit is partly that of the staff. Reads since the snapshot do not count, and members who refuse personalised lists
    /// are never looked at.
    pub(super) fn send_hours(&self, members: &[usize], quiet: Option<QuietTime>) -> SendHours {
        let snapshot = self.snapshot();
        let clock = LocalClock::of(snapshot);
        let bands = self.band_reads().0.get_or_init(|| band_reads(snapshot, &clock));
        let is_quiet = |slot: usize| quiet.is_some_and(|quiet| quiet.contains(time_of(slot)));
        let band_slots: Vec<Option<usize>> = bands.iter().map(|reads| busiest(reads, &is_quiet)).collect();
        let everybody = bands.len() - 1;
        let of_band = |band: usize| {
            let is_enough = bands[band].iter().sum::<u32>() >= BAND_READS;
            if is_enough { band_slots[band] } else { None }.or(band_slots[everybody])
        };
        let habit = |&member: &usize| {
            let mut hours = [0_u32; 24];
            clock.reads(snapshot, member).for_each(|slot| hours[slot / 2] += u32::from(!is_quiet(slot / 2 * 2)));
            let band = usize::from(snapshot.members.age_band[member]);
            let of_hour = |hour: usize| bands[band][2 * hour] + bands[band][2 * hour + 1];
            let is_known = hours.iter().sum::<u32>() >= HABIT_READS;
            let best = (0..24).max_by_key(|&hour| (hours[hour], of_hour(hour), std::cmp::Reverse(hour)));
            (band, best.filter(|_| is_known))
        };
        let found: Vec<(usize, Option<usize>)> = members.par_iter().map(habit).collect();
        let hour = |hour: u32| HourCount { hour, by_habit: 0, by_age_band: 0, quiet: is_quiet(2 * hour as usize) };
        let mut hours: Vec<HourCount> = (0..24).map(hour).collect();
        let mut rest = vec![0; everybody];
        for (band, own) in found {
            match own {
                Some(hour) => hours[hour].by_habit += 1,
                None => rest[band] += 1,
            }
        }
        let mut at = [0; SLOTS];
        for (band, &members) in rest.iter().enumerate() {
            if let Some(slot) = of_band(band) {
                at[slot] += members as u32;
                hours[slot / 2].by_age_band += members;
            }
        }
        let all = |hour: &HourCount| (hour.by_habit + hour.by_age_band, std::cmp::Reverse(hour.hour));
        let best = hours.iter().max_by_key(|hour| all(hour)).filter(|hour| all(hour).0 > 0);
        let band_time = |(band, &members): (usize, &usize)| BandTime {
            age_band: snapshot.age_bands.label(band),
            members,
            time: of_band(band).map(text_of),
        };
        SendHours {
            members: members.len(),
            by_habit: members.len() - rest.iter().sum::<usize>(),
            best_hour: best.map(|hour| hour.hour),
            rest_at: busiest(&at, &is_quiet).map(text_of),
            age_bands: rest.iter().enumerate().filter(|(_, members)| **members > 0).map(band_time).collect(),
            hours,
        }
    }
}

fn band_reads(snapshot: &Snapshot, clock: &LocalClock) -> Vec<[u32; SLOTS]> {
    let n_bands = snapshot.age_bands.count();
    let none = || vec![[0; SLOTS]; n_bands + 1];
    let members = 0..snapshot.members.id.len();
    let count = |mut counts: Vec<[u32; SLOTS]>, member: usize| {
        let band = usize::from(snapshot.members.age_band[member]);
        for slot in clock.reads(snapshot, member) {
            counts[band][slot] += 1;
            counts[n_bands][slot] += 1;
        }
        counts
    };
    let add = |mut left: Vec<[u32; SLOTS]>, right: Vec<[u32; SLOTS]>| {
        let pairs = left.iter_mut().flatten().zip(right.iter().flatten());
        pairs.for_each(|(left, right)| *left += right);
        left
    };
    let personalised = members.into_par_iter().filter(|&member| snapshot.members.personalised[member]);
    personalised.fold(none, count).reduce(none, add)
}

/// The slot with the most reads that is not quiet; the earliest of equal ones.
fn busiest(reads: &[u32; SLOTS], is_quiet: &impl Fn(usize) -> bool) -> Option<usize> {
    let slots = (0..SLOTS).filter(|&slot| reads[slot] > 0 && !is_quiet(slot));
    slots.max_by_key(|&slot| (reads[slot], std::cmp::Reverse(slot)))
}

fn time_of(slot: usize) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(slot as u32 * 1_800, 0).unwrap_or_default()
}

fn text_of(slot: usize) -> String {
    let time = time_of(slot);
    format!("{:02}:{:02}", time.hour(), time.minute())
}
