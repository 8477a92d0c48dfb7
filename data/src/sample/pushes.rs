//! Generates weekly pushes to the age bands with the most interest in a topic. One member in ten is held out at random.

use super::activities::Activity;
use super::articles::Article;
use super::members::Member;
use super::random::RandomStream;
use super::time::{DAY, HOUR, Period, SampleTime};
use super::topics::{self, BANDS};
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
pub(super) fn of_day(
    day: i64,
    articles: &[Article],
    activities: &[Activity],
    members: &[Member],
    period: &Period,
    rng: &mut RandomStream,
) -> Option<Push> {
    if day % 7 != 3 {
        return None;
    }
    let at = day * DAY + rng.between(10 * HOUR, 19 * HOUR);
    let item = choose(at, articles, activities, rng)?;
    let topic = match item {
        Item::Article(number) => articles[number as usize].topic,
        Item::Activity(number) => activities[number as usize].template.topic,
    };
    if at >= period.end {
        return None;
    }
    let bands = best_bands(topic);
    let today = period.date(at);
    let chosen = |member: &Member| {
        member.personalised
            && member.is_reached(at)
            && member.recorded_age(today).is_some_and(|age| bands.contains(&topics::band(age)))
    };
    let mut listed = Vec::new();
    for (number, member) in (0_u32..).zip(members) {
        // About one in six of all members. The monthly quota of the others is left for other topics.
        if chosen(member) && rng.chance(0.35) {
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

fn choose(at: SampleTime, articles: &[Article], activities: &[Activity], rng: &mut RandomStream) -> Option<Item> {
    let fresh = |from: SampleTime| {
        let first = articles.partition_point(|article| article.published < from);
        let last = articles.partition_point(|article| article.published < at);
        (first, last)
    };
    if rng.chance(0.4) {
        let opened = |activity: &Activity| {
            activity.template.kind == ItemKind::Activity && activity.is_open(at) && activity.opens > at - 6 * DAY
        };
        let open: Vec<u32> =
            (0_u32..).zip(activities).filter(|(_, activity)| opened(activity)).map(|(number, _)| number).collect();
        if !open.is_empty() {
            return Some(Item::Activity(open[rng.index(open.len())]));
        }
    }
    let (first, last) = fresh(at - 3 * DAY);
    (first < last).then(|| Item::Article((first + rng.index(last - first)) as u32))
}

/// The three age bands with the most interest in a topic.
fn best_bands(topic: usize) -> [usize; 3] {
    let mut bands: [usize; BANDS] = std::array::from_fn(|band| band);
    let shares = topics::ALL[topic].bands;
    bands.sort_by(|&left, &right| shares[right].total_cmp(&shares[left]));
    [bands[0], bands[1], bands[2]]
}
