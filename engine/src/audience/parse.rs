//! Parses a rule from JSON and reports errors with their JSON pointer.

use serde_json::{Map, Value};
use zhihui_data::ItemKind;

use super::{
    Count, Did, FieldCondition, LookAlikeWidth, PreferenceAtLeast, Rule, RuleError, SimilarTo,
    event_condition::EVENTS,
    field::{Field, ValueType},
    time,
};

const CONDITIONS: &str = "all, any, not, did, preference, segment, audience, similar_to, field";
const OPERATORS: [&str; 7] = ["eq", "ne", "in", "not_in", "at_least", "at_most", "is_unknown"];
const DID_KEYS: [&str; 11] = [
    "event",
    "topic",
    "item_id",
    "kind",
    "within_days",
    "from",
    "to",
    "at_least",
    "at_most",
    "exactly",
    "distinct_days",
];

/// Parses the condition at a JSON pointer. `depth` starts at 1.
pub(super) fn rule(value: &Value, at: &str, depth: usize) -> Result<Rule, RuleError> {
    if depth > Rule::MAX_DEPTH {
        return Err(RuleError::TooDeep { at: at.to_owned() });
    }
    let object = object(value, at, "an object, for example {\"field\":\"age_band\",\"eq\":\"25-34\"}")?;
    if object.contains_key("field") {
        return field(object, at).map(Rule::Field);
    }
    let Some((key, inner)) = object.iter().next() else { return Ok(Rule::All { all: Vec::new() }) };
    if object.len() > 1 {
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        return Err(shape(
            at,
            &format!("one condition per object, found {}; combine several conditions with \"all\"", keys.join(" and ")),
        ));
    }
    let below = format!("{at}/{key}");
    match key.as_str() {
        "all" => Ok(Rule::All { all: rules(inner, &below, depth)? }),
        "any" => Ok(Rule::Any { any: rules(inner, &below, depth)? }),
        "not" => Ok(Rule::Not { not: Box::new(rule(inner, &below, depth + 1)?) }),
        "did" => Ok(Rule::Did { did: did(inner, &below)? }),
        "preference" => Ok(Rule::Preference { preference: preference(inner, &below)? }),
        "segment" => Ok(Rule::Segment { segment: text(inner, &below)? }),
        "audience" => Ok(Rule::Audience { audience: text(inner, &below)? }),
        "similar_to" => Ok(Rule::SimilarTo { similar_to: similar_to(inner, &below)? }),
        _ => Err(unknown(at, "condition", key, CONDITIONS)),
    }
}

fn rules(value: &Value, at: &str, depth: usize) -> Result<Vec<Rule>, RuleError> {
    let list = value.as_array().ok_or_else(|| shape(at, "a list of conditions"))?;
    list.iter().enumerate().map(|(place, inner)| rule(inner, &format!("{at}/{place}"), depth + 1)).collect()
}

fn field(object: &Map<String, Value>, at: &str) -> Result<FieldCondition, RuleError> {
    let name = text(&object["field"], &format!("{at}/field"))?;
    let field = Field::named(&name).ok_or_else(|| unknown(&format!("{at}/field"), "field", &name, &Field::names()))?;
    let mut condition = FieldCondition { field: name, ..FieldCondition::default() };
    let mut operators = object.iter().filter(|(key, _)| key.as_str() != "field");
    let (Some((operator, value)), None) = (operators.next(), operators.next()) else {
        return Err(shape(at, &format!("exactly one operator of {}", OPERATORS.join(", "))));
    };
    let place = format!("{at}/{operator}");
    let one = || operand(field, value, &place).map(|()| Some(value.clone()));
    let many = || {
        let list = value.as_array().ok_or_else(|| shape(&place, "a list of values"))?;
        list.iter().enumerate().try_for_each(|(n, value)| operand(field, value, &format!("{place}/{n}")))?;
        Ok::<_, RuleError>(Some(list.clone()))
    };
    match operator.as_str() {
        "eq" => condition.eq = one()?,
        "ne" => condition.ne = one()?,
        "in" => condition.any_of = many()?,
        "not_in" => condition.not_in = many()?,
        "at_least" | "at_most" if !field.is_ordered() => {
            return Err(shape(&place, "eq, ne, in or not_in, because only age, age_band and joined_at have an order"));
        }
        "at_least" => condition.at_least = one()?,
        "at_most" => condition.at_most = one()?,
        "is_unknown" => {
            condition.is_unknown = Some(value.as_bool().ok_or_else(|| shape(&place, "true or false"))?);
        }
        _ => return Err(unknown(at, "operator", operator, &OPERATORS.join(", "))),
    }
    Ok(condition)
}

fn operand(field: Field, value: &Value, at: &str) -> Result<(), RuleError> {
    let (fits, expected) = match field.value_type() {
        ValueType::Text => (value.is_string(), "a string"),
        ValueType::Number => (value.is_number(), "a number"),
        ValueType::Flag => (value.is_boolean(), "true or false"),
        ValueType::Time => {
            let fits = value.as_str().is_some_and(time::is_day_or_instant);
            (fits, "a day like 2026-11-21 or an instant like 2026-11-21T08:00:00+08:00")
        }
    };
    if fits { Ok(()) } else { Err(shape(at, expected)) }
}

