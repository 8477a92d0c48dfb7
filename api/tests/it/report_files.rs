//! Reports as files.

use axum::http::{StatusCode, header};
use serde_json::json;
use zhihui_api::Role;

use crate::support::Fixture;

const EXPORT: &str = "/v1/reports/engagement/export";

#[tokio::test]
async fn a_file_has_the_type_and_the_name_of_its_report() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    for (query, media_type, name) in [
        ("format=xlsx", "application/vnd.openxmlformats", "engagement-2026-10-23-2026-11-22.xlsx"),
        ("format=csv", "application/zip", "engagement-2026-10-23-2026-11-22.zip"),
        ("format=csv&table=funnel", "text/csv; charset=utf-8", "engagement-2026-10-23-2026-11-22-funnel.csv"),
        ("format=html&table=weather", "text/html; charset=utf-8", "engagement-2026-10-23-2026-11-22.html"),
        ("format=json&lang=en&table=", "application/json", "engagement-2026-10-23-2026-11-22.json"),
    ] {
        let answer = fixture.get(&format!("{EXPORT}?{query}"), &key).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        assert!(answer.header(header::CONTENT_TYPE).starts_with(media_type), "{query}");
        let disposition = answer.header(header::CONTENT_DISPOSITION);
        assert!(disposition.contains(&format!("filename=\"{name}\"")), "{query}: {disposition}");
        let is_table = query.contains("funnel");
        assert_eq!(
            answer.text.contains("Some(\"funnel\")"),
            is_table,
            "other formats ignore the table: {}",
            answer.text
        );
        assert_eq!(answer.text.contains(" En "), query.contains("lang=en"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_explained() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Leader).await;
    for (query, status, code, word) in [
        ("", 400, "invalid_parameter", "xlsx, pdf, csv, html or json"),
        ("format=docx", 400, "invalid_parameter", "xlsx, pdf, csv, html or json"),
        ("format=csv&table=weather", 422, "unknown_table", "silent_unions"),
        ("format=pdf", 503, "file_unavailable", "fonts-noto-cjk"),
        ("format=xlsx&district=nowhere", 400, "invalid_parameter", "no such district"),
        ("format=xlsx&from=2026-11-02&to=2026-11-01", 400, "invalid_parameter", "later than from"),
    ] {
        let answer = fixture.get(&format!("{EXPORT}?{query}"), &key).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{query}");
        assert!(answer.text.contains(word), "{query}: {}", answer.text);
    }
    let unknown = fixture.get("/v1/reports/weather/export?format=csv", &key).await;
    assert_eq!(unknown.problem(), "unknown_report");
}

#[tokio::test]
async fn each_file_is_recorded_with_its_filters() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Staff).await;
    fixture.get(&format!("{EXPORT}?format=csv&table=funnel&union=u2"), &key).await;
    fixture.get(&format!("{EXPORT}?format=docx"), &key).await;
    let entries = fixture.store.audit().list(100, None).await.unwrap();
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(entry.action, "report_exported");
    assert_eq!(entry.detail["report"], "engagement");
    assert_eq!((&entry.detail["format"], &entry.detail["table"]), (&json!("csv"), &json!("funnel")));
    assert!(entry.detail["filters"].is_object() && entry.detail["from"].is_string(), "{}", entry.detail);
}
