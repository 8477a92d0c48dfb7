//! The audience of a second push: members of a list who were pushed to and have not responded.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::record::PushList;
use crate::web::url::url_with_query;

/// The audience page with the members who got an item of the list and have not responded to it, for the item of the list.
/// `None` until the list was sent. `is_article` says whether reading an item is the response; else it is signing up.
pub(crate) fn resend_url(list: &PushList, is_article: impl Fn(&str) -> bool) -> Option<String> {
    let item_id = list.item_id.as_deref().filter(|_| list.exported_at.is_some())?;
    let items: BTreeSet<&str> = list.variants.iter().map(|variant| variant.item_id.as_str()).collect();
    let others = items.into_iter().filter(|&item| item != item_id);
    let got = |item: &str| json!({ "did": { "event": "push", "item_id": item, "at_least": 1 } });
    let silent = |item: &str| json!({ "all": [got(item), { "not": responded(item, is_article(item)) }] });
    let mut groups: Vec<Value> = others.map(silent).collect();
    let rule = if groups.is_empty() {
        // Whoever has responded to the item of the audience is not in it.
        got(item_id)
    } else {
        groups.insert(0, silent(item_id));
        json!({ "any": groups })
    };
    let rule = rule.to_string();
    Some(url_with_query("/audiences", [("item_id", item_id), ("rule", rule.as_str()), ("hold_out", "0")]))
}

fn responded(item: &str, is_article: bool) -> Value {
    let did = |event: &str| json!({ "did": { "event": event, "item_id": item, "at_least": 1 } });
    // A member who attended has signed up, even if only the attendance was reported.
    if is_article { did("read") } else { json!({ "any": [did("sign_up"), did("attended")] }) }
}
