//! Figures and tables of a report about all members, besides those of reading, activities and pushes in general.

mod active_days;
mod attendance;
mod carriers;
mod districts;
mod evenness;
mod hours;
mod opinions;
mod sources;
mod topic_supply;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::DateTime;
use zhihui_data::Zone;
use zhihui_engine::report::MinGroupSize;

use super::ReportError;
use super::figures::{Figures, rows};
use super::group_counts::{Dimension, GroupCounts};
use super::group_hierarchy::GroupHierarchy;
use super::period::Period;
use super::session::ReportSession;
use super::tables::{SuppressedTable, of_month};
use super::topic_rule::TopicArticles;
use super::unions::Unions;
use crate::lake::{Lake, OpenedTables};

macro_rules! figure_queries {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../../sql/report/", $name, ".sql")))),+] };
}

/// Queries about all members that return one row of figures each.
const FIGURES: &[(&str, &str)] = figure_queries!["roster", "shown", "followers"];
/// The same about the report's own period only.
const PRESENT: &[(&str, &str)] = figure_queries!["identified"];

const REJECTED: &str = include_str!("../../../sql/report/rejected.sql");
const NULLED: &str = include_str!("../../../sql/report/nulled.sql");

const ACTIVE_DAYS: &str = include_str!("../../../sql/report/active_days.sql");

/// The groups of a month and which of their counts may be shown.
pub(super) struct MonthGroups {
    pub(super) bands: GroupHierarchy,
    pub(super) unions: Arc<GroupHierarchy>,
}

impl MonthGroups {
    pub(super) fn of(counts: &Arc<GroupCounts>, unions: &Unions, min_size: MinGroupSize) -> Self {
        let unions = Arc::new(counts.by_union(unions, min_size));
        let bands = counts.by(Dimension::AgeBand, &unions, min_size);
        bands.decide(&["members", "active", "inactive", "readers", "non_readers", "sharers", "non_sharers"]);
        Self { bands, unions }
    }
}

/// What the tables depend on.
pub(super) struct SectionContext<'a> {
    pub(super) session: &'a ReportSession,
    pub(super) lake: &'a Lake,
    pub(super) opened: &'a OpenedTables,
    pub(super) unions: &'a Unions,
    /// The calendar month of the tables, and its counts.
    pub(super) month: Period,
    pub(super) month_groups: &'a MonthGroups,
    pub(super) zone: Zone,
    pub(super) min_size: MinGroupSize,
    pub(super) members: u64,
    /// The readers of the month by article and topic.
    pub(super) topic_articles: &'a TopicArticles,
    /// Topics whose readers of all ages would reveal a hidden cell of the table by age band.
    pub(super) revealing_topics: &'a BTreeSet<String>,
}

/// Adds the figures of active days, which exist for parts of the account as well.
pub(super) async fn add_active_days(
    figures: &mut Figures,
    session: &ReportSession,
    period: Period,
) -> Result<(), ReportError> {
    let days = active_days::read(&session.rows("active_days", ACTIVE_DAYS, period).await?);
    figures.add("active_member_days", days.iter().map(|(days, people)| days * people).sum::<u64>() as f64);
    Ok(())
}

/// Adds the figures about all members. `is_compared`: the period is the one that the report's own is compared with.
pub(super) async fn add_figures(
    figures: &mut Figures,
    session: &ReportSession,
    period: Period,
    is_compared: bool,
) -> Result<(), ReportError> {
    for (name, sql) in FIGURES.iter().chain(PRESENT.iter().filter(|_| !is_compared)) {
        figures.extend(&session.rows(name, sql, period).await?);
    }
    let sql = include_str!("../../../sql/report/attendance.sql");
    attendance::add(figures, &session.rows("attendance", sql, period).await?);
    if is_compared {
        return Ok(());
    }
    let rejected = rows(&session.rows("rejected", REJECTED, period).await?);
    figures.add("rejected_rows", rejected.iter().filter_map(|row| row[1].as_f64()).sum());
    Ok(())
}

/// The tables. Those about what members did are of the month, because months do not overlap: the tables of two periods would
/// reveal what few people did between them.
pub(super) async fn tables(context: &SectionContext<'_>) -> Result<Vec<SuppressedTable>, ReportError> {
    let SectionContext { session, unions, month, min_size, zone, month_groups, .. } = *context;
    let query = async |name: &'static str, sql: &'static str, period: Period| {
        session.rows(name, sql, period).await.map(|batches| rows(&batches))
    };
    let active_days = session.rows("active_days", ACTIVE_DAYS, month).await?;
    let active_days = active_days::active_days(&active_days::read(&active_days), context.members, min_size);
    let hours = query("hours", include_str!("../../../sql/report/hours.sql"), month).await?;
    let topics = query("topic_supply", include_str!("../../../sql/report/topic_supply.sql"), month).await?;
    let opinions = query("opinions", include_str!("../../../sql/report/opinions.sql"), month).await?;
    let rejected = query("rejected", REJECTED, month).await?;
    let nulled = query("nulled", NULLED, month).await?;
    let signed_up = query("latest_sign_up", include_str!("../../../sql/report/latest_sign_up.sql"), month).await?;
    let signed_up = signed_up.first().and_then(|row| DateTime::from_timestamp(row[0].as_i64()?, 0));
    let districts = match session.shared_table("districts") {
        Some(table) => table,
        None => {
            let sql = include_str!("../../../sql/report/districts.sql");
            let pairs = match session.district_pairs(sql, unions) {
                Some(pairs) => pairs,
                None => {
                    let rows = session.rows("districts", sql, month).await?;
                    districts::pairs_of(&rows, unions).map_err(ReportError::query("districts"))?
                }
            };
            let table = districts::districts(&pairs, unions, min_size);
            session.share_table("districts", &table);
            table
        }
    };
    let [readers, raters] = ["readers", "raters"].map(|name| month_groups.unions.count(name, 0));
    let of_topics = session.rows("topic_ratings", include_str!("../../../sql/report/topic_ratings.sql"), month).await?;
    let few = session.rows("few_raters", include_str!("../../../sql/report/few_raters.sql"), month).await?;
    let rated = TopicArticles::of(&of_topics, &few);
    let by_article = (context.topic_articles, context.revealing_topics);
    let first = zone.day(month.0);
    let [by_item, by_topic] = opinions::opinions(opinions, raters, &rated, min_size);
    Ok(vec![
        of_month(active_days, first),
        of_month(hours::hours(&hours, min_size), first),
        of_month(topic_supply::topic_supply(topics, readers, by_article, min_size), first),
        of_month(carriers::by_age_band(&month_groups.bands, min_size), first),
        of_month(carriers::by_union(&month_groups.unions, unions, min_size), first),
        districts,
        of_month(by_item, first),
        of_month(by_topic, first),
        sources::sources((context.lake, context.opened), (&rejected, &nulled), signed_up, zone).await?,
    ])
}
