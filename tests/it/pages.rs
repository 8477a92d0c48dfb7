//! The pages in a real browser: they render, fit a phone, and need no script for their numbers.

use std::process::Command;

use crate::journey::{AS_OF, union};

fn browser() -> &'static str {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    found.expect("no Chromium on the PATH; `make tools` installs one")
}

fn chromium(width: u32, extra: &[&str], url: &str) -> std::process::Output {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},900"))
        .args(extra)
        .arg(url)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The page after its scripts and styles, as text.
fn rendered(url: &str) -> String {
    String::from_utf8(chromium(375, &["--dump-dom"], url).stdout).unwrap()
}

#[test]
fn the_report_is_readable_on_a_phone_and_says_its_sentence_first() {
    let program = union();
    let page = program.path("report.html");
    program.ok(&["report", "--out", page.to_str().unwrap(), "--as-of", AS_OF]);
    let report = program.json(&["report", "--as-of", AS_OF]);
    let dom = rendered(&format!("file://{}", page.display()));
    let sentence = dom.find(report["summary"]["zh"].as_str().unwrap()).expect("the sentence is on the page");
    let table = dom.find("<table").expect("tables are on the page");
    assert!(sentence < table, "the sentence does not come first");
    for size in [375, 1280] {
        let shot = program.path(&format!("report-{size}.png"));
        let screenshot = format!("--screenshot={}", shot.display());
        chromium(size, &[&screenshot], &format!("file://{}", page.display()));
        assert!(std::fs::metadata(&shot).unwrap().len() > 20_000, "the page is blank at {size} px");
    }
}

#[test]
fn nothing_on_a_phone_is_wider_than_the_phone() {
    let program = union();
    let page = program.path("wide.html");
    program.ok(&["report", "--out", page.to_str().unwrap(), "--as-of", AS_OF]);
    let frame = format!(
        "<iframe id=f src='file://{}' style='width:375px;height:800px;border:0'></iframe>\
         <script>f.onload=()=>{{document.title='width '+f.contentDocument.documentElement.scrollWidth}}</script>",
        page.display()
    );
    let host = program.file("frame.html", frame);
    let output = chromium(
        800,
        &["--allow-file-access-from-files", "--virtual-time-budget=3000", "--dump-dom"],
        &format!("file://{host}"),
    );
    let dom = String::from_utf8(output.stdout).unwrap();
    let width: u32 =
        dom.split("<title>width ").nth(1).and_then(|rest| rest.split('<').next()).unwrap().parse().unwrap();
    assert!(width <= 375, "the page is {width} px wide on a phone of 375 px");
}

#[test]
fn a_stranger_is_asked_to_sign_in() {
    let program = union();
    let server = program.serve();
    let dom = rendered(&server.url("/reports"));
    assert!(dom.contains("type=\"password\""), "{dom}");
}
