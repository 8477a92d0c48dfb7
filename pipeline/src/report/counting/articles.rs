//! Articles and their readers.

use std::collections::{BTreeMap, HashMap};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::Counts;
use super::batch::{Column, batch};
use super::people::median;
use super::view::Micros;
use crate::report::columns::{Kind, NONE};

/// Factor from the median distance to the standard deviation of a normal distribution.
const DEVIATION: f64 = 1.4826;

/// People and person-times of an article.
#[derive(Debug, Clone, Copy, Default)]
struct ArticleCounts {
    item: u32,
    readers: i64,
    reads: i64,
    sharers: i64,
    /// Readers in the reference period.
    recent: i64,
}

/// `articles.sql`.
pub(super) fn articles(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let articles = count_articles(counts, period);
    let recent = || articles.iter().filter(|article| article.recent > 0).map(|article| article.recent as f64);
    let middle = median(recent().collect());
    let distance = middle.and_then(|middle| median(recent().map(|readers| (readers - middle).abs()).collect()));
    let is_safe = |article: &ArticleCounts| {
        let before = article.recent - article.readers;
        before == 0 || before >= counts.options.min_people
    };
    let score = |article: &ArticleCounts| match (middle, distance) {
        (Some(middle), Some(distance)) if distance > 0.0 && is_safe(article) => {
            Some((article.recent as f64 - middle) / (DEVIATION * distance))
        }
        _ => None,
    };
    let columns = &counts.columns;
    let id = |article: &ArticleCounts| columns.item_ids.text(article.item).unwrap_or_default().to_owned();
    let shown = |article: &ArticleCounts| {
        if article.readers >= counts.options.min_people { article.readers } else { 0 }
    };
    let mut rows: Vec<(String, ArticleCounts)> = articles
        .iter()
        .filter(|article| article.readers > 0 && article.recent > 0)
        .map(|article| (id(article), *article))
        .collect();
    rows.sort_by(|(left_id, left), (right_id, right)| (shown(right), left_id).cmp(&(shown(left), right_id)));
    let title = |(id, article): &(String, ArticleCounts)| {
        let item = columns.items.get(article.item);
        Some(item.and_then(|item| item.title.clone()).unwrap_or_else(|| id.clone()))
    };
    let number =
        |count: fn(&ArticleCounts) -> i64| Column::Count(rows.iter().map(|(_, article)| count(article)).collect());
    batch(vec![
        ("item_id", Column::Text(rows.iter().map(|(id, _)| Some(id.clone())).collect())),
        ("title", Column::Text(rows.iter().map(title).collect())),
        ("readers", number(|article| article.readers)),
        ("reads", number(|article| article.reads)),
        ("sharers", number(|article| article.sharers)),
        ("score", Column::Number(rows.iter().map(|(_, article)| score(article)).collect())),
    ])
}

/// Counts the items that were read in the period or in the reference period.
fn count_articles(counts: &Counts, (from, to): Micros) -> Vec<ArticleCounts> {
    let (view, columns, account_from) = (&counts.view, &counts.columns, counts.options.account_from);
    let mut has_read = Seen::new(counts);
    let mut has_read_lately = Seen::new(counts);
    let mut has_shared = Seen::new(counts);
    let mut articles = Vec::new();
    for item in 0..columns.item_ids.len() as u32 {
        let mut article = ArticleCounts { item, ..ArticleCounts::default() };
        view.each_of_item(columns, item, counts.known((from.min(account_from), to)), |event| match event.kind {
            Kind::Read => {
                if event.at >= from {
                    article.reads += 1;
                    article.readers += has_read.first_time(event.row);
                }
                if event.at >= account_from {
                    article.recent += has_read_lately.first_time(event.row);
                }
            }
            Kind::Share if event.at >= from => article.sharers += has_shared.first_time(event.row),
            _ => (),
        });
        [&mut has_read, &mut has_read_lately, &mut has_shared].into_iter().for_each(Seen::clear);
        if article.readers > 0 || article.recent > 0 {
            articles.push(article);
        }
    }
    articles
}

/// One bit for each member, which is small enough to stay in the processor's cache.
pub(super) struct Seen {
    bits: Vec<u64>,
    /// The places of `bits` that are not zero.
    set: Vec<u32>,
}

impl Seen {
    pub(super) fn new(counts: &Counts) -> Self {
        Self { bits: vec![0; counts.columns.members.ids.len().div_ceil(64)], set: Vec::new() }
    }

    /// 1 if the member was not seen yet, else 0.
    #[inline]
    pub(super) fn first_time(&mut self, row: usize) -> i64 {
        let (bits, bit) = (&mut self.bits[row / 64], 1_u64 << (row % 64));
        if *bits & bit > 0 {
            return 0;
        }
        if *bits == 0 {
            self.set.push((row / 64) as u32);
        }
        *bits |= bit;
        1
    }

