//! What happened: `/v1/events`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::Answer;
use super::take::JsonBody;
use zhihui_data::{Event, Forgotten};

use crate::events::check;
use crate::inbox::{Inbox, Verdict};
use crate::problem::{Code, Problem};
use crate::schema;
use crate::service::Service;

/// Most events in one request.
const MOST_EVENTS: usize = 1_000;

/// What `POST` takes; each event is checked on its own.
#[derive(Debug, Deserialize)]
pub(super) struct EventsBody {
    events: Vec<Value>,
}

/// What became of the events.
#[derive(Debug, Serialize)]
pub(super) struct Taken {
    accepted: usize,
    duplicates: usize,
    rejected: Vec<Rejected>,
    /// What the sender should correct although the events were taken.
    warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
struct Warning {
    code: &'static str,
    message: String,
}

#[derive(Debug, Serialize)]
struct Rejected {
    index: usize,
    code: &'static str,
    message: String,
}

/// Tells what happened.
///
/// The answer comes when the accepted events are on disk, and the next request sees them. An event that cannot be used is
/// named in `rejected` by its place, and the others are taken. The same `event_id` again, or without one the same type,
/// member, item and second, is a duplicate; so a request without an answer may be sent again as it was.
#[utoipa::path(post, path = "/v1/events", tag = "backend", request_body = schema::EventsRequest,
    responses((status = 200, body = schema::EventsTaken)))]
pub(super) async fn take(
    State(service): State<Service>,
    JsonBody(body): JsonBody<EventsBody>,
) -> Result<Answer<Taken>, Problem> {
    let count = body.events.len();
    if count > MOST_EVENTS {
        let what = format!("{count} events; send at most {MOST_EVENTS}, and more in several requests");
        return Err(Problem::invalid("events", what));
    }
    let intake = service.intake().ok_or_else(|| Problem::new(Code::NotStored, "this service keeps no events"))?;
    let (now, zone) = (service.now(), service.zone());
    let mut events = Vec::with_capacity(count);
    let mut rejected = Vec::new();
    let forgotten = service.forgotten();
    for (index, value) in body.events.iter().enumerate() {
        match check(value, now, zone) {
            Ok(event) if is_erased(&forgotten, &event) => {
                let message = "the member was erased; nothing more is taken in of them".to_owned();
                rejected.push(Rejected { index, code: "erased_member", message });
            }
            Ok(event) => events.push(event),
            Err(refusal) => rejected.push(Rejected { index, code: refusal.code, message: refusal.message }),
        }
    }
    let warnings = dated_ahead(&events, now).into_iter().collect();
    let verdicts = intake.take(events).await?;
    let accepted = verdicts.iter().filter(|verdict| **verdict == Verdict::Accepted).count();
    let duplicates = verdicts.len() - accepted;
    service.telemetry().count_events(accepted, duplicates, rejected.len());
    Ok(Answer(Taken { accepted, duplicates, rejected, warnings }))
}

/// Names events dated ahead of this clock: they count, but a sender that writes local time as UTC should know.
fn dated_ahead(events: &[Event], now: i64) -> Option<Warning> {
    let lead = events.iter().map(|event| event.second() - now).filter(|&lead| lead > Inbox::CLOCK_TOLERANCE);
    let (count, longest) = lead.fold((0_usize, 0), |(count, longest), lead| (count + 1, lead.max(longest)));
    (count > 0).then(|| Warning {
        code: "dated_ahead",
        message: format!(
            "{count} of {} events are dated up to {} minutes ahead of this server's clock; check the sender's clock, and write \
             local time with its offset (+08:00), not with Z",
            events.len(),
            longest / 60
        ),
    })
}

fn is_erased(forgotten: &Forgotten, event: &Event) -> bool {
    event.member_id.as_deref().is_some_and(|id| forgotten.has_member(id))
        || event.openid.as_deref().is_some_and(|openid| forgotten.has_openid(openid))
}
