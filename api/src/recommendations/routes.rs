//! Lists for members: `/v1/recommendations`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::{Language, Recommendations};

use super::json::Answer;
use super::list::{ListWords, given};
use super::members::check_id;
use super::take::{JsonBody, Parameters, Spoken};
use crate::problem::Problem;
use crate::schema;
use crate::service::{Live, Service};
use crate::whole;

/// Most members in one request.
const MOST_MEMBERS: usize = 1_000;

/// What `GET` takes. Everything comes as text, so that a wrong value is refused by its name.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// The member's id; exactly one of `member_id` and `openid` is needed.
    #[param(value_type = Option<schema::IdOrNothing>, inline)]
    member_id: Option<String>,
    /// The member's WeChat id.
    #[param(value_type = Option<schema::IdOrNothing>, inline)]
    openid: Option<String>,
    /// Length of the list at most, 1 to 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 10)]
    n: Option<String>,
    /// Only items of this kind.
    #[param(value_type = Option<schema::Kind>, inline)]
    kind: Option<String>,
    /// Only items with this topic.
    topic: Option<String>,
    /// Ids of items to leave out, separated by commas.
    exclude: Option<String>,
    /// `general`: the list that everybody gets; no profile is read.
    #[param(value_type = Option<schema::Mode>, inline)]
    mode: Option<String>,
}

/// What `POST` takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchBody {
    /// WeChat ids, at most 1,000 together with `member_ids`.
    #[serde(default)]
    #[schema(max_items = 1000, value_type = Vec<schema::Id>)]
    openids: Vec<String>,
    /// Ids of members.
    #[serde(default)]
    #[schema(max_items = 1000, value_type = Vec<schema::Id>)]
    member_ids: Vec<String>,
    /// Length of each list at most, 1 to 100; 10 where it is missing.
    #[serde(default, deserialize_with = "whole::whole")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    n: Option<i64>,
    /// Only items of this kind.
    #[serde(default)]
    #[schema(value_type = Option<schema::Kind>)]
    kind: Option<String>,
    /// Only items with this topic.
    #[serde(default)]
    topic: Option<String>,
    /// Ids of items to leave out.
    #[serde(default)]
    exclude: Vec<String>,
    /// `general`: the list that everybody gets.
    #[serde(default)]
    #[schema(value_type = Option<schema::Mode>)]
    mode: Option<String>,
}

/// The answer to a batch: one list for each id, in the order asked, `openids` first.
#[derive(Debug, Serialize)]
struct Batch {
    as_of: String,
    version: String,
    recommendations: Vec<BatchEntry>,
}

/// One member's list with the id by which it was asked.
#[derive(Debug, Serialize)]
struct BatchEntry {
    openid: Option<String>,
    #[serde(flatten)]
    list: Recommendations,
}

/// What to show one member now.
///
/// A member that is not known gets the popular list with `personalised: false`.
#[utoipa::path(get, path = "/v1/recommendations", tag = "backend", params(ListQuery),
    responses((status = 200, body = schema::Recommendations)))]
pub(super) async fn recommend(
    State(service): State<Service>,
    Spoken(language): Spoken,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Answer<Recommendations>, Problem> {
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
    let words = ListWords {
        n: ListWords::number("n", query.n.as_deref())?,
        kind: ListWords::kind(query.kind.as_deref())?,
        topic: given(query.topic.as_deref()).map(str::to_owned),
        exclude: query.exclude.as_deref().map(ListWords::ids).unwrap_or_default(),
        general: ListWords::general(query.mode.as_deref())?,
    };
    let live = service.live()?;
    Ok(Answer(live.answers.recommend(&request(&words, who, service.now(), language))))
}

/// What to show many members now.
///
/// One list for each id in the order asked; a member that is not known gets the popular list.
#[utoipa::path(post, path = "/v1/recommendations", tag = "backend", request_body = BatchBody,
    responses((status = 200, body = schema::Batch)))]
pub(super) async fn recommend_many(
    State(service): State<Service>,
    Spoken(language): Spoken,
    JsonBody(body): JsonBody<BatchBody>,
) -> Result<Answer<impl Serialize>, Problem> {
    let asked = body.openids.len() + body.member_ids.len();
    if !(1..=MOST_MEMBERS).contains(&asked) {
        let what = format!("{asked} ids; send 1 to {MOST_MEMBERS}, and more in several requests");
        return Err(Problem::invalid("openids", what));
    }
    body.openids.iter().try_for_each(|openid| check_id("openids", openid))?;
    body.member_ids.iter().try_for_each(|id| check_id("member_ids", id))?;
    let words = ListWords {
        n: ListWords::bounded("n", body.n)?,
        kind: ListWords::kind(body.kind.as_deref())?,
        topic: given(body.topic.as_deref()).map(str::to_owned),
        exclude: body.exclude,
        general: ListWords::general(body.mode.as_deref())?,
    };
    let now = service.now();
    let (openids, member_ids) = (body.openids, body.member_ids);
    let batch = service.compute(move |live| batch(live, openids, &member_ids, &words, now, language)).await?;
    Ok(Answer(batch))
}

fn batch(
    live: &Live,
    openids: Vec<String>,
    member_ids: &[String],
    words: &ListWords,
    now: i64,
    language: Language,
) -> Batch {
    let mut recommendations = Vec::with_capacity(openids.len() + member_ids.len());
    for openid in openids {
        let list = live.answers.recommend(&request(words, Who::OpenId(&openid), now, language));
        recommendations.push(BatchEntry { openid: Some(openid), list });
    }
    for id in member_ids {
        let list = live.answers.recommend(&request(words, Who::Member(id), now, language));
        recommendations.push(BatchEntry { openid: None, list });
    }
    Batch { as_of: live.facts.as_of_text(), version: live.facts.version.clone(), recommendations }
}

fn request<'a>(words: &'a ListWords, who: Who<'a>, now: i64, language: Language) -> RecommendRequest<'a> {
    RecommendRequest {
        who,
        n: words.n,
        kind: words.kind,
        topic: words.topic.as_deref(),
        exclude: &words.exclude,
        general: words.general,
        now,
        language,
    }
}
