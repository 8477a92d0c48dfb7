//! Generates articles day by day.

use chrono::Datelike;

use super::activities::{Activity, fill};
use super::options::CheckedOptions;
use super::places::Districts;
use super::random::{RandomStream, Weights};
use super::time::{DAY, HOUR, Period, SampleTime};
use super::topics::{self, TOPICS};
use crate::ItemKind;

/// An article.
#[derive(Debug)]
pub(super) struct Article {
    pub(super) title: String,
    pub(super) topic: usize,
    pub(super) second: Option<usize>,
    pub(super) theme: usize,
    pub(super) published: SampleTime,
    /// The activity it announces.
    pub(super) activity: Option<u32>,
    /// Popularity relative to other articles, including the season.
    pub(super) appeal: f64,
    /// Seconds needed to read it completely.
    pub(super) seconds: f64,
}

/// Generates all articles published within the period, in order of publication.
pub(super) fn make(options: &CheckedOptions, period: &Period, activities: &[Activity]) -> Vec<Article> {
    let mut rng = RandomStream::new(options.seed, "articles");
    let mut made: Vec<Article> = Vec::new();
    for (number, activity) in activities.iter().enumerate() {
        let announced = match activity.template.kind {
            ItemKind::Activity => true,
            ItemKind::Product => rng.chance(0.4),
            _ => rng.chance(0.2),
        };
        if announced && (0..period.end).contains(&activity.opens) {
            made.push(announcement(number as u32, activity, &mut rng, period));
        }
    }
    let rate = (10.5 * options.scale().sqrt()).max(0.8);
    for day in 0..period.days() {
        let month = period.date(day * DAY).month0() as usize;
        let in_season = Weights::new(topics::ALL.iter().map(|topic| topic.volume * f64::from(topic.months[month])));
        let rate = if period.is_weekend(day * DAY) { rate * 0.4 } else { rate };
        for _ in 0..rng.poisson(rate) {
            let Some(topic) = in_season.draw(&mut rng) else { continue };
            let published = day * DAY + rng.between(8 * HOUR, 20 * HOUR);
            if published < period.end {
                made.push(article(topic, published, &mut rng, period));
            }
        }
    }
    made.sort_by_key(|article| article.published);
    made
}

fn article(topic: usize, published: SampleTime, rng: &mut RandomStream, period: &Period) -> Article {
    let theme = rng.index(3);
    let pattern = rng.pick(&topics::ALL[topic].titles);
    let district = Districts::new().home(rng);
    let second = rng.index(TOPICS);
    let month = period.date(published).month0() as usize;
    Article {
        title: fill(pattern, topic, theme, published, district, rng.between(3, 30), period),
        topic,
        second: (second != topic && rng.chance(0.2)).then_some(second),
        theme,
        published,
        activity: None,
        appeal: rng.log_normal(0.85, 0.55) * f64::from(topics::ALL[topic].months[month]) / 100.0,
        seconds: rng.log_normal(110.0, 0.4),
    }
}

fn announcement(number: u32, activity: &Activity, rng: &mut RandomStream, period: &Period) -> Article {
    let template = activity.template;
    let month = period.date(activity.opens).month0() as usize;
    let season = f64::from(topics::ALL[template.topic].months[month]) / 100.0;
    let pull = if template.premiere { 3.0 } else { 1.0 };
    Article {
        title: format!("报名通知：{}", activity.title),
        topic: template.topic,
        second: template.second,
        theme: activity.theme,
        published: activity.opens,
        activity: Some(number),
        appeal: activity.appeal * season * pull,
        seconds: rng.log_normal(50.0, 0.3),
    }
}
