//! Values within nested objects and lists of JSON.

use serde_json::Value;

use super::super::super::list_mark::LIST_MARK;
use super::text_of;

/// The value at a path, whose first part is the key of `value`. The path goes through lists: the result is then a list with
/// a value for each element.
pub(super) fn value_at(value: &Value, path: &str) -> Option<Value> {
    let Some((_, rest)) = path.split_once('.') else { return Some(value.clone()) };
    match value {
        Value::Object(object) => value_at(object.get(rest.split('.').next()?)?, rest),
        Value::Array(elements) => {
            Some(Value::Array(elements.iter().map(|element| value_at(element, path).unwrap_or_default()).collect()))
        }
        _ => None,
    }
}

/// Visits the paths of all values that are not objects.
pub(super) fn for_each_leaf(path: &str, value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| for_each_leaf(&format!("{path}.{key}"), value, visit));
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            elements
                .iter()
                .filter(|element| element.is_object())
                .for_each(|element| for_each_leaf(path, element, visit));
        }
        _ if path.contains('.') => visit(path),
        _ => {}
    }
}

/// Joins the elements of a list that becomes rows. Begins each with [`LIST_MARK`], so that empty ones count.
pub(super) fn list_text(elements: Vec<Value>) -> String {
    let mut text = String::new();
    for element in elements {
        text.push(LIST_MARK);
        let element = match element {
            list @ Value::Array(_) => Some(list.to_string()),
            other => text_of(other),
        };
        text.push_str(&element.unwrap_or_default().replace(LIST_MARK, "\u{fffd}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let order: Value =
            serde_json::from_str(r#"{"lines":[{"sku":"a"},{"qty":2},{"sku":"b"}],"at":{"day":1}}"#).expect("JSON");
        let at = |path: &str| value_at(&order, path).map(|value| value.to_string());
        assert_eq!(at("order.lines.sku").as_deref(), Some(r#"["a",null,"b"]"#));
        assert_eq!(at("order.at.day").as_deref(), Some("1"));
        assert_eq!((at("order.at.month"), at("order.at.day.hour")), (None, None));
        let mut leaves = Vec::new();
        for_each_leaf("order", &order, &mut |path| leaves.push(path.to_owned()));
        assert_eq!(leaves, ["order.at.day", "order.lines.sku", "order.lines.qty", "order.lines.sku"]);
    }
}
