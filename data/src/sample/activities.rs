//! Generates activities, services, coupons and venues with their admission rules.

use chrono::{Datelike, NaiveDate};

use super::members::Member;
use super::options::CheckedOptions;
use super::places::{self, Districts};
use super::random::{RandomStream, Weights};
use super::templates::{self, ActivityTemplate};
use super::time::{DAY, HOUR, Period, SampleTime};
use super::topics;
use super::unions::{CLUBS, Unions};
use crate::ItemKind;

/// Something that members sign up for.
#[derive(Debug)]
pub(super) struct Activity {
    pub(super) template: &'static ActivityTemplate,
    pub(super) title: String,
    pub(super) theme: usize,
    pub(super) host: Option<u32>,
    pub(super) opens: SampleTime,
    /// `None` if sign-up never closes.
    pub(super) closes: Option<SampleTime>,
    pub(super) starts: Option<SampleTime>,
    pub(super) ends: Option<SampleTime>,
    pub(super) capacity: Option<u32>,
    pub(super) per_union_cap: Option<u32>,
    pub(super) own_session_at: Option<u32>,
    pub(super) open_unions: Vec<u32>,
    pub(super) open_districts: Vec<u8>,
    pub(super) district: Option<u8>,
    pub(super) urgent: bool,
    /// Popularity relative to others of the same template, 1 on average.
    pub(super) appeal: f64,
}

impl Activity {
    /// Whether sign-up is open at this time.
    pub(super) fn is_open(&self, at: SampleTime) -> bool {
        self.opens <= at && self.closes.is_none_or(|closes| closes > at)
    }

    /// Whether the rules admit the member, judged by the generated files. Unknown values fail any limit on them.
    pub(super) fn admits(&self, member: &Member, unions: &Unions, today: NaiveDate) -> bool {
        let (youngest, oldest) = self.template.ages;
        let age = member.recorded_age(today);
        let knows_sex = member.gender_recorded || member.birth_source == super::members::BirthSource::IdNumber;
        let at_home = |place: Option<u8>| place.is_some_and(|place| self.open_districts.contains(&place));
        let belongs =
            |own: Option<u32>| own.is_some_and(|own| self.open_unions.iter().any(|&above| unions.is_under(own, above)));
        youngest.is_none_or(|limit| age.is_some_and(|age| age >= limit))
            && oldest.is_none_or(|limit| age.is_some_and(|age| age <= limit))
            && self.template.gender.is_none_or(|only| knows_sex && member.gender == only)
            && (self.open_districts.is_empty() || at_home(member.home) || at_home(member.work))
            && (self.open_unions.is_empty() || belongs(member.union) || belongs(member.club))
    }
}

/// Generates everything that opens before a week after the end, in order of opening.
pub(super) fn make(options: &CheckedOptions, unions: &Unions, period: &Period) -> Vec<Activity> {
    let mut rng = RandomStream::new(options.seed, "activities");
    let scale = options.scale().sqrt();
    let last = period.end + 7 * DAY;
    let mut made = Vec::new();
    let mut add = |kind: ItemKind, count: f64, from: SampleTime, rng: &mut RandomStream| {
        let templates: Vec<&'static ActivityTemplate> =
            templates::ALL.iter().filter(|template| template.kind == kind).collect();
        let weights = Weights::new(templates.iter().map(|template| template.weight));
        let until = if kind == ItemKind::Activity || kind == ItemKind::Product { last } else { period.end };
        for number in 0..count.ceil() as usize {
            // Each template once, then by weight, so that small samples contain many kinds of rules.
            let drawn = if number < templates.len() { Some(number) } else { weights.draw(rng) };
            let Some(place) = drawn else { return };
            let opens = from + (rng.unit() * (until - from) as f64) as SampleTime;
            made.push(activity(templates[place], opens, rng, options, unions, period));
        }
    };
    let days = |from: SampleTime| (last - from) as f64 / DAY as f64;
    add(ItemKind::Activity, (2.0 * scale).max(0.25) * days(-20 * DAY), -20 * DAY, &mut rng);
    add(ItemKind::Product, (0.5 * scale).max(0.08) * days(-80 * DAY), -80 * DAY, &mut rng);
    add(ItemKind::Service, (30.0 * scale).max(3.0), -300 * DAY, &mut rng);
    add(ItemKind::Venue, (24.0 * scale).max(2.0), -300 * DAY, &mut rng);
    made.sort_by_key(|activity| activity.opens);
    made
}

