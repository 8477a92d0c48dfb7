//! `GET /v1/items/{id}/similar` and `GET /v1/popular`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use zhihui_engine::answer::ItemList;

use crate::live::queries::{PopularRequest, SimilarRequest};
use crate::middleware::problem::Problem;
use crate::recommendations::list_params::{ListParams, given};
use crate::schema;
use crate::service::Service;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::{QueryParams, path_param};
use crate::web::ids::check_id;
use crate::web::json::JsonResponse;

/// Query of similar items.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SimilarQuery {
    /// Maximum length of the list, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    n: Option<String>,
    /// Only items of this kind.
    #[param(value_type = Option<schema::Kind>, inline)]
    kind: Option<String>,
}

/// Query of popular items.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PopularQuery {
    /// An age band such as `25-34`, `65+` or `unknown`; all members if missing.
    age_band: Option<String>,
    /// Maximum length of the list, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    n: Option<String>,
    /// Only items of this kind.
    #[param(value_type = Option<schema::Kind>, inline)]
    kind: Option<String>,
}

/// Items similar to an item.
#[utoipa::path(get, path = "/v1/items/{id}/similar", tag = "backend",
    params(("id" = inline(schema::Id), Path, description = "The item's id"), SimilarQuery),
    responses((status = 200, body = schema::ItemList)))]
pub(crate) async fn similar(
    State(service): State<Service>,
    path: Result<Path<String>, PathRejection>,
    AcceptLanguage(language): AcceptLanguage,
    QueryParams(query): QueryParams<SimilarQuery>,
) -> Result<JsonResponse<ItemList>, Problem> {
    let item_id: String = path_param("id", path)?;
    check_id("id", &item_id)?;
    let (n, kind) = (ListParams::number("n", query.n.as_deref())?, ListParams::kind(query.kind.as_deref())?);
    let request = SimilarRequest { item_id: &item_id, n, kind, now: service.now(), language };
    Ok(JsonResponse(service.live.current()?.engine.similar(&request)?))
}

/// The items that are most popular at present, in one age band or among all members.
#[utoipa::path(get, path = "/v1/popular", tag = "backend", params(PopularQuery),
    responses((status = 200, body = schema::ItemList)))]
pub(crate) async fn popular(
    State(service): State<Service>,
    AcceptLanguage(language): AcceptLanguage,
    QueryParams(query): QueryParams<PopularQuery>,
) -> Result<JsonResponse<ItemList>, Problem> {
    let (n, kind) = (ListParams::number("n", query.n.as_deref())?, ListParams::kind(query.kind.as_deref())?);
    // A query string decodes `+` to a space, and the oldest band is written 65+.
    let age_band = given(query.age_band.as_deref()).map(|band| match band.strip_suffix(' ') {
        Some(lower) => format!("{lower}+"),
        None => band.to_owned(),
    });
    let request = PopularRequest { age_band: age_band.as_deref(), n, kind, now: service.now(), language };
    Ok(JsonResponse(service.live.current()?.engine.popular(&request)?))
}
