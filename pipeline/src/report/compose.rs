//! Builds a report: runs the queries, hides figures about small groups, and assembles metrics, tables, summary and notes.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Report, ReportTable, Targets, Uplift};

use super::figures::{self, Figures};
use super::group_counts::{Dimension, GroupCounts, GroupHierarchy, GroupKey, OTHERS, SOME};
use super::item_tables;
use super::memo::{MemoContext, memo};
use super::metrics::{Extent, PeriodFigures, Pushes, metrics, set_targets};
use super::notes::{NoteContext, notes};
use super::period::{Period, Scope, preceding_start};
use super::period_rule::{PeriodRule, is_one_month, months_of_rule};
use super::retention::{self, Retention};
use super::session::{self, ReportSession};
use super::tables::{self, SuppressedTable};
use super::topic_rule::TopicArticles;
use super::unions::Unions;
use super::uplift::{self, Arms};
use super::{ReportError, ReportQuery, summary};
use crate::lake::Lake;
use crate::sql::SessionLimits;

/// Settings of a report besides the query.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The instant whose state is read. Later events do not count.
    pub as_of: DateTime<Utc>,
    /// Time zone of days.
    pub zone: Zone,
    /// Minimum number of people behind a shown count.
    pub min_group_size: MinGroupSize,
    /// Targets of metrics.
    pub targets: Targets,
    /// Memory, threads and spill folder.
    pub limits: SessionLimits,
}

/// Builds a report from the built tables: metrics with those of the comparison period, tables, a summary and notes.
///
/// A report about all members covers any number of whole days. A report about a union, a district or an age band covers a
/// past calendar month, and shows a figure if neither it nor its difference from enclosing, nested and overlapping groups is
/// about a small group (see [`zhihui_engine::report::Groups`]). With several filters it shows no figure about people.
///
/// # Errors
/// [`ReportError::Period`], [`ReportError::Year`], [`ReportError::UnknownUnion`] and [`ReportError::UnknownFilter`] for an
/// invalid query; [`ReportError::Build`] before the first build.
pub async fn report(lake: &Lake, query: &ReportQuery, options: &ReportOptions) -> Result<Report, ReportError> {
    query.check()?;
    let unions = Unions::read(&session::built(lake, "union_activity").await?).await?;
    let resolved = query.resolved(options.as_of, options.zone);
    let builder = ReportBuilder {
        session: ReportSession::open(lake, &resolved, options, &unions).await?,
        everybody: match resolved.scope() {
            Scope::Union(_) | Scope::District(_) | Scope::AgeBand(_) => {
                Some(ReportSession::open(lake, &resolved.unfiltered(), options, &unions).await?)
            }
            Scope::Whole | Scope::Combined => None,
        },
        months: query.months(options.as_of, options.zone),
        unions,
        requested: query,
        query: resolved,
        options,
    };
    builder.report().await
}

macro_rules! figure_queries {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../sql/report/", $name, ".sql")))),+] };
}

/// Queries that return one row of figures each.
const FIGURES: &[(&str, &str)] =
    figure_queries!["membership", "totals", "lifecycle", "reading", "published", "sign_ups", "seats", "ratings"];
/// The same on the table of responses to pushes.
const RESPONSES: &[(&str, &str)] = figure_queries!["pushing", "arms", "push_delays"];

/// Maximum number of pushes in the table. Metrics cover all pushes.
const MAX_PUSHES: usize = 50;

/// Inputs of one report.
struct ReportBuilder<'a> {
    session: ReportSession,
    /// The session of all members, if the report has a filter.
    everybody: Option<ReportSession>,
    unions: Unions,
    requested: &'a ReportQuery,
    query: ReportQuery,
    /// The calendar month of tables by union, age band and topic, after the month before.
    months: [Period; 2],
    options: &'a ReportOptions,
}

/// Figures of a period with the groups that decide which may be shown.
struct PeriodCounts {
    figures: Figures,
    hierarchy: GroupHierarchy,
    group_counts: GroupCounts,
    rule: Arc<PeriodRule>,
    period: Period,
}

