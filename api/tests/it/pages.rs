//! Pages: their content, their security headers, and that they load nothing from other sites.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use zhihui_api::{Role, Settings, render_report};
use zhihui_data::Zone;
use zhihui_engine::Language;

use crate::support::{Fixture, small_report};

#[test]
fn reports_render_in_both_languages() {
    insta::assert_snapshot!("report_zh", render_report(&small_report(), Language::Zh, Zone::default(), false));
    insta::assert_snapshot!("report_en", render_report(&small_report(), Language::En, Zone::default(), false));
}

#[test]
fn report_files_are_self_contained_and_contain_no_scripts() {
    let file = render_report(&small_report(), Language::Zh, Zone::default(), true);
    assert!(file.starts_with("<!doctype html>") && file.contains("<style>") && file.contains("--accent"));
    assert!(
        !file.contains("<script") && !file.contains("http://") && !file.contains("https://") && !file.contains("<link")
    );
    assert!(file.contains("&#60;script&#62;alert(1)"), "names are escaped");
}

#[tokio::test]
async fn pages_have_security_headers_and_no_inline_styles() {
    let fixture = Fixture::new().await;
    let leader = fixture.sign_in("leader", Role::Leader).await;
    let staff = fixture.sign_in("staff", Role::Staff).await;
    let pages = [
        "/",
        "/reports",
        "/reports/explore",
        "/login",
        "/reports?district=nowhere",
        "/items",
        "/items/b1",
        "/items/zzz",
        "/models",
    ];
    let of_staff = [
        "/audiences",
        "/audiences?item_id=b1&band=25-34",
        "/audiences/saved",
        "/audiences/search",
        "/audiences/band-plan?item_id=a1&item_id=b1",
        "/push-lists",
        "/reports/comments",
        "/data",
    ];
    let pages = pages.into_iter().map(|page| (page, &leader)).chain(of_staff.into_iter().map(|page| (page, &staff)));
    for (address, cookie) in pages {
        let answer = fixture.get_as(address, cookie).await;
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/html; charset=utf-8", "{address}");
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{address}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{address}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert!(!answer.header(header::REFERRER_POLICY).is_empty());
        assert!(!answer.text.contains("style=\"") && !answer.text.contains(" onclick"), "{address}");
        // A script is one of our files or a data block, which browsers do not execute.
        let is_harmless =
            |script: &str| script.starts_with(" src=\"/assets/") || script.starts_with(" type=\"application/json\"");
        assert!(answer.text.split("<script").skip(1).all(is_harmless), "{address}");
    }
}

#[tokio::test]
async fn pages_are_chinese_until_a_language_is_chosen() {
    let fixture = Fixture::new().await;
    let answer = fixture.get("/login", "").await;
    assert!(answer.text.contains("lang=\"zh-CN\"") && answer.text.contains("登录"));
    let answer = fixture.get("/login?lang=en", "").await;
    assert!(answer.text.contains("lang=\"en\"") && answer.text.contains("Sign in"));
    let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    assert!(fixture.get_as("/login", &cookie).await.text.contains("Sign in"));
}

#[tokio::test]
async fn the_home_page_shows_the_age_of_the_data() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let text = fixture.get_as("/", &cookie).await.text;
    assert!(text.contains("2026-11-22 12:00") && text.contains("43,000") && text.contains("1,234"), "{text}");
    assert!(!text.contains("class=\"band\""));
    fixture.clock.fetch_add(48 * crate::support::HOUR, std::sync::atomic::Ordering::Relaxed);
    let cookie = fixture.sign_in("second", Role::Leader).await;
    assert!(fixture.get_as("/", &cookie).await.text.contains("class=\"band\""));
}

#[tokio::test]
async fn pages_without_data_say_what_to_do() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    assert!(fixture.get_as("/", &cookie).await.text.contains("zhihui run"));
    let answer = fixture.get_as("/reports?district=empty", &cookie).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("还没有可以报告的数据"));
}

