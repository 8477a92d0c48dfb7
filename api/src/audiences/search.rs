//! `GET /audiences/search`: items, topics and unions by part of their name, as a fragment of the audience form.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::builder::picker::{MAX_RESULTS, Results, searched_by};
use super::drafts::FormPairs;
use crate::auth::caller::Caller;
use crate::live::queries::NameSearch;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::web::html::page;
use crate::web::layout::Layout;
use crate::web::locale::Locale;

#[derive(Template)]
#[template(path = "audiences/search.html")]
struct SearchPage {
    t: Locale,
    results: Results,
}

/// Results for a field of the audience form: `for` is the field, `q` the text. Unions are those that the caller may see.
#[utoipa::path(get, path = "/audiences/search", tag = "pages",
    params(("for" = Option<String>, Query, description = "Name of the form field"),
        ("q" = Option<String>, Query, description = "Part of the name")),
    responses((status = 200, description = "A fragment of a page")))]
pub(crate) async fn search(
    State(service): State<Service>,
    layout: Layout,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let pairs = Query::<FormPairs>::try_from_uri(&uri)
        .map_err(|_| Problem::invalid("query", "not name=value pairs in UTF-8"))?
        .0;
    let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let name = value("for").unwrap_or("item_id");
    let kind = searched_by(name).ok_or_else(|| Problem::invalid("for", "must name a field of the audience form"))?;
    // The search field of a form is named after the field that it fills.
    let text = value(&format!("q.{name}")).or_else(|| value("q")).unwrap_or_default().to_owned();
    let search = NameSearch { kind, text, within: caller.union_id.clone(), n: MAX_RESULTS + 1, now: service.now() };
    let found = service.compute(move |live| live.engine.search(&search)).await?;
    let template = SearchPage { t: layout.t, results: Results::new(name, &found, layout.t) };
    Ok(page(StatusCode::OK, &layout, &template))
}
