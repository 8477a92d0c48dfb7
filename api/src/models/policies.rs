//! Formats off-policy estimates, and the cost of floors on exposure.

use serde_json::Value;

use super::format::{array, percent};
use super::slices::key_name;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// The estimate of a policy for one group of items.
pub(crate) struct PolicyView {
    pub(crate) group: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) value: String,
    pub(crate) interval: String,
    pub(crate) displays: String,
    pub(crate) sample: String,
}

/// The cost of a floor.
pub(crate) struct FloorView {
    pub(crate) floor: String,
    pub(crate) ndcg: String,
    pub(crate) expected: String,
    pub(crate) changed: String,
}

/// Exposure of a group's own items under each floor.
pub(crate) struct FloorGroupView {
    pub(crate) key: String,
    pub(crate) members: String,
    pub(crate) offered: String,
    pub(crate) exposed: Vec<String>,
}

impl PolicyView {
    pub(crate) fn all(off_policy: &Value, t: Locale) -> Vec<Self> {
        array(&off_policy["estimates"]).iter().filter_map(|estimate| Self::of(estimate, t)).collect()
    }

    fn of(estimate: &Value, t: Locale) -> Option<Self> {
        let share = |value: &Value| value.as_f64().map(|share| percent(share, 2));
        let interval = &estimate["interval"];
        Some(Self {
            group: match estimate["group"].as_str()? {
                "articles" => t.models_articles(),
                _ => t.models_activity_items(),
            },
            policy: match estimate["policy"].as_str()? {
                "personal" => t.models_policy_personal(),
                "explored" => t.models_policy_explored(),
                _ => t.models_policy_new_model(),
            },
            value: share(&estimate["value"])?,
            interval: format!("{} – {}", share(&interval[0])?, share(&interval[1])?),
            displays: grouped(estimate["displays"].as_f64()?, 0),
            sample: grouped(estimate["effective_sample_size"].as_f64()?, 0),
        })
    }
}

impl FloorView {
    pub(crate) fn all(cost: &Value, t: Locale) -> Vec<Self> {
        let floors = array(&cost["floors"]);
        let number = |row: &Value, name: &str| row[name].as_f64().unwrap_or_default();
        let plain = floors.first();
        let change = |row: &Value, name: &str| {
            let before = plain.map_or(0.0, |plain| number(plain, name));
            let change = if before > 0.0 { 100.0 * (number(row, name) / before - 1.0) } else { 0.0 };
            format!("{:.3} ({})", number(row, name), format!("{change:+.1}%").replace('-', "−"))
        };
        let view = |(at, row): (usize, &Value)| Self {
            floor: floor_name(number(row, "floor"), t),
            ndcg: if at == 0 { format!("{:.3}", number(row, "ndcg")) } else { change(row, "ndcg") },
            expected: if at == 0 {
                format!("{:.3}", number(row, "expected_responses"))
            } else {
                change(row, "expected_responses")
            },
            changed: percent(number(row, "lists_changed") / number(row, "members").max(1.0), 0),
        };
        floors.iter().enumerate().map(view).collect()
    }
}

impl FloorGroupView {
    pub(crate) fn all(cost: &Value, t: Locale) -> Vec<Self> {
        let floors = array(&cost["floors"]);
        let rows = floors.first().map(|plain| array(&plain["groups"])).unwrap_or_default();
        let view = |(at, row): (usize, &Value)| {
            let (by, key) = (row["by"].as_str()?, row["key"].as_str()?);
            let own = match by {
                "union_size" => t.models_floor_by_union_size(),
                _ => t.models_floor_by_age_band(),
            };
            let exposed = |floor: &Value| percent(floor["groups"][at]["exposed"].as_f64().unwrap_or_default(), 1);
            Some(Self {
                key: format!("{own} {}", key_name(by, key, t)),
                members: grouped(row["members"].as_f64()?, 0),
                offered: percent(row["offered"].as_f64()?, 1),
                exposed: floors.iter().map(exposed).collect(),
            })
        };
        rows.iter().enumerate().filter_map(view).collect()
    }
}

/// Labels of the compared floors.
pub(crate) fn floor_names(cost: &Value, t: Locale) -> Vec<String> {
    array(&cost["floors"]).iter().map(|row| floor_name(row["floor"].as_f64().unwrap_or_default(), t)).collect()
}

fn floor_name(floor: f64, t: Locale) -> String {
    if floor > 0.0 { floor.to_string() } else { t.models_no_floor().to_owned() }
}
