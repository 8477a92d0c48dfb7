//! Validates one event of a request. Invalid events are rejected by their index; the others are accepted.

use serde_json::{Map, Value};
use zhihui_data::events::ItemReference;
use zhihui_data::ids::MAX_ID_CHARS;
use zhihui_data::{Event, EventDetails, EventType, Zone};

use super::times;

/// Maximum length of a text in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Larger integers may have lost digits in JavaScript or a spreadsheet.
const EXACT_BELOW: u64 = 1_000_000_000_000_000;
/// Accepted lead of an event over the server's clock, in microseconds.
const MAX_LEAD: i64 = 86_400 * 1_000_000;

/// Why an event is invalid: a stable code, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidEvent {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

fn invalid(code: &'static str, message: impl Into<String>) -> InvalidEvent {
    InvalidEvent { code, message: message.into() }
}

/// Reads an event from JSON. `now` is the current time in seconds since 1970; `zone` applies to times without an offset.
pub(crate) fn validate(value: &Value, now: i64, zone: Zone) -> Result<Event, InvalidEvent> {
    let Value::Object(fields) = value else {
        return Err(invalid("bad_json", "an event must be a JSON object"));
    };
    let kind = match fields.get("type") {
        Some(Value::String(word)) => EventType::parse(word).ok_or_else(|| {
            let words: Vec<&str> = EventType::PUBLIC.iter().map(|kind| kind.as_str()).collect();
            invalid("unknown_type", format!("type: must be one of {}", words.join(", ")))
        })?,
        _ => return Err(invalid("unknown_type", "type: missing; give the type of the event, such as read")),
    };
    let member_id = id(fields, "member_id")?;
    let openid = id(fields, "openid")?;
    let item_id = id(fields, "item_id")?;
    if member_id.is_none() && openid.is_none() {
        return Err(invalid("missing_actor", "give member_id or openid"));
    }
    if kind == EventType::Bind && (member_id.is_none() || openid.is_none()) {
        return Err(invalid("missing_actor", "bind needs both member_id and openid"));
    }
    if kind.item_reference() == ItemReference::Required && item_id.is_none() {
        return Err(invalid(
            "missing_item",
            format!("item_id: missing; events of type {} need an item", kind.as_str()),
        ));
    }
    let at = match fields.get("at") {
        None | Some(Value::Null) => return Err(invalid("bad_time", "at: missing; give the time of the event")),
        Some(at) => times::micros(at, zone).ok_or_else(|| {
            invalid("bad_time", "at: not a time; write 2026-11-22T08:30:00+08:00, or seconds since 1970")
        })?,
    };
    if at > now.saturating_mul(1_000_000).saturating_add(MAX_LEAD) {
        return Err(invalid("future_time", "at: more than a day in the future; check the clock or the time zone"));
    }
    Ok(Event {
        event_id: id(fields, "event_id")?,
        kind,
        item_id: item_id.filter(|_| kind.item_reference() != ItemReference::None),
        // The member id identifies the member. The openid is kept only without one, and for a bind.
        openid: openid.filter(|_| kind == EventType::Bind || member_id.is_none()),
        member_id,
        at,
        details: details(fields, kind)?,
    })
}

fn details(fields: &Map<String, Value>, kind: EventType) -> Result<EventDetails, InvalidEvent> {
    let mut details = EventDetails::default();
    match kind {
        EventType::Read => {
            details.dwell_seconds = real(fields, "dwell_seconds", 86_400.0 * 31.0)?;
            details.read_fraction = real(fields, "read_fraction", 1.0)?;
            details.channel = text(fields, "channel")?;
        }
        EventType::Share => details.channel = text(fields, "channel")?,
        EventType::Shown => {
            details.position = integer(fields, "position", 0..=1_000_000)?;
            details.version = text(fields, "version")?;
            details.propensity = real(fields, "propensity", 1.0)?;
            details.explored = flag(fields, "explored")?;
        }
        EventType::SignUp => {
            details.sign_up_id = id(fields, "sign_up_id")?;
            details.tickets = integer(fields, "tickets", 0..=10_000)?.and_then(|n| u32::try_from(n).ok());
            details.children = integer(fields, "children", 0..=10_000)?.and_then(|n| u32::try_from(n).ok());
            details.waitlisted = match fields.get("status") {
                None | Some(Value::Null) => false,
                Some(Value::String(word)) if word == "registered" => false,
                Some(Value::String(word)) if word == "waitlisted" => true,
                Some(_) => {
                    return Err(invalid(
                        "bad_choice",
                        "status: must be registered or waitlisted; send cancel and check_in as events",
                    ));
                }
            };
        }
        EventType::Feedback => {
            details.rating = integer(fields, "rating", 1..=5)?;
            details.text = text(fields, "text")?;
        }
        _ => {}
    }
    Ok(details)
}

fn id(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, InvalidEvent> {
    let found = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => match number.as_u64().filter(|&number| number < EXACT_BELOW) {
            Some(number) => number.to_string(),
            None => {
                return Err(invalid("bad_id", format!("{name}: send long ids as text, because numbers lose digits")));
            }
        },
        Some(_) => return Err(invalid("bad_id", format!("{name}: an id must be text"))),
    };
    if found.chars().count() > MAX_ID_CHARS {
        return Err(invalid("too_long", format!("{name}: at most {MAX_ID_CHARS} characters")));
    }
    if found.chars().any(char::is_control) {
        return Err(invalid("bad_id", format!("{name}: an id must not contain control characters")));
    }
    Ok((!found.is_empty()).then_some(found))
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, InvalidEvent> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > MAX_TEXT_BYTES => {
            Err(invalid("too_long", format!("{name}: at most {MAX_TEXT_BYTES} bytes")))
        }
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(_) => Err(invalid("bad_text", format!("{name}: must be text"))),
    }
}

