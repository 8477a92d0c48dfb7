//! The page of one file: how it would be read, a contract column to choose for each of its columns, and the choice to keep.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use zhihui_data::Table;

use super::jobs::JobError;
use super::labels as data_labels;
use super::mapping::{MappedFile, MappingChoice};
use crate::auth::page_form::PageForm;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::extract::QueryParams;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Beginning of the names of fields that choose a column.
const COLUMN: &str = "column.";

/// The file, and what was chosen for it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MappingQuery {
    /// Name of a file in the inbox. Further parameters `column.HEADER=NAME` choose a contract column for a header.
    file: String,
    /// Table of the data contract.
    table: Option<String>,
}

/// The form. Further fields `column.HEADER` name the contract column of a header.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the schema; the form has a field for each header")]
pub(crate) struct MappingForm {
    /// CSRF token of the page.
    #[schema(required = false)]
    csrf: String,
    /// Name of a file in the inbox.
    file: String,
    /// Table of the data contract.
    table: String,
}

#[derive(Template)]
#[template(path = "data/mapping.html")]
struct MappingPage<'a> {
    layout: &'a Layout,
    file: &'a str,
    sentence: String,
    mapped: &'a MappedFile,
    /// Name, label, and whether it is chosen.
    tables: Vec<(&'static str, &'static str, bool)>,
    pickers: Vec<Picker<'a>>,
    reasons: Vec<(String, String)>,
    can_keep: bool,
}

/// A column of the file.
struct Picker<'a> {
    header: &'a str,
    field: String,
    chosen: &'a str,
    /// Name, label, and whether it is chosen.
    options: Vec<(&'static str, String, bool)>,
}

/// How a file would be read.
#[utoipa::path(get, path = "/data/mapping", tag = "pages", params(MappingQuery),
    responses((status = 200, description = "A page"), (status = 404, description = "No such file in the inbox, or no such table")))]
pub(crate) async fn show(
    State(service): State<Service>,
    layout: Layout,
    uri: Uri,
    QueryParams(query): QueryParams<MappingQuery>,
) -> Result<Response, Problem> {
    let mapper = service.ports.file_mapper.as_ref().ok_or_else(JobError::no_pipeline)?;
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|query| query.0).unwrap_or_default();
    let table = query.table.as_deref().filter(|name| !name.is_empty());
    let choice = table.map(|name| choice(name, &pairs)).transpose()?;
    let _permit = service.computations.acquire().await?;
    let mapped = mapper.preview(&query.file, choice).await?;
    let t = layout.t;
    let template = MappingPage {
        layout: &layout,
        file: &query.file,
        sentence: sentence(&query.file, &mapped, t),
        tables: tables(mapped.table, t),
        pickers: mapped
            .columns
            .iter()
            .map(|(header, column)| picker(header, column.as_deref(), mapped.table, t))
            .collect(),
        reasons: mapped
            .reasons
            .iter()
            .map(|(reason, count)| (data_labels::reject_reason(reason, t).to_owned(), grouped(*count as f64, 0)))
            .collect(),
        can_keep: mapped.is_readable && !mapped.is_mapped && mapped.table.is_some(),
        mapped: &mapped,
    };
    Ok(page(StatusCode::OK, &layout, &template))
}

/// Keeps the choice for this file and others of the same name.
#[utoipa::path(post, path = "/data/mapping", tag = "pages", operation_id = "keep_mapping",
    request_body(content = MappingForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Kept"), (status = 404, description = "No such file in the inbox, or no such table"),
        (status = 422, description = "The file cannot be read with this choice")))]
pub(crate) async fn keep(
    State(service): State<Service>,
    PageForm { caller, fields }: PageForm<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let mapper = service.ports.file_mapper.as_ref().ok_or_else(JobError::no_pipeline)?;
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let file = field("file").ok_or_else(|| Problem::invalid("file", "is missing"))?;
    let choice = choice(field("table").unwrap_or_default(), &fields)?;
    let columns: serde_json::Map<_, _> =
        choice.columns.iter().map(|(header, column)| (header.clone(), json!(column))).collect();
    let detail = json!({ "name": file, "table": choice.table.name(), "columns": columns });
    let _permit = service.computations.acquire().await?;
    let previewed = mapper.preview(file, Some(choice.clone())).await?;
    if !previewed.is_readable {
        return Err(JobError::Invalid(previewed.error.unwrap_or_else(|| "no row could be read".into())).into());
    }
    caller.record(&service, AuditAction::MappingKept, None, detail).await?;
    mapper.keep(file, choice, &caller.name).await?;
    Ok(Redirect::to("/data?done=mapped").into_response())
}

fn choice(table: &str, fields: &[(String, String)]) -> Result<MappingChoice, JobError> {
    let table = Table::named(table).ok_or_else(|| JobError::NotFound("no such table of the data contract".into()))?;
    let chosen = |(name, column): &(String, String)| {
        let header = name.strip_prefix(COLUMN)?;
        table.column(column).map(|column| (header.to_owned(), column.name.to_owned()))
    };
    Ok(MappingChoice { table, columns: fields.iter().filter_map(chosen).collect() })
}

fn sentence(file: &str, mapped: &MappedFile, t: Locale) -> String {
    let table = mapped.table.map(|table| data_labels::table(table.name(), t));
    match (table, mapped.is_readable) {
        (Some(table), true) => {
            t.data_mapping_readable(file, grouped(mapped.rejected as f64, 0), grouped(mapped.rows as f64, 0), table)
        }
        (Some(table), false) => t.data_mapping_unreadable(file, table),
        (None, _) => t.data_mapping_no_table(file),
    }
}

fn tables(chosen: Option<Table>, t: Locale) -> Vec<(&'static str, &'static str, bool)> {
    let tables = Table::ALL.iter().filter(|table| !matches!(table, Table::MemberEvents | Table::AccountStatistics));
    tables.map(|&table| (table.name(), data_labels::table(table.name(), t), chosen == Some(table))).collect()
}

fn picker<'a>(header: &'a str, column: Option<&'a str>, table: Option<Table>, t: Locale) -> Picker<'a> {
    let label = |column: &zhihui_data::Column, table: Table| {
        let mark = if column.required { " *" } else { "" };
        match table.synonyms(column.name).into_iter().find(|word| !word.is_ascii()).filter(|_| !t.is_english()) {
            Some(word) => format!("{word} {}{mark}", column.name),
            None => format!("{}{mark}", column.name),
        }
    };
    let options = table.into_iter().flat_map(|table| table.columns().iter().map(move |column| (table, column)));
    Picker {
        header,
        field: format!("{COLUMN}{header}"),
        chosen: column.unwrap_or_default(),
        options: options.map(|(table, found)| (found.name, label(found, table), column == Some(found.name))).collect(),
    }
}
