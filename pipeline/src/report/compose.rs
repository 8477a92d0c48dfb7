//! Runs the queries and puts the report together.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::report::{MinGroupSize, Report, Uplift};

use super::figures::{self, Figures};
use super::lattice::{Corner, Family, Lattice, OTHERS, SOME, Split};
use super::measures::{Extent, Known, Pushes, metrics};
use super::notes::{About, notes};
use super::period::{Part, Period};
use super::tables::{self, Made};
use super::unions::Unions;
use super::uplift::{self, Arms};
use super::view::{self, View};
use super::{ReportError, ReportQuery, summary};
use crate::lake::Lake;
use crate::sql::SessionLimits;

/// What a report needs to know besides the question.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The instant whose state is read: nothing at or after it is counted.
    pub as_of: DateTime<Utc>,
    /// The zone of days.
    pub zone: Zone,
    /// Fewest people that a shown count is about.
    pub fewest: MinGroupSize,
    /// Memory, threads and spilling.
    pub limits: SessionLimits,
}

/// The report over the lake's built tables: figures with those of the period compared with, tables, a summary and notes.
///
/// A report about everybody covers any whole days. One about a union, a district or an age band covers a calendar month that has
/// ended, and a figure is shown where neither it nor its difference from wider, narrower and crossing parts is about a small group
/// (see [`zhihui_engine::report::Groups`]). Of several filters at once nothing about people is told.
///
/// # Errors
/// [`ReportError::Period`], [`ReportError::Year`] and [`ReportError::UnknownUnion`] for a question that has no answer;
/// [`ReportError::Build`] before the first build.
pub async fn report(lake: &Lake, query: &ReportQuery, options: &ReportOptions) -> Result<Report, ReportError> {
    query.check()?;
    let unions = Unions::read(&view::built(lake, "union_activity").await?).await?;
    let settled = query.settled(options.as_of, options.zone);
    let maker = Maker {
        view: View::open(lake, &settled, options, &unions).await?,
        everybody: match settled.part() {
            Part::Union(_) | Part::District(_) | Part::AgeBand(_) => {
                Some(View::open(lake, &settled.unfiltered(), options, &unions).await?)
            }
            Part::Whole | Part::Combined => None,
        },
        month: query.month(options.as_of, options.zone),
        unions,
        asked: query,
        query: settled,
        options,
    };
    maker.report().await
}

macro_rules! figure_queries {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../sql/report/", $name, ".sql")))),+] };
}

/// The queries that give one row of figures each.
const FIGURES: &[(&str, &str)] =
    figure_queries!["membership", "totals", "reading", "published", "sign_ups", "seats", "ratings"];
/// Those that the responses to pushes tell.
const RESPONSES: &[(&str, &str)] = figure_queries!["pushing"];

/// Everything that one report is made from.
struct Maker<'a> {
    view: View,
    /// The view of everybody, where that of the report is narrower.
    everybody: Option<View>,
    unions: Unions,
    asked: &'a ReportQuery,
    query: ReportQuery,
    /// The month of what is told of parts of the account.
    month: Period,
    options: &'a ReportOptions,
}

/// Figures of a period with the groups that decide which may be shown.
struct Counted {
    figures: Figures,
    family: Family,
    lattice: Lattice,
}

