//! Finds the item of an article in WeChat's statistics: what a push list sent, the same id or address, or a title that is
//! unambiguous on both sides.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::SentArticle;

/// Maximum number of days between our publication and WeChat's for articles with the same title.
const MOST_DAYS_APART: i64 = 3;

/// An article in WeChat's statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatisticArticle {
    pub(super) msgid: String,
    pub(super) title: Option<String>,
    pub(super) url: Option<String>,
    pub(super) published_on: NaiveDate,
}

/// An article of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownArticle {
    pub(super) item_id: String,
    pub(super) title: Option<String>,
    pub(super) published_on: Option<NaiveDate>,
}

/// How an article was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Push,
    Id,
    Title,
}

impl Match {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Id => "id",
            Self::Title => "title",
        }
    }
}

/// Finds the items of articles.
pub(super) struct Matcher<'a> {
    sent: HashMap<&'a str, &'a str>,
    by_id: HashMap<&'a str, &'a KnownArticle>,
    by_title: HashMap<&'a str, Vec<&'a KnownArticle>>,
    /// The days on which WeChat's articles of a title were published.
    days_of_title: HashMap<&'a str, Vec<NaiveDate>>,
}

impl<'a> Matcher<'a> {
    /// `articles` are all of WeChat's, because a title may occur twice.
    pub(super) fn new(
        articles: impl Iterator<Item = &'a StatisticArticle>,
        known: &'a [KnownArticle],
        sent: &'a [SentArticle],
    ) -> Self {
        let mut matcher = Self {
            sent: sent.iter().rev().map(|sent| (sent.msgid.as_str(), sent.item_id.as_str())).collect(),
            by_id: known.iter().rev().map(|known| (known.item_id.as_str(), known)).collect(),
            by_title: HashMap::new(),
            days_of_title: HashMap::new(),
        };
        for known in known {
            if let Some(title) = &known.title {
                matcher.by_title.entry(title.trim()).or_default().push(known);
            }
        }
        for article in articles {
            if let Some(title) = &article.title {
                matcher.days_of_title.entry(title.trim()).or_default().push(article.published_on);
            }
        }
        matcher
    }

    /// The item of an article, and how it was found.
    pub(super) fn item_of(&self, article: &StatisticArticle) -> Option<(&'a str, Match)> {
        if let Some(item) = self.sent.get(article.msgid.as_str()) {
            return Some((item, Match::Push));
        }
        let by_url = || article.url.as_ref().and_then(|url| self.by_id.get(url.as_str()));
        if let Some(known) = self.by_id.get(article.msgid.as_str()).or_else(by_url) {
            return Some((&known.item_id, Match::Id));
        }
        let title = article.title.as_deref().map(str::trim).filter(|title| !title.is_empty())?;
        let is_near = |day: NaiveDate| (day - article.published_on).num_days().abs() <= MOST_DAYS_APART;
        if self.days_of_title.get(title)?.iter().filter(|day| is_near(**day)).count() != 1 {
            return None;
        }
        let mut found = self.by_title.get(title)?.iter().filter(|known| known.published_on.is_none_or(is_near));
        match (found.next(), found.next()) {
            (Some(only), None) => Some((&only.item_id, Match::Title)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn article(msgid: &str, title: &str, published_on: &str) -> StatisticArticle {
        StatisticArticle {
            msgid: msgid.into(),
            title: Some(title.into()),
            url: Some(format!("http://mp.weixin.qq.com/{msgid}")),
            published_on: day(published_on),
        }
    }

    fn known(item_id: &str, title: &str, published_on: Option<&str>) -> KnownArticle {
        KnownArticle { item_id: item_id.into(), title: Some(title.into()), published_on: published_on.map(day) }
    }

    #[test]
    fn a_push_goes_before_an_id_and_an_id_before_a_title() {
        let articles = [article("26_1", "体检预约", "2026-03-01")];
        let sent = [SentArticle { msgid: "26_1".into(), item_id: "a9".into() }];
        let items = [known("26_1", "x", None), known("a2", "体检预约", None)];
        let of = |known: &[KnownArticle], sent: &[SentArticle]| {
            Matcher::new(articles.iter(), known, sent)
                .item_of(&articles[0])
                .map(|(item, by)| format!("{item} {}", by.name()))
        };
        assert_eq!(of(&items, &sent).as_deref(), Some("a9 push"));
        assert_eq!(of(&items, &[]).as_deref(), Some("26_1 id"));
        assert_eq!(of(&items[1..], &[]).as_deref(), Some("a2 title"));
        assert!(of(&[known("http://mp.weixin.qq.com/26_1", "x", None)], &[]).unwrap_or_default().ends_with("id"));
        assert_eq!(of(&[], &[]), None);
    }

    #[test]
    fn a_title_must_be_unambiguous_on_both_sides_near_its_day() {
        let articles = [
            article("26_1", "体检预约", "2026-03-01"),
            article("27_1", "体检预约", "2026-06-01"),
            article("28_1", "体检预约", "2026-06-02"),
        ];
        let items = [known("a1", " 体检预约", Some("2026-02-28")), known("a2", "体检预约", Some("2026-06-01"))];
        let of = |at: usize, known: &[KnownArticle]| {
            Matcher::new(articles.iter(), known, &[]).item_of(&articles[at]).map(|(item, _)| item.to_owned())
        };
        assert_eq!(of(0, &items).as_deref(), Some("a1"));
        assert_eq!(of(1, &items), None, "WeChat has two of the title");
        assert_eq!(of(0, &items[1..]), None, "published months later");
        assert_eq!(of(0, &[items[0].clone(), known("a3", "体检预约", None)]), None, "we have two of the title");
    }
}
