//! The forms that add and delete notes about days. Both lead back to the page with everything.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::database::ReportNotes;
use crate::auth::page_form::{ButtonForm, PageForm};
use crate::auth::role::Role;
use crate::middleware::problem::{Code, Problem};
use crate::reports::routes::{PeriodQuery, YEARS};
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::web::extract::QueryParams;
use crate::web::ids::{Id, PathId};
use crate::web::locale::Locale;
use crate::web::url::url_with_query;

/// Maximum length of a note in characters.
const MAX_TEXT: usize = 200;
/// Maximum number of days that a note is about.
const MAX_DAYS: i64 = 366;

/// A note about one day or several.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct NoteForm {
    /// The first day, as year, month and day.
    #[schema(required, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$", example = "2026-10-01")]
    first: String,
    /// The last day. The first one if it is empty.
    #[schema(pattern = r"^(\d{4}-\d{2}-\d{2})?$", example = "2026-10-07")]
    last: String,
    /// The note.
    #[schema(required, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    text: String,
}

/// Adds a note. The query string is that of the page to return to.
#[utoipa::path(post, path = "/reports/notes", tag = "pages", operation_id = "add_report_note", params(PeriodQuery),
    request_body(content = NoteForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn add(
    State(service): State<Service>,
    QueryParams(back): QueryParams<PeriodQuery>,
    PageForm { caller, fields }: PageForm<NoteForm>,
) -> Result<Response, Problem> {
    let days = fields.days()?;
    let text = fields.text.trim();
    if !(1..=MAX_TEXT).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        let wording = Locale::both(|t| t.reports_bad_note(MAX_TEXT));
        let what = format!("must have 1 to {MAX_TEXT} characters and no control characters");
        return Err(Problem::invalid("text", what).worded(wording));
    }
    let entry = caller.audit_entry(service.now(), AuditAction::ReportNoteAdded, None, json!({}));
    let notes = ReportNotes::new(&service.store);
    notes.add(days, text, caller.union_id.as_deref(), &entry).await.map_err(StoreError::write_problem)?;
    Ok(Redirect::to(&back_to(&back)).into_response())
}

/// Deletes a note: one's own, or as an admin any.
#[utoipa::path(post, path = "/reports/notes/{id}/delete", tag = "pages", operation_id = "delete_report_note",
    params(("id" = inline(Id), Path, description = "The note's id"), PeriodQuery),
    request_body(content = ButtonForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Back to the page")))]
pub(crate) async fn delete(
    State(service): State<Service>,
    PathId(id): PathId,
    QueryParams(back): QueryParams<PeriodQuery>,
    PageForm { caller, .. }: PageForm<ButtonForm>,
) -> Result<Response, Problem> {
    let owner = (caller.role != Role::Admin).then_some(caller.name.as_str());
    let entry = caller.audit_entry(service.now(), AuditAction::ReportNoteDeleted, None, json!({}));
    let deleted = ReportNotes::new(&service.store).delete(&id, owner, &entry).await;
    if deleted.map_err(StoreError::write_problem)? {
        return Ok(Redirect::to(&back_to(&back)).into_response());
    }
    Err(Problem::new(Code::UnknownReportNote, "no such note of yours"))
}

impl NoteForm {
    fn days(&self) -> Result<(NaiveDate, NaiveDate), Problem> {
        let day = |name: &str, text: &str| {
            strict_day(text).ok_or_else(|| {
                let wording = Locale::both(|t| t.reports_bad_day());
                Problem::invalid(name, "must be a day such as 2026-10-01, from 1970 to 2199").worded(wording)
            })
        };
        let first = day("first", &self.first)?;
        let last = if self.last.is_empty() { first } else { day("last", &self.last)? };
        if (0..MAX_DAYS).contains(&(last - first).num_days()) {
            return Ok((first, last));
        }
        let wording = Locale::both(|t| t.reports_bad_last_day(MAX_DAYS));
        let what = format!("must be the first day or later, and the note about at most {MAX_DAYS} days");
        Err(Problem::invalid("last", what).worded(wording))
    }
}

/// A day with four, two and two digits.
fn strict_day(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.parse().ok()?;
    (day.to_string() == text && YEARS.contains(&day.year())).then_some(day)
}

/// The page with everything, with this period and these filters.
fn back_to(back: &PeriodQuery) -> String {
    let PeriodQuery { from, to, compare, union, district, age_band } = back;
    let fields = [("from", from), ("to", to), ("compare", compare), ("union", union), ("district", district)];
    let fields = fields.into_iter().chain([("age_band", age_band)]);
    let given = fields.filter_map(|(name, value)| Some((name, value.as_deref().filter(|text| !text.is_empty())?)));
    format!("{}#daily", url_with_query("/reports/explore", given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_one_form() {
        assert!(strict_day("2026-02-28").is_some());
        for text in
            ["2026-2-28", " 2026-02-28", "2026-02-30", "+2026-02-28", "2026-02-28 ", "1969-12-31", "2200-01-01", ""]
        {
            assert_eq!(strict_day(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_way_back_keeps_the_filters() {
        let query =
            PeriodQuery { from: Some("2026-10-01".into()), district: Some("朝阳".into()), ..PeriodQuery::default() };
        assert_eq!(back_to(&query), "/reports/explore?from=2026-10-01&district=%E6%9C%9D%E9%98%B3#daily");
    }
}
