//! Reports as JSON.

use axum::http::StatusCode;
use zhihui_api::{Role, schema};
use zhihui_engine::Language;

use crate::support::{Fixture, small_report};

#[tokio::test]
async fn a_report_has_the_documented_shape() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    let answer = fixture.get("/v1/reports/engagement?from=2026-11-01&to=2026-11-08T00:00:00%2B08:00", &key).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let report: schema::Report = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(report.metrics.len(), 5);
}

#[tokio::test]
async fn unknown_reports_list_the_available_ones_and_an_empty_lake_is_reported() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    let answer = fixture.get("/v1/reports/weather", &key).await;
    assert_eq!(answer.json()["known"], serde_json::json!(["engagement"]));
    let answer = fixture.get("/v1/reports/engagement?district=empty", &key).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "report_unavailable"));
}

#[tokio::test]
async fn years_beyond_the_calendar_are_invalid() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    for (query, parameter) in [
        ("from=-200000-01-01", "from"),
        ("from=2026-01-01&to=%2B200000-01-01", "to"),
        ("to=-262143-01-01", "to"),
        ("to=1969-12-31T23:59:59Z", "to"),
    ] {
        let answer = fixture.get(&format!("/v1/reports/engagement?{query}"), &key).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_parameter"), "{query}");
        assert_eq!(answer.json()["parameter"], parameter, "{query}");
        assert_eq!(fixture.get(&format!("/reports?{query}"), &key).await.status.as_u16(), 400, "{query}");
    }
}

#[test]
fn report_files_use_local_days_and_name_the_comparison() {
    let mut report = small_report();
    let zone = zhihui_data::Zone::named("America/New_York").unwrap();
    report.filters.insert("compare".into(), "last_year".into());
    let page = zhihui_api::render_report(&report, Language::Zh, zone, true);
    assert!(page.contains("2026-10-22 12:00") && page.contains("2026-11-21 11:00"), "{page}");
    assert!(page.contains("比去年同期") && !page.contains("比上期 "), "{page}");
}

/// The item page as leaders see it: daily counts of few people are hidden, and the reach is rounded.
#[tokio::test]
async fn item_pages_hide_small_groups_from_leaders() {
    let fixture = Fixture::new().await;
    let (leader, staff) = (fixture.key(Role::Leader).await, fixture.key(Role::Staff).await);
    let page = |key: &str| {
        let (fixture, key) = (&fixture, key.to_owned());
        async move { fixture.get("/items/a1", &key).await.text }
    };
    let (seen_by_leader, seen_by_staff) = (page(&leader).await, page(&staff).await);
    assert!(seen_by_staff.contains("1,234") && seen_by_staff.contains("<td class=\"n\">2</td>"), "{seen_by_staff}");
    assert!(seen_by_leader.contains("1,230") && !seen_by_leader.contains("1,234"), "{seen_by_leader}");
    assert!(seen_by_leader.contains("<td class=\"n\">31</td>"), "{seen_by_leader}");
    assert!(!seen_by_leader.contains("<td class=\"n\">2</td>"), "{seen_by_leader}");
    assert!(fixture.get("/items", &leader).await.text.contains("1,230"));
}
