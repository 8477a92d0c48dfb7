//! Generates weekly pushes to the age bands with the most interest in a topic. One member in ten is held out at random.

use std::collections::HashSet;

use super::activities::Activity;
use super::articles::Article;
use super::members::Member;
use super::random::RandomStream;
use super::seats::Request;
use super::time::{DAY, HOUR, SampleTime};
use super::topics::{self, BANDS};
use super::world::World;
use crate::ItemKind;

/// An item that is pushed or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Article(u32),
    Activity(u32),
}

/// A push.
#[derive(Debug)]
pub(super) struct Push {
    pub(super) at: SampleTime,
    pub(super) item: Item,
    /// Members in roster order, and whether each is held out.
    pub(super) members: Vec<(u32, bool)>,
}

/// The push of a day; `None` on six days of a week.
///
/// `requests` are those to sign up for each activity. Nobody is pushed an activity that is nearly full, that does not admit the
/// member, or that the member has asked for.
pub(super) fn of_day(day: i64, world: &World<'_>, requests: &[Vec<Request>], rng: &mut RandomStream) -> Option<Push> {
    let World { period, unions, members, articles, activities, .. } = *world;
    if day % 7 != 3 {
        return None;
    }
    let at = day * DAY + rng.between(10 * HOUR, 19 * HOUR);
    let has_seats = |number: u32| has_seats(&activities[number as usize], &requests[number as usize], at);
    let item = choose(at, articles, activities, &has_seats, rng)?;
    let topic = match item {
        Item::Article(number) => articles[number as usize].topic,
        Item::Activity(number) => activities[number as usize].template.topic,
    };
    if at >= period.end {
        return None;
    }
    let bands = best_bands(topic);
    let today = period.date(at);
    let activity = match item {
        Item::Article(_) => None,
        Item::Activity(number) => Some(&activities[number as usize]),
    };
    let asked: HashSet<u32> = match item {
        Item::Article(_) => HashSet::new(),
        Item::Activity(number) => made_before(&requests[number as usize], at).map(|request| request.member).collect(),
    };
    let chosen = |member: &Member| {
        member.personalised
            && member.is_reached(at)
            && member.recorded_age(today).is_some_and(|age| bands.contains(&topics::band(age)))
            && activity.is_none_or(|activity| activity.admits(member, unions, today))
    };
    let mut listed = Vec::new();
    for (number, member) in (0_u32..).zip(members) {
        // About one in six of all members. The monthly quota of the others is left for other topics.
        if chosen(member) && !asked.contains(&number) && rng.chance(0.35) {
            listed.push((number, rng.chance(0.1)));
        }
    }
    (!listed.is_empty()).then_some(Push { at, item, members: listed })
}

/// Probability that a push makes a member read who would not have read otherwise.
pub(super) fn effect(member: &Member, topic: usize, theme: usize) -> f64 {
    let attention = f64::from(member.attention).min(4.0).sqrt();
    (0.09 * member.affinity(topic, theme).powf(0.6) * attention).min(0.5)
}

/// Whether at least half of the seats will be free for the first hours after a push.
fn has_seats(activity: &Activity, requests: &[Request], at: SampleTime) -> bool {
    let taken = made_before(requests, at + 12 * HOUR).count();
    activity.is_open(at + DAY) && activity.capacity.is_none_or(|capacity| 3 * taken <= capacity as usize)
}

fn made_before(requests: &[Request], at: SampleTime) -> impl Iterator<Item = &Request> {
    requests.iter().filter(move |request| request.at < at)
}

fn choose(
    at: SampleTime,
    articles: &[Article],
    activities: &[Activity],
    has_seats: &dyn Fn(u32) -> bool,
    rng: &mut RandomStream,
) -> Option<Item> {
    let fresh = |from: SampleTime| {
        let first = articles.partition_point(|article| article.published < from);
        let last = articles.partition_point(|article| article.published < at);
        (first, last)
    };
    if rng.chance(0.4) {
        let opened = |activity: &Activity| {
            activity.template.kind == ItemKind::Activity && activity.is_open(at) && activity.opens > at - 6 * DAY
        };
        let open: Vec<u32> = (0_u32..)
            .zip(activities)
            .filter(|(number, activity)| opened(activity) && has_seats(*number))
            .map(|(number, _)| number)
            .collect();
        if !open.is_empty() {
            return Some(Item::Activity(open[rng.index(open.len())]));
        }
    }
    let (first, last) = fresh(at - 3 * DAY);
    let worth_reading = |&number: &usize| articles[number].activity.is_none_or(has_seats);
    let recent: Vec<usize> = (first..last).filter(worth_reading).collect();
    (!recent.is_empty()).then(|| Item::Article(recent[rng.index(recent.len())] as u32))
}

/// The three age bands with the most interest in a topic.
fn best_bands(topic: usize) -> [usize; 3] {
    let mut bands: [usize; BANDS] = std::array::from_fn(|band| band);
    let shares = topics::ALL[topic].bands;
    bands.sort_by(|&left, &right| shares[right].total_cmp(&shares[left]));
    [bands[0], bands[1], bands[2]]
}
