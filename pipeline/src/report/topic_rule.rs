//! Which cells of the table of topics must be hidden, because with the table of articles they reveal few readers.
//!
//! A topic is the sum of its articles. Articles with enough readers are taken as known, though not all of them are listed. What
//! is left of a topic, or of sums and differences of topics, must not be about few readers.

use std::collections::{BTreeMap, BTreeSet};

use arrow::record_batch::RecordBatch;
use zhihui_engine::report::MinGroupSize;

use super::figures::{counts, texts};

/// A prime below 2^31, so that products fit. Combinations of topics are computed with remainders, which are exact.
const PRIME: u64 = 2_147_483_647;

/// Readers of a month by article and age band.
#[derive(Debug, Default)]
pub(super) struct TopicArticles {
    articles: BTreeMap<String, BTreeSet<String>>,
    readers: BTreeMap<(String, String), u64>,
    /// The readers of articles that few of a band read.
    few: BTreeMap<(String, String), BTreeSet<String>>,
}

/// A topic of the table in one age band or in all of them: its readers and its articles.
struct TopicCell<'a> {
    topic: &'a str,
    readers: u64,
    articles: &'a BTreeSet<String>,
}

impl TopicArticles {
    /// Reads the rows of `topic_articles.sql` and `few_readers.sql`.
    pub(super) fn of(articles: &[RecordBatch], few: &[RecordBatch]) -> Self {
        let mut found = Self::default();
        let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
        for batch in articles {
            for (row, readers) in texts(batch, 3).iter().zip(counts(batch.column(3).as_ref())) {
                found.articles.entry(text(&row[0])).or_default().insert(text(&row[1]));
                found.readers.insert((text(&row[1]), text(&row[2])), readers);
            }
        }
        for row in few.iter().flat_map(|batch| texts(batch, 3)) {
            found.few.entry((text(&row[0]), text(&row[1]))).or_default().insert(text(&row[2]));
        }
        found
    }

    /// Hides shown cells until the others reveal nothing. `cells` are topic, age band and readers of each row.
    pub(super) fn hide(&self, cells: &[(&str, &str, u64)], shown: &mut [bool], min_size: MinGroupSize) {
        let bands: BTreeSet<&str> = cells.iter().map(|(_, band, _)| *band).collect();
        for level in bands.iter().map(|band| vec![*band]).chain([bands.iter().copied().collect()]) {
            while let Some(topic) = self.revealing_topic(cells, shown, &level, min_size) {
                let rows =
                    (0..cells.len()).filter(|&at| shown[at] && cells[at].0 == topic && level.contains(&cells[at].1));
                let Some(row) = rows.min_by_key(|&at| (cells[at].2, at)) else { break };
                shown[row] = false;
            }
        }
    }

    /// A topic whose readers in these bands are all shown and reveal few readers.
    fn revealing_topic<'a>(
        &self,
        cells: &[(&'a str, &str, u64)],
        shown: &[bool],
        bands: &[&str],
        min_size: MinGroupSize,
    ) -> Option<&'a str> {
        let none = &BTreeSet::new();
        let mut topics: BTreeMap<&str, Option<u64>> = BTreeMap::new();
        for (&(topic, _, readers), is_shown) in cells.iter().zip(shown).filter(|(cell, _)| bands.contains(&cell.1)) {
            let sum = topics.entry(topic).or_insert(Some(0));
            *sum = sum.filter(|_| *is_shown).map(|sum| sum + readers);
        }
        let topics: Vec<TopicCell<'_>> = topics
            .into_iter()
            .filter_map(|(topic, readers)| {
                Some(TopicCell { topic, readers: readers?, articles: self.articles.get(topic).unwrap_or(none) })
            })
            .collect();
        let revealing = topics
            .iter()
            .find(|cell| {
                self.reveals_other_readers(cell, bands, min_size) || reveals_difference(cell, &topics, min_size)
            })
            .map(|cell| cell.topic)
            .or_else(|| self.revealing_combination(&topics, bands, min_size))?;
        cells.iter().map(|cell| cell.0).find(|topic| *topic == revealing)
    }

    /// Whether few readers of a topic did not read one of its articles, or few read several.
    fn reveals_other_readers(&self, cell: &TopicCell<'_>, bands: &[&str], min_size: MinGroupSize) -> bool {
        let readers: Vec<u64> = cell.articles.iter().map(|article| self.count(article, bands)).collect();
        let several = readers.iter().sum::<u64>().saturating_sub(cell.readers);
        let known = |readers: &&u64| **readers > 0 && !min_size.hides(**readers);
        readers.iter().filter(known).any(|readers| min_size.hides(cell.readers.saturating_sub(*readers)))
            || !readers.iter().any(|readers| min_size.hides(*readers)) && min_size.hides(several)
    }

