//! The page of one file: what would be read, a column to choose for each header, and the choice that is kept.

use async_trait::async_trait;
use axum::http::StatusCode;
use zhihui_api::{FileMapper, JobError, MappedFile, MappingChoice, Role};
use zhihui_data::Table;

use crate::support::Fixture;

/// Knows one file with two columns, of which the second is a time.
pub(crate) struct SmallMapper;

#[async_trait]
impl FileMapper for SmallMapper {
    async fn preview(&self, file: &str, choice: Option<MappingChoice>) -> Result<MappedFile, JobError> {
        if file != "clicks.csv" {
            return Err(JobError::NotFound("the inbox has no such file".into()));
        }
        let column = |header: &str| {
            let chosen = choice.as_ref().and_then(|choice| choice.columns.iter().find(|(known, _)| known == header));
            (header.to_owned(), chosen.map(|(_, column)| column.clone()))
        };
        let columns = vec![column("who"), column("<when>")];
        let is_readable = columns.iter().all(|(_, column)| column.is_some());
        Ok(MappedFile {
            table: Some(choice.as_ref().map_or(Table::Reads, |choice| choice.table)),
            is_readable,
            error: (!is_readable).then(|| "column article_id is missing".to_owned()),
            columns,
            rows: 1_200,
            rejected: 3,
            reasons: vec![("bad_time".to_owned(), 3)],
            sample_columns: vec!["member_id".to_owned()],
            sample: vec![vec!["<b>m1".to_owned()]],
            section: Some("[[source]]".to_owned()),
            ..MappedFile::default()
        })
    }

    async fn keep(&self, file: &str, choice: MappingChoice, by: &str) -> Result<(), JobError> {
        assert!(by.starts_with("user ") || by.starts_with("key "), "{by}");
        let found = self.preview(file, Some(choice)).await?;
        if found.is_readable { Ok(()) } else { Err(JobError::Invalid("not readable".into())) }
    }
}

const CHOICE: &str = "file=clicks.csv&table=reads&column.who=member_id&column.%3Cwhen%3E=read_at";

#[tokio::test]
async fn a_file_is_previewed_with_a_picker_for_each_of_its_columns() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let first = fixture.get_as("/data/mapping?file=clicks.csv", &cookie).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    for part in ["name=\"column.who\"", "阅读时间 read_at *", "column article_id is missing", "&#60;b&#62;m1"] {
        assert!(first.text.contains(part), "{part}: {}", first.text);
    }
    assert!(!first.text.contains("method=\"post\" action=\"/data/mapping\""), "an unreadable file cannot be kept");
    let chosen = fixture.get_as(&format!("/data/mapping?{CHOICE}"), &cookie).await;
    assert!(
        chosen.text.contains("1,200") && chosen.text.contains("method=\"post\" action=\"/data/mapping\""),
        "{}",
        chosen.text
    );
    assert!(chosen.text.contains("<option value=\"member_id\" selected>"), "{}", chosen.text);
    assert_eq!(fixture.get_as("/data/mapping?file=..%2Fzhihui.toml", &cookie).await.status, StatusCode::NOT_FOUND);
    let unknown = fixture.get_as("/data/mapping?file=clicks.csv&table=weather", &cookie).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let leader = fixture.sign_in("leader", Role::Leader).await;
    assert_eq!(fixture.get_as("/data/mapping?file=clicks.csv", &leader).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_kept_mapping_is_audited_with_its_columns() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as(&format!("/data/mapping?{CHOICE}"), &cookie).await.text;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let forged = fixture.post_form("/data/mapping", CHOICE, &cookie).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "{}", forged.text);
    let kept = fixture.post_form("/data/mapping", &format!("csrf={token}&{CHOICE}"), &cookie).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let refused = format!("csrf={token}&file=clicks.csv&table=reads&column.who=member_id");
    assert_eq!(fixture.post_form("/data/mapping", &refused, &cookie).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let entries = fixture.store.audit().list(10, None).await.unwrap();
    let mut kept = entries.iter().filter(|entry| entry.action == "mapping_kept");
    let entry = kept.next().expect("an entry");
    assert!(kept.next().is_none(), "a refused choice is not recorded as kept");
    assert!(entry.detail.to_string().contains("\"<when>\":\"read_at\""), "{entry:?}");
    assert!(fixture.get_as("/data?done=mapped", &cookie).await.text.contains("已保留这个对应关系"));
}
