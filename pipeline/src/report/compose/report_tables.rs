//! The tables of a report: those about all members, and the articles of a part of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::{PeriodCounts, ReportBuilder};
use crate::report::ReportError;
use crate::report::account::{self, AccountDays};
use crate::report::figures::{self, Figures};
use crate::report::group_counts::{GroupCounts, OTHERS, SOME};
use crate::report::item_tables;
use crate::report::period::{Period, Scope};
use crate::report::retention::{self, Retention};
use crate::report::sections::{self, MonthGroups, SectionContext};
use crate::report::session::ReportSession;
use crate::report::tables::{self, SuppressedTable};
use crate::report::topic_rule::{LISTED_ARTICLES, TopicArticles};

/// The tables by age band, by union and by topic of a month, and what the last one depends on.
pub(super) struct PartTables {
    pub(super) age_bands: SuppressedTable,
    pub(super) unions: SuppressedTable,
    pub(super) topics: SuppressedTable,
    topic_articles: TopicArticles,
    /// Topics whose readers of all ages would reveal a hidden cell.
    revealing_topics: BTreeSet<String>,
}

impl ReportBuilder<'_> {
    /// The tables about all members. All but the days and the funnel cover the month.
    pub(super) async fn tables(&self, now: &PeriodCounts) -> Result<Vec<SuppressedTable>, ReportError> {
        let (min_size, period) = (self.options.min_group_size, (self.query.from, self.query.to));
        let rows = async |table: &tables::TableQuery, period: Period| {
            self.session.rows(table.name, table.sql, period).await.map(|batches| figures::rows(&batches))
        };
        let funnel = self.session.rows("funnel", include_str!("../../../sql/report/funnel.sql"), period).await?;
        let funnel = Figures::of(&funnel);
        let steps = ["pushed", "read_it", "signed_up", "attended"].map(|name| funnel.count(name));
        let shows_pushed = now.rule.shows(&["pushed"], period);
        let reveals = ["revealing_read", "revealing_signed_up", "revealing_attended"];
        let is_shown = reveals.map(|name| shows_pushed && funnel.count(name) == 0.0);
        let is_shown = [shows_pushed, is_shown[0], is_shown[1], is_shown[2]];
        let group_counts = self.group_counts(self.months[1]).await?;
        let groups = MonthGroups::of(&group_counts, &self.unions, min_size);
        let PartTables { age_bands, unions, topics, topic_articles, revealing_topics } =
            self.tables_by_part(&groups, self.months[1]).await?;
        let everybody = group_counts.hierarchy_of(Scope::Whole, &self.unions, min_size);
        let all = |names: [&str; 2]| names.map(|name| everybody.count(name, 0));
        let members = everybody.count("members", 0);
        let context = SectionContext {
            session: &self.session,
            lake: self.lake,
            opened: self.opened,
            unions: &self.unions,
            month: self.months[1],
            month_groups: &groups,
            zone: self.options.zone,
            min_size,
            members,
            topic_articles: &topic_articles,
            revealing_topics: &revealing_topics,
        };
        let mut tables = vec![
            tables::daily(rows(&tables::DAILY, period).await?, &now.rule, min_size),
            self.retention(members).await?,
            self.of_month(age_bands),
            self.of_month(unions),
            self.of_month(item_tables::articles(
                rows(&item_tables::ARTICLES, self.months[1]).await?,
                all(["readers", "sharers"]),
                min_size,
            )),
            self.of_month(topics),
            self.of_month(item_tables::activities(
                rows(&item_tables::ACTIVITIES, self.months[1]).await?,
                all(["signers", "attendees"]),
                min_size,
            )),
            tables::funnel(steps, is_shown, min_size),
        ];
        tables.extend(Box::pin(sections::tables(&context)).await?);
        Ok(tables)
    }

    /// WeChat's figures of the account beside ours, by day or month and by article. None without statistics.
    pub(super) async fn account_tables(&self, days: &AccountDays) -> Result<Vec<SuppressedTable>, ReportError> {
        let Some(statistics) = &self.account else { return Ok(Vec::new()) };
        let (period, min_size) = ((self.query.from, self.query.to), self.options.min_group_size);
        let period = (period, self.options.zone);
        let articles = account::articles(&self.session, statistics, period, self.sent, min_size).await?;
        Ok((!days.is_empty()).then(|| days.table()).into_iter().chain(articles).collect())
    }

    /// The tables by age band, by union and by topic of a month.
    pub(super) async fn tables_by_part(&self, groups: &MonthGroups, month: Period) -> Result<PartTables, ReportError> {
        let min_size = self.options.min_group_size;
        let topics = self.session.rows(tables::TOPICS.name, tables::TOPICS.sql, month).await?;
        let articles =
            self.session.rows("topic_articles", include_str!("../../../sql/report/topic_articles.sql"), month).await?;
        let few = self.session.rows("few_readers", include_str!("../../../sql/report/few_readers.sql"), month).await?;
        let topic_articles = TopicArticles::of(&articles, &few);
        let (topics, revealing_topics) =
            tables::topics(figures::rows(&topics), &groups.bands, &topic_articles, min_size);
        Ok(PartTables {
            age_bands: tables::age_bands(&groups.bands, min_size),
            unions: tables::unions(&groups.unions, &self.unions, 0, min_size),
            topics,
            topic_articles,
            revealing_topics,
        })
    }

    /// The retention of members up to the month.
    async fn retention(&self, members: u64) -> Result<SuppressedTable, ReportError> {
        let months = retention::months(self.months[1], self.options.zone);
        let period = retention::period(self.months[1], self.options.zone);
        let sql = include_str!("../../../sql/report/retention.sql");
        let rows = self.session.rows("retention", sql, period).await?;
        Ok(Retention::of(&figures::rows(&rows), &months, members).table(self.options.min_group_size))
    }

    /// The most-read articles in the report's scope. Omits articles with few readers or few other readers in the scope.
    pub(super) async fn articles_in_scope(&self, now: &PeriodCounts) -> Result<SuppressedTable, ReportError> {
        let everybody = self.everybody.as_ref().unwrap_or(&self.session);
        let rows = self.session.rows(item_tables::ARTICLES.name, item_tables::ARTICLES.sql, self.months[1]).await?;
        let rows = figures::rows(&rows);
        let listed = rows.iter().take(LISTED_ARTICLES);
        let ids: BTreeSet<String> = listed.filter_map(|row| row[0].as_str().map(str::to_owned)).collect();
        everybody.register_ids("chosen_articles", "chosen_article", &ids)?;
        let readers = self.readers_by_cell(everybody, &now.group_counts).await?;
        let place = self.place(&now.hierarchy);
        let shows_readers = now.hierarchy.shows(tables::READER_STATISTICS, place);
        // The articles are independent of each other.
        let shown: BTreeSet<&String> = ids
            .par_iter()
            .filter(|article| {
                let split = readers.get(article.as_str()).map_or(&[][..], Vec::as_slice);
                let split = Arc::new(now.group_counts.split_statistic("readers", split));
                let of_article = split.hierarchy_of(self.query.scope(), &self.unions, self.options.min_group_size);
                shows_readers && of_article.shows(&[SOME, OTHERS], place)
            })
            .collect();
        let is_shown = |article: &str| shown.iter().any(|known| *known == article);
        let whole =
            |article: &str| readers.get(article).map_or(0, |cells| cells.iter().map(|(_, readers)| readers).sum());
        let min_size = self.options.min_group_size;
        Ok(self.of_month(item_tables::articles_in_scope(rows, &is_shown, &whole, min_size)))
    }

    /// The readers of the chosen articles in the month, by article and cell of the groups.
    async fn readers_by_cell(
        &self,
        everybody: &ReportSession,
        groups: &GroupCounts,
    ) -> Result<HashMap<String, Vec<(usize, u64)>>, ReportError> {
        let sql = include_str!("../../../sql/report/article_groups.sql");
        if let Some(readers) = everybody.article_groups(sql, self.months[1]).filter(|_| groups.is_of_members()) {
            return Ok(readers);
        }
        let mut readers: HashMap<String, Vec<(usize, u64)>> = HashMap::new();
        for batch in everybody.rows("article_groups", sql, self.months[1]).await? {
            let (articles, counts) = (figures::text_column(&batch, 3), figures::counts(batch.column(4).as_ref()));
            let cells = groups.cells_of(&batch, &self.unions);
            for ((article, cell), count) in articles.iter().zip(cells).zip(counts) {
                let (Some(article), Some(cell)) = (article, cell) else { continue };
                readers.entry(article.to_owned()).or_default().push((cell, count));
            }
        }
        Ok(readers)
    }
}
