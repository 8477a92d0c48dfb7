//! Generates members: demographics, interests and activity.

use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate};
use rayon::prelude::*;

use super::options::CheckedOptions;
use super::places::Districts;
use super::random::RandomStream;
use super::time::{DAY, Period, SampleTime};
use super::topics::{self, TOPICS};
use super::unions::{CLUBS, Unions};
use crate::Gender;
use crate::calendar::age_in_years;

/// How the roster records the birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BirthSource {
    Date,
    IdNumber,
    Missing,
}

/// A member, including the hidden values that do not appear in the files.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) union: Option<u32>,
    pub(super) club: Option<u32>,
    pub(super) birth: NaiveDate,
    pub(super) birth_source: BirthSource,
    pub(super) gender: Gender,
    pub(super) gender_recorded: bool,
    pub(super) home: Option<u8>,
    pub(super) work: Option<u8>,
    pub(super) has_child: bool,
    pub(super) has_openid: bool,
    pub(super) joined: NaiveDate,
    pub(super) followed: Option<SampleTime>,
    pub(super) unfollowed: Option<SampleTime>,
    pub(super) personalised: bool,
    pub(super) team_match: bool,
    /// Reading activity, 1 on average over members who read; 0 for members who never read.
    pub(super) attention: f32,
    /// The member stops reading at this time, but remains in the roster.
    pub(super) inactive_from: SampleTime,
    /// Shares of interest by topic, which sum to 1.
    pub(super) interests: [f32; TOPICS],
    pub(super) favourites: Favourites,
}

/// The favourite theme of each topic, in two bits each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Favourites(u32);

impl Favourites {
    /// Interest in a theme relative to its topic: three times as high for the favourite one, 1 on average.
    pub(super) fn factor(self, topic: usize, theme: usize) -> f64 {
        if self.0 >> (2 * topic) & 3 == theme as u32 { 1.8 } else { 0.6 }
    }
}

impl Member {
    /// The member's interest in a topic and theme relative to the average, which is 1.
    pub(super) fn affinity(&self, topic: usize, theme: usize) -> f64 {
        f64::from(self.interests[topic]) * TOPICS as f64 * self.favourites.factor(topic, theme)
    }

    /// Whether the member receives what the account sends at this time.
    pub(super) fn is_reached(&self, at: SampleTime) -> bool {
        self.has_openid
            && self.followed.is_some_and(|followed| followed <= at)
            && self.unfollowed.is_none_or(|left| left > at)
            && at < self.inactive_from
    }

    /// Age in years according to the files.
    pub(super) fn recorded_age(&self, on: NaiveDate) -> Option<u32> {
        if self.birth_source == BirthSource::Missing { None } else { age_in_years(self.birth, on) }
    }
}

/// Members of a large sample that share a random stream.
const BLOCK: u32 = 4_096;

/// Generates all members.
pub(super) fn make(options: &CheckedOptions, unions: &Unions, period: &Period) -> Vec<Member> {
    let districts = Districts::new();
    let today = period.date(period.end);
    let means = mean_interests();
    let some = |numbers: Range<u32>, stream: &str| -> Vec<Member> {
        let mut rng = RandomStream::new(options.seed, stream);
        numbers.map(|number| member(number, &mut rng, unions, &districts, period, today, &means)).collect()
    };
    if !options.is_large() {
        return some(0..options.members, "members");
    }
    let mut made = Vec::with_capacity(options.members as usize);
    let firsts: Vec<u32> = (0..options.members).step_by(BLOCK as usize).collect();
    // A few blocks at a time, so that the members are held in memory once.
    for firsts in firsts.chunks(8 * rayon::current_num_threads()) {
        let block = |&first: &u32| some(first..(first + BLOCK).min(options.members), &format!("members from {first}"));
        made.extend(firsts.par_iter().map(block).collect::<Vec<_>>().into_iter().flatten());
    }
    made
}

