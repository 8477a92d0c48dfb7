//! `POST /v1/events`.
//!
//! Takes the JSON of a request, validates each event, and sends the valid ones to the event writer. Responds once they are
//! stored, with the accepted, duplicate and rejected events. It neither stores nor applies events itself.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zhihui_data::{ErasedIds, Event};

use super::schema;
use super::validate::validate;
use crate::middleware::problem::{Code, Problem};
use crate::service::Service;
use crate::store::inbox::append::EventReceipt;
use crate::store::inbox::database::Inbox;
use crate::teams::database::{end_waits, ends_waits};
use crate::web::extract::JsonBody;
use crate::web::json::JsonResponse;
use crate::wechat::revocation::{settle_revocations, settles_revocations};

/// Maximum events in one request.
const MAX_EVENTS: usize = 1_000;

/// The request body. Each event is validated on its own.
#[derive(Debug, Deserialize)]
pub(crate) struct EventsBody {
    events: Vec<Value>,
}

/// The response: how many events were accepted, and which were rejected.
#[derive(Debug, Serialize)]
pub(crate) struct EventsResult {
    accepted: usize,
    duplicates: usize,
    rejected: Vec<RejectedEvent>,
    /// What the sender should correct although the events were accepted.
    warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
struct Warning {
    code: &'static str,
    message: String,
}

#[derive(Debug, Serialize)]
struct RejectedEvent {
    index: usize,
    code: &'static str,
    message: String,
}

/// Stores events.
///
/// The response is sent once the accepted events are on disk; the next request sees them. Invalid events are listed in
/// `rejected` by their index, and the others are accepted. An event with a known `event_id` or, without one, with the same
/// type, member, item and second, is a duplicate. A request without a response can be sent again unchanged.
#[utoipa::path(post, path = "/v1/events", tag = "backend", operation_id = "take", request_body = schema::EventsRequest,
    responses((status = 200, body = schema::EventsTaken)))]
pub(crate) async fn accept(
    State(service): State<Service>,
    JsonBody(body): JsonBody<EventsBody>,
) -> Result<JsonResponse<EventsResult>, Problem> {
    let count = body.events.len();
    if count > MAX_EVENTS {
        let what = format!("{count} events; send at most {MAX_EVENTS} in one request");
        return Err(Problem::invalid("events", what));
    }
    let writer = service.events.get().ok_or_else(|| Problem::new(Code::NotStored, "this service stores no events"))?;
    let (now, zone) = (service.now(), service.live.zone());
    let mut events = Vec::with_capacity(count);
    let mut rejected = Vec::new();
    let erased = service.live.erased();
    for (index, value) in body.events.iter().enumerate() {
        match validate(value, now, zone) {
            Ok(event) if is_erased(&erased, &event) => {
                let message = "the member was erased; events of erased members are not stored".to_owned();
                rejected.push(RejectedEvent { index, code: "erased_member", message });
            }
            Ok(event) => events.push(event),
            Err(invalid) => rejected.push(RejectedEvent { index, code: invalid.code, message: invalid.message }),
        }
    }
    let warnings = dated_ahead(&events, now).into_iter().collect();
    let leaving: Vec<Event> = events.iter().filter(|event| ends_waits(event)).cloned().collect();
    let binding: Vec<Event> = events.iter().filter(|event| settles_revocations(event)).cloned().collect();
    let receipts = writer.append(events).await?;
    end_waits(&service, &leaving).await?;
    settle_revocations(&service, &binding).await?;
    let accepted = receipts.iter().filter(|receipt| **receipt == EventReceipt::Accepted).count();
    let duplicates = receipts.len() - accepted;
    service.telemetry.count_events(accepted, duplicates, rejected.len());
    Ok(JsonResponse(EventsResult { accepted, duplicates, rejected, warnings }))
}

/// Warns about events dated later than the server's clock, because the sender may write local time as UTC.
fn dated_ahead(events: &[Event], now: i64) -> Option<Warning> {
    let leads = events.iter().map(|event| event.second() - now).filter(|&lead| lead > Inbox::CLOCK_TOLERANCE);
    let (count, longest) = leads.fold((0_usize, 0), |(count, longest), lead| (count + 1, lead.max(longest)));
    (count > 0).then(|| Warning {
        code: "dated_ahead",
        message: format!(
            "{count} of {} events are dated up to {} minutes ahead of the server's clock; check the clock of the sender, \
             and write local time with its offset (+08:00), not with Z",
            events.len(),
            longest / 60
        ),
    })
}

fn is_erased(erased: &ErasedIds, event: &Event) -> bool {
    event.member_id.as_deref().is_some_and(|id| erased.has_member(id))
        || event.openid.as_deref().is_some_and(|openid| erased.has_openid(openid))
}