fn activity(
    template: &'static ActivityTemplate,
    opens: SampleTime,
    rng: &mut RandomStream,
    options: &CheckedOptions,
    unions: &Unions,
    period: &Period,
) -> Activity {
    let theme = rng.index(3);
    let opens = opens.div_euclid(DAY) * DAY + rng.between(9, 17) * HOUR;
    let window = template.window_days * DAY * rng.between(60, 140) / 100;
    let closes = matches!(template.kind, ItemKind::Activity | ItemKind::Product)
        .then_some((opens + window).div_euclid(DAY) * DAY + 18 * HOUR);
    let (starts, ends) = match (template.kind, closes) {
        (ItemKind::Activity, Some(closes)) => {
            let day = closes.div_euclid(DAY) + rng.between(1, 6);
            let starts = day * DAY + rng.pick(&[9, 10, 14, 15, 19]) * HOUR;
            (Some(starts), Some(starts + rng.between(2, 6) * HOUR))
        }
        _ => (None, None),
    };
    let district = Districts::new().work(rng);
    let capacity = capacity(template, rng, options);
    let premiere = |cap: Option<u32>, divisor: u32| cap.filter(|_| template.premiere).map(|cap| (cap / divisor).max(2));
    let (host, open_unions) = host(template, rng, unions);
    let open_districts = if rng.chance(template.local) { neighbourhood(district, rng) } else { Vec::new() };
    let title = title(template, theme, opens, district, rng, period);
    Activity {
        template,
        title,
        theme,
        host,
        opens,
        closes,
        starts,
        ends,
        capacity,
        per_union_cap: premiere(capacity, 10),
        own_session_at: premiere(capacity, 20),
        open_unions,
        open_districts,
        district: (template.kind != ItemKind::Product || rng.chance(0.5)).then_some(district),
        urgent: template.kind == ItemKind::Activity && rng.chance(0.02),
        appeal: rng.log_normal(0.9, 0.4),
    }
}

/// The capacity of premieres is proportional to the number of members, all others to its square root.
fn capacity(template: &ActivityTemplate, rng: &mut RandomStream, options: &CheckedOptions) -> Option<u32> {
    let (fewest, most) = template.seats;
    let drawn = rng.between(i64::from(fewest), i64::from(most)) as f64;
    let scale = if template.premiere { options.scale() } else { options.scale().sqrt() };
    (most > 0).then(|| ((drawn * scale).round() as u32).max(4))
}

/// The organiser, and the unions that the activity is restricted to. Clubs keep one activity in three for their
/// members.
fn host(template: &ActivityTemplate, rng: &mut RandomStream, unions: &Unions) -> (Option<u32>, Vec<u32>) {
    if unions.streets.is_empty() {
        return (None, Vec::new());
    }
    let mut clubs = unions.clubs.clone().zip(&CLUBS);
    let club = clubs.find(|(_, club)| topics::number(club.1) == template.topic).map(|(number, _)| number);
    if let Some(club) = club.filter(|_| template.kind == ItemKind::Activity && rng.chance(0.25)) {
        return (Some(club), if rng.chance(0.33) { vec![club] } else { Vec::new() });
    }
    if !template.premiere && rng.chance(0.3) {
        let street = rng.between(i64::from(unions.streets.start), i64::from(unions.streets.end) - 1) as u32;
        return (Some(street), if rng.chance(0.3) { vec![street] } else { Vec::new() });
    }
    (Some(0), Vec::new())
}

fn neighbourhood(district: u8, rng: &mut RandomStream) -> Vec<u8> {
    let other = Districts::new().home(rng);
    if rng.chance(0.5) && other != district { vec![district, other] } else { vec![district] }
}

fn title(
    template: &ActivityTemplate,
    theme: usize,
    opens: SampleTime,
    district: u8,
    rng: &mut RandomStream,
    period: &Period,
) -> String {
    let film = if template.premiere { places::film_title(rng) } else { String::new() };
    fill(template.title, template.topic, theme, opens, district, rng.between(1, 24), period).replace("{f}", &film)
}

/// Fills in the placeholders of a title.
pub(super) fn fill(
    pattern: &str,
    topic: usize,
    theme: usize,
    at: SampleTime,
    district: u8,
    number: i64,
    period: &Period,
) -> String {
    pattern
        .replace("{t}", topics::ALL[topic].themes[theme])
        .replace("{s}", places::season(period.date(at).month()))
        .replace("{d}", places::district(district))
        .replace("{n}", &number.to_string())
}
