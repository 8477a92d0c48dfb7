//! Which topics must be hidden in a table, because with the table of articles they reveal few readers. The same for ratings by
//! topic and by item.
//!
//! A topic is the sum of its articles, of which those with most readers are listed. What is left of a topic, or of sums and
//! differences of topics, must not be about few readers. The attention of a topic, which shares and indexes reveal, is such a
//! sum as well: an article of n topics counts 1/n in each of them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::record_batch::RecordBatch;
use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use super::figures::{counts, texts};
use super::hidden_cells::{HiddenCells, people};

/// A prime below 2^31, so that products fit. Combinations of topics are computed with remainders, which are exact.
const PRIME: u64 = 2_147_483_647;

/// Maximum number of articles in their table.
pub(super) const LISTED_ARTICLES: usize = 20;
/// The age band of readers of all ages.
const ALL_AGES: &str = "";

/// Readers of a month by article and age band, or members who rated an item.
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

/// Unknown articles of the same topics.
#[derive(Default)]
struct Alike<'a> {
    /// Whether one of them has enough readers.
    has_enough: bool,
    /// The readers of those with few.
    few: BTreeSet<&'a String>,
}

impl TopicArticles {
    /// Reads the rows of `topic_articles.sql` and `few_readers.sql`, or those of `topic_ratings.sql` and `few_raters.sql`.
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

    /// The same without age bands.
    fn of_all_ages(&self, min_size: MinGroupSize) -> Self {
        let mut merged = Self { articles: self.articles.clone(), ..Self::default() };
        for ((article, _), readers) in &self.readers {
            *merged.readers.entry((article.clone(), ALL_AGES.to_owned())).or_default() += readers;
        }
        for ((article, _), readers) in &self.few {
            let key = (article.clone(), ALL_AGES.to_owned());
            if merged.readers.get(&key).is_some_and(|readers| min_size.hides(*readers)) {
                merged.few.entry(key).or_default().extend(readers.iter().cloned());
            }
        }
        merged
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
        let unknown = self.unknown_articles(bands, min_size);
        let revealing = topics
            .iter()
            .find(|cell| {
                self.reveals_other_readers(cell, &unknown, bands, min_size)
                    || self.reveals_readers_outside(cell, &unknown, bands, min_size)
                    || reveals_difference(cell, &topics, min_size)
            })
            .map(|cell| cell.topic)
            .or_else(|| self.revealing_combination(&topics, &unknown, bands, min_size))?;
        cells.iter().map(|cell| cell.0).find(|topic| *topic == revealing)
    }

    /// Whether few readers of a topic did not read one of its known articles, or few read several.
    fn reveals_other_readers(
        &self,
        cell: &TopicCell<'_>,
        unknown: &[(u64, &String)],
        bands: &[&str],
        min_size: MinGroupSize,
    ) -> bool {
        let unknown: BTreeSet<&String> =
            unknown.iter().map(|(_, article)| *article).filter(|article| cell.articles.contains(*article)).collect();
        let read = cell.articles.iter().map(|article| (article, self.count(article, bands)));
        let known: Vec<u64> = read
            .filter(|(article, readers)| *readers > 0 && !unknown.contains(article))
            .map(|(_, readers)| readers)
            .collect();
        let several = known.iter().sum::<u64>().saturating_sub(cell.readers);
        known.iter().any(|readers| min_size.hides(cell.readers.saturating_sub(*readers)))
            || unknown.is_empty() && min_size.hides(several)
    }

    /// Whether few people read the unknown articles outside of a topic: all reads less those of the topic would be theirs.
    fn reveals_readers_outside(
        &self,
        cell: &TopicCell<'_>,
        unknown: &[(u64, &String)],
        bands: &[&str],
        min_size: MinGroupSize,
    ) -> bool {
        let outside = || unknown.iter().filter(|(_, article)| !cell.articles.contains(*article));
        if outside().any(|(readers, _)| !min_size.hides(*readers)) {
            return false;
        }
        let readers: BTreeSet<&String> = outside().flat_map(|(_, article)| self.few_readers(article, bands)).collect();
        min_size.hides(readers.len() as u64)
    }