fn member(
    number: u32,
    rng: &mut RandomStream,
    unions: &Unions,
    districts: &Districts,
    period: &Period,
    today: NaiveDate,
    means: &[[f64; TOPICS]; topics::BANDS],
) -> Member {
    let union = unions.of_member(number, rng);
    let own = union.and_then(|union| unions.all.get(union as usize));
    let retired = rng.chance(0.06);
    let age = match own {
        _ if retired => 60.0 + rng.exponential(6.0).min(25.0),
        Some(union) => (union.age + 9.0 * rng.normal()).clamp(18.5, 60.5),
        None => (38.0 + 11.0 * rng.normal()).clamp(18.5, 60.5),
    };
    let birth = today.checked_sub_days(Days::new((age * 365.25) as u64)).unwrap_or(today);
    let gender = if rng.chance(own.map_or(0.45, |union| union.women)) { Gender::Female } else { Gender::Male };
    let work = own.and_then(|union| union.district);
    let home = if rng.chance(0.3) { work } else { Some(districts.home(rng)) };
    let band = topics::band(age as u32);
    let has_child = rng.chance([0.02, 0.35, 0.78, 0.35, 0.15, 0.05][band]);
    let single = rng.chance([0.75, 0.4, 0.12, 0.07, 0.06, 0.1][band]);
    let joined = joined(rng, birth, today);
    let has_openid = rng.chance(0.9);
    let (followed, unfollowed) = if has_openid { following(rng, joined, period) } else { (None, None) };
    let mean = personal_mean(&means[band], gender, has_child, single);
    let inactive_from =
        if rng.chance(0.16) { (rng.unit() * 1.2 * period.end as f64) as SampleTime } else { period.end };
    let reads = !rng.chance(0.26);
    let attention = rng.log_normal(0.5, 1.15).min(14.0) * [0.7, 0.9, 1.0, 1.15, 1.3, 1.1][band];
    let interests = dirichlet(rng, &mean, 5.0);
    Member {
        union,
        club: club(rng, unions, &interests),
        birth,
        birth_source: match rng.unit() {
            at if at < 0.60 => BirthSource::Date,
            at if at < 0.96 => BirthSource::IdNumber,
            _ => BirthSource::Missing,
        },
        gender,
        gender_recorded: !rng.chance(0.02),
        home: home.filter(|_| !rng.chance(0.06)),
        work: work.filter(|_| !rng.chance(0.03)),
        has_child,
        has_openid,
        joined,
        followed,
        unfollowed,
        personalised: !rng.chance(0.02),
        team_match: rng.chance(0.12),
        attention: if reads && has_openid { attention as f32 } else { 0.0 },
        inactive_from,
        interests,
        favourites: Favourites(rng.between(0, i64::from(u32::MAX)) as u32),
    }
}

fn joined(rng: &mut RandomStream, birth: NaiveDate, today: NaiveDate) -> NaiveDate {
    let years = rng.exponential(5.0).min(30.0);
    let joined = today.checked_sub_days(Days::new((years * 365.25) as u64)).unwrap_or(today);
    joined.max(birth.with_year(birth.year() + 18).unwrap_or(joined)).min(today)
}

/// Most members followed before the sample starts, the others during it. One in sixteen unfollowed.
fn following(rng: &mut RandomStream, joined: NaiveDate, period: &Period) -> (Option<SampleTime>, Option<SampleTime>) {
    let followed = if rng.chance(0.8) {
        -(rng.unit() * 900.0 * DAY as f64) as SampleTime
    } else {
        (rng.unit() * period.end as f64) as SampleTime
    };
    let followed = followed.max(period.midnight(joined) + 9 * 3_600).min(period.end - 1);
    let left = rng.chance(1.0 / 16.0).then(|| followed.max(0) + 1 + (rng.unit() * period.end as f64) as SampleTime);
    (Some(followed), left.filter(|&left| left < period.end))
}

fn club(rng: &mut RandomStream, unions: &Unions, interests: &[f32; TOPICS]) -> Option<u32> {
    let count = (unions.clubs.end - unions.clubs.start) as usize;
    let place = rng.index(count);
    let interest = f64::from(interests[topics::number(CLUBS[place % CLUBS.len()].1)]) * TOPICS as f64;
    (count > 0 && rng.chance(0.06 * interest)).then_some(unions.clubs.start + place as u32)
}

/// Mean shares of interest of each age band.
fn mean_interests() -> [[f64; TOPICS]; topics::BANDS] {
    let mut means = [[0.0; TOPICS]; topics::BANDS];
    for (band, mean) in means.iter_mut().enumerate() {
        let sum: f64 = topics::ALL.iter().map(|topic| topic.bands[band]).sum();
        for (share, topic) in mean.iter_mut().zip(&topics::ALL) {
            *share = topic.bands[band] / sum;
        }
    }
    means
}

fn personal_mean(band: &[f64; TOPICS], gender: Gender, has_child: bool, single: bool) -> [f64; TOPICS] {
    const CHILDREN: usize = topics::number("亲子");
    const SINGLES: usize = topics::number("单身联谊");
    let mut mean = *band;
    for (share, topic) in mean.iter_mut().zip(&topics::ALL) {
        *share *= if gender == Gender::Female { topic.women } else { 1.0 };
    }
    mean[CHILDREN] *= if has_child { 2.2 } else { 0.25 };
    mean[SINGLES] *= if single { 2.2 } else { 0.1 };
    mean
}

/// A personal profile around the mean. A smaller concentration gives larger differences between members.
fn dirichlet(rng: &mut RandomStream, mean: &[f64; TOPICS], concentration: f64) -> [f32; TOPICS] {
    let sum: f64 = mean.iter().sum();
    let drawn = mean.map(|share| rng.gamma(concentration * share / sum) + 1e-6);
    let total: f64 = drawn.iter().sum();
    drawn.map(|share| (share / total) as f32)
}