    pub(super) fn clear(&mut self) {
        self.set.drain(..).for_each(|place| self.bits[place as usize] = 0);
    }
}

/// `article_groups.sql`, by article and place of the group of members.
pub(super) fn article_groups(counts: &Counts, period: Micros) -> HashMap<String, Vec<(usize, u64)>> {
    let (columns, period) = (&counts.columns, counts.known(period));
    let mut seen = Seen::new(counts);
    let mut of_groups = vec![0_u64; columns.members.groups.len()];
    let chosen = counts.chosen_articles.lock().map(|chosen| chosen.clone()).unwrap_or_default();
    let mut readers = HashMap::new();
    for item in chosen {
        counts.view.each_of_item(columns, item, period, |event| {
            if event.kind == Kind::Read && seen.first_time(event.row) > 0 {
                of_groups[columns.members.group_of[event.row] as usize] += 1;
            }
        });
        seen.clear();
        let groups = of_groups.iter_mut().enumerate().filter(|(_, readers)| **readers > 0);
        let groups = groups.map(|(group, readers)| (group, std::mem::take(readers))).collect();
        readers.insert(columns.item_ids.text(item).unwrap_or_default().to_owned(), groups);
    }
    readers
}

/// Readers of items in age bands, by the numbers of the item and of the band's text.
pub(super) type ReadersByBand = BTreeMap<(u32, u32), BandReaders>;

/// The readers of an item in an age band.
#[derive(Debug, Clone, Default)]
pub(super) struct BandReaders {
    readers: i64,
    /// Rows of the members, if they are fewer than the minimum.
    few: Vec<u32>,
}

pub(super) fn readers_by_band(counts: &Counts, period: Micros) -> ReadersByBand {
    let (columns, period) = (&counts.columns, counts.known(period));
    let members = &columns.members;
    let mut seen = Seen::new(counts);
    let mut readers = ReadersByBand::new();
    let mut of_bands = vec![BandReaders::default(); members.bands.len()];
    for item in 0..columns.item_ids.len() as u32 {
        counts.view.each_of_item(columns, item, period, |event| {
            if event.kind == Kind::Read && seen.first_time(event.row) > 0 {
                let of_band = &mut of_bands[usize::from(members.band_of[event.row])];
                of_band.readers += 1;
                if of_band.readers < counts.options.min_people {
                    of_band.few.push(event.row as u32);
                }
            }
        });
        seen.clear();
        for (&band, of_band) in members.bands.iter().zip(&mut of_bands).filter(|(_, of_band)| of_band.readers > 0) {
            let mut of_band = std::mem::take(of_band);
            if of_band.readers >= counts.options.min_people {
                of_band.few = Vec::new();
            }
            readers.insert((item, band), of_band);
        }
    }
    readers
}

/// `topic_articles.sql`.
pub(super) fn topic_articles(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let readers = counts.readers_by_band(period);
    let mut rows: Vec<(usize, u32, u32, i64)> = Vec::new();
    for (topic, items) in columns.items.items_of_topic.iter().enumerate() {
        for &(item, _) in items {
            let of_item = readers.range((item, 0)..=(item, NONE));
            rows.extend(of_item.map(|(&(_, band), of_band)| (topic, item, band, of_band.readers)));
        }
    }
    let topic = |topic: usize| columns.items.topics.text(topic as u32).map(str::to_owned);
    let id = |item: u32| columns.item_ids.text(item).map(str::to_owned);
    let band = |band: u32| columns.members.texts.text(band).map(str::to_owned);
    batch(vec![
        ("topic", Column::Text(rows.iter().map(|row| topic(row.0)).collect())),
        ("article_id", Column::Text(rows.iter().map(|row| id(row.1)).collect())),
        ("age_band", Column::Text(rows.iter().map(|row| band(row.2)).collect())),
        ("readers", Column::Count(rows.iter().map(|row| row.3).collect())),
    ])
}

/// `few_readers.sql`.
pub(super) fn few_readers(counts: &Counts, period: Micros) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let readers = counts.readers_by_band(period);
    let few = readers.iter().filter(|(_, of_band)| of_band.readers < counts.options.min_people);
    let rows: Vec<(u32, u32, usize)> = few
        .flat_map(|(&(item, band), of_band)| of_band.few.iter().map(move |&row| (item, band, row as usize)))
        .collect();
    let id = |item: u32| columns.item_ids.text(item).map(str::to_owned);
    let band = |band: u32| columns.members.texts.text(band).map(str::to_owned);
    let member = |row: usize| columns.member_ids.text(columns.members.ids[row]).map(str::to_owned);
    batch(vec![
        ("item_id", Column::Text(rows.iter().map(|row| id(row.0)).collect())),
        ("age_band", Column::Text(rows.iter().map(|row| band(row.1)).collect())),
        ("member_id", Column::Text(rows.iter().map(|row| member(row.2)).collect())),
    ])
}
