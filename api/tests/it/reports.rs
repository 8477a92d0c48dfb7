//! Reports as JSON.

use axum::http::StatusCode;
use zhihui_api::{Role, schema};

use crate::support::Fixture;

#[tokio::test]
async fn a_report_has_the_shape_that_is_documented() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    let answer = fixture.get("/v1/reports/engagement?from=2026-11-01&to=2026-11-08T00:00:00%2B08:00", &key).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let report: schema::Report = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(report.metrics.len(), 5);
}

#[tokio::test]
async fn an_unknown_report_names_those_there_are_and_an_empty_lake_says_so() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    let answer = fixture.get("/v1/reports/weather", &key).await;
    assert_eq!(answer.json()["known"], serde_json::json!(["engagement"]));
    let answer = fixture.get("/v1/reports/engagement?district=empty", &key).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "report_unavailable"));
}
