//! Lists that belong to an item or to an age band.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use zhihui_engine::answer::ItemList;

use super::json::Answer;
use super::list::{ListWords, given};
use super::members::check_id;
use super::take::{Parameters, Spoken};
use crate::answering::{PopularRequest, SimilarRequest};
use crate::problem::Problem;
use crate::schema;
use crate::service::Service;

/// What a list of similar items is asked for with.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SimilarQuery {
    /// Length of the list at most, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    n: Option<String>,
    /// Only items of this kind.
    #[param(value_type = Option<schema::Kind>, inline)]
    kind: Option<String>,
}

/// What a popular list is asked for with.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PopularQuery {
    /// An age band such as `25-34`, `65+` or `unknown`; everybody where it is missing.
    age_band: Option<String>,
    /// Length of the list at most, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    n: Option<String>,
    /// Only items of this kind.
    #[param(value_type = Option<schema::Kind>, inline)]
    kind: Option<String>,
}

/// Items that the same members turn to.
#[utoipa::path(get, path = "/v1/items/{id}/similar", tag = "backend",
    params(("id" = inline(schema::Id), Path, description = "The item's id"), SimilarQuery),
    responses((status = 200, body = schema::ItemList)))]
pub(super) async fn similar(
    State(service): State<Service>,
    path: Result<Path<String>, PathRejection>,
    Spoken(language): Spoken,
    Parameters(query): Parameters<SimilarQuery>,
) -> Result<Answer<ItemList>, Problem> {
    let Path(item_id) = path.map_err(|_| Problem::invalid("id", "must be UTF-8, percent-encoded"))?;
    check_id("id", &item_id)?;
    let (n, kind) = (ListWords::number("n", query.n.as_deref())?, ListWords::kind(query.kind.as_deref())?);
    let request = SimilarRequest { item_id: &item_id, n, kind, now: service.now(), language };
    Ok(Answer(service.live()?.answers.similar(&request)?))
}

/// What members turn to most at present, of one age band or of all.
#[utoipa::path(get, path = "/v1/popular", tag = "backend", params(PopularQuery),
    responses((status = 200, body = schema::ItemList)))]
pub(super) async fn popular(
    State(service): State<Service>,
    Spoken(language): Spoken,
    Parameters(query): Parameters<PopularQuery>,
) -> Result<Answer<ItemList>, Problem> {
    let (n, kind) = (ListWords::number("n", query.n.as_deref())?, ListWords::kind(query.kind.as_deref())?);
    // In a query string `+` means a space; the band of the oldest is written 65+.
    let age_band = given(query.age_band.as_deref()).map(|band| match band.strip_suffix(' ') {
        Some(lower) => format!("{lower}+"),
        None => band.to_owned(),
    });
    let request = PopularRequest { age_band: age_band.as_deref(), n, kind, now: service.now(), language };
    Ok(Answer(service.live()?.answers.popular(&request)?))
}