impl Maker<'_> {
    async fn report(&self) -> Result<Report, ReportError> {
        let (options, query, fewest) = (self.options, &self.query, self.options.fewest);
        let extent = match query.part() {
            Part::Whole => Extent::Whole,
            Part::Combined => Extent::Nobody,
            _ => Extent::Part,
        };
        let before = match query.compared(options.zone) {
            Some(compared) => Some(self.counted(compared, extent).await?),
            None => None,
        };
        let now = self.counted((query.from, query.to), extent).await?;
        let (against, uplift) = match extent {
            Extent::Whole => self.against_hold_outs().await.map(|(arms, table)| (arms, Some(table)))?,
            Extent::Part | Extent::Nobody => (Pushes::default(), None),
        };
        let before = before.as_ref().map(|before| self.known(before));
        let metrics = metrics(&self.known(&now), before.as_ref(), &against, extent, fewest);
        let is_small = extent == Extent::Part && !now.family.shows(&["members"], self.place(&now.family));
        let made = match query.part() {
            _ if is_small => Vec::new(),
            Part::Whole => self.tables().await?.into_iter().chain(uplift).collect(),
            Part::Union(_) => vec![
                self.of_month(tables::unions(&now.family, &self.unions, self.place(&now.family), fewest)),
                self.articles_of_part(&now).await?,
            ],
            Part::District(_) | Part::AgeBand(_) => vec![self.articles_of_part(&now).await?],
            Part::Combined => Vec::new(),
        };
        let hidden = metrics.iter().filter(|metric| metric.suppressed).count();
        let about = About {
            asked: self.asked,
            query,
            month: self.month,
            extent,
            is_small,
            hidden: hidden + made.iter().map(|(_, hidden)| hidden).sum::<usize>(),
            options,
        };
        Ok(Report {
            from: query.from.to_rfc3339(),
            to: query.to.to_rfc3339(),
            as_of: options.as_of.to_rfc3339(),
            filters: query.filters(),
            summary: summary::summary(&metrics, query, options.zone),
            notes: notes(&about),
            metrics,
            tables: made.into_iter().map(|(table, _)| table).collect(),
            fewest_people: fewest,
        })
    }

    /// The place of the part reported on in a family of groups.
    fn place(&self, family: &Family) -> usize {
        match self.query.part() {
            Part::Union(union) => self.unions.place(Some(union)),
            Part::District(name) | Part::AgeBand(name) => family.place(Some(name)),
            Part::Whole | Part::Combined => 0,
        }
    }

    fn known<'a>(&self, counted: &'a Counted) -> Known<'a> {
        Known { figures: &counted.figures, family: &counted.family, place: self.place(&counted.family) }
    }

    /// The figures of a period; the responses to its pushes stay in the session.
    async fn counted(&self, period: Period, extent: Extent) -> Result<Counted, ReportError> {
        let mut batches = Vec::new();
        if extent == Extent::Whole {
            self.view.keep("responses", include_str!("../../sql/report/responses.sql"), period).await?;
            for (name, sql) in RESPONSES {
                batches.extend(self.view.rows(name, sql, period).await?);
            }
        }
        for (name, sql) in FIGURES {
            batches.extend(self.view.rows(name, sql, period).await?);
        }
        let mut figures = Figures::of(&batches);
        let lattice = self.lattice(period).await?;
        let fewest = self.options.fewest;
        let family = lattice.around(self.query.part(), &self.unions, fewest);
        let of_part = |union: usize| match self.query.part() {
            Part::Union(_) => self.unions.groups.is_within(union, self.place(&family)),
            _ => true,
        };
        let inside = lattice.unions(self.unions.groups.len(), self.query.part());
        let inside: Vec<(u64, u64)> =
            (1..inside.len()).filter(|&union| of_part(union)).map(|union| inside[union]).collect();
        let large = || inside.iter().filter(|(members, _)| *members >= fewest.people());
        figures.add("unions", inside.iter().filter(|(members, _)| *members > 0).count() as f64);
        figures.add("active_unions", large().filter(|(_, active)| *active > 0).count() as f64);
        figures.add("silent_unions", large().filter(|(_, active)| *active == 0).count() as f64);
        Ok(Counted { figures, family, lattice })
    }

    async fn lattice(&self, period: Period) -> Result<Lattice, ReportError> {
        let everybody = self.everybody.as_ref().unwrap_or(&self.view);
        let batches = everybody.rows("groups", include_str!("../../sql/report/groups.sql"), period).await?;
        Ok(Lattice::of(&batches, &self.unions))
    }

    /// The tables about everybody; those that tell of parts of the account are of the month.
    async fn tables(&self) -> Result<Vec<Made>, ReportError> {
        let (fewest, period) = (self.options.fewest, (self.query.from, self.query.to));
        let rows = async |plan: &tables::Plan, period: Period| {
            self.view.rows(plan.name, plan.sql, period).await.map(|batches| figures::rows(&batches))
        };
        let lattice = self.lattice(self.month).await?;
        let bands = lattice.by(Split::AgeBand, &self.unions, fewest);
        let unions = lattice.by_union(&self.unions, fewest);
        let funnel = self.view.rows("funnel", include_str!("../../sql/report/funnel.sql"), period).await?;
        let funnel = Figures::of(&funnel);
        let steps = ["pushed", "read_it", "signed_up", "attended"].map(|name| funnel.count(name));
        Ok(vec![
            tables::daily(rows(&tables::DAILY, period).await?, fewest),
            self.of_month(tables::age_bands(&bands, fewest)),
            self.of_month(tables::unions(&unions, &self.unions, 0, fewest)),
            tables::articles(rows(&tables::ARTICLES, period).await?, fewest),
            self.of_month(tables::topics(rows(&tables::TOPICS, self.month).await?, &bands, fewest)),
            tables::activities(rows(&tables::ACTIVITIES, period).await?, fewest),
            tables::funnel(steps, fewest),
        ])
    }

    /// The most-read articles of a part of the account; those with few readers there, or whom few readers left out, are not listed.
    async fn articles_of_part(&self, now: &Counted) -> Result<Made, ReportError> {
        let everybody = self.everybody.as_ref().unwrap_or(&self.view);
        let rows = self.view.rows(tables::ARTICLES.name, tables::ARTICLES.sql, self.month).await?;
        let rows = figures::rows(&rows);
        let ids = rows.iter().filter_map(|row| row[0].as_str().map(str::to_owned)).collect();
        everybody.choose("chosen_articles", "chosen_article", &ids)?;
        let groups = include_str!("../../sql/report/article_groups.sql");
        let mut readers: HashMap<String, HashMap<Corner, u64>> = HashMap::new();
        for batch in everybody.rows("article_groups", groups, self.month).await? {
            let counts = figures::counts(batch.column(4).as_ref());
            for (row, count) in figures::texts(&batch, 4).into_iter().zip(counts) {
                let Some(article) = row[3].clone() else { continue };
                *readers.entry(article).or_default().entry(Corner::of(&row, &self.unions)).or_default() += count;
            }
        }
        let place = self.place(&now.family);
        let of_nobody = HashMap::new();
        let is_shown = |article: &str| {
            let parted = now.lattice.parted("readers", readers.get(article).unwrap_or(&of_nobody));
            let family = parted.around(self.query.part(), &self.unions, self.options.fewest);
            now.family.shows(tables::READERS, place) && family.shows(&[SOME, OTHERS], place)
        };
        Ok(self.of_month(tables::articles_of_part(rows, &is_shown)))
    }

    fn of_month(&self, made: Made) -> Made {
        tables::of_month(made, self.options.zone.day(self.month.0))
    }

    /// The arms of every push of the period, and their table. Columns of the query: push, title, response, pushed, responded, held out,
    /// responded.
    async fn against_hold_outs(&self) -> Result<(Pushes, Made), ReportError> {
        let period = (self.query.from, self.query.to);
        let pushes = self.view.rows("uplift", include_str!("../../sql/report/uplift.sql"), period).await?;
        let (mut all, mut rows, mut large) = (Pushes::default(), Vec::new(), Vec::new());
        for mut row in figures::rows(&pushes) {
            let number = |at: usize| row.get(at).and_then(Value::as_f64).unwrap_or_default();
            let arms = Arms {
                pushed: number(3),
                pushed_responded: number(4),
                held_out: number(5),
                held_out_responded: number(6),
            };
            let is_article = row.get(2).is_some_and(|response| response == "read");
            if is_article {
                all.articles.push(arms)
            } else {
                all.activities.push(arms)
            }
            let uplift = uplift::of_push(arms);
            let cell =
                |take: fn(&Uplift) -> f64| uplift.as_ref().map_or(Value::Null, |uplift| figures::json(take(uplift)));
            row.extend([cell(|uplift| uplift.points), cell(|uplift| uplift.low), cell(|uplift| uplift.high)]);
            large.push(arms.are_large());
            rows.push(row);
        }
        Ok((all, tables::uplift(rows, &large, self.options.fewest)))
    }
}
