//! What is published, day by day.

use chrono::Datelike;

use super::activities::{Activity, fill};
use super::chance::{Chance, Weights};
use super::moments::{DAY, HOUR, Moment, Period};
use super::options::Checked;
use super::places::Districts;
use super::topics::{self, TOPICS};
use crate::ItemKind;

/// One article.
#[derive(Debug)]
pub(super) struct Article {
    pub(super) title: String,
    pub(super) topic: usize,
    pub(super) second: Option<usize>,
    pub(super) theme: usize,
    pub(super) published: Moment,
    /// The activity it announces.
    pub(super) activity: Option<u32>,
    /// Pull relative to other articles, the season included.
    pub(super) appeal: f64,
    /// Seconds that reading all of it takes.
    pub(super) seconds: f64,
}

/// Makes every article published within the period, in the order of publishing.
pub(super) fn make(options: &Checked, period: &Period, activities: &[Activity]) -> Vec<Article> {
    let mut chance = Chance::new(options.seed, "articles");
    let mut made: Vec<Article> = Vec::new();
    for (number, activity) in activities.iter().enumerate() {
        let announced = match activity.plan.kind {
            ItemKind::Activity => true,
            ItemKind::Product => chance.happens(0.4),
            _ => chance.happens(0.2),
        };
        if announced && (0..period.end).contains(&activity.opens) {
            made.push(announcement(number as u32, activity, &mut chance, period));
        }
    }
    let rate = (10.5 * options.scale().sqrt()).max(0.8);
    for day in 0..period.days() {
        let month = period.date(day * DAY).month0() as usize;
        let in_season = Weights::new(topics::ALL.iter().map(|topic| topic.volume * f64::from(topic.months[month])));
        let rate = if period.is_weekend(day * DAY) { rate * 0.4 } else { rate };
        for _ in 0..chance.poisson(rate) {
            let Some(topic) = in_season.draw(&mut chance) else { continue };
            let published = day * DAY + chance.between(8 * HOUR, 20 * HOUR);
            if published < period.end {
                made.push(article(topic, published, &mut chance, period));
            }
        }
    }
    made.sort_by_key(|article| article.published);
    made
}

fn article(topic: usize, published: Moment, chance: &mut Chance, period: &Period) -> Article {
    let theme = chance.index(3);
    let pattern = chance.pick(&topics::ALL[topic].titles);
    let district = Districts::new().home(chance);
    let second = chance.index(TOPICS);
    let month = period.date(published).month0() as usize;
    Article {
        title: fill(pattern, topic, theme, published, district, chance.between(3, 30), period),
        topic,
        second: (second != topic && chance.happens(0.2)).then_some(second),
        theme,
        published,
        activity: None,
        appeal: chance.log_normal(0.85, 0.55) * f64::from(topics::ALL[topic].months[month]) / 100.0,
        seconds: chance.log_normal(110.0, 0.4),
    }
}

fn announcement(number: u32, activity: &Activity, chance: &mut Chance, period: &Period) -> Article {
    let plan = activity.plan;
    let month = period.date(activity.opens).month0() as usize;
    let season = f64::from(topics::ALL[plan.topic].months[month]) / 100.0;
    let pull = if plan.premiere { 3.0 } else { 1.0 };
    Article {
        title: format!("报名通知:{}", activity.title),
        topic: plan.topic,
        second: plan.second,
        theme: activity.theme,
        published: activity.opens,
        activity: Some(number),
        appeal: activity.appeal * season * pull,
        seconds: chance.log_normal(50.0, 0.3),
    }
}
