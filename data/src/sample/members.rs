//! The members: who they are, what they like, how often they look.

use chrono::{Datelike, Days, NaiveDate};

use super::chance::Chance;
use super::moments::{DAY, Moment, Period};
use super::options::Checked;
use super::places::Districts;
use super::topics::{self, TOPICS};
use super::unions::{CLUBS, Unions};
use crate::Gender;
use crate::calendar::age_in_years;

/// How the roster tells the birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BirthTold {
    AsDate,
    AsIdNumber,
    NotAtAll,
}

/// One member, with the truth that the files do not show.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) union: Option<u32>,
    pub(super) club: Option<u32>,
    pub(super) birth: NaiveDate,
    pub(super) birth_told: BirthTold,
    pub(super) gender: Gender,
    pub(super) gender_told: bool,
    pub(super) home: Option<u8>,
    pub(super) work: Option<u8>,
    pub(super) has_child: bool,
    pub(super) has_openid: bool,
    pub(super) joined: NaiveDate,
    pub(super) followed: Option<Moment>,
    pub(super) unfollowed: Option<Moment>,
    pub(super) personalised: bool,
    pub(super) team_match: bool,
    /// Attention paid, 1 on the average of those who read; 0: never reads.
    pub(super) attention: f32,
    /// Attention paid until this moment; later the member only stands in the roster.
    pub(super) lapses: Moment,
    /// Shares of attention by topic; they sum to 1.
    pub(super) taste: [f32; TOPICS],
    /// The favourite theme within each topic, two bits each.
    favourites: u32,
}

impl Member {
    /// How much more than an average topic and theme this one interests the member: 1 is average.
    pub(super) fn affinity(&self, topic: usize, theme: usize) -> f64 {
        f64::from(self.taste[topic]) * TOPICS as f64 * self.theme_factor(topic, theme)
    }

    /// Interest in a theme relative to its topic: the favourite one three times the others, 1 on the average.
    pub(super) fn theme_factor(&self, topic: usize, theme: usize) -> f64 {
        if self.favourites >> (2 * topic) & 3 == theme as u32 { 1.8 } else { 0.6 }
    }

    /// Whether the member sees what the account sends and publishes at that moment.
    pub(super) fn is_reached(&self, at: Moment) -> bool {
        self.has_openid
            && self.followed.is_some_and(|followed| followed <= at)
            && self.unfollowed.is_none_or(|left| left > at)
            && at < self.lapses
    }

    /// Age in years as the files tell it.
    pub(super) fn told_age(&self, on: NaiveDate) -> Option<u32> {
        if self.birth_told == BirthTold::NotAtAll { None } else { age_in_years(self.birth, on) }
    }
}

/// Makes all members.
pub(super) fn make(options: &Checked, unions: &Unions, period: &Period) -> Vec<Member> {
    let mut chance = Chance::new(options.seed, "members");
    let districts = Districts::new();
    let today = period.date(period.end);
    let means = taste_means();
    (0..options.members).map(|number| member(number, &mut chance, unions, &districts, period, today, &means)).collect()
}

