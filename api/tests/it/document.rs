//! The OpenAPI document lists exactly the served operations.

use axum::http::{StatusCode, header};
use zhihui_api::Role;

use crate::support::Fixture;

#[tokio::test]
async fn every_reference_in_the_document_resolves() {
    let fixture = Fixture::new().await;
    let text = fixture.get("/openapi.json", "").await.text;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let references: Vec<&str> = text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.len() > 20);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn the_viewer_loads_no_external_files() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/docs", "").await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/docs/"));
    let page = fixture.get("/docs/", "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let start = fixture.get("/docs/swagger-initializer.js", "").await;
    assert!(start.text.contains("/openapi.json"), "{}", start.text);
    assert_eq!(fixture.get("/docs/nothing.js", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn metrics_have_route_labels_and_no_addresses() {
    let fixture = Fixture::new().await;
    let key = fixture.key(Role::Admin).await;
    for at in 0..5 {
        fixture.get(&format!("/v1/items/a{at}/similar"), &key).await;
        fixture.get(&format!("/nowhere/{at}"), &key).await;
    }
    let text = fixture.get("/metrics", &key).await.text;
    assert!(text.contains("route=\"/v1/items/{id}/similar\",method=\"GET\",status=\"2xx\"} 5"), "{text}");
    assert!(text.contains("route=\"unmatched\",method=\"GET\",status=\"4xx\"} 5"), "{text}");
    assert!(text.contains("zhihui_snapshot_members 43000"), "{text}");
    for name in ["zhihui_events_waiting", "zhihui_long_computations", "zhihui_events_total{outcome=\"accepted\"}"] {
        assert!(text.contains(&format!("{name} 0")), "{name}: {text}");
    }
    assert!(!text.contains("nowhere"));
}
