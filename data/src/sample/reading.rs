//! Generates reads: who, what, when and how much.

use std::collections::HashSet;

use rayon::prelude::*;

use super::articles::Article;
use super::members::{Favourites, Member};
use super::random::{RandomStream, Weights};
use super::time::{DAY, HOUR, Period, SampleTime};
use super::topics::TOPICS;

/// The source of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    Account,
    Friends,
    Group,
    Push,
    List,
}

impl Channel {
    /// The name in the files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account => "公众号",
            Self::Friends => "朋友圈",
            Self::Group => "群分享",
            Self::Push => "推送",
            Self::List => "推荐",
        }
    }
}

/// A read. The derived order is that of the files: time, member, article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) at: SampleTime,
    pub(super) member: u32,
    pub(super) article: u32,
    pub(super) seconds: u16,
    pub(super) percent: u8,
    pub(super) channel: Channel,
}

/// Draws readers in proportion to their activity and interests.
pub(super) struct Readers {
    /// The members who read at all. The weights and themes below are in this order.
    numbers: Vec<u32>,
    by_topic: Vec<Weights>,
    /// Copies of the members' favourite themes, which lie close together in memory.
    favourites: Vec<Favourites>,
}

impl Readers {
    pub(super) fn new(members: &[Member]) -> Self {
        let who = (0_u32..).zip(members).filter(|(_, member)| member.attention > 0.0);
        let numbers: Vec<u32> = who.map(|(number, _)| number).collect();
        let readers = || numbers.iter().map(|&number| &members[number as usize]);
        let weights = |topic: usize| {
            Weights::indexed(
                readers().map(move |member| f64::from(member.attention) * f64::from(member.interests[topic])),
            )
        };
        let by_topic = (0..TOPICS).into_par_iter().map(weights).collect();
        Self { favourites: readers().map(|member| member.favourites).collect(), by_topic, numbers }
    }

    /// Draws a member interested in this theme. `None` if no member reads, and in rare cases if no draw is accepted.
    pub(super) fn draw(&self, rng: &mut RandomStream, topic: usize, theme: usize) -> Option<u32> {
        for _ in 0..12 {
            let drawn = self.by_topic[topic].draw(rng)?;
            // 1.8 is the factor of a favourite theme, the largest.
            if rng.chance(self.favourites[drawn].factor(topic, theme) / 1.8) {
                return Some(self.numbers[drawn]);
            }
        }
        None
    }
}

/// The unprompted reads of an article, in no order. `mean` is their expected number.
pub(super) fn organic(
    number: u32,
    article: &Article,
    mean: f64,
    members: &[Member],
    readers: &Readers,
    period: &Period,
    rng: &mut RandomStream,
) -> Vec<Read> {
    let target = rng.poisson(mean.min(0.4 * members.len() as f64)) as usize;
    let mut reads = Vec::with_capacity(target);
    let mut seen = HashSet::with_capacity(target);
    let mut placed = 0;
    for _ in 0..3 * target {
        if placed == target {
            break;
        }
        let topic = article.second.filter(|_| rng.chance(0.3)).unwrap_or(article.topic);
        let Some(member) = readers.draw(rng, topic, article.theme) else { continue };
        // Reading an article again is rarer than the first read.
        if !seen.insert(member) && !rng.chance(0.3) {
            continue;
        }
        // Half of the members read within hours, the others over days, up to thirty days.
        let mean_delay = match rng.unit() {
            at if at < 0.55 => 4.0 * HOUR as f64,
            at if at < 0.88 => 1.3 * DAY as f64,
            _ => 5.0 * DAY as f64,
        };
        let at = period.after_delay(rng, article.published, mean_delay);
        let channel = match rng.unit() {
            at if at < 0.74 => Channel::Account,
            at if at < 0.88 => Channel::Group,
            _ => Channel::Friends,
        };
        // Reads after the end of the data are dropped and not replaced.
        let found = (at < article.published + 30 * DAY)
            .then(|| read(number, article, member, at, channel, members, period, rng))
            .flatten();
        placed += usize::from(at >= period.end || found.is_some());
        reads.extend(found);
    }
    reads
}

/// A read, if the member is reached at this time and the data have not ended.
#[expect(clippy::too_many_arguments, reason = "a read is the meeting of an article, a member, a time and a place")]
pub(super) fn read(
    number: u32,
    article: &Article,
    member: u32,
    at: SampleTime,
    channel: Channel,
    members: &[Member],
    period: &Period,
    rng: &mut RandomStream,
) -> Option<Read> {
    let reader = &members[member as usize];
    if at >= period.end || !reader.is_reached(at) {
        return None;
    }
    let interest = reader.affinity(article.topic, article.theme).min(3.0) / 3.0;
    let fraction = rng.unit().powf(1.3 - interest).min(1.0);
    let seconds = (article.seconds * fraction * rng.log_normal(1.0, 0.35)).clamp(1.0, 3_600.0);
    Some(Read { at, member, article: number, seconds: seconds as u16, percent: (fraction * 100.0) as u8, channel })
}
