//! Limits the size of a rule before it is parsed or evaluated.

use serde_json::{Map, Value};

use super::{Rule, RuleError};

/// The counts so far.
#[derive(Default)]
struct RuleSize {
    conditions: usize,
    groups: usize,
    values: usize,
}

/// Rejects a rule with too many conditions, groups or values, at the first one above the limit.
pub(super) fn check(rule: &Value) -> Result<(), RuleError> {
    RuleSize::default().count(rule, "", 1)
}

impl RuleSize {
    /// Counts the condition at a JSON pointer. Leaves rules that are nested too deeply or malformed to the parser.
    fn count(&mut self, rule: &Value, at: &str, depth: usize) -> Result<(), RuleError> {
        let Some(object) = rule.as_object().filter(|_| depth <= Rule::MAX_DEPTH) else { return Ok(()) };
        let inner = object.iter().find(|(key, _)| matches!(key.as_str(), "all" | "any" | "not"));
        let Some((key, inner)) = inner.filter(|_| !object.contains_key("field")) else {
            return self.condition(object, at);
        };
        self.groups += 1;
        if self.groups > Rule::MAX_CONDITIONS {
            return Err(RuleError::TooManyConditions { at: at.to_owned() });
        }
        match inner {
            Value::Array(list) => list
                .iter()
                .enumerate()
                .try_for_each(|(place, inner)| self.count(inner, &format!("{at}/{key}/{place}"), depth + 1)),
            inner => self.count(inner, &format!("{at}/{key}"), depth + 1),
        }
    }

    fn condition(&mut self, object: &Map<String, Value>, at: &str) -> Result<(), RuleError> {
        self.conditions += 1;
        if self.conditions > Rule::MAX_CONDITIONS {
            return Err(RuleError::TooManyConditions { at: at.to_owned() });
        }
        for (key, value) in object {
            self.values += value.as_array().map_or(0, Vec::len);
            if self.values > Rule::MAX_VALUES {
                return Err(RuleError::TooManyValues { at: format!("{at}/{key}") });
            }
        }
        Ok(())
    }
}
