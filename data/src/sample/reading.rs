//! Who reads what, when and how far.

use std::collections::HashSet;

use super::articles::Article;
use super::members::Member;
use super::random::{RandomStream, Weights};
use super::time::{DAY, HOUR, Period, SampleTime};
use super::topics::TOPICS;

/// Where a read came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    Account,
    Friends,
    Group,
    Push,
    List,
}

impl Channel {
    /// The word in the files.
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

/// One read. The order is that of the files: time, member, article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) at: SampleTime,
    pub(super) member: u32,
    pub(super) article: u32,
    pub(super) seconds: u16,
    pub(super) percent: u8,
    pub(super) channel: Channel,
}

/// Draws readers in proportion to their attention and taste.
pub(super) struct Readers {
    by_topic: Vec<Weights>,
}

impl Readers {
    pub(super) fn new(members: &[Member]) -> Self {
        let weights = |topic: usize| {
            Weights::indexed(
                members.iter().map(move |member| f64::from(member.attention) * f64::from(member.interests[topic])),
            )
        };
        Self { by_topic: (0..TOPICS).map(weights).collect() }
    }

    /// A member who is drawn to this theme; `None` when nobody reads at all, or rarely when no draw fits.
    pub(super) fn draw(&self, rng: &mut RandomStream, members: &[Member], topic: usize, theme: usize) -> Option<u32> {
        for _ in 0..12 {
            let drawn = self.by_topic[topic].draw(rng)?;
            // A favourite theme is 1.8, the largest factor.
            if rng.chance(members[drawn].theme_factor(topic, theme) / 1.8) {
                return Some(drawn as u32);
            }
        }
        None
    }
}

/// The reads that an article finds by itself, in no order. `mean` is the number expected of it.
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
        let Some(member) = readers.draw(rng, members, topic, article.theme) else { continue };
        // Coming back to an article is rarer than reading it; many who come back only search for the date or place.
        if !seen.insert(member) && !rng.chance(0.3) {
            continue;
        }
        // Half look within hours, the rest over days; the tail is cut at thirty days.
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
        // A read that lies beyond the end of the data is not told, nor made up for.
        let found = (at < article.published + 30 * DAY)
            .then(|| read(number, article, member, at, channel, members, period, rng))
            .flatten();
        placed += usize::from(at >= period.end || found.is_some());
        reads.extend(found);
    }
    reads
}

/// One read if the member is reached then and the data has not ended.
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
