//! What logged lists say about policies, and what a floor on exposure gives and costs.

use serde_json::Value;

use super::percent;
use super::slices::key_name;
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;

/// The estimate of one policy for one group of items.
pub(super) struct PolicyView {
    pub(super) group: &'static str,
    pub(super) policy: &'static str,
    pub(super) value: String,
    pub(super) interval: String,
    pub(super) displays: String,
    pub(super) sample: String,
}

/// The cost of one floor.
pub(super) struct FloorView {
    pub(super) floor: String,
    pub(super) ndcg: String,
    pub(super) expected: String,
    pub(super) changed: String,
}

/// Exposure of what is a group's own, under each floor.
pub(super) struct FloorGroupView {
    pub(super) key: String,
    pub(super) members: String,
    pub(super) offered: String,
    pub(super) exposed: Vec<String>,
}

impl PolicyView {
    pub(super) fn all(off_policy: &Value, l: Tongue) -> Vec<Self> {
        array(&off_policy["estimates"]).iter().filter_map(|estimate| Self::of(estimate, l)).collect()
    }

    fn of(estimate: &Value, l: Tongue) -> Option<Self> {
        let share = |value: &Value| value.as_f64().map(|share| percent(share, 2));
        let interval = &estimate["interval"];
        Some(Self {
            group: match estimate["group"].as_str()? {
                "articles" => l.say("文章", "Articles"),
                _ => l.say("活动、服务、优惠、场地", "Activities, services, offers, venues"),
            },
            policy: match estimate["policy"].as_str()? {
                "personal" => l.say("个性化位置", "Personal places"),
                "explored" => l.say("探索位置", "Explored places"),
                _ => l.say("探索位置由新模型来选", "Explored places, chosen by the new model"),
            },
            value: share(&estimate["value"])?,
            interval: format!("{} – {}", share(&interval[0])?, share(&interval[1])?),
            displays: grouped(estimate["displays"].as_f64()?, 0),
            sample: grouped(estimate["effective_sample_size"].as_f64()?, 0),
        })
    }
}

impl FloorView {
    pub(super) fn all(cost: &Value, l: Tongue) -> Vec<Self> {
        let floors = array(&cost["floors"]);
        let number = |row: &Value, name: &str| row[name].as_f64().unwrap_or_default();
        let plain = floors.first();
        let change = |row: &Value, name: &str| {
            let before = plain.map_or(0.0, |plain| number(plain, name));
            let change = if before > 0.0 { 100.0 * (number(row, name) / before - 1.0) } else { 0.0 };
            format!("{:.3} ({})", number(row, name), format!("{change:+.1}%").replace('-', "−"))
        };
        let view = |(at, row): (usize, &Value)| Self {
            floor: floor_name(number(row, "floor"), l),
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
    pub(super) fn all(cost: &Value, l: Tongue) -> Vec<Self> {
        let floors = array(&cost["floors"]);
        let rows = floors.first().map(|plain| array(&plain["groups"])).unwrap_or_default();
        let view = |(at, row): (usize, &Value)| {
            let (by, key) = (row["by"].as_str()?, row["key"].as_str()?);
            let own = match by {
                "union_size" => l.say("本工会的内容,工会人数", "own union's items, members of the union"),
                _ => l.say("同龄人爱看的内容,年龄段", "age band's items, age band"),
            };
            let exposed = |floor: &Value| percent(floor["groups"][at]["exposed"].as_f64().unwrap_or_default(), 1);
            Some(Self {
                key: format!("{own} {}", key_name(by, key, l)),
                members: grouped(row["members"].as_f64()?, 0),
                offered: percent(row["offered"].as_f64()?, 1),
                exposed: floors.iter().map(exposed).collect(),
            })
        };
        rows.iter().enumerate().filter_map(view).collect()
    }
}

/// Names of the compared floors.
pub(super) fn floor_names(cost: &Value, l: Tongue) -> Vec<String> {
    array(&cost["floors"]).iter().map(|row| floor_name(row["floor"].as_f64().unwrap_or_default(), l)).collect()
}

fn floor_name(floor: f64, l: Tongue) -> String {
    if floor > 0.0 { floor.to_string() } else { l.say("无下限", "no floor").to_owned() }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