    /// The articles whose readers the table of articles does not show, with their readers.
    fn unknown_articles(&self, bands: &[&str], min_size: MinGroupSize) -> Vec<(u64, &String)> {
        let articles: BTreeSet<&String> = self.articles.values().flatten().collect();
        let readers = articles.into_iter().map(|article| (self.count(article, bands), article));
        let mut readers: Vec<(u64, &String)> = readers.filter(|(readers, _)| *readers > 0).collect();
        // In the order of the table of articles.
        readers.sort_unstable_by_key(|&(readers, article)| (std::cmp::Reverse(readers), article));
        let known = readers.iter().take(LISTED_ARTICLES).take_while(|(readers, _)| !min_size.hides(*readers)).count();
        readers.split_off(known)
    }

    fn few_readers<'a>(&'a self, article: &str, bands: &[&str]) -> impl Iterator<Item = &'a String> {
        bands.iter().filter_map(|band| self.few.get(&(article.to_owned(), (*band).to_owned()))).flatten()
    }

    /// A topic of a sum or difference of topics that is about few readers of unknown articles.
    fn revealing_combination<'a>(
        &self,
        topics: &[TopicCell<'a>],
        unknown: &[(u64, &String)],
        bands: &[&str],
        min_size: MinGroupSize,
    ) -> Option<&'a str> {
        let mut topics_of: BTreeMap<&String, u64> = BTreeMap::new();
        self.articles.values().flatten().for_each(|article| *topics_of.entry(article).or_default() += 1);
        // Articles of the same topics, as many of which are not shown, cannot be told apart.
        let mut alike: BTreeMap<(Vec<usize>, u64), Alike<'_>> = BTreeMap::new();
        for (readers, article) in unknown {
            let of: Vec<usize> = (0..topics.len()).filter(|&at| topics[at].articles.contains(*article)).collect();
            let all = topics_of.get(article).copied().unwrap_or(1);
            let alike = alike.entry((of, all)).or_default();
            alike.has_enough |= !min_size.hides(*readers);
            alike.few.extend(self.few_readers(article, bands));
        }
        let mut columns: Vec<((Vec<usize>, u64), Alike<'_>)> =
            alike.into_iter().filter(|((of, _), _)| !of.is_empty()).collect();
        columns.sort_by_key(|(_, alike)| std::cmp::Reverse((alike.has_enough, alike.few.len())));
        let entry = |topic: usize, column: usize| u64::from(columns[column].0.0.contains(&topic));
        let share = |column: usize| power(columns[column].0.1, PRIME - 2);
        let reads = |topic: usize| (0..columns.len()).map(|column| entry(topic, column)).collect();
        let attention = |topic: usize| (0..columns.len()).map(|column| entry(topic, column) * share(column)).collect();
        let rows = (0..topics.len()).flat_map(|topic| [reads(topic), attention(topic)]).collect();
        reduced(rows).into_iter().find_map(|row| {
            let support: Vec<usize> = (0..columns.len()).filter(|&column| row[column] != 0).collect();
            let articles = || support.iter().map(|&column| &columns[column].1);
            let readers: BTreeSet<&String> = articles().flat_map(|alike| &alike.few).copied().collect();
            let are_few = min_size.hides(readers.len() as u64) && !articles().any(|alike| alike.has_enough);
            let of = support.iter().flat_map(|&column| &columns[column].0.0);
            let smallest = of.min_by_key(|&&topic| (topics[topic].readers, topic));
            smallest.filter(|_| are_few).map(|&topic| topics[topic].topic)
        })
    }

    fn count(&self, article: &str, bands: &[&str]) -> u64 {
        let key = |band: &&str| (article.to_owned(), (*band).to_owned());
        bands.iter().filter_map(|band| self.readers.get(&key(band))).sum()
    }
}

