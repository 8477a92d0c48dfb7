//! WeChat's statistics of the account: more readers than those who can be identified, by day and by article.

use std::collections::BTreeMap;

use super::csv_file::Encoding;
use super::error::SampleError;
use super::ids;
use super::output::{OutputFolder, row};
use super::random::RandomStream;
use super::reading::Read;
use super::sample_file::Header;
use super::time::DAY;
use super::world::World;
use crate::{Generation, Table};

/// Days after publication for which WeChat has figures of an article.
const ARTICLE_DAYS: i64 = 30;
const FILE: &str = "account_statistics";
const HEADERS: &[Header] = &[
    ("generation", "generation"),
    ("interface", "interface"),
    ("day", "day"),
    ("msgid", "msgid"),
    ("cumulative", "cumulative"),
    ("published_on", "published_on"),
    ("title", "title"),
    ("read_users", "read_users"),
    ("read_times", "read_times"),
    ("share_users", "share_users"),
];

/// Counts the identified readers of each day and article.
#[derive(Debug, Default)]
pub(super) struct IdentifiedReaders {
    by_day: BTreeMap<i64, u64>,
    /// Readers of each day of an article, up to the last day that WeChat counts.
    by_article: BTreeMap<u32, u64>,
}

impl IdentifiedReaders {
    /// Counts the readers of a day. WeChat has no figures of the last day if it is not over.
    pub(super) fn of_day(world: &World<'_>, day: i64, reads: &[Read]) -> Self {
        let mut counted = Self::default();
        if (day + 1) * DAY > world.period.end {
            return counted;
        }
        let mut readers: Vec<u32> = reads.iter().map(|read| read.member).collect();
        readers.sort_unstable();
        readers.dedup();
        counted.by_day.insert(day, readers.len() as u64);
        let mut of_articles: Vec<(u32, u32)> = reads.iter().map(|read| (read.article, read.member)).collect();
        of_articles.sort_unstable();
        of_articles.dedup();
        for same in of_articles.chunk_by(|left, right| left.0 == right.0) {
            let article = same[0].0;
            let published = world.articles[article as usize].published.div_euclid(DAY);
            if day - published < ARTICLE_DAYS {
                counted.by_article.insert(article, same.len() as u64);
            }
        }
        counted
    }

    /// Adds the counts of another day.
    pub(super) fn add(&mut self, day: Self) {
        self.by_day.extend(day.by_day);
        for (article, readers) in day.by_article {
            *self.by_article.entry(article).or_default() += readers;
        }
    }

    /// Writes the statistics: days of the account in the generation that has them, and articles since November 2025.
    ///
    /// # Errors
    /// [`SampleError::Write`].
    pub(super) fn write(&self, world: &World<'_>, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        let period = world.period;
        let mut rng = RandomStream::new(world.options.seed, "account");
        let mut file = output.folder.create(FILE, Table::AccountStatistics, Encoding::Excel, HEADERS, 1.0)?;
        // Somewhat more than half of the readers of an account open pages that recognise them.
        let share = 0.52 + 0.16 * rng.unit();
        let first_new_day = Generation::New.first_day();
        for (&day, &readers) in &self.by_day {
            let date = period.date(day * DAY);
            let users = all_readers(readers, share, &mut rng);
            let sharers = (users as f64 * 0.03 * rng.log_normal(1.0, 0.3)).round();
            let times = (users as f64 * rng.log_normal(1.4, 0.05)).round();
            let (generation, interface, times) = if date < first_new_day {
                (Generation::Old, "getuserread", times.to_string())
            } else {
                (Generation::New, "getbizsummary", String::new())
            };
            let (generation, interface) = (generation.name().to_owned(), interface.to_owned());
            let day = date.to_string();
            let empty = String::new;
            let users = users.to_string();
            file.row(row([
                generation,
                interface,
                day,
                empty(),
                empty(),
                empty(),
                empty(),
                users,
                times,
                sharers.to_string(),
            ]))?;
        }
        let last_day = self.by_day.keys().next_back().copied().unwrap_or(i64::MIN);
        for (number, article) in (0_u32..).zip(world.articles) {
            let published = article.published.div_euclid(DAY);
            let published_on = period.date(published * DAY);
            if published > last_day || published_on < first_new_day {
                continue;
            }
            let readers = self.by_article.get(&number).copied().unwrap_or_default();
            let users = all_readers(readers, share, &mut rng);
            let sharers = (users as f64 * 0.03 * rng.log_normal(1.0, 0.4)).round();
            file.row(row([
                Generation::New.name().to_owned(),
                "getarticletotaldetail".to_owned(),
                period.date(last_day.min(published + ARTICLE_DAYS - 1) * DAY).to_string(),
                ids::article(number),
                "true".to_owned(),
                published_on.to_string(),
                article.title.clone(),
                users.to_string(),
                String::new(),
                sharers.to_string(),
            ]))?;
        }
        output.add(file.finish()?);
        Ok(())
    }
}

/// All readers behind the identified ones.
fn all_readers(identified: u64, share: f64, rng: &mut RandomStream) -> u64 {
    let all = identified as f64 / (share * rng.log_normal(1.0, 0.06)).min(1.0);
    (all + rng.exponential(3.0)).round() as u64
}