#[tokio::test]
async fn the_report_page_shows_the_period_and_offers_files() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let page = fixture.get_as("/reports?from=2026-10-23&to=2026-11-22", &cookie).await;
    assert!(page.text.contains("2026-10-23 至 2026-11-21（共 30 天）"), "{}", page.text);
    assert!(page.text.contains("value=\"2026-10-23\"") && page.text.contains("11,820"));
    let file = "/v1/reports/engagement/export?format=html&lang=zh&from=2026-10-23&to=2026-11-22";
    assert!(page.text.replace("&#38;", "&").replace("&amp;", "&").contains(file), "{}", page.text);
    let wrong = fixture.get_as("/reports?from=never", &cookie).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("筛选条件有误"));
}

#[tokio::test]
async fn the_style_sheet_is_cached_under_a_url_with_its_hash() {
    let fixture = Fixture::new().await;
    let page = fixture.get("/login", "").await.text;
    let address = page.split("href=\"").find(|rest| rest.starts_with("/assets/zhihui.css")).unwrap();
    let answer = fixture.get(address.split('"').next().unwrap(), "").await;
    assert_eq!((answer.status, answer.header(header::CONTENT_TYPE)), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(answer.header(header::CACHE_CONTROL).contains("immutable"));
    let tag = answer.header(header::ETAG).to_owned();
    let again = Request::get("/assets/zhihui.css").header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
    assert_eq!(fixture.send(again).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(fixture.get("/assets/..%2fCargo.toml", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn unknown_addresses_return_a_page_to_browsers_and_a_problem_to_programs() {
    let fixture = Fixture::new().await;
    let request = Request::get("/nothing").header(header::ACCEPT, "text/html,*/*").body(Body::empty()).unwrap();
    let answer = fixture.send(request).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("没有这个页面"));
    assert_eq!(fixture.get("/nothing", "").await.problem(), "not_found");
}

#[tokio::test]
async fn the_item_list_shows_seats_and_reach_and_escapes_titles() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as("/items", &cookie).await.text;
    assert!(page.contains("亲子采摘 &#38; 野餐") && page.contains("1,234") && page.contains("/ 200"), "{page}");
    assert!(!page.contains("文章 &#60;1&#62;"), "articles have their own list");
    let articles = fixture.get_as("/items?show=articles", &cookie).await.text;
    assert!(articles.contains("文章 &#60;1&#62;") && !articles.contains("<1>"));
    let none = fixture.get_as("/items?kind=venue", &cookie).await.text;
    assert!(none.contains("没有符合筛选条件的内容"));
    let item = fixture.get_as("/items/b1", &cookie).await.text;
    assert!(item.contains("href=\"/audiences?item_id=b1\"") && item.contains("年满 18 岁"), "{item}");
    let leader = fixture.sign_in("leader", Role::Leader).await;
    assert!(!fixture.get_as("/items/b1", &leader).await.text.contains("/audiences"), "leaders cannot select audiences");
    let unknown = fixture.get_as("/items/zzz", &cookie).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn audiences_are_counted_from_the_url_and_downloaded_as_a_file() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let empty = fixture.get_as("/audiences", &cookie).await.text;
    assert!(empty.contains("这次推送给谁"));
    let page = fixture.get_as("/audiences?item_id=b1&band=25-34&limit=90", &cookie).await.text;
    assert!(page.contains("选中 90 人") && page.contains("value=\"25-34\" checked"), "{page}");
    let wrong = fixture.get_as("/audiences?item_id=b1&limit=many", &cookie).await.text;
    assert!(wrong.contains("人数上限须为正整数"));
    let file = fixture.get_as("/audiences/file?item_id=b1&format=xlsx", &cookie).await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, "Xlsx 90"));
    assert!(file.header(header::CONTENT_DISPOSITION).contains("audience-b1.xlsx"));
    let leader = fixture.sign_in("leader", Role::Leader).await;
    assert_eq!(fixture.get_as("/audiences", &leader).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_data_page_shows_runs_and_offers_rejected_rows() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let page = fixture.get_as("/data", &cookie).await.text;
    assert!(
        page.contains("3 行数据未能入库") && page.contains("时间无法识别") && page.contains("1 分 30 秒"),
        "{page}"
    );
    assert!(!page.contains("<b>reads") && !page.contains("<i>姓名"), "names of files and columns are escaped");
    let notes = [
        "阅读的 385 个文件（clicks_hour_000.csv.gz 等）：没有用到的列：dwell_second（是不是 dwell_seconds？）、",
        "姓名（个人信息，不保存）",
        "125 行（12.5%）里的会员或内容还没有登记",
        "read_fraction 有 37 个数值设为未知，所在的行已入库（例如第 5 行：数值超出范围；如果是百分数，",
        "factor = { read_fraction = 0.01 }",
        "另有 37 个数值无法识别，已设为未知",
    ];
    assert_eq!(notes.iter().find(|note| !page.contains(**note)), None, "{page}");
    let english = fixture.get_as("/data?lang=en", &cookie).await.text;
    assert!(english.contains("dwell_second (did you mean dwell_seconds?)"), "{english}");
    let workbook = fixture.get_as(&format!("/data/errors.xlsx?sha256={}&table=reads", "ab".repeat(32)), &cookie).await;
    assert_eq!((workbook.status, workbook.text.as_str()), (StatusCode::OK, "PK"));
    let other = fixture.get_as(&format!("/data/errors.xlsx?sha256={}&table=reads", "00".repeat(32)), &cookie).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let home = fixture.get_as("/", &cookie).await.text;
    assert!(home.contains("最近一次处理拒收了 1 个文件") && home.contains("最近的文件有 3 行数据未能入库"), "{home}");
}

#[tokio::test]
async fn the_model_page_hides_small_groups() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let page = fixture.get_as("/models", &cookie).await.text;
    assert!(page.contains("25-34 100%") && page.contains("其余（各段人少，合并） 0%"), "{page}");
    assert!(page.contains("另有几名会员") && page.contains("[0.0,1.0,40]"), "{page}");
}

#[tokio::test]
async fn the_model_page_shows_the_gate_result() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let page = fixture.get_as("/models", &cookie).await.text;
    assert!(
        page.contains("提供服务；其余由最好的简单方法") && page.contains("0.310") && page.contains("4,321"),
        "{page}"
    );
    // The slice is compared with the better popularity baseline and shows where the model is worse.
    assert!(page.contains("没有（新会员）") && page.contains("0.230") && page.contains("更差"), "{page}");
    assert!(page.contains("概率未校准") && page.contains("12 次展示或推送") && page.contains("改善 10.0%"), "{page}");
    assert!(page.contains("ials.factors") && page.contains("检验看的是&#60;过去&#62;。"), "{page}");
    assert!(page.contains("探索位置") && page.contains("8.12%") && page.contains("7.00% – 9.00%"), "{page}");
    assert!(page.contains("0.190 (−5.0%)") && page.contains("1.2%") && page.contains("3.4%"), "{page}");
    let english = fixture.get_as("/models?lang=en", &cookie).await.text;
    assert!(english.contains("Not calibrated") && english.contains("worse") && !english.contains("更差"), "{english}");
    let card = fixture.get_as("/models/card.json", &cookie).await;
    assert_eq!(card.json()["gate"]["accepted"], true);
    assert_eq!(card.json()["sides"][1]["serves"], "neighbours");
}

#[tokio::test]
async fn the_model_page_shows_what_serves_each_side_and_why() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let page = fixture.get_as("/models", &cookie).await.text;
    let after = |text: &'static str| page.split(text).nth(1).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(page.contains("给会员的列表：文章用个性化模型。") && page.contains("900 位会员的 1,500 份列表"), "{page}");
    let lists = after("给会员列文章");
    assert!(
        lists.contains("个性化模型确实胜过简单方法") && lists.contains("0.250") && lists.contains("+0.040"),
        "{lists}"
    );
    let audiences = after("给活动选会员");
    assert!(
        audiences.contains("未通过") && audiences.contains("相似内容（item-kNN） <span class=\"tag good\">提供服务"),
        "{audiences}"
    );
    assert!(audiences.contains("30.0%") && audiences.contains("−12.0 – −7.0"), "{audiences}");
    assert!(after("给文章选会员").contains("数据太少"), "{page}");
    let english = fixture.get_as("/models?lang=en", &cookie).await.text;
    assert!(english.contains("Members for an activity") && english.contains("too few to judge"), "{english}");
    assert!(english.contains("serves there; elsewhere the best simple method"), "{english}");
}
