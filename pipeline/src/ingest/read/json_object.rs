//! Parses a line with a JSON object. Detects repeated keys, and accepts the numbers that some programs write although JSON has none.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Keys and values of an object, in the order of the line.
#[derive(Debug, PartialEq)]
pub(super) struct JsonObject(pub Vec<(String, Value)>);

/// Why a line is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParseError {
    NotAnObject,
    /// A key has two different values.
    RepeatedKey,
}

/// Up to this number of keys, each is compared with all others.
const FEW_KEYS: usize = 16;

impl JsonObject {
    pub(super) fn parse(text: &str) -> Result<Self, ParseError> {
        let object: Self = match serde_json::from_str(text) {
            Ok(object) => object,
            Err(_) => {
                let text = with_quoted_numbers(text).ok_or(ParseError::NotAnObject)?;
                serde_json::from_str(&text).map_err(|_| ParseError::NotAnObject)?
            }
        };
        if object.has_repeated_key() { Err(ParseError::RepeatedKey) } else { Ok(object) }
    }

    fn has_repeated_key(&self) -> bool {
        let is_repeated = |at: usize| {
            let (key, value) = &self.0[at];
            self.0[..at].iter().any(|(known, other)| known == key && other != value)
        };
        if self.0.len() > FEW_KEYS {
            let mut seen = HashSet::with_capacity(self.0.len());
            return (0..self.0.len()).any(|at| !seen.insert(self.0[at].0.as_str()) && is_repeated(at));
        }
        (1..self.0.len()).any(is_repeated)
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
                let mut pairs = Vec::with_capacity(FEW_KEYS);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(JsonObject(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// Puts `NaN`, `Infinity` and `-Infinity` outside of strings in quotation marks, so that the columns decide about them. `None` if
/// there are none.
fn with_quoted_numbers(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut rest, mut is_string, mut is_changed) = (text, false, false);
    while let Some(first) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].iter().find(|word| !is_string && rest.starts_with(**word));
        let length = match word {
            Some(word) => {
                out.extend(["\"", *word, "\""]);
                is_changed = true;
                word.len()
            }
            None => {
                let escaped =
                    if is_string && first == '\\' { rest[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
                is_string ^= first == '"';
                let length = first.len_utf8() + escaped;
                out.push_str(&rest[..length]);
                length
            }
        };
        rest = &rest[length..];
    }
    is_changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_of_json_become_texts() {
        let text = r#"{"a":NaN,"b":[-Infinity],"c":"NaN \" NaN"}"#;
        assert_eq!(with_quoted_numbers(text).as_deref(), Some(r#"{"a":"NaN","b":["-Infinity"],"c":"NaN \" NaN"}"#));
        assert_eq!(with_quoted_numbers(r#"{"a":"NaN""#), None);
        assert_eq!(JsonObject::parse("{\"a\":NaN}").expect("an object").0, [("a".to_owned(), "NaN".into())]);
    }

    #[test]
    fn a_key_with_two_values_is_an_error() {
        assert_eq!(JsonObject::parse(r#"{"a":1,"a":2}"#), Err(ParseError::RepeatedKey));
        assert!(JsonObject::parse(r#"{"a":1,"a":1}"#).is_ok());
        let many: String = (0..40).map(|n| format!("\"k{n}\":1,")).collect();
        assert_eq!(JsonObject::parse(&format!("{{{many}\"k3\":2}}")), Err(ParseError::RepeatedKey));
        assert!(JsonObject::parse(&format!("{{{many}\"k40\":2}}")).is_ok());
        assert_eq!(JsonObject::parse("[1]"), Err(ParseError::NotAnObject));
    }
}
