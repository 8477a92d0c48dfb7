//! What an event must have. One that lacks it is refused by its place in the request, and the others go on.

use serde_json::{Map, Value};
use zhihui_data::events::Wants;
use zhihui_data::ids::LONGEST_ID;
use zhihui_data::{Event, EventDetails, EventType, Zone};

use super::times;

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
            details.propensity = real(fields, "propensity", 1.0)?;
            details.explored = flag(fields, "explored")?;
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
    if found.chars().count() > LONGEST_ID {
        return Err(refuse("too_long", format!("{name}: at most {LONGEST_ID} characters")));
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

fn flag(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, Refusal> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(refuse("bad_choice", format!("{name}: must be true or false"))),
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

    /// An event of known fields with anything in them.
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
        (kind, fields, any::<bool>()).prop_map(|(kind, fields, is_sound)| {
            let mut event = json!({ "type": kind });
            if is_sound {
                event = json!({ "type": kind, "member_id": "m1", "openid": "o1", "item_id": "a1", "at": NOW });
            }
            for (name, value) in fields.into_iter().filter(|(name, _)| !(is_sound && *name == "type")) {
                event[name] = value;
            }
            event
        })
    }

    #[test]
    fn what_the_list_said_of_a_place_is_kept_with_shown_alone() {
        let told = |kind: &str, propensity: Value, explored: Value| {
            let event = json!({ "type": kind, "member_id": "m1", "item_id": "a1", "at": NOW,
                "propensity": propensity, "explored": explored });
            check(&event, NOW, Zone::default()).map(|event| (event.details.propensity, event.details.explored))
        };
        assert_eq!(told("shown", json!(0.125), json!(true)), Ok((Some(0.125), Some(true))));
        assert_eq!(told("shown", Value::Null, Value::Null), Ok((None, None)));
        assert_eq!(told("read", json!(0.125), json!(true)), Ok((None, None)));
        assert_eq!(told("shown", json!(1.5), json!(true)).expect_err("no probability").code, "out_of_range");
        assert_eq!(told("shown", json!(0.5), json!("yes")).expect_err("no flag").code, "bad_choice");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_is_told_is_taken_in_order_or_refused_by_a_known_word(value in prop_oneof![4 => any_event(), 1 => any_value()]) {
            match check(&value, NOW, Zone::default()) {
                Err(refusal) => {
                    prop_assert!(CODES.contains(&refusal.code), "{}", refusal.code);
                    prop_assert!(!refusal.message.is_empty());
                }
                Ok(event) => {
                    prop_assert!(EventType::PUBLIC.contains(&event.kind));
                    prop_assert!(event.member_id.is_some() || event.openid.is_some());
                    prop_assert!(event.at <= NOW * 1_000_000 + AHEAD);
                    for id in [&event.member_id, &event.openid, &event.item_id, &event.event_id].into_iter().flatten() {
                        prop_assert!(!id.is_empty() && id.chars().count() <= LONGEST_ID && !id.chars().any(char::is_control));
                    }
                    let kept = serde_json::to_string(&event).expect("written");
                    prop_assert_eq!(serde_json::from_str::<Event>(&kept).expect("read"), event, "{}", kept);
                }
            }
        }

        #[test]
        fn a_sound_event_is_taken_as_it_was_told(at in 0..NOW, member in "[A-Za-z0-9_-]{1,128}", kind in prop::sample::select(EventType::PUBLIC)) {
            let told = json!({ "type": kind.as_str(), "member_id": member, "openid": "o1", "item_id": "a1", "at": at });
            let event = check(&told, NOW, Zone::default());
            prop_assert!(event.is_ok(), "{event:?}");
            let event = event.expect("checked");
            prop_assert_eq!((event.kind, event.member_id, event.at), (kind, Some(member), at * 1_000_000));
        }
    }
}
