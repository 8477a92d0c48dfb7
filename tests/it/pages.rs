//! The pages in a real browser: they render, fit a phone, and need no script for their numbers.

use std::process::Command;

use crate::journey::{AS_OF, open_activity, union};
use crate::program::{Program, Server};

fn browser() -> &'static str {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()));
    found.expect("no Chromium on the PATH; `make tools` installs one")
}

pub fn chromium(width: u32, extra: &[&str], url: &str) -> std::process::Output {
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

/// Returns the page after its scripts and styles, as text.
fn rendered(url: &str) -> String {
    String::from_utf8(chromium(375, &["--dump-dom"], url).stdout).unwrap()
}

#[test]
fn the_report_fits_a_phone_and_begins_with_its_summary() {
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
fn the_report_can_be_exported_to_excel_and_pdf() {
    let program = union();
    for (name, begins) in [("report.xlsx", &b"PK\x03\x04"[..]), ("report.pdf", &b"%PDF-"[..])] {
        let file = program.path(name);
        program.ok(&["report", "--out", file.to_str().unwrap(), "--as-of", AS_OF]);
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.starts_with(begins) && bytes.len() > 10_000, "{name} has {} bytes", bytes.len());
    }
    let (code, stderr) = program.fails(&["report", "--out", "report.docx", "--as-of", AS_OF]);
    assert!(code == 2 && stderr.contains(".xlsx, .pdf"), "{code}: {stderr}");
}

/// Returns the width of a page in a frame of 375 px.
fn width_on_a_phone(program: &Program, file: &str) -> u32 {
    size_on_a_phone(program, file).0
}

/// Returns width and height of a page in a frame of 375 px without scroll bars.
fn size_on_a_phone(program: &Program, file: &str) -> (u32, u32) {
    let frame = format!(
        "<iframe id=f src='file://{file}' style='width:375px;height:800px;border:0'></iframe>\
         <script>f.onload=()=>{{const d=f.contentDocument;\
         document.title='size '+d.documentElement.scrollWidth+' '+d.body.scrollHeight+' '}}</script>"
    );
    let name = file.rsplit('/').next().unwrap();
    let host = program.file(&format!("frame-{name}"), frame);
    let output = chromium(
        800,
        &["--allow-file-access-from-files", "--virtual-time-budget=3000", "--dump-dom"],
        &format!("file://{host}"),
    );
    let dom = String::from_utf8(output.stdout).unwrap();
    let size = dom.split("<title>size ").nth(1).unwrap_or_else(|| panic!("{dom}"));
    let mut numbers = size.split(' ').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn no_page_is_wider_than_a_phone() {
    let program = union();
    let page = program.path("wide.html");
    program.ok(&["report", "--out", page.to_str().unwrap(), "--as-of", AS_OF]);
    let width = width_on_a_phone(program, page.to_str().unwrap());
    assert!(width <= 375, "the page is {width} px wide on a phone of 375 px");
}

#[test]
fn an_anonymous_visitor_is_asked_to_sign_in() {
    let program = union();
    let server = program.serve();
    let dom = rendered(&server.url("/reports"));
    assert!(dom.contains("type=\"password\""), "{dom}");
}

/// Saves a page of the service with its style sheet and scripts as a file for Chromium.
pub fn saved(program: &Program, server: &Server, key: &str, path: &str, name: &str) -> String {
    let (status, page) = server.get(path, Some(key));
    assert_eq!(status, 200, "{path}: {page}");
    let folder = program.path("site");
    std::fs::create_dir_all(&folder).unwrap();
    for asset in page.split("\"/assets/").skip(1).filter_map(|rest| rest.split(['?', '"']).next()) {
        let place = folder.join(asset);
        if !place.exists() {
            std::fs::write(place, server.get(&format!("/assets/{asset}"), None).1).unwrap();
        }
    }
    let file = folder.join(name);
    std::fs::write(&file, page.replace("\"/assets/", "\"")).unwrap();
    file.display().to_string()
}

#[test]
fn the_pages_fit_a_phone_and_draw_their_charts() {
    let program = union();
    let key = program.json(&["key", "add", "browser", "--scope", "admin"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let item = open_activity(program);
    let audience = format!("/audiences?item_id={item}&limit=50");
    let body = serde_json::json!({ "item_id": item, "limit": 50 });
    let (status, list) = server.post_json("/v1/push-lists", &key, &body);
    assert_eq!(status, 201, "{list}");
    let push_list = format!("/push-lists/{}", list["id"].as_str().unwrap());
    let body = serde_json::json!({ "name": "近期常读且未报名的会员", "rule": { "field": "gender", "eq": "female" } });
    assert_eq!(server.post_json("/v1/audiences", &key, &body).0, 201);
    let nested = serde_json::json!({ "all": [{ "any": [{ "not": { "any": [
        { "did": { "event": "sign_up", "item_id": item, "from": "2026-01-01", "to": "2026-11-01", "at_least": 1 } },
        { "field": "age_band", "in": ["25-34", "35-44", "45-54"] },
        { "field": "union_subtree", "in": ["U001"] },
    ] } }] }] });
    let rule: String = nested.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let builder = format!("/audiences?rule={rule}&find=r-0-0-2.v&q.r-0-0-2.v=");
    let others = program.json(&["sql", "select activity_id from activities order by activity_id limit 6"]);
    let others =
        others.as_array().unwrap().iter().map(|row| format!("&item_id={}", row["activity_id"].as_str().unwrap()));
    let plan = format!("/audiences/band-plan?item_id={item}{}", others.collect::<String>());
    let pages = [
        ("/", "home.html"),
        ("/items", "items.html"),
        ("/items?show=articles&lang=en", "articles.html"),
        (plan.as_str(), "plan.html"),
        (audience.as_str(), "audience.html"),
        (builder.as_str(), "builder.html"),
        ("/audiences/saved", "saved-audiences.html"),
        ("/push-lists", "push-lists.html"),
        (push_list.as_str(), "push-list.html"),
        ("/data", "data.html"),
        ("/models", "models.html"),
        ("/members", "members.html"),
        ("/reports/explore", "explore.html"),
    ];
    for (path, name) in pages {
        let file = saved(program, &server, &key, path, name);
        let width = width_on_a_phone(program, &file);
        assert!(width <= 375, "{path} is {width} px wide on a phone of 375 px");
    }
    let models = format!("file://{}", program.path("site").join("models.html").display());
    let drawn = chromium(1280, &["--virtual-time-budget=5000", "--dump-dom"], &models);
    let dom = String::from_utf8(drawn.stdout).unwrap();
    assert!(dom.contains("data-drawn=\"yes\"") && dom.contains("<canvas"), "the map of interests is not drawn");
}

#[test]
fn the_first_load_of_a_report_is_small() {
    let program = union();
    let key = program.json(&["key", "add", "load", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    for path in ["/reports", "/reports/explore"] {
        let (_, page) = server.get(path, Some(&key));
        let assets = page.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next());
        let assets: Vec<usize> = assets.map(|asset| server.transferred(&format!("/assets/{asset}"), None)).collect();
        let bytes = server.transferred(path, Some(&key)) + assets.iter().sum::<usize>();
        assert!(!assets.is_empty() && bytes <= 300_000, "{path} takes {bytes} bytes with {} files", assets.len());
    }
}

#[test]
fn the_daily_chart_is_drawn_in_place_of_its_picture_and_can_be_read_by_keys() {
    let program = union();
    let key = program.json(&["key", "add", "chart", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let file = saved(program, &server, &key, "/reports/explore?from=2026-09-01&to=2026-11-01", "chart.html");
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains("<svg class=\"columns\""), "without a script there is a picture");
    let press = "addEventListener('load', () => { const chart = document.querySelector('[data-chart=chart-daily]'); \
                 chart.focus(); for (const key of ['Home', 'ArrowRight', '+']) { \
                 chart.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); } });";
    std::fs::write(program.path("site").join("press.js"), press).unwrap();
    std::fs::write(&file, page.replace("</body>", "<script src='press.js'></script></body>")).unwrap();
    let dom = String::from_utf8(
        chromium(1280, &["--virtual-time-budget=5000", "--dump-dom"], &format!("file://{file}")).stdout,
    )
    .unwrap();
    assert!(dom.contains("data-drawn=\"yes\"") && dom.contains("<canvas"), "the chart is not drawn");
    let picture = dom.split("id=\"picture-daily\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(picture.contains("hidden"), "the picture stays beside the chart");
    let voice = dom.split("aria-live=\"polite\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    assert!(voice.starts_with("2026-09-02") && voice.contains("阅读人数"), "{voice}");
}

#[test]
fn the_memo_fits_two_phone_screens_and_one_sheet_of_paper() {
    let program = union();
    let key = program.json(&["key", "add", "memo", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    for (path, name) in [("/reports", "memo.html"), ("/reports?lang=en", "memo-en.html")] {
        let file = saved(program, &server, &key, path, name);
        let (width, height) = size_on_a_phone(program, &file);
        // Two screens of 667 px, and a little for a longer name of a union.
        assert!(width <= 375 && height <= 1_400, "{path} is {width} px wide and {height} px high on a phone");
        let pdf = program.path(&format!("{name}.pdf"));
        chromium(
            1280,
            &["--no-pdf-header-footer", &format!("--print-to-pdf={}", pdf.display())],
            &format!("file://{file}"),
        );
        let bytes = std::fs::read(&pdf).unwrap();
        let pages = String::from_utf8_lossy(&bytes).matches("/Type /Page\n").count();
        assert_eq!(pages, 1, "{path} has {pages} pages");
    }
}

#[test]
fn every_number_of_a_page_is_shown_without_scripts() {
    let program = union();
    let key = program.json(&["key", "add", "reader", "--scope", "admin"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let item = open_activity(program);
    let (_, page) = server.get(&format!("/audiences?item_id={item}&limit=50"), Some(&key));
    let preview = program.json(&["audience", "--item", &item, "--limit", "50", "--hold-out", "0.1", "--as-of", AS_OF]);
    assert!(page.contains(&format!("可推送 {} 人", preview["selected"])), "{page}");
    for step in preview["funnel"].as_array().unwrap() {
        let left = step["left"].as_u64().unwrap();
        let grouped = if left < 1_000 { left.to_string() } else { format!("{},{:03}", left / 1_000, left % 1_000) };
        assert!(page.contains(&format!("<span class=\"n\">{grouped}")), "{step} is not in the funnel");
    }
    let (status, list) =
        server.get(&format!("/audiences/file?item_id={item}&limit=50&hold_out=10&format=csv"), Some(&key));
    let lines: Vec<&str> = list.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!((status, lines[0]), (200, "rank,member_id,openid,union_id,age_band,probability,reasons"));
    assert_eq!(lines.len() as u64, 1 + preview["selected"].as_u64().unwrap());
}
