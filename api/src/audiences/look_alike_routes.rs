//! `POST /v1/audiences/look-alikes`.

use std::collections::BTreeSet;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use zhihui_engine::audience::{LookAlikeWidth, LookAlikes, MAX_SEED_MEMBERS};

use super::plan_schema as schema;
use super::saved_routes::saved_rules;
use crate::auth::caller::Caller;
use crate::exclusions::applied::exclusions_of;
use crate::live::audience_query::{AudienceQuery, MAX_PURPOSE};
use crate::live::plan_queries::{LookAlikesQuery, SeedQuery};
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit_action::AuditAction;
use crate::web::accept_language::AcceptLanguage;
use crate::web::extract::JsonBody;
use crate::web::ids::check_id;
use crate::web::json::JsonResponse;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookAlikesBody {
    seed: SeedBody,
    #[serde(default)]
    width: Option<String>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    one_list_at_a_time: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SeedBody {
    audience: Option<String>,
    rule: Option<Value>,
    member_ids: Option<Vec<String>>,
}

/// Ranks the members who are most like a seed: by what they read and sign up for, and by their preferences.
///
/// The widths are 1 %, 5 % and 10 % of the members who are reachable and allow personalised lists. Members of the seed are
/// not among the look-alikes, and neither are members whom exclusion lists or other push lists exclude. At least 20 members
/// of the seed must allow personalised lists and have read or signed up for something. The condition `rule` of the answer
/// selects the look-alikes of a saved audience in any rule.
#[utoipa::path(post, path = "/v1/audiences/look-alikes", tag = "staff", operation_id = "look_alikes",
    request_body = schema::LookAlikesRequest, responses((status = 200, body = schema::LookAlikes)))]
pub(crate) async fn look_alikes(
    State(service): State<Service>,
    caller: Caller,
    AcceptLanguage(language): AcceptLanguage,
    JsonBody(body): JsonBody<LookAlikesBody>,
) -> Result<JsonResponse<LookAlikes>, Problem> {
    let width = match body.width.as_deref() {
        None => LookAlikeWidth::Medium,
        Some(name) => {
            LookAlikeWidth::parse(name).ok_or_else(|| Problem::invalid("width", "must be narrow, medium or wide"))?
        }
    };
    if body.purpose.as_ref().is_some_and(|purpose| purpose.chars().count() > MAX_PURPOSE) {
        return Err(Problem::invalid("purpose", format!("at most {MAX_PURPOSE} characters")));
    }
    let mut audience = AudienceQuery {
        within: caller.union_id.clone(),
        saved: saved_rules(&service).await?,
        exclude: body.exclude,
        one_list_at_a_time: body.one_list_at_a_time,
        ..AudienceQuery::default()
    };
    audience.exclusions = exclusions_of(&service, &audience, false).await?;
    // The audit log names the seed, but never its members.
    let (seed, named) = match (body.seed.audience, body.seed.rule, body.seed.member_ids) {
        (Some(id), None, None) => {
            check_id("seed/audience", &id)?;
            let named = json!({ "audience": id });
            (SeedQuery::Audience(id), named)
        }
        (None, Some(rule), None) => {
            let named = json!({ "rule": rule });
            audience.rule = Some(rule);
            (SeedQuery::Rule, named)
        }
        (None, None, Some(ids)) => {
            let ids = distinct(ids)?;
            let named = json!({ "members": ids.len() });
            (SeedQuery::Members(ids), named)
        }
        _ => return Err(Problem::invalid("seed", "give exactly one of audience, rule and member_ids")),
    };
    let target = json!({ "look_alikes_of": named, "width": width, "purpose": body.purpose });
    let now = service.now();
    let found = service.compute_cancellable(move |live, cancel| {
        audience.cancel = cancel.clone();
        live.engine.look_alikes(&LookAlikesQuery { seed, width, audience }, now, language)
    });
    let found = found.await??;
    if !found.sample.is_empty() {
        caller.record(&service, AuditAction::Preview, None, target).await?;
    }
    Ok(JsonResponse(found))
}

/// The distinct ids of a seed.
fn distinct(ids: Vec<String>) -> Result<Vec<String>, Problem> {
    if ids.len() > MAX_SEED_MEMBERS {
        let detail = format!("at most {MAX_SEED_MEMBERS} ids; save an audience with a rule and use it as the seed");
        return Err(Problem::invalid("seed/member_ids", detail));
    }
    ids.iter().try_for_each(|id| check_id("seed/member_ids", id))?;
    Ok(ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
}
