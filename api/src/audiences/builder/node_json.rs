//! Converts a tree to the JSON of a rule and back. Unfinished conditions keep what was typed.

use serde_json::{Map, Number, Value, json};
use zhihui_engine::audience::Rule;

use super::field::{Field, Operator, Values};
use super::node::{Comparison, Condition, CountKind, Did, GroupKind, Node, Period};

impl Node {
    /// Reads a rule, or a form that was stored as one. `None` if the JSON has another structure.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        Self::below(value, 0)
    }

    fn below(value: &Value, depth: usize) -> Option<Self> {
        let object = value.as_object().filter(|_| depth <= Rule::MAX_DEPTH)?;
        if object.contains_key("field") {
            return comparison(object).map(|field| Self::Condition(Condition::Field(field)));
        }
        let Some((key, inner)) = object.iter().next() else { return Some(Self::everybody()) };
        if object.len() > 1 {
            return None;
        }
        let children = |inner: &Value| -> Option<Vec<Self>> {
            inner.as_array()?.iter().map(|child| Self::below(child, depth + 1)).collect()
        };
        let text = |inner: &Value| inner.as_str().map(str::to_owned);
        Some(match key.as_str() {
            "all" => Self::Group(GroupKind::All, children(inner)?),
            "any" => Self::Group(GroupKind::Any, children(inner)?),
            "not" => Self::Group(
                GroupKind::Not,
                match Self::below(inner, depth + 1)? {
                    // "None of these" is one group in the form.
                    Self::Group(GroupKind::Any, children) if children.len() >= 2 => children,
                    child => vec![child],
                },
            ),
            "did" => Self::Condition(Condition::Did(did(inner.as_object()?)?)),
            "preference" => {
                let topic = text(inner.get("topic")?)?;
                let share = text_of(inner.get("at_least")?)?;
                Self::Condition(Condition::Preference { topic, share })
            }
            "segment" => Self::Condition(Condition::Segment(text(inner)?)),
            "audience" => Self::Condition(Condition::Audience(text(inner)?)),
            "similar_to" => {
                let (audience, width) = (text(inner.get("audience")?)?, text(inner.get("width")?)?);
                Self::Condition(Condition::SimilarTo { audience, width })
            }
            _ => return None,
        })
    }

    /// The rule as JSON. It is valid if every condition is filled in.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Group(GroupKind::Not, children) => match children.as_slice() {
                [child] => json!({ "not": child.to_json() }),
                children => json!({ "not": { "any": children.iter().map(Self::to_json).collect::<Vec<_>>() } }),
            },
            Self::Group(kind, children) => {
                json!({ kind.as_str(): children.iter().map(Self::to_json).collect::<Vec<_>>() })
            }
            Self::Condition(condition) => condition.to_json(),
        }
    }
}

impl Condition {
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Field(field) => field.to_json(),
            Self::Did(did) => json!({ "did": did.to_json() }),
            Self::Preference { topic, share } => json!({ "preference": { "topic": topic, "at_least": number(share) } }),
            Self::Segment(name) => json!({ "segment": name }),
            Self::Audience(id) => json!({ "audience": id }),
            Self::SimilarTo { audience, width } => json!({ "similar_to": { "audience": audience, "width": width } }),
        }
    }
}

impl Comparison {
    fn to_json(&self) -> Value {
        let value = |text: &String| match (self.field.values, text.as_str()) {
            (Values::Numbers, _) => number(text),
            (Values::Flags, "true") => json!(true),
            (Values::Flags, "false") => json!(false),
            _ => json!(text),
        };
        let operand = match self.operator {
            Operator::IsUnknown => json!(true),
            Operator::IsKnown => json!(false),
            Operator::In | Operator::NotIn => self.values.iter().map(value).collect(),
            _ => self.values.first().map_or_else(|| json!(""), value),
        };
        let operator = if self.operator == Operator::IsKnown { Operator::IsUnknown } else { self.operator };
        json!({ "field": self.field.name, operator.as_str(): operand })
    }
}

impl Did {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("event", json!(self.event));
        for (key, text) in [("topic", &self.topic), ("item_id", &self.item_id), ("kind", &self.kind)] {
            if !text.is_empty() {
                put(key, json!(text));
            }
        }
        match &self.period {
            Period::Ever => {}
            Period::Within(days) => {
                put("within_days", number(days));
            }
            Period::Between(from, to) => {
                // An empty day keeps the choice of this period in a form that is not filled in.
                if !from.is_empty() || to.is_empty() {
                    put("from", json!(from));
                }
                if !to.is_empty() {
                    put("to", json!(to));
                }
            }
        }
        if self.count != CountKind::Once {
            put(self.count.as_str(), number(&self.times));
        }
        Value::Object(object)
    }
}

fn comparison(object: &Map<String, Value>) -> Option<Comparison> {
    let field = Field::named(object.get("field")?.as_str()?)?;
    let mut others = object.iter().filter(|(key, _)| key.as_str() != "field");
    let (Some((key, operand)), None) = (others.next(), others.next()) else { return None };
    let (operator, values) = match Operator::parse(key)? {
        Operator::IsKnown => return None,
        Operator::IsUnknown => (if operand.as_bool()? { Operator::IsUnknown } else { Operator::IsKnown }, Vec::new()),
        operator if operator.takes_many() => {
            (operator, operand.as_array()?.iter().map(text_of).collect::<Option<Vec<_>>>()?)
        }
        operator => (operator, vec![text_of(operand)?]),
    };
    Some(Comparison { field, operator, values })
}

fn did(object: &Map<String, Value>) -> Option<Did> {
    let mut did = Did::default();
    let (mut from, mut to) = (None, None);
    for (key, value) in object {
        let text = text_of(value)?;
        match key.as_str() {
            "event" => did.event = text,
            "topic" => did.topic = text,
            "item_id" => did.item_id = text,
            "kind" => did.kind = text,
            "within_days" => did.period = Period::Within(text),
            "from" => from = Some(text),
            "to" => to = Some(text),
            other => {
                did.count = CountKind::parse(other);
                did.times = text;
                if did.count == CountKind::Once {
                    return None;
                }
            }
        }
    }
    if from.is_some() || to.is_some() {
        did.period = Period::Between(from.unwrap_or_default(), to.unwrap_or_default());
    }
    Some(did)
}

/// The number of a text; the text itself if it is none.
fn number(text: &str) -> Value {
    text.trim().parse::<Number>().map_or_else(|_| json!(text), Value::Number)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
