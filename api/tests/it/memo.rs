//! The memo page and the page that explores everything.

use serde_json::json;
use zhihui_api::{Role, render_report};
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::ReportTable;

use crate::support::{Fixture, small_report};

fn place(page: &str, text: &str) -> usize {
    page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"))
}

#[tokio::test]
async fn the_memo_is_read_in_a_fixed_order_and_has_no_table() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let page = fixture.get_as("/reports", &cookie).await.text;
    let order = [
        "<h1 class=\"summary\">10月23日至11月21日",
        "class=\"tile\"",
        "有什么变化，为什么",
        "谁没有动静，先联系谁",
        "推送带来了什么",
        "id=\"action\"",
        "<details class=\"notes\">",
    ];
    let places: Vec<usize> = order.iter().map(|text| place(&page, text)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!((page.matches("class=\"tile\"").count(), page.contains("<table")), (3, false));
    assert!(
        page.contains("目标 30%，差 2.5 个百分点") && page.contains("<dd class=\"change target missed\">"),
        "{page}"
    );
    assert!(page.contains("title=\"U0007\">中关村第七纺织厂工会 <small class=\"muted\">海淀</small>"), "{page}");
    assert!(page.contains("412 人") && !page.contains("title=\"U0008\""), "an id that is the name is not repeated");
    assert!(page.contains("「&#60;亲子&#62;」主题的读者减少最多") && !page.contains("<亲子>"), "texts are escaped");
    let notes = &page[places[6]..];
    assert!(notes.contains("超过两个标准误") && notes.contains("会员覆盖率：阅读人数除以全部会员。"), "{notes}");
    let english = fixture.get_as("/reports?lang=en", &cookie).await.text;
    assert!(english.contains("What moved, and why") && english.contains("and 8 more: see all"), "{english}");
}

#[tokio::test]
async fn period_and_filters_stay_on_both_pages() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("leader", Role::Leader).await;
    let query = "from=2026-10-23&#38;to=2026-11-22&#38;district=%E6%9C%9D%E9%98%B3";
    let address = |path: &str| format!("{path}?{}", query.replace("&#38;", "&"));
    let memo = fixture.get_as(&address("/reports"), &cookie).await.text;
    assert!(memo.contains(&format!("href=\"/reports/explore?{query}\"")), "{memo}");
    assert!(memo.contains(&format!("href=\"/reports/explore?{query}#unions\">还有 8 家")), "{memo}");
    assert!(memo.contains("to=2026-11-22&#38;district=%E6%9C%9D%E9%98%B3\""), "presets keep the district: {memo}");
    let explore = fixture.get_as(&address("/reports/explore"), &cookie).await.text;
    assert!(explore.contains(&format!("href=\"/reports?{query}\"")) && explore.contains("<table"), "{explore}");
    assert!(explore.contains("action=\"/reports/explore\"") && explore.contains("value=\"朝阳\""), "{explore}");
    let wrong = fixture.get_as("/reports/explore?from=never", &cookie).await;
    assert_eq!(wrong.status.as_u16(), 400);
}

#[test]
fn charts_and_tables_name_articles_with_the_id_beside() {
    let mut report = small_report();
    report.tables = vec![ReportTable {
        name: "articles".into(),
        columns: ["item_id", "title", "readers"].map(str::to_owned).into(),
        rows: vec![json!(["A03737", "秋游报名", 420]), json!(["A1", "A1", 31])]
            .into_iter()
            .map(|row| row.as_array().unwrap().clone())
            .collect(),
        ..report.tables[1].clone()
    }];
    let page = render_report(&report, Language::Zh, Zone::default(), false);
    assert!(page.contains("<span class=\"label\" title=\"A03737\">秋游报名</span>"), "{page}");
    assert!(
        page.contains("<td>秋游报名 <small class=\"muted id\">A03737</small></td>") && page.contains("<td>A1</td>")
    );
    assert!(!page.contains("<td>A03737</td>"), "the id has no column of its own");
}

#[test]
fn a_chart_of_mostly_hidden_unions_groups_them_by_size() {
    let mut report = small_report();
    let union = |id: &str, members: serde_json::Value| vec![json!(id), json!(id), members, json!(0)];
    let mut rows: Vec<Vec<serde_json::Value>> = (0..9).map(|at| union(&format!("U{at}"), json!("<10"))).collect();
    rows.extend([union("U100", json!(45)), union("U101", json!(60)), union("U102", json!(310))]);
    report.tables = vec![ReportTable {
        name: "unions".into(),
        columns: ["union_id", "name", "members", "active_members"].map(str::to_owned).into(),
        rows,
        ..report.tables[1].clone()
    }];
    let page = render_report(&report, Language::Zh, Zone::default(), false);
    let chart = &page[place(&page, "<figure>")..place(&page, "</figure>")];
    assert!(page.contains("图按会员人数把工会分组") && chart.contains("30–99") && !chart.contains("U100"), "{chart}");
    assert!(page.contains("<td>U100</td>"), "the table has every union");
    report.tables[0].columns = ["day", "x", "members", "active_members"].map(str::to_owned).into();
    let page = render_report(&report, Language::En, Zone::default(), false);
    assert!(page.contains("so there is no chart") && !page.contains("<figure>"), "{page}");
}