fn member(
    number: u32,
    chance: &mut Chance,
    unions: &Unions,
    districts: &Districts,
    period: &Period,
    today: NaiveDate,
    means: &[[f64; TOPICS]; topics::BANDS],
) -> Member {
    let union = unions.of_member(number, chance);
    let own = union.and_then(|union| unions.all.get(union as usize));
    let retired = chance.happens(0.06);
    let age = match own {
        _ if retired => 60.0 + chance.exponential(6.0).min(25.0),
        Some(union) => (union.age + 9.0 * chance.normal()).clamp(18.5, 60.5),
        None => (38.0 + 11.0 * chance.normal()).clamp(18.5, 60.5),
    };
    let birth = today.checked_sub_days(Days::new((age * 365.25) as u64)).unwrap_or(today);
    let gender = if chance.happens(own.map_or(0.45, |union| union.women)) { Gender::Female } else { Gender::Male };
    let work = own.and_then(|union| union.district);
    let home = if chance.happens(0.3) { work } else { Some(districts.home(chance)) };
    let band = topics::band(age as u32);
    let has_child = chance.happens([0.02, 0.35, 0.78, 0.35, 0.15, 0.05][band]);
    let single = chance.happens([0.75, 0.4, 0.12, 0.07, 0.06, 0.1][band]);
    let joined = joined(chance, birth, today);
    let has_openid = chance.happens(0.9);
    let (followed, unfollowed) = if has_openid { following(chance, joined, period) } else { (None, None) };
    let mean = personal_mean(&means[band], gender, has_child, single);
    let lapses = if chance.happens(0.16) { (chance.unit() * 1.2 * period.end as f64) as Moment } else { period.end };
    let reads = !chance.happens(0.26);
    let attention = chance.log_normal(0.5, 1.15).min(14.0) * [0.7, 0.9, 1.0, 1.15, 1.3, 1.1][band];
    let taste = dirichlet(chance, &mean, 5.0);
    Member {
        union,
        club: club(chance, unions, &taste),
        birth,
        birth_told: match chance.unit() {
            at if at < 0.60 => BirthTold::AsDate,
            at if at < 0.96 => BirthTold::AsIdNumber,
            _ => BirthTold::NotAtAll,
        },
        gender,
        gender_told: !chance.happens(0.02),
        home: home.filter(|_| !chance.happens(0.06)),
        work: work.filter(|_| !chance.happens(0.03)),
        has_child,
        has_openid,
        joined,
        followed,
        unfollowed,
        personalised: !chance.happens(0.02),
        team_match: chance.happens(0.12),
        attention: if reads && has_openid { attention as f32 } else { 0.0 },
        lapses,
        taste,
        favourites: chance.between(0, i64::from(u32::MAX)) as u32,
    }
}

fn joined(chance: &mut Chance, birth: NaiveDate, today: NaiveDate) -> NaiveDate {
    let years = chance.exponential(5.0).min(30.0);
    let joined = today.checked_sub_days(Days::new((years * 365.25) as u64)).unwrap_or(today);
    joined.max(birth.with_year(birth.year() + 18).unwrap_or(joined)).min(today)
}

/// Most members followed before the sample begins, the others all through it; one in sixteen left again.
fn following(chance: &mut Chance, joined: NaiveDate, period: &Period) -> (Option<Moment>, Option<Moment>) {
    let followed = if chance.happens(0.8) {
        -(chance.unit() * 900.0 * DAY as f64) as Moment
    } else {
        (chance.unit() * period.end as f64) as Moment
    };
    let followed = followed.max(period.midnight(joined) + 9 * 3_600).min(period.end - 1);
    let left = chance.happens(1.0 / 16.0).then(|| followed.max(0) + 1 + (chance.unit() * period.end as f64) as Moment);
    (Some(followed), left.filter(|&left| left < period.end))
}

fn club(chance: &mut Chance, unions: &Unions, taste: &[f32; TOPICS]) -> Option<u32> {
    let count = (unions.clubs.end - unions.clubs.start) as usize;
    let place = chance.index(count);
    let interest = f64::from(taste[topics::number(CLUBS[place % CLUBS.len()].1)]) * TOPICS as f64;
    (count > 0 && chance.happens(0.06 * interest)).then_some(unions.clubs.start + place as u32)
}

/// Mean shares of attention of each age band.
fn taste_means() -> [[f64; TOPICS]; topics::BANDS] {
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

/// A personal profile around the mean; the smaller the concentration, the more people differ.
fn dirichlet(chance: &mut Chance, mean: &[f64; TOPICS], concentration: f64) -> [f32; TOPICS] {
    let sum: f64 = mean.iter().sum();
    let drawn = mean.map(|share| chance.gamma(concentration * share / sum) + 1e-6);
    let total: f64 = drawn.iter().sum();
    drawn.map(|share| (share / total) as f32)
}
