//! Tests of workbooks with a decoder process.

use std::os::unix::fs::PermissionsExt;

use zhihui_pipeline::ingest::sheet::SheetDecoder;

use crate::support::Home;

/// A home whose decoder is a shell script.
async fn home(script: &str) -> Home {
    let mut home = Home::new().await;
    let program = home.folder.path().join("decoder");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    home.decoder = SheetDecoder::Program { program, limits: (1 << 30, 10) };
    home.file("members.xlsx", b"PK\x03\x04");
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sheets_with_a_header_are_ingested() {
    let home = home(r#"printf '\f\n"read me"\n\f\n\n"会员编号","性别"\n"1","男"\n"2"\n\f\n"会员编号"\n"3"\n'"#).await;
    let report = home.ingest(&home.inbox()).await;
    assert_eq!(report.totals.new, 3, "{report:#?}");
    assert_eq!(home.rows("select member_id, gender from members order by 1").await, ["1 male", "2 null", "3 null"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_of_the_decoder_is_reported() {
    let home = home("echo 'error: sheet 1 has a cell far away' >&2; exit 1").await;
    let report = home.ingest(&home.inbox()).await;
    assert!(report.files[0].error.as_ref().unwrap().contains("cell far away"), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_if_the_decoder_is_killed() {
    let home = home(r#"printf '\f\n"会员编号"\n"1"\n'; kill -9 $$"#).await;
    let report = home.ingest(&home.inbox()).await;
    assert!(report.refused() && report.totals.rows == 0, "{report:#?}");
    assert!(report.files[0].error.as_ref().unwrap().contains("1024 MiB"), "{report:#?}");
}