/// Hides the topics of a table without age bands that would reveal few readers. The table has the topic and its readers in the two
/// given columns.
pub(super) fn hide_revealing(
    hidden: &mut HiddenCells,
    rows: &[Vec<Value>],
    (topic, readers): (usize, usize),
    articles: &TopicArticles,
    min_size: MinGroupSize,
) {
    let name = |row: &Vec<Value>| row[topic].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = rows.iter().map(name).collect();
    let cells: Vec<(&str, &str, u64)> =
        names.iter().zip(rows).map(|(name, row)| (name.as_str(), ALL_AGES, people(row, readers))).collect();
    let mut shown = hidden.shown(readers);
    articles.of_all_ages(min_size).hide(&cells, &mut shown, min_size);
    (0..rows.len()).filter(|&row| !shown[row]).for_each(|row| hidden.hide(row, readers));
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
    fn reads_outside_of_a_topic_are_not_those_of_few() {
        let all = [("a", &["tea"][..], 0..30), ("b", &["milk"], 0..2)];
        assert_eq!(hidden(&all), ["milk", "tea"], "two of thirty read milk");
        let with_others = [("a", &["tea"][..], 0..30), ("b", &["milk"], 0..2), ("c", &["milk"], 2..11)];
        assert_eq!(hidden(&with_others), Vec::<String>::new());
    }

    #[test]
    fn few_readers_are_hidden_among_those_of_articles_that_are_not_listed() {
        let listed: Vec<String> = (0..LISTED_ARTICLES).map(|at| format!("l{at}")).collect();
        let mut articles: Vec<(&str, &[&str], std::ops::Range<usize>)> =
            listed.iter().map(|id| (id.as_str(), &["tea"][..], 0..40)).collect();
        articles.extend([("m", &["milk"][..], 50..70), ("n", &["milk"], 100..103), ("o", &["tea"], 60..75)]);
        assert_eq!(hidden(&articles), Vec::<String>::new());
        articles.retain(|article| article.0 != "m");
        assert_eq!(hidden(&articles), ["milk", "tea"], "three readers, and all the others");
    }

    #[test]
    fn of_articles_with_equally_many_readers_those_with_the_first_ids_are_listed() {
        let tea: Vec<String> = (0..LISTED_ARTICLES).map(|at| format!("m{at:02}")).collect();
        let with = |other: &str| {
            let mut articles: Vec<(&str, &[&str], std::ops::Range<usize>)> =
                tea.iter().map(|id| (id.as_str(), &["tea"][..], 0..40)).collect();
            articles.extend([(other, &["water"][..], 0..40), ("w", &["water"], 100..103)]);
            hidden(&articles)
        };
        assert_eq!(with("z"), Vec::<String>::new(), "z is not listed, so that it hides three readers");
        assert_eq!(with("a"), ["tea", "water"], "all but three readers are known");
    }

    #[test]
    fn attention_does_not_reveal_articles_of_several_topics() {
        // Sixteen reads, and attention of 8 + 8 / 2.
        let two = [("a", &["tea"][..], 0..8), ("b", &["tea", "milk"], 8..16), ("c", &["milk"], 20..60)];
        assert!(hidden(&two).contains(&"tea".to_owned()));
        let alike = [("a", &["tea"][..], 0..8), ("b", &["tea"], 8..16), ("c", &["milk"], 20..60)];
        assert_eq!(hidden(&alike), Vec::<String>::new());
    }

    #[test]
    fn differences_of_topics_are_not_about_few_readers() {
        // Tea less green tea is c, which five read.
        let nested = [
            ("a", &["tea", "green"][..], 0..40),
            ("b", &["tea", "green"], 50..58),
            ("d", &["tea", "green"], 60..68),
            ("c", &["tea"], 0..5),
            ("e", &["milk"], 80..92),
            ("f", &["milk"], 90..96),
        ];
        assert_eq!(hidden(&nested), ["milk", "tea"], "four read only f");
        // Tea and milk less both is c as well.
        let sums = [
            ("b", &["tea", "both"][..], 0..8),
            ("d", &["tea", "both"], 10..18),
            ("e", &["milk", "both"], 20..28),
            ("f", &["milk", "both"], 30..38),
            ("c", &["tea"], 50..55),
        ];
        assert!(hidden(&sums).contains(&"both".to_owned()), "{:?}", shown(&sums));
    }
}
