//! What an event must have. One that lacks it is refused by its place in the request, and the others go on.

use serde_json::{Map, Value};
use zhihui_data::events::Wants;
use zhihui_data::{Event, EventDetails, EventType, Zone};

use super::times;

/// Longest id in bytes, as in files.
const LONGEST_ID: usize = 128;
/// Longest text in bytes.
const LONGEST_TEXT: usize = 16 * 1024;
/// Whole numbers from here on may have lost digits on their way through JavaScript or a sheet.
const EXACT_BELOW: u64 = 1_000_000_000_000_000;
/// How far clocks may be apart, microseconds.
const AHEAD: i64 = 86_400 * 1_000_000;

/// Why an event was not taken: a stable word, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

/// The event of a JSON value. `now` is the present instant in seconds since 1970, `zone` that of times without one.
pub(crate) fn check(value: &Value, now: i64, zone: Zone) -> Result<Event, Refusal> {
    let Value::Object(fields) = value else {
        return Err(refuse("bad_json", "an event is a JSON object"));
    };
    let kind = match fields.get("type") {
        Some(Value::String(word)) => EventType::parse(word).ok_or_else(|| {
            let words: Vec<&str> = EventType::PUBLIC.iter().map(|kind| kind.as_str()).collect();
            refuse("unknown_type", format!("type: must be one of {}", words.join(", ")))
        })?,
        _ => return Err(refuse("unknown_type", "type: say what happened, for example read")),
    };
    let member_id = id(fields, "member_id")?;
    let openid = id(fields, "openid")?;
    let item_id = id(fields, "item_id")?;
    if member_id.is_none() && openid.is_none() {
        return Err(refuse("missing_actor", "neither member_id nor openid says who acted"));
    }
    if kind == EventType::Bind && (member_id.is_none() || openid.is_none()) {
        return Err(refuse("missing_actor", "bind needs both member_id and openid"));
    }
    if kind.wants() == Wants::Item && item_id.is_none() {
        return Err(refuse("missing_item", format!("item_id: {} needs the item that it is about", kind.as_str())));
    }
    let at = match fields.get("at") {
        None | Some(Value::Null) => return Err(refuse("bad_time", "at: say when it happened")),
        Some(at) => times::micros(at, zone)
            .ok_or_else(|| refuse("bad_time", "at: write 2026-11-22T08:30:00+08:00, or seconds since 1970"))?,
    };
    if at > now.saturating_mul(1_000_000).saturating_add(AHEAD) {
        return Err(refuse("future_time", "at: lies more than a day in the future; check the clock or the zone"));
    }
    Ok(Event {
        event_id: id(fields, "event_id")?,
        kind,
        item_id: item_id.filter(|_| kind.wants() != Wants::NoItem),
        // A member id says who; the openid beside it is kept where it is what was told.
        openid: openid.filter(|_| kind == EventType::Bind || member_id.is_none()),
        member_id,
        at,
        details: details(fields, kind)?,
    })
}

fn details(fields: &Map<String, Value>, kind: EventType) -> Result<EventDetails, Refusal> {
    let mut details = EventDetails::default();
    match kind {
        EventType::Read => {
            details.dwell_seconds = real(fields, "dwell_seconds", 86_400.0 * 31.0)?;
            details.read_fraction = real(fields, "read_fraction", 1.0)?;
            details.channel = text(fields, "channel")?;
        }
        EventType::Share => details.channel = text(fields, "channel")?,
        EventType::Shown => {
            details.position = whole(fields, "position", 0..=1_000_000)?;
            details.version = text(fields, "version")?;
        }
        EventType::SignUp => {
            details.sign_up_id = id(fields, "sign_up_id")?;
            details.tickets = whole(fields, "tickets", 0..=10_000)?.and_then(|n| u32::try_from(n).ok());
            details.children = whole(fields, "children", 0..=10_000)?.and_then(|n| u32::try_from(n).ok());
            details.waitlisted = match fields.get("status") {
                None | Some(Value::Null) => false,
                Some(Value::String(word)) if word == "registered" => false,
                Some(Value::String(word)) if word == "waitlisted" => true,
                Some(_) => {
                    return Err(refuse("bad_choice", "status: registered or waitlisted; use cancel and check_in"));
                }
            };
        }
        EventType::Feedback => {
            details.rating = whole(fields, "rating", 1..=5)?;
            details.text = text(fields, "text")?;
        }
        _ => {}
    }
    Ok(details)
}

fn id(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    let found = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => match number.as_u64().filter(|&number| number < EXACT_BELOW) {
            Some(number) => number.to_string(),
            None => return Err(refuse("bad_id", format!("{name}: send long ids as text, digits get lost in numbers"))),
        },
        Some(_) => return Err(refuse("bad_id", format!("{name}: an id is text"))),
    };
    if found.len() > LONGEST_ID {
        return Err(refuse("too_long", format!("{name}: at most {LONGEST_ID} bytes")));
    }
    if found.chars().any(char::is_control) {
        return Err(refuse("bad_id", format!("{name}: an id has no control characters")));
    }
    Ok((!found.is_empty()).then_some(found))
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > LONGEST_TEXT => {
            Err(refuse("too_long", format!("{name}: at most {LONGEST_TEXT} bytes")))
        }
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(_) => Err(refuse("bad_text", format!("{name}: must be text"))),
    }
}

fn real(fields: &Map<String, Value>, name: &str, most: f64) -> Result<Option<f64>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) if (0.0..=most).contains(&number) => Ok(Some(number)),
            Some(_) => Err(refuse("out_of_range", format!("{name}: must lie between 0 and {most}"))),
            None => Err(refuse("bad_number", format!("{name}: must be a number"))),
        },
    }
}

fn whole(
    fields: &Map<String, Value>,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            Some(_) => {
                let bounds = format!("{} and {}", range.start(), range.end());
                Err(refuse("out_of_range", format!("{name}: must lie between {bounds}")))
            }
            None => Err(refuse("bad_number", format!("{name}: must be a whole number"))),
        },
    }
}
