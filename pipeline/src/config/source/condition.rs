//! Conditions on columns of a file, for `where` and `cases`.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

/// A condition on a column of the file. All tests that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column of the file.
    pub column: String,
    /// The value is one of these texts.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "texts")]
    pub is: Option<Vec<String>>,
    /// The value is none of these texts. An empty value is none of them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "texts")]
    pub is_not: Option<Vec<String>>,
    /// Whether the value is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<bool>,
    /// Whether the value means yes or no. An empty value means neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes: Option<bool>,
    /// The value is a number or time above this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub above: Option<String>,
    /// The value is a number or time not below this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub at_least: Option<String>,
    /// The value is a number or time below this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub below: Option<String>,
    /// The value is a number or time not above this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    pub at_most: Option<String>,
}

/// A value of `cases`, and the conditions under which it counts. The first case whose conditions all hold gives the value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The conditions. Without any, the case always counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub when: Vec<Condition>,
    /// The value.
    #[serde(deserialize_with = "required_text")]
    pub then: String,
}

impl Condition {
    /// The bounds that are given, and how a value is compared with them.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = (Bound, &str)> {
        let given = [
            (Bound::Above, &self.above),
            (Bound::AtLeast, &self.at_least),
            (Bound::Below, &self.below),
            (Bound::AtMost, &self.at_most),
        ];
        given.into_iter().filter_map(|(bound, text)| Some((bound, text.as_deref()?)))
    }
}

/// How a value is compared with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Bound {
    pub(crate) fn holds<T: PartialOrd + Copy>(self, value: T, bound: T) -> bool {
        match self {
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Above => "above",
            Self::AtLeast => "at_least",
            Self::Below => "below",
            Self::AtMost => "at_most",
        })
    }
}

/// Parses one element or a list of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>, T: DeserializeOwned>(input: D) -> Result<Vec<T>, D::Error> {
    let elements = match toml::Value::deserialize(input)? {
        toml::Value::Array(elements) => elements,
        one => vec![one],
    };
    let elements: Result<Vec<T>, _> = elements.into_iter().map(toml::Value::try_into).collect();
    elements.map_err(|error: toml::de::Error| serde::de::Error::custom(error.message()))
}

fn texts<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<String>>, D::Error> {
    let values: Vec<toml::Value> = one_or_many(input)?;
    values.into_iter().map(scalar).collect::<Result<_, _>>().map(Some).map_err(serde::de::Error::custom)
}

fn text<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    required_text(input).map(Some)
}

fn required_text<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    scalar(toml::Value::deserialize(input)?).map_err(serde::de::Error::custom)
}

/// Converts a text, number, flag or time to text.
pub(super) fn scalar(value: toml::Value) -> Result<String, &'static str> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => {
            Ok(value.to_string())
        }
        toml::Value::Array(_) | toml::Value::Table(_) => Err("must be a text, a number, a flag or a time"),
    }
}