    /// A topic of a sum or difference of topics that is about few readers of articles with few readers.
    fn revealing_combination<'a>(
        &self,
        topics: &[TopicCell<'a>],
        bands: &[&str],
        min_size: MinGroupSize,
    ) -> Option<&'a str> {
        // Articles of the same topics cannot be told apart.
        let mut alike: BTreeMap<Vec<usize>, BTreeSet<&String>> = BTreeMap::new();
        let articles: BTreeSet<&String> = topics.iter().flat_map(|cell| cell.articles).collect();
        for article in articles.into_iter().filter(|article| min_size.hides(self.count(article, bands))) {
            let of = (0..topics.len()).filter(|&at| topics[at].articles.contains(article)).collect();
            let readers = bands.iter().filter_map(|band| self.few.get(&(article.clone(), (*band).to_owned())));
            alike.entry(of).or_default().extend(readers.flatten());
        }
        let mut columns: Vec<(Vec<usize>, BTreeSet<&String>)> = alike.into_iter().collect();
        columns.sort_by_key(|(_, readers)| std::cmp::Reverse(readers.len()));
        let entry = |topic: usize, column: usize| u64::from(columns[column].0.contains(&topic));
        let rows =
            (0..topics.len()).map(|topic| (0..columns.len()).map(|column| entry(topic, column)).collect()).collect();
        reduced(rows).into_iter().find_map(|row| {
            let support: Vec<usize> = (0..columns.len()).filter(|&column| row[column] != 0).collect();
            let readers: BTreeSet<&String> = support.iter().flat_map(|&column| &columns[column].1).copied().collect();
            let of = support.iter().flat_map(|&column| &columns[column].0);
            let smallest = of.min_by_key(|&&topic| (topics[topic].readers, topic));
            smallest.filter(|_| min_size.hides(readers.len() as u64)).map(|&topic| topics[topic].topic)
        })
    }

    fn count(&self, article: &str, bands: &[&str]) -> u64 {
        let key = |band: &&str| (article.to_owned(), (*band).to_owned());
        bands.iter().filter_map(|band| self.readers.get(&key(band))).sum()
    }
}

/// Whether few readers of a wider topic did not read this one, whose articles all belong to the wider one.
fn reveals_difference(cell: &TopicCell<'_>, topics: &[TopicCell<'_>], min_size: MinGroupSize) -> bool {
    topics.iter().any(|wider| {
        cell.articles.is_subset(wider.articles) && min_size.hides(wider.readers.saturating_sub(cell.readers))
    })
}

/// The reduced echelon form of a matrix: combinations of its rows that vanish in as many of the first columns as possible.
fn reduced(mut rows: Vec<Vec<u64>>) -> Vec<Vec<u64>> {
    let columns = rows.first().map_or(0, Vec::len);
    let mut done = 0;
    for column in 0..columns {
        let Some(pivot) = (done..rows.len()).find(|&row| rows[row][column] != 0) else { continue };
        rows.swap(done, pivot);
        let inverse = power(rows[done][column], PRIME - 2);
        let pivot: Vec<u64> = rows[done].iter().map(|value| value * inverse % PRIME).collect();
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != done) {
            let factor = PRIME - row[column];
            row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value = (*value + factor * pivot) % PRIME);
        }
        rows[done] = pivot;
        done += 1;
    }
    rows.truncate(done);
    rows
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut base, mut result) = (base, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readers of articles in one band: article, its topics, its readers by number.
    fn shown(articles: &[(&str, &[&str], std::ops::Range<usize>)]) -> Vec<(String, bool)> {
        let mut found = TopicArticles::default();
        let mut of_topic: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (article, topics, readers) in articles {
            let key = || ((*article).to_owned(), "all".to_owned());
            found.readers.insert(key(), readers.len() as u64);
            if readers.len() < 10 {
                found.few.insert(key(), readers.clone().map(|reader| reader.to_string()).collect());
            }
            for topic in *topics {
                found.articles.entry((*topic).to_owned()).or_default().insert((*article).to_owned());
                of_topic.entry(topic).or_default().extend(readers.clone());
            }
        }
        let cells: Vec<(&str, &str, u64)> =
            of_topic.iter().map(|(topic, readers)| (*topic, "all", readers.len() as u64)).collect();
        let mut shown = vec![true; cells.len()];
        found.hide(&cells, &mut shown, MinGroupSize::default());
        cells.iter().map(|cell| cell.0.to_owned()).zip(shown).collect()
    }

    fn hidden(articles: &[(&str, &[&str], std::ops::Range<usize>)]) -> Vec<String> {
        shown(articles).into_iter().filter(|(_, shown)| !shown).map(|(topic, _)| topic).collect()
    }

    #[test]
    fn the_rest_of_a_topic_is_not_about_few_readers() {
        assert_eq!(hidden(&[("a", &["tea"], 0..30), ("b", &["tea"], 12..50)]), Vec::<String>::new());
        assert_eq!(hidden(&[("a", &["tea"], 0..30), ("b", &["tea"], 0..4)]), ["tea"], "four readers of b");
        assert_eq!(hidden(&[("a", &["tea"], 0..30), ("b", &["tea"], 3..33)]), ["tea"], "three did not read a");
        assert_eq!(hidden(&[("a", &["tea"], 0..30), ("b", &["tea"], 26..60)]), ["tea"], "four read both");
        let two_unknown = [("a", &["tea"][..], 0..30), ("b", &["tea"], 30..36), ("c", &["tea"], 40..48)];
        assert_eq!(hidden(&two_unknown), Vec::<String>::new(), "fourteen readers of b and c");
        let same_few = [("a", &["tea"][..], 0..30), ("b", &["tea"], 0..6), ("c", &["tea"], 0..8)];
        assert_eq!(hidden(&same_few), ["tea"], "eight readers of b and c");
    }

    #[test]
    fn differences_of_topics_are_not_about_few_readers() {
        // Tea less green tea is c, which five read.
        let nested = [
            ("a", &["tea", "green"][..], 0..40),
            ("b", &["tea", "green"], 50..58),
            ("d", &["tea", "green"], 60..68),
            ("c", &["tea"], 0..5),
        ];
        assert_eq!(hidden(&nested), ["tea"]);
        // Tea and milk less both is c as well.
        let sums = [
            ("b", &["tea", "both"][..], 0..8),
            ("d", &["tea", "both"], 10..18),
            ("e", &["milk", "both"], 20..28),
            ("f", &["milk", "both"], 30..38),
            ("c", &["tea"], 50..55),
        ];
        assert_eq!(hidden(&sums).len(), 1, "{:?}", shown(&sums));
    }
}
