//! Articles with their readers, of which the statistics interfaces report.

use crate::simulator::calendar::{DAY, day_number};
use crate::simulator::seeded;

/// Days on which an article is read.
const READ_DAYS: i64 = 30;
/// Share of followers whom a generated article reached, and topics of its title.
const REACHED: f64 = 0.6;
const TITLES: [&str; 8] = [
    "职工健身活动报名",
    "法律援助讲座",
    "子女暑期托管",
    "疗休养安排",
    "技能竞赛通知",
    "送清凉慰问",
    "观影活动",
    "体检预约",
];

/// One article.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    /// `msg_data_id` of its mass send.
    pub(crate) data_id: u64,
    pub(crate) title: String,
    /// Day of publication.
    pub(crate) day: i64,
    /// Number of followers who received it.
    pub(crate) reached: u64,
    seed: u64,
}

/// Readers of an article on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Readers {
    pub(crate) read_users: u64,
    pub(crate) read_count: u64,
    pub(crate) share_users: u64,
    pub(crate) share_count: u64,
    pub(crate) favourite_users: u64,
    pub(crate) like_users: u64,
    pub(crate) original_users: u64,
}

impl std::ops::AddAssign for Readers {
    fn add_assign(&mut self, other: Self) {
        self.read_users += other.read_users;
        self.read_count += other.read_count;
        self.share_users += other.share_users;
        self.share_count += other.share_count;
        self.favourite_users += other.favourite_users;
        self.like_users += other.like_users;
        self.original_users += other.original_users;
    }
}

impl Article {
    /// Returns `msgid` of statistics.
    pub(crate) fn msg_id(&self) -> String {
        format!("{}_1", self.data_id)
    }

    /// Returns the address.
    pub(crate) fn url(&self) -> String {
        format!("http://mp.weixin.qq.com/s?__biz=simulator&mid={}&idx=1", self.data_id)
    }

    /// Returns the new readers of a day. Half of all read on the first day, half of the rest on the next, and so on.
    pub(crate) fn readers(&self, day: i64) -> Readers {
        let age = day - self.day;
        if !(0..READ_DAYS).contains(&age) {
            return Readers::default();
        }
        let share =
            |subject: &str, from: f64, to: f64| from + (to - from) * seeded::share(self.seed, subject, self.data_id);
        let all = self.reached as f64 * share("readers", 0.08, 0.35);
        let read = all * 0.5_f64.powi(age as i32 + 1);
        let count = |value: f64| value.round() as u64;
        let share_users = read * share("shares", 0.01, 0.08);
        Readers {
            read_users: count(read),
            read_count: count(read * share("repeated reads", 1.1, 1.6)),
            share_users: count(share_users),
            share_count: count(share_users * 1.2),
            favourite_users: count(read * share("favourites", 0.0, 0.03)),
            like_users: count(read * share("likes", 0.0, 0.06)),
            original_users: count(read * share("original pages", 0.0, 0.2)),
        }
    }

    /// Returns all readers from publication to the end of a day.
    pub(crate) fn readers_until(&self, day: i64) -> Readers {
        let mut sum = Readers::default();
        for day in self.day..=day.min(self.day + READ_DAYS - 1) {
            sum += self.readers(day);
        }
        sum
    }
}

/// All articles, oldest first.
#[derive(Debug)]
pub(crate) struct Articles {
    seed: u64,
    list: Vec<Article>,
}

impl Articles {
    /// Makes one article a day for the days before the start.
    pub(super) fn generate(seed: u64, days: u32, followers: u64, now: i64) -> Self {
        let mut articles = Self { seed, list: Vec::new() };
        let reached = (followers as f64 * REACHED).round() as u64;
        for back in (1..=i64::from(days)).rev().filter(|_| reached > 0) {
            let number = articles.list.len();
            let data_id = 2_640_000_000 + seeded::draw(seed, "first article", 0) % 1_000_000 + number as u64;
            articles.publish(data_id, TITLES[number % TITLES.len()].to_owned(), now - back * DAY, reached);
        }
        articles
    }

    /// Adds an article.
    pub(super) fn publish(&mut self, data_id: u64, title: String, at: i64, reached: u64) -> &Article {
        let place = self.list.len();
        self.list.push(Article { data_id, title, day: day_number(at), reached, seed: self.seed });
        &self.list[place]
    }

    /// Returns all articles.
    pub(crate) fn list(&self) -> &[Article] {
        &self.list
    }
}
