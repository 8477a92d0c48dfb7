//! The recommender in reports: what serves, whether it passed the gate, and how old it is.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use zhihui_engine::report::{Report, ReportColumn, ReportTable, Sentence};

use crate::home::Home;

/// File of the model card beside a snapshot.
const CARD: &str = "model-card.json";

/// Adds the table of the published model to a report about all members. Nothing if nothing is published.
pub(crate) fn add(home: &Home, as_of: DateTime<Utc>, report: &mut Report) {
    let is_about_all = ["union", "district", "age_band"].iter().all(|name| !report.filters.contains_key(*name));
    let Ok(Some(version)) = home.published().current() else { return };
    let card = std::fs::read(home.folder.join("published").join(version).join(CARD));
    let card: Option<Value> = card.ok().and_then(|card| serde_json::from_slice(&card).ok());
    if let Some(table) = card.filter(|_| is_about_all).and_then(|card| table(&card, as_of)) {
        report.tables.push(table);
    }
}

/// One row for lists and one for audiences of articles and activities. `None` if no model was judged.
fn table(card: &Value, as_of: DateTime<Utc>) -> Option<ReportTable> {
    let column = |zh: &str, en: &str, unit: &str| ReportColumn { label: sentence(zh, en), unit: unit.to_owned() };
    let trained: DateTime<Utc> = card["trained_as_of"].as_str().or(card["as_of"].as_str())?.parse().ok()?;
    let age = (as_of - trained).num_days();
    let rows: Vec<Vec<Value>> = card["sides"].as_array()?.iter().map(|side| row(side, age)).collect();
    (!rows.is_empty()).then(|| ReportTable {
        name: "recommender".to_owned(),
        label: sentence("推荐模型的状况", "Health of the recommender"),
        columns: ["side", "label_zh", "label_en", "model_age", "serves", "accepted"].map(str::to_owned).into(),
        column_details: vec![
            column("编号", "Id", "text"),
            column("用途", "用途", "text"),
            column("Use", "Use", "text"),
            column("模型已有天数", "Age of the model", "days"),
            column("由什么服务", "What serves", "text"),
            column("通过检验", "Passed the gate", "text"),
        ],
        rows,
    })
}

fn row(side: &Value, age: i64) -> Vec<Value> {
    let (zh, en) = match (side["side"] == "lists", side["group"] == "articles") {
        (true, true) => ("给会员的文章列表", "articles for a member"),
        (true, false) => ("给会员的活动列表", "activities for a member"),
        (false, true) => ("文章的受众", "members for an article"),
        (false, false) => ("活动的受众", "members for an activity"),
    };
    let text = |name: &str| side[name].as_str().unwrap_or_default();
    vec![
        json!(format!("{}_{}", text("group"), text("side"))),
        json!(zh),
        json!(en),
        json!(age),
        side["serves"].clone(),
        json!(side["accepted"] == true),
    ]
}

fn sentence(zh: &str, en: &str) -> Sentence {
    Sentence { zh: zh.to_owned(), en: en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_failed_the_gate_and_its_age_are_told() {
        let card = json!({
            "trained_as_of": "2026-03-18T16:00:00+00:00",
            "as_of": "2026-03-20T16:00:00+00:00",
            "sides": [
                {"group": "articles", "side": "lists", "serves": "blend", "accepted": true},
                {"group": "activities", "side": "audiences", "serves": "popular", "accepted": false},
            ],
        });
        let as_of = "2026-03-20T17:00:00Z".parse().expect("a time");
        let rows = table(&card, as_of).expect("a table").rows;
        assert_eq!(rows[0][2..], [json!("articles for a member"), json!(2), json!("blend"), json!(true)]);
        assert_eq!(rows[1][..2], [json!("activities_audiences"), json!("活动的受众")]);
        assert_eq!(rows[1][4..6], [json!("popular"), json!(false)]);
        assert_eq!(table(&json!({}), as_of), None);
    }
}