impl ReportBuilder<'_> {
    async fn report(&self) -> Result<Report, ReportError> {
        let (options, query, min_size) = (self.options, &self.query, self.options.min_group_size);
        let extent = match query.scope() {
            Scope::Whole => Extent::Whole,
            Scope::Combined => Extent::Nobody,
            _ => Extent::Part,
        };
        let now = (query.from, query.to);
        let rule = Arc::new(self.period_rule(now, extent).await?);
        let before = match query.comparison(options.zone) {
            // The rule of this period looks at the one just before.
            Some(period) if period.0 >= preceding_start(now, options.zone) => {
                Some(self.counts(period, extent, Arc::clone(&rule)).await?)
            }
            Some(period) => {
                let rule = Arc::new(self.period_rule(period, extent).await?);
                Some(self.counts(period, extent, rule).await?)
            }
            None => None,
        };
        let now = self.counts(now, extent, rule).await?;
        let (pushes, uplift) = match extent {
            Extent::Whole => self.pushes_and_uplift().await.map(|(arms, table)| (arms, Some(table)))?,
            Extent::Part | Extent::Nobody => (Pushes::default(), None),
        };
        let before = before.as_ref().map(|before| self.figures(before));
        let mut metrics = metrics(&self.figures(&now), before.as_ref(), &pushes, extent, min_size);
        let days = (options.zone.day(query.to) - options.zone.day(query.from)).num_days();
        set_targets(&mut metrics, &options.targets, days, extent);
        let is_small = extent == Extent::Part && !now.hierarchy.shows(&["members"], self.place(&now.hierarchy));
        let tables = match query.scope() {
            _ if is_small => Vec::new(),
            Scope::Whole => self.tables(&now).await?.into_iter().chain(uplift).collect(),
            Scope::Union(_) => vec![
                self.of_month(tables::unions(&now.hierarchy, &self.unions, self.place(&now.hierarchy), min_size)),
                self.articles_in_scope(&now).await?,
            ],
            Scope::District(_) | Scope::AgeBand(_) => vec![self.articles_in_scope(&now).await?],
            Scope::Combined => Vec::new(),
        };
        let hidden = metrics.iter().filter(|metric| metric.suppressed).count();
        let context = NoteContext {
            requested: self.requested,
            query,
            month: self.months[1],
            extent,
            is_month: is_one_month((query.from, query.to), options.zone),
            is_small,
            hidden: hidden + tables.iter().map(|(_, hidden)| hidden).sum::<usize>(),
            options,
        };
        let summary = summary::summary(&metrics, query, options.zone);
        let tables: Vec<ReportTable> = tables.into_iter().map(|(table, _)| table).collect();
        let before = match extent {
            Extent::Whole => {
                let group_counts = self.group_counts(self.months[0]).await?;
                Vec::from(self.tables_by_part(&group_counts, self.months[0]).await?)
            }
            Extent::Part | Extent::Nobody => Vec::new(),
        };
        let memo = memo(&MemoContext {
            query,
            as_of: options.as_of,
            zone: options.zone,
            extent,
            summary: &summary,
            metrics: &metrics,
            tables: &tables,
            tables_before: &before.into_iter().map(|(table, _)| table).collect::<Vec<_>>(),
            month: options.zone.day(self.months[1].0),
            month_before: options.zone.day(self.months[0].0),
            unions: &self.unions,
            pushes: &pushes,
        });
        Ok(Report {
            from: query.from.to_rfc3339(),
            to: query.to.to_rfc3339(),
            as_of: options.as_of.to_rfc3339(),
            filters: query.filters(),
            summary,
            notes: notes(&context),
            metrics,
            tables,
            fewest_people: min_size,
            memo: Some(memo),
        })
    }

    /// The place of the report's scope in a hierarchy of groups.
    fn place(&self, hierarchy: &GroupHierarchy) -> usize {
        match self.query.scope() {
            Scope::Union(union) => self.unions.place(Some(union)),
            Scope::District(name) | Scope::AgeBand(name) => hierarchy.place(Some(name)),
            Scope::Whole | Scope::Combined => 0,
        }
    }

    fn figures<'a>(&self, counts: &'a PeriodCounts) -> PeriodFigures<'a> {
        PeriodFigures {
            figures: &counts.figures,
            hierarchy: &counts.hierarchy,
            place: self.place(&counts.hierarchy),
            rule: &counts.rule,
            period: counts.period,
            before: (preceding_start(counts.period, self.options.zone), counts.period.1),
        }
    }

    /// Queries the figures of a period. Registers the responses to its pushes in the session.
    async fn counts(&self, period: Period, extent: Extent, rule: Arc<PeriodRule>) -> Result<PeriodCounts, ReportError> {
        let mut batches = Vec::new();
        if extent == Extent::Whole {
            self.session.register_rows("responses", include_str!("../../sql/report/responses.sql"), period).await?;
            for (name, sql) in RESPONSES {
                batches.extend(self.session.rows(name, sql, period).await?);
            }
        }
        for (name, sql) in FIGURES {
            batches.extend(self.session.rows(name, sql, period).await?);
        }
        let mut figures = Figures::of(&batches);
        let group_counts = self.group_counts(period).await?;
        let min_size = self.options.min_group_size;
        let hierarchy = group_counts.hierarchy_of(self.query.scope(), &self.unions, min_size);
        let is_in_scope = |union: usize| match self.query.scope() {
            Scope::Union(_) => self.unions.groups.is_within(union, self.place(&hierarchy)),
            _ => true,
        };
        let unions = group_counts.unions(self.unions.groups.len(), self.query.scope());
        let unions: Vec<(u64, u64)> =
            (1..unions.len()).filter(|&union| is_in_scope(union)).map(|union| unions[union]).collect();
        let large = || unions.iter().filter(|(members, _)| *members >= min_size.people());
        figures.add("unions", unions.iter().filter(|(members, _)| *members > 0).count() as f64);
        figures.add("active_unions", large().filter(|(_, active)| *active > 0).count() as f64);
        figures.add("silent_unions", large().filter(|(_, active)| *active == 0).count() as f64);
        Ok(PeriodCounts { figures, hierarchy, group_counts, rule, period })
    }

    /// Queries the days on which people did something. They decide about a period of all members and about its days.
    async fn period_rule(&self, period: Period, extent: Extent) -> Result<PeriodRule, ReportError> {
        if extent != Extent::Whole {
            return Ok(PeriodRule::default());
        }
        // Lifecycles compare with the time before.
        let zone = self.options.zone;
        let days = months_of_rule((preceding_start(period, zone), period.1), zone);
        let batches = self.session.rows("active_days", include_str!("../../sql/report/active_days.sql"), days).await?;
        Ok(PeriodRule::of(&batches, self.options))
    }

    async fn group_counts(&self, period: Period) -> Result<GroupCounts, ReportError> {
        let everybody = self.everybody.as_ref().unwrap_or(&self.session);
        let batches = everybody.rows("groups", include_str!("../../sql/report/groups.sql"), period).await?;
        Ok(GroupCounts::of(&batches, &self.unions))
    }

    /// The tables about all members. All but the days and the funnel cover the month.
    async fn tables(&self, now: &PeriodCounts) -> Result<Vec<SuppressedTable>, ReportError> {
        let (min_size, period) = (self.options.min_group_size, (self.query.from, self.query.to));
        let rows = async |table: &tables::TableQuery, period: Period| {
            self.session.rows(table.name, table.sql, period).await.map(|batches| figures::rows(&batches))
        };
        let funnel = self.session.rows("funnel", include_str!("../../sql/report/funnel.sql"), period).await?;
        let funnel = Figures::of(&funnel);
        let steps = ["pushed", "read_it", "signed_up", "attended"].map(|name| funnel.count(name));
        let shows_pushed = now.rule.shows(&["pushed"], period);
        let reveals = ["revealing_read", "revealing_signed_up", "revealing_attended"];
        let is_shown = reveals.map(|name| shows_pushed && funnel.count(name) == 0.0);
        let is_shown = [shows_pushed, is_shown[0], is_shown[1], is_shown[2]];
        let group_counts = self.group_counts(self.months[1]).await?;
        let [age_bands, unions, topics] = self.tables_by_part(&group_counts, self.months[1]).await?;
        let everybody = group_counts.hierarchy_of(Scope::Whole, &self.unions, min_size);
        let all = |names: [&str; 2]| names.map(|name| everybody.count(name, 0));
        Ok(vec![
            tables::daily(rows(&tables::DAILY, period).await?, &now.rule, min_size),
            self.retention(everybody.count("members", 0)).await?,
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
        ])
    }

    /// The tables by age band, by union and by topic of a month.
    async fn tables_by_part(
        &self,
        group_counts: &GroupCounts,
        month: Period,
    ) -> Result<[SuppressedTable; 3], ReportError> {
        let min_size = self.options.min_group_size;
        let bands = group_counts.by(Dimension::AgeBand, &self.unions, min_size);
        let unions = group_counts.by_union(&self.unions, min_size);
        let topics = self.session.rows(tables::TOPICS.name, tables::TOPICS.sql, month).await?;
        let articles =
            self.session.rows("topic_articles", include_str!("../../sql/report/topic_articles.sql"), month).await?;
        let few = self.session.rows("few_readers", include_str!("../../sql/report/few_readers.sql"), month).await?;
        let articles = TopicArticles::of(&articles, &few);
        Ok([
            tables::age_bands(&bands, min_size),
            tables::unions(&unions, &self.unions, 0, min_size),
            tables::topics(figures::rows(&topics), &bands, &articles, min_size),
        ])
    }

    /// The retention of members up to the month.
    async fn retention(&self, members: u64) -> Result<SuppressedTable, ReportError> {
        let months = retention::months(self.months[1], self.options.zone);
        let from = months.first().map_or(self.months[1].0, |first| self.options.zone.midnight(*first));
        let sql = include_str!("../../sql/report/retention.sql");
        let rows = self.session.rows("retention", sql, (from, self.months[1].1)).await?;
        Ok(Retention::of(&figures::rows(&rows), &months, members).table(self.options.min_group_size))
    }

    /// The most-read articles in the report's scope. Omits articles with few readers or few other readers in the scope.
    async fn articles_in_scope(&self, now: &PeriodCounts) -> Result<SuppressedTable, ReportError> {
        let everybody = self.everybody.as_ref().unwrap_or(&self.session);
        let rows = self.session.rows(item_tables::ARTICLES.name, item_tables::ARTICLES.sql, self.months[1]).await?;
        let rows = figures::rows(&rows);
        let listed = rows.iter().take(item_tables::LISTED_ARTICLES);
        let ids = listed.filter_map(|row| row[0].as_str().map(str::to_owned)).collect();
        everybody.register_ids("chosen_articles", "chosen_article", &ids)?;
        let groups = include_str!("../../sql/report/article_groups.sql");
        let mut readers: HashMap<String, HashMap<GroupKey, u64>> = HashMap::new();
        for batch in everybody.rows("article_groups", groups, self.months[1]).await? {
            let counts = figures::counts(batch.column(4).as_ref());
            for (row, count) in figures::texts(&batch, 4).into_iter().zip(counts) {
                let Some(article) = row[3].clone() else { continue };
                *readers.entry(article).or_default().entry(GroupKey::of(&row, &self.unions)).or_default() += count;
            }
        }
        let place = self.place(&now.hierarchy);
        let no_readers = HashMap::new();
        let is_shown = |article: &str| {
            let split = now.group_counts.split_statistic("readers", readers.get(article).unwrap_or(&no_readers));
            let of_article = split.hierarchy_of(self.query.scope(), &self.unions, self.options.min_group_size);
            now.hierarchy.shows(tables::READER_STATISTICS, place) && of_article.shows(&[SOME, OTHERS], place)
        };
        let whole = |article: &str| readers.get(article).map_or(0, |groups| groups.values().sum());
        let min_size = self.options.min_group_size;
        Ok(self.of_month(item_tables::articles_in_scope(rows, &is_shown, &whole, min_size)))
    }

    fn of_month(&self, table: SuppressedTable) -> SuppressedTable {
        tables::of_month(table, self.options.zone.day(self.months[1].0))
    }

    /// The arms of all pushes of the period, and their table. Columns of the query: push, title, response, pushed, responded,
    /// held out, responded.
    async fn pushes_and_uplift(&self) -> Result<(Pushes, SuppressedTable), ReportError> {
        let period = (self.query.from, self.query.to);
        let batches = self.session.rows("uplift", include_str!("../../sql/report/uplift.sql"), period).await?;
        let (mut pushes, mut rows, mut large) = (Pushes::default(), Vec::new(), Vec::new());
        // The rows are sorted by the number of pushed members.
        for mut row in figures::rows(&batches) {
            let number = |at: usize| row.get(at).and_then(Value::as_f64).unwrap_or_default();
            let arms = Arms {
                pushed: number(3),
                pushed_responded: number(4),
                held_out: number(5),
                held_out_responded: number(6),
            };
            let is_article = row.get(2).is_some_and(|response| response == "read");
            if is_article {
                pushes.articles.push(arms)
            } else {
                pushes.activities.push(arms)
            }
            let uplift = uplift::of_push(arms);
            let cell =
                |field: fn(&Uplift) -> f64| uplift.as_ref().map_or(Value::Null, |uplift| figures::json(field(uplift)));
            row.extend([cell(|uplift| uplift.points), cell(|uplift| uplift.low), cell(|uplift| uplift.high)]);
            if rows.len() < MAX_PUSHES {
                large.push(arms.are_large());
                rows.push(row);
            }
        }
        Ok((pushes, tables::uplift(rows, &large, self.options.min_group_size)))
    }
}