fn flag(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, InvalidEvent> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(invalid("bad_choice", format!("{name}: must be true or false"))),
    }
}

fn real(fields: &Map<String, Value>, name: &str, most: f64) -> Result<Option<f64>, InvalidEvent> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(number) if (0.0..=most).contains(&number) => Ok(Some(number)),
            Some(_) => Err(invalid("out_of_range", format!("{name}: must be between 0 and {most}"))),
            None => Err(invalid("bad_number", format!("{name}: must be a number"))),
        },
    }
}

fn integer(
    fields: &Map<String, Value>,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, InvalidEvent> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            Some(_) => {
                let bounds = format!("{} and {}", range.start(), range.end());
                Err(invalid("out_of_range", format!("{name}: must be between {bounds}")))
            }
            None => Err(invalid("bad_number", format!("{name}: must be an integer"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_795_323_600;
    const CODES: [&str; 12] = [
        "bad_json",
        "unknown_type",
        "missing_actor",
        "missing_item",
        "bad_time",
        "future_time",
        "bad_choice",
        "bad_id",
        "too_long",
        "bad_text",
        "out_of_range",
        "bad_number",
    ];

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (NOW - 90_000..NOW + 90_000).prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            prop::collection::vec(any::<char>(), 0..140)
                .prop_map(|text| Value::from(text.into_iter().collect::<String>())),
            Just(json!("2026-11-22 08:30:00")),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
    }

    /// An event with known fields and arbitrary values.
    fn any_event() -> impl Strategy<Value = Value> {
        let names = [
            "type",
            "member_id",
            "openid",
            "item_id",
            "event_id",
            "at",
            "dwell_seconds",
            "read_fraction",
            "channel",
            "position",
            "version",
            "propensity",
            "explored",
            "sign_up_id",
            "tickets",
            "children",
            "status",
            "rating",
            "text",
            "other",
        ];
        let kinds: Vec<Value> = EventType::PUBLIC.iter().map(|kind| json!(kind.as_str())).collect();
        let kind = prop_oneof![9 => prop::sample::select(kinds), 1 => any_value()];
        let fields = prop::collection::vec((prop::sample::select(names.to_vec()), any_value()), 0..8);
        (kind, fields, any::<bool>()).prop_map(|(kind, fields, is_valid)| {
            let mut event = json!({ "type": kind });
            if is_valid {
                event = json!({ "type": kind, "member_id": "m1", "openid": "o1", "item_id": "a1", "at": NOW });
            }
            for (name, value) in fields.into_iter().filter(|(name, _)| !(is_valid && *name == "type")) {
                event[name] = value;
            }
            event
        })
    }

    #[test]
    fn propensity_and_explored_are_kept_only_for_shown() {
        let details = |kind: &str, propensity: Value, explored: Value| {
            let event = json!({ "type": kind, "member_id": "m1", "item_id": "a1", "at": NOW,
                "propensity": propensity, "explored": explored });
            validate(&event, NOW, Zone::default()).map(|event| (event.details.propensity, event.details.explored))
        };
        assert_eq!(details("shown", json!(0.125), json!(true)), Ok((Some(0.125), Some(true))));
        assert_eq!(details("shown", Value::Null, Value::Null), Ok((None, None)));
        assert_eq!(details("read", json!(0.125), json!(true)), Ok((None, None)));
        assert_eq!(details("shown", json!(1.5), json!(true)).expect_err("no probability").code, "out_of_range");
        assert_eq!(details("shown", json!(0.5), json!("yes")).expect_err("no flag").code, "bad_choice");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_value_is_valid_or_rejected_with_a_known_code(value in prop_oneof![4 => any_event(), 1 => any_value()]) {
            match validate(&value, NOW, Zone::default()) {
                Err(invalid) => {
                    prop_assert!(CODES.contains(&invalid.code), "{}", invalid.code);
                    prop_assert!(!invalid.message.is_empty());
                }
                Ok(event) => {
                    prop_assert!(EventType::PUBLIC.contains(&event.kind));
                    prop_assert!(event.member_id.is_some() || event.openid.is_some());
                    prop_assert!(event.at <= NOW * 1_000_000 + MAX_LEAD);
                    for id in [&event.member_id, &event.openid, &event.item_id, &event.event_id].into_iter().flatten() {
                        prop_assert!(!id.is_empty() && id.chars().count() <= MAX_ID_CHARS && !id.chars().any(char::is_control));
                    }
                    let kept = serde_json::to_string(&event).expect("written");
                    prop_assert_eq!(serde_json::from_str::<Event>(&kept).expect("read"), event, "{}", kept);
                }
            }
        }

        #[test]
        fn a_valid_event_keeps_its_fields(at in 0..NOW, member in "[A-Za-z0-9_-]{1,128}", kind in prop::sample::select(EventType::PUBLIC)) {
            let sent = json!({ "type": kind.as_str(), "member_id": member, "openid": "o1", "item_id": "a1", "at": at });
            let event = validate(&sent, NOW, Zone::default());
            prop_assert!(event.is_ok(), "{event:?}");
            let event = event.expect("checked");
            prop_assert_eq!((event.kind, event.member_id, event.at), (kind, Some(member), at * 1_000_000));
        }
    }
}
