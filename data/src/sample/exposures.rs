//! Generates lists shown to members and clicks on them, which depend on position and interest.

use rayon::prelude::*;

use super::activities::Activity;
use super::articles::Article;
use super::members::Member;
use super::options::CheckedOptions;
use super::pushes::Item;
use super::random::{RandomStream, Weights};
use super::time::{DAY, HOUR, Period, SampleTime};
use super::unions::Unions;

/// Number of items on a list.
const LENGTH: usize = 8;
/// Visits of a large sample that share a random stream.
const VISITS: u32 = 256;

/// An item on a list that was shown to a member. The derived order is that of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exposure {
    pub(super) at: SampleTime,
    pub(super) member: u32,
    pub(super) item: Item,
    /// Position in the list, from 1.
    pub(super) position: u32,
    pub(super) clicked: bool,
}

/// Inputs of the lists.
pub(super) struct Lists<'a> {
    pub(super) articles: &'a [Article],
    pub(super) activities: &'a [Activity],
    pub(super) members: &'a [Member],
    pub(super) unions: &'a Unions,
    pub(super) period: &'a Period,
    visitors: Weights,
}

impl<'a> Lists<'a> {
    pub(super) fn new(
        articles: &'a [Article],
        activities: &'a [Activity],
        members: &'a [Member],
        unions: &'a Unions,
        period: &'a Period,
    ) -> Self {
        let visitors = Weights::indexed(members.iter().map(|member| f64::from(member.attention).sqrt()));
        Self { articles, activities, members, unions, period, visitors }
    }

    /// The lists shown on a day, in no order. Half of a list is drawn by interest and half uniformly, so that a ranker
    /// can also learn from items that were not recommended.
    ///
    /// In large samples `rng` draws only the number of visits; the visits have streams of their own.
    pub(super) fn of_day(&self, day: i64, options: &CheckedOptions, rng: &mut RandomStream) -> Vec<Exposure> {
        let visits = self.members.len() as f64 * if self.period.is_weekend(day * DAY) { 0.007 } else { 0.01 };
        let visits = rng.poisson(visits);
        let open = self.open_on(day);
        if !options.is_large() {
            return self.visits(visits, day, &open, rng);
        }
        let part = |first: u32| {
            let mut rng = RandomStream::new(options.seed, &format!("showing {day} {first}"));
            self.visits(VISITS.min(visits - first), day, &open, &mut rng)
        };
        let firsts: Vec<u32> = (0..visits).step_by(VISITS as usize).collect();
        firsts.into_par_iter().map(part).collect::<Vec<_>>().concat()
    }

    fn visits(&self, visits: u32, day: i64, open: &[u32], rng: &mut RandomStream) -> Vec<Exposure> {
        let mut shown = Vec::new();
        for _ in 0..visits {
            let Some(member) = self.visitors.draw(rng) else { break };
            let at = self.period.after_delay(rng, day * DAY + 6 * HOUR, 7.0 * HOUR as f64);
            if at < ((day + 1) * DAY).min(self.period.end) && self.members[member].is_reached(at) {
                self.list(member as u32, at, open, rng, &mut shown);
            }
        }
        shown
    }

    /// Activities that are open at some time of the day.
    fn open_on(&self, day: i64) -> Vec<u32> {
        let is_open = |activity: &Activity| {
            activity.opens < (day + 1) * DAY && activity.closes.is_none_or(|closes| closes > day * DAY)
        };
        (0_u32..).zip(self.activities).filter(|(_, activity)| is_open(activity)).map(|(number, _)| number).collect()
    }

    fn list(&self, number: u32, at: SampleTime, open: &[u32], rng: &mut RandomStream, shown: &mut Vec<Exposure>) {
        let member = &self.members[number as usize];
        let mut candidates = self.candidates(member, at, open);
        for position in 1..=LENGTH as u32 {
            let by_interest = rng.chance(0.5);
            let weights = Weights::new(candidates.iter().map(|(_, pull)| if by_interest { *pull } else { 1.0 }));
            let Some(place) = weights.draw(rng) else { return };
            let (item, pull) = candidates.swap_remove(place);
            let notice = 1.0 / (1.0 + 0.3 * f64::from(position - 1));
            let clicked = rng.chance((0.06 * pull.powf(0.8)).min(0.6) * notice);
            shown.push(Exposure { at, member: number, item, position, clicked });
        }
    }

    /// The items that may be shown to the member now, with the member's interest in each.
    fn candidates(&self, member: &Member, at: SampleTime, open: &[u32]) -> Vec<(Item, f64)> {
        let today = self.period.date(at);
        let first = self.articles.partition_point(|article| article.published < at - 10 * DAY);
        let last = self.articles.partition_point(|article| article.published < at);
        let articles = (first as u32..).zip(&self.articles[first..last]).map(|(number, article)| {
            let age = (at - article.published) as f64 / DAY as f64;
            let pull = member.affinity(article.topic, article.theme) * article.appeal.sqrt() * (-age / 12.0).exp();
            (Item::Article(number), pull)
        });
        let open = open.iter().map(|&number| (number, &self.activities[number as usize]));
        let open = open.filter(|(_, activity)| activity.is_open(at));
        let admitted = open.filter(|(_, activity)| activity.admits(member, self.unions, today));
        let activities = admitted.map(|(number, activity)| {
            let near = activity.district.is_some_and(|place| Some(place) == member.home || Some(place) == member.work);
            let pull = 0.6 * member.affinity(activity.template.topic, activity.theme) * activity.appeal.sqrt();
            (Item::Activity(number), if near { 1.6 * pull } else { pull })
        });
        articles.chain(activities).collect()
    }
}
