//! The articles of the period: WeChat's readers and sharers beside ours on the same days.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde_json::Value;
use zhihui_data::{Generation, Zone};
use zhihui_engine::report::MinGroupSize;

use super::super::ReportError;
use super::super::figures;
use super::super::hidden_cells::{ColumnContent, hidden_text, people};
use super::super::period::Period;
use super::super::session::ReportSession;
use super::super::tables::{self, Column, SuppressedTable};
use super::article_readers::article_readers;
use super::matching::{Match, Matcher, StatisticArticle};
use super::statistics::{day, text};
use super::{AccountStatistics, ArticleDay, SentArticle};

/// Maximum number of rows of the table.
const MAX_ROWS: usize = 30;

/// WeChat's figures of an article, or of all articles of one item, in one generation.
#[derive(Debug, Default)]
struct AccountArticle {
    title: Option<String>,
    published_on: Option<NaiveDate>,
    item: Option<(String, Match)>,
    read_users: u64,
    share_users: Option<u64>,
    /// The days that the figures are about.
    days: BTreeSet<NaiveDate>,
    /// Whether our figures of these days may be shown, see [`compared_days`].
    is_compared: bool,
}

/// Item or msgid, and generation.
type ArticleKey = (String, Generation);

/// Our readers and sharers of an article.
#[derive(Debug, Clone, Copy, Default)]
struct Ours {
    readers: People,
    sharers: People,
}

/// The people who read or shared an article.
#[derive(Debug, Clone, Copy, Default)]
struct People {
    /// On the days of WeChat's figures.
    members: u64,
    /// Each once on each of these days.
    member_days: u64,
    /// On other days of the same months only.
    others: u64,
    /// Each once in each of these months.
    member_months: u64,
}

impl People {
    /// The columns of a row from this one on.
    fn of(row: &[Value], column: usize) -> Self {
        let [members, member_days, others, member_months] = [0, 1, 2, 3].map(|at| people(row, column + at));
        Self { members, member_days, others, member_months }
    }

    /// Whether the sum of the days is about few people, or, less than those of the months, proves that few did it on other days.
    fn reveals_few(self, min_size: MinGroupSize) -> bool {
        min_size.hides(self.members) || min_size.hides(self.others) && self.member_months > self.member_days
    }
}

/// The articles that were published in the period, those with most of WeChat's readers first. `None` without statistics.
pub(in super::super) async fn articles(
    session: &ReportSession,
    statistics: &AccountStatistics,
    (period, zone): (Period, Zone),
    sent: &[SentArticle],
    min_size: MinGroupSize,
) -> Result<Option<SuppressedTable>, ReportError> {
    let rows = statistics.articles(period, zone);
    if rows.is_empty() {
        return Ok(None);
    }
    let all = statistics.all_articles();
    let named = named(&all);
    let matcher = Matcher::new(named.values(), &statistics.known, sent);
    let compared = compared_days(by_article(&all, &named, &matcher));
    let mut found: Vec<(ArticleKey, AccountArticle)> = by_article(&rows, &named, &matcher).into_iter().collect();
    for (_, article) in &mut found {
        let item = article.item.as_ref().map(|(item, _)| item);
        article.is_compared = item.is_some_and(|item| compared.get(item) == Some(&article.days));
    }
    found.sort_by(|((left, left_generation), one), ((right, right_generation), other)| {
        other.read_users.cmp(&one.read_users).then_with(|| (left, left_generation).cmp(&(right, right_generation)))
    });
    found.truncate(MAX_ROWS);
    let ours = ours(session, period, &found).await?;
    Ok(Some(table(&found, &ours, min_size)))
}

/// The days of our figures of each item: the most that WeChat has in one generation, of equally many those of the new one. Figures
/// of other days of the same item, in a report on another period or in the other generation, would reveal those of the days between.
fn compared_days(articles: BTreeMap<ArticleKey, AccountArticle>) -> HashMap<String, BTreeSet<NaiveDate>> {
    let mut most: HashMap<String, (usize, bool, BTreeSet<NaiveDate>)> = HashMap::new();
    for ((_, generation), article) in articles {
        let Some((item, _)) = article.item else { continue };
        let found = (article.days.len(), generation == Generation::New, article.days);
        let known = most.entry(item).or_default();
        if *known < found {
            *known = found;
        }
    }
    most.into_iter().map(|(item, (_, _, days))| (item, days)).collect()
}

/// WeChat's articles by msgid. Columns of the rows: msgid, title, address, publication, generation, day, whether cumulative,
/// readers, sharers.
fn named(rows: &[&Vec<Value>]) -> BTreeMap<String, StatisticArticle> {
    let mut named = BTreeMap::new();
    for row in rows {
        if let (Some(msgid), Some(published_on)) = (text(row, 0), day(row, 3)) {
            let article =
                StatisticArticle { msgid: msgid.clone(), title: text(row, 1), url: text(row, 2), published_on };
            named.entry(msgid).or_insert(article);
        }
    }
    named
}

