//! Counts what the queries of reports ask, from columns in memory.
//!
//! Each count returns the rows of the query with its name in `pipeline/sql/report`, which defines it. Queries that are not here
//! run as SQL.

mod activities;
mod articles;
mod batch;
mod day_pairs;
mod days;
mod definitions;
mod districts;
mod event_table;
mod groups;
mod opinions;
mod people;
mod pushes;
mod responses;
mod retention;
mod sign_ups;
mod topics;
mod view;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use zhihui_data::Zone;

use super::columns::ReportColumns;
use people::PeriodActions;
use responses::Response;
use view::{Micros, View};

pub(super) use event_table::{EventTable, InMemory};
pub(super) use view::Filters;

/// Instants and settings of a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountOptions {
    pub(super) zone: Zone,
    /// Microseconds since 1970, like all instants here.
    pub(super) as_of: i64,
    /// The period of the report, and the start of the one just before.
    pub(super) period: Micros,
    pub(super) before_from: i64,
    /// Start of the reference period for scores of articles.
    pub(super) account_from: i64,
    pub(super) min_people: i64,
}

/// The counts about the members in view.
pub(super) struct Counts {
    columns: Arc<ReportColumns>,
    options: CountOptions,
    view: Arc<View>,
    actions: Mutex<HashMap<Micros, Arc<PeriodActions>>>,
    /// The responses to the pushes of the period that was asked last.
    responses: Mutex<Option<(Micros, Arc<Vec<Response>>)>>,
    /// Whether `responses` is defined by other SQL than the count implements.
    has_other_responses: AtomicBool,
    chosen_articles: Mutex<Vec<u32>>,
}

impl Counts {
    pub(super) fn new(columns: Arc<ReportColumns>, options: CountOptions, filters: &Filters<'_>) -> Self {
        let view = Arc::new(View::new(&columns, filters));
        let (actions, responses, has_other_responses, chosen_articles) = Default::default();
        Self { columns, options, view, actions, responses, has_other_responses, chosen_articles }
    }

    /// The rows of a query; `None` if it is not counted here, or not as this SQL defines it.
    pub(super) fn rows(&self, name: &str, sql: &str, period: Micros) -> Option<Result<RecordBatch, ArrowError>> {
        let is_about_responses =
            ["pushing", "arms", "push_delays", "sign_up_delays", "funnel", "uplift"].contains(&name);
        if !definitions::is_counted(name, sql) || is_about_responses && self.has_other_responses.load(Relaxed) {
            return None;
        }
        Some(match name {
            "membership" => people::membership(self, period),
            "totals" => people::totals(self, period),
            "lifecycle" => people::lifecycle(self, period),
            "shown" => people::shown(self, period),
            "reading" => people::reading(self, period),
            "published" => sign_ups::published(self, period),
            "sign_ups" => sign_ups::sign_ups(self, period),
            "sign_up_lead" => sign_ups::sign_up_lead(self, period),
            "attendance" => sign_ups::attendance(self, period),
            "latest_sign_up" => sign_ups::latest_sign_up(self),
            "seats" => sign_ups::seats(self, period),
            "ratings" => sign_ups::ratings(self, period),
            "groups" => groups::groups(self, period),
            "pushing" => pushes::pushing(self, &self.responses(period)),
            "arms" => pushes::arms(&self.responses(period)),
            "push_delays" => pushes::push_delays(&self.responses(period)),
            "sign_up_delays" => pushes::sign_up_delays(self, period, &self.responses(period)),
            "funnel" => pushes::funnel(self, &self.responses(period)),
            "uplift" => pushes::uplift(self, &self.responses(period)),
            "articles" => articles::articles(self, period),
            "article_groups" => articles::article_groups(self, period),
            "topic_articles" => articles::topic_articles(self, period),
            "few_readers" => articles::few_readers(self, period),
            "topic_supply" => topics::topic_supply(self, period),
            "topics" => topics::topics(self, period),
            "daily" => days::daily(self, period),
            "active_days" => days::active_days(self, period),
            "hours" => days::hours(self, period),
            "day_pairs" => day_pairs::day_pairs(self, period),
            "opinions" => opinions::opinions(self, period),
            "roster" => districts::roster(self, period),
            "districts" => districts::districts(self),
            "retention" => retention::retention(self, period),
            "activities" => activities::activities(self, period),
            _ => return None,
        })
    }

    /// The events in memory from an instant on, for SQL.
    pub(super) fn events(&self, from: i64) -> InMemory {
        let (columns, view) = (Arc::clone(&self.columns), Arc::clone(&self.view));
        InMemory { columns, view, known: (from, self.options.as_of) }
    }

    /// Notes how a table for later queries is defined.
    pub(super) fn define(&self, name: &str, sql: &str) {
        if name == "responses" {
            self.has_other_responses.store(!definitions::is_counted(name, sql), Relaxed);
        }
    }

    /// Chooses the articles that `article_groups` counts.
    pub(super) fn choose(&self, table: &str, ids: &BTreeSet<String>) {
        if table == "chosen_articles"
            && let Ok(mut chosen) = self.chosen_articles.lock()
        {
            *chosen = ids.iter().filter_map(|id| self.columns.item_ids.number(id)).collect();
        }
    }

    /// The age bands or districts of members, sorted.
    pub(super) fn known_filters(&self, filter: &str) -> Vec<String> {
        let dimension = if filter == "age_band" { 1 } else { 2 };
        self.columns.members.known(dimension).into_iter().map(str::to_owned).collect()
    }

    /// The part of a period that is known.
    fn known(&self, (from, to): Micros) -> Micros {
        (from, to.min(self.options.as_of))
    }

    fn before_from(&self, period: Micros) -> i64 {
        if period == self.options.period { self.options.before_from } else { period.0 }
    }

    fn actions(&self, period: Micros) -> Arc<PeriodActions> {
        let known = self.actions.lock().ok().and_then(|actions| actions.get(&period).cloned());
        known.unwrap_or_else(|| {
            let counted = Arc::new(PeriodActions::count(self, period));
            if let Ok(mut actions) = self.actions.lock() {
                actions.insert(period, Arc::clone(&counted));
            }
            counted
        })
    }

    fn responses(&self, period: Micros) -> Arc<Vec<Response>> {
        let known = self.responses.lock().ok().and_then(|known| known.clone());
        match known {
            Some((of, responses)) if of == period => responses,
            _ => {
                let counted = Arc::new(responses::responses(self, period));
                if let Ok(mut responses) = self.responses.lock() {
                    *responses = Some((period, Arc::clone(&counted)));
                }
                counted
            }
        }
    }
}
