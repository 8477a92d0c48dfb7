//! `/v1/recommendations` for one or many members, and `/v1/explanation`.
//!
//! Takes the parameters of a request, checks them, asks the published engine, and responds with the list. It does not rank; the
//! engine does.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::{Language, Recommendations};

use super::explanation::Explanation;
use super::list_params::{ListParams, given};
use crate::live::slot::LiveSnapshot;
use crate::middleware::problem::Problem;
use crate::schema;
use crate::service::Service;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::{JsonBody, QueryParams};
use crate::web::ids::check_id;
use crate::web::json::JsonResponse;
use crate::web::locale::Locale;
use crate::web::serde_integer;

/// Maximum members in one request.
const MAX_MEMBERS: usize = 1_000;

/// Query of a list. All values are text, so that an invalid one is refused with its name.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Id of the member. Exactly one of `member_id` and `openid` is required.
    #[param(value_type = Option<schema::IdOrNothing>, inline)]
    member_id: Option<String>,
    /// Openid of the member.
    #[param(value_type = Option<schema::IdOrNothing>, inline)]
    openid: Option<String>,
    /// Maximum length of the list, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    n: Option<String>,
    /// Only items of this kind.
    #[param(value_type = Option<schema::Kind>, inline)]
    kind: Option<String>,
    /// Only items with this topic.
    topic: Option<String>,
    /// Ids of items to exclude, separated by commas.
    exclude: Option<String>,
    /// `general`: the list for everybody. No profile is read.
    #[param(value_type = Option<schema::Mode>, inline)]
    mode: Option<String>,
}

/// Body of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchBody {
    /// Openids, at most 1,000 together with `member_ids`.
    #[serde(default)]
    #[schema(max_items = 1000, value_type = Vec<schema::Id>)]
    openids: Vec<String>,
    /// Ids of members.
    #[serde(default)]
    #[schema(max_items = 1000, value_type = Vec<schema::Id>)]
    member_ids: Vec<String>,
    /// Maximum length of each list, 1 to 100; 10 if missing.
    #[serde(default, deserialize_with = "serde_integer::deserialize")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    n: Option<i64>,
    /// Only items of this kind.
    #[serde(default)]
    #[schema(value_type = Option<schema::Kind>)]
    kind: Option<String>,
    /// Only items with this topic.
    #[serde(default)]
    topic: Option<String>,
    /// Ids of items to exclude.
    #[serde(default)]
    exclude: Vec<String>,
    /// `general`: the list for everybody.
    #[serde(default)]
    #[schema(value_type = Option<schema::Mode>)]
    mode: Option<String>,
}

/// One list for each id, in the order of the request, `openids` first.
#[derive(Debug, Serialize)]
struct Batch {
    as_of: String,
    version: String,
    recommendations: Vec<BatchEntry>,
}

/// The list of one member, with the requested openid.
#[derive(Debug, Serialize)]
struct BatchEntry {
    openid: Option<String>,
    #[serde(flatten)]
    list: Recommendations,
}

/// Recommends items to one member.
///
/// An unknown member receives the popular list with `personalised: false`.
#[utoipa::path(get, path = "/v1/recommendations", tag = "backend", params(ListQuery),
    responses((status = 200, body = schema::Recommendations)))]
pub(crate) async fn recommend(
    State(service): State<Service>,
    AcceptLanguage(language): AcceptLanguage,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<JsonResponse<Recommendations>, Problem> {
    let who = match (given(query.member_id.as_deref()), given(query.openid.as_deref())) {
        (Some(member), None) => {
            check_id("member_id", member)?;
            Who::Member(member)
        }
        (None, Some(openid)) => {
            check_id("openid", openid)?;
            Who::OpenId(openid)
        }
        _ => return Err(Problem::invalid("member_id", "give exactly one of member_id and openid")),
    };
    let params = ListParams {
        n: ListParams::number("n", query.n.as_deref())?,
        kind: ListParams::kind(query.kind.as_deref())?,
        topic: given(query.topic.as_deref()).map(str::to_owned),
        exclude: query.exclude.as_deref().map(ListParams::ids).unwrap_or_default(),
        general: ListParams::general(query.mode.as_deref())?,
    };
    let live = service.live.current()?;
    Ok(JsonResponse(live.engine.recommend(&request(&params, who, service.now(), language))))
}

/// Recommends items to many members.
///
/// Returns one list for each id in the order of the request. An unknown member receives the popular list.
#[utoipa::path(post, path = "/v1/recommendations", tag = "backend", operation_id = "recommend_many", request_body = BatchBody,
    responses((status = 200, body = schema::Batch)))]
pub(crate) async fn recommend_batch(
    State(service): State<Service>,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(body): JsonBody<BatchBody>,
) -> Result<JsonResponse<impl Serialize>, Problem> {
    let count = body.openids.len() + body.member_ids.len();
    if !(1..=MAX_MEMBERS).contains(&count) {
        let what = format!("{count} ids; send 1 to {MAX_MEMBERS} in one request");
        return Err(Problem::invalid("openids", what));
    }
    body.openids.iter().try_for_each(|openid| check_id("openids", openid))?;
    body.member_ids.iter().try_for_each(|id| check_id("member_ids", id))?;
    let params = ListParams {
        n: ListParams::bounded("n", body.n)?,
        kind: ListParams::kind(body.kind.as_deref())?,
        topic: given(body.topic.as_deref()).map(str::to_owned),
        exclude: body.exclude,
        general: ListParams::general(body.mode.as_deref())?,
    };
    let now = service.now();
    let (openids, member_ids) = (body.openids, body.member_ids);
    let batch = service.compute(move |live| batch(live, openids, &member_ids, &params, now, language)).await?;
    Ok(JsonResponse(batch))
}

fn batch(
    live: &LiveSnapshot,
    openids: Vec<String>,
    member_ids: &[String],
    params: &ListParams,
    now: i64,
    language: Language,
) -> Batch {
    let mut recommendations = Vec::with_capacity(openids.len() + member_ids.len());
    for openid in openids {
        let list = live.engine.recommend(&request(params, Who::OpenId(&openid), now, language));
        recommendations.push(BatchEntry { openid: Some(openid), list });
    }
    for id in member_ids {
        let list = live.engine.recommend(&request(params, Who::Member(id), now, language));
        recommendations.push(BatchEntry { openid: None, list });
    }
    Batch { as_of: live.info.as_of_text(), version: live.info.version.clone(), recommendations }
}

fn request<'a>(params: &'a ListParams, who: Who<'a>, now: i64, language: Language) -> RecommendRequest<'a> {
    RecommendRequest {
        who,
        n: params.n,
        kind: params.kind,
        topic: params.topic.as_deref(),
        exclude: &params.exclude,
        general: params.general,
        now,
        language,
    }
}

/// Explains how recommendations are made, which data they use, and how to refuse them.
#[utoipa::path(get, path = "/v1/explanation", tag = "members", responses((status = 200, body = schema::Explanation)))]
pub(crate) async fn explanation(
    State(service): State<Service>,
    AcceptLanguage(language): AcceptLanguage,
) -> JsonResponse<Explanation> {
    JsonResponse(Explanation::new(Locale::new(language), &service.live.sensitive_topics()))
}