fn did(value: &Value, at: &str) -> Result<Did, RuleError> {
    let object = object(value, at, "an object like {\"event\":\"read\",\"within_days\":30,\"at_least\":3}")?;
    if let Some(key) = object.keys().find(|key| !DID_KEYS.contains(&key.as_str())) {
        return Err(unknown(at, "key", key, &DID_KEYS.join(", ")));
    }
    let text_of = |key: &str| object.get(key).map(|value| text(value, &format!("{at}/{key}"))).transpose();
    let number_of = |key: &str| object.get(key).map(|value| number(value, &format!("{at}/{key}"))).transpose();
    let time_of = |key: &str| {
        let found = text_of(key)?;
        match found.as_deref().is_none_or(time::is_day_or_instant) {
            true => Ok(found),
            false => Err(shape(&format!("{at}/{key}"), "a day like 2026-11-21 or an RFC 3339 instant")),
        }
    };
    let event = text_of("event")?.ok_or_else(|| shape(at, "the key \"event\""))?;
    if !EVENTS.iter().any(|(known, _)| *known == event) {
        return Err(unknown(&format!("{at}/event"), "event", &event, &EVENTS.map(|(name, _)| name).join(", ")));
    }
    let kind = text_of("kind")?;
    if let Some(kind) = kind.as_deref().filter(|kind| ItemKind::parse(kind).is_none()) {
        let known: Vec<&str> = ItemKind::ALL.iter().map(|kind| kind.as_str()).collect();
        return Err(unknown(&format!("{at}/kind"), "kind", kind, &known.join(", ")));
    }
    let did = Did {
        event,
        topic: text_of("topic")?,
        item_id: text_of("item_id")?,
        kind,
        within_days: number_of("within_days")?,
        from: time_of("from")?,
        to: time_of("to")?,
        count: Count {
            at_least: number_of("at_least")?,
            at_most: number_of("at_most")?,
            exactly: number_of("exactly")?,
            distinct_days: number_of("distinct_days")?,
        },
    };
    if did.within_days.is_some() && (did.from.is_some() || did.to.is_some()) {
        return Err(shape(at, "either within_days or from and to"));
    }
    if did.within_days == Some(0) {
        return Err(shape(&format!("{at}/within_days"), "at least 1, which means since midnight"));
    }
    let counts = [did.count.at_least, did.count.at_most, did.count.exactly, did.count.distinct_days];
    if counts.iter().flatten().count() > 1 {
        return Err(shape(at, "only one of at_least, at_most, exactly and distinct_days"));
    }
    Ok(did)
}

fn preference(value: &Value, at: &str) -> Result<PreferenceAtLeast, RuleError> {
    let expected = "an object like {\"topic\":\"亲子\",\"at_least\":0.2}";
    let object = object(value, at, expected)?;
    if let Some(key) = object.keys().find(|key| !["topic", "at_least"].contains(&key.as_str())) {
        return Err(unknown(at, "key", key, "topic, at_least"));
    }
    let topic = text(object.get("topic").unwrap_or(&Value::Null), &format!("{at}/topic"))?;
    let at_least = object.get("at_least").and_then(Value::as_f64).filter(|share| (0.0..=1.0).contains(share));
    let at_least = at_least.ok_or_else(|| shape(&format!("{at}/at_least"), "a share from 0 to 1"))?;
    Ok(PreferenceAtLeast { topic, at_least })
}

fn similar_to(value: &Value, at: &str) -> Result<SimilarTo, RuleError> {
    let object = object(value, at, "an object like {\"audience\":\"au_1\",\"width\":\"narrow\"}")?;
    if let Some(key) = object.keys().find(|key| !["audience", "width"].contains(&key.as_str())) {
        return Err(unknown(at, "key", key, "audience, width"));
    }
    let text_of = |key: &str| text(object.get(key).unwrap_or(&Value::Null), &format!("{at}/{key}"));
    let (audience, width) = (text_of("audience")?, text_of("width")?);
    let known = || LookAlikeWidth::ALL.map(LookAlikeWidth::as_str).join(", ");
    let parsed = LookAlikeWidth::parse(&width);
    let width = parsed.ok_or_else(|| unknown(&format!("{at}/width"), "width", &width, &known()))?;
    Ok(SimilarTo { audience, width })
}

fn object<'a>(value: &'a Value, at: &str, expected: &str) -> Result<&'a Map<String, Value>, RuleError> {
    value.as_object().ok_or_else(|| shape(at, expected))
}

fn text(value: &Value, at: &str) -> Result<String, RuleError> {
    value.as_str().map(str::to_owned).ok_or_else(|| shape(at, "a string"))
}

fn number(value: &Value, at: &str) -> Result<u32, RuleError> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| shape(at, "a non-negative integer"))
}

fn shape(at: &str, expected: &str) -> RuleError {
    RuleError::Shape { at: at.to_owned(), expected: format!("expected {expected}") }
}

fn unknown(at: &str, what: &'static str, name: &str, known: &str) -> RuleError {
    RuleError::Unknown { at: at.to_owned(), what, name: name.to_owned(), known: known.to_owned() }
}