/// The figures of the rows by item, or by msgid where there is none.
fn by_article(
    rows: &[&Vec<Value>],
    named: &BTreeMap<String, StatisticArticle>,
    matcher: &Matcher<'_>,
) -> BTreeMap<ArticleKey, AccountArticle> {
    let mut of_article: BTreeMap<(&str, Generation), Vec<&Vec<Value>>> = BTreeMap::new();
    for row in rows {
        let (msgid, generation) = (row[0].as_str(), row[4].as_str().and_then(Generation::named));
        if let (Some(msgid), Some(generation)) = (msgid, generation) {
            of_article.entry((msgid, generation)).or_default().push(row);
        }
    }
    let mut found: BTreeMap<ArticleKey, AccountArticle> = BTreeMap::new();
    for ((msgid, generation), rows) in of_article {
        let Some(article) = named.get(msgid) else { continue };
        let item = matcher.item_of(article).map(|(item, by)| (item.to_owned(), by));
        let key = item.as_ref().map_or_else(|| msgid.to_owned(), |(item, _)| item.clone());
        let entry = found.entry((key, generation)).or_default();
        entry.title = entry.title.take().or_else(|| article.title.clone());
        entry.published_on = Some(entry.published_on.map_or(article.published_on, |day| day.min(article.published_on)));
        entry.item = entry.item.take().or(item);
        entry.add(article.published_on, &rows);
    }
    found
}

impl AccountArticle {
    /// Adds the figures of one `msgid`: the last cumulative ones, or else the sums of the days.
    fn add(&mut self, published_on: NaiveDate, rows: &[&Vec<Value>]) {
        let number = |row: &[Value], column: usize| row.get(column).and_then(Value::as_u64);
        let is_cumulative = |row: &&&Vec<Value>| number(row, 6) == Some(1) && number(row, 7).is_some();
        if let Some(row) = rows.iter().find(is_cumulative) {
            self.read_users += people(row, 7);
            self.add_sharers(number(row, 8));
            let last = day(row, 5).unwrap_or(published_on);
            self.days.extend(published_on.iter_days().take_while(|day| *day <= last).take(366));
            return;
        }
        for row in rows.iter().filter(|row| number(row, 6) != Some(1)) {
            self.read_users += people(row, 7);
            self.add_sharers(number(row, 8));
            self.days.extend(day(row, 5));
        }
    }

    fn add_sharers(&mut self, sharers: Option<u64>) {
        if let Some(sharers) = sharers {
            *self.share_users.get_or_insert(0) += sharers;
        }
    }
}

/// Our readers and sharers of the articles with an item, on the days of WeChat's figures.
async fn ours(
    session: &ReportSession,
    period: Period,
    articles: &[(ArticleKey, AccountArticle)],
) -> Result<HashMap<usize, Ours>, ReportError> {
    let mut days = Vec::new();
    for (at, (_, article)) in articles.iter().enumerate() {
        let Some((item, _)) = article.item.as_ref().filter(|_| article.is_compared) else { continue };
        days.extend(article.days.iter().map(|day| ArticleDay { article: at, item: item.clone(), day: *day }));
    }
    let mut found = HashMap::new();
    for row in figures::rows(&article_readers(session, period, &days).await?) {
        let Some(at) = row[0].as_str().and_then(|at| at.parse().ok()) else { continue };
        found.insert(at, Ours { readers: People::of(&row, 1), sharers: People::of(&row, 5) });
    }
    Ok(found)
}

fn table(
    articles: &[(ArticleKey, AccountArticle)],
    ours: &HashMap<usize, Ours>,
    min_size: MinGroupSize,
) -> SuppressedTable {
    let text = hidden_text(min_size);
    let mut hidden = 0;
    let mut rows = Vec::with_capacity(articles.len());
    for (at, ((id, generation), article)) in articles.iter().enumerate() {
        let ours = article.item.as_ref().map(|_| ours.get(&at).copied().unwrap_or_default());
        let hides_readers = ours.is_some_and(|ours| !article.is_compared || ours.readers.reveals_few(min_size));
        let hides_sharers = hides_readers || ours.is_some_and(|ours| ours.sharers.reveals_few(min_size));
        let mut cell = |value: Option<Value>, is_hidden: bool| match value {
            Some(_) if is_hidden => {
                hidden += 1;
                Value::from(text.as_str())
            }
            value => value.unwrap_or(Value::Null),
        };
        let share = ours.filter(|_| article.read_users > 0);
        let share = share.map(|ours| figures::json(ours.readers.member_days as f64 / article.read_users as f64));
        rows.push(vec![
            Value::from(id.as_str()),
            Value::from(article.title.as_deref().unwrap_or(id)),
            article.published_on.map(|day| day.to_string()).into(),
            generation.name().into(),
            article.read_users.into(),
            cell(ours.map(|ours| ours.readers.member_days.into()), hides_readers),
            cell(share, hides_readers),
            article.share_users.into(),
            cell(ours.map(|ours| ours.sharers.member_days.into()), hides_sharers),
            article.item.as_ref().map(|(_, by)| by.name()).into(),
        ]);
    }
    let columns: &[Column] = &[
        ("article_id", "文章编号", "Article id", "text", ColumnContent::NotPeople),
        ("title", "标题", "Title", "text", ColumnContent::NotPeople),
        ("published_on", "发布日期", "Published on", "text", ColumnContent::NotPeople),
        ("generation", "接口", "Interface", "text", ColumnContent::NotPeople),
        ("account_read_users", "账号阅读人数", "Account readers", "person_days", ColumnContent::NotPeople),
        ("identified_read_users", "识别阅读人数", "Identified readers", "person_days", ColumnContent::People),
        ("identified_share", "识别率", "Identified share", "share", ColumnContent::NotPeople),
        ("account_share_users", "账号分享人数", "Account sharers", "person_days", ColumnContent::NotPeople),
        ("identified_share_users", "识别分享人数", "Identified sharers", "person_days", ColumnContent::People),
        ("matched_by", "对应依据", "Found by", "text", ColumnContent::NotPeople),
    ];
    let label = ("文章的账号口径与识别口径", "Articles: the account and its identified readers");
    (tables::table("account_articles", label, columns, rows), hidden)
}
