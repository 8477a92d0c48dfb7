//! The form of the audience page: it edits any rule without scripts, and keeps what was filled in.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use zhihui_api::Role;

use crate::support::{Answer, Fixture};

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The parameter of a URL, decoded.
fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1.split('#').next()?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap() as u8;
        bytes.push(if byte == b'%' { 16 * digit(rest.next()) + digit(rest.next()) } else { byte });
    }
    Some(String::from_utf8(bytes).unwrap())
}

fn rule_of(url: &str) -> Value {
    serde_json::from_str(&parameter(url, "rule").unwrap_or_else(|| panic!("no rule in {url}"))).unwrap()
}

async fn staff(fixture: &Fixture) -> String {
    fixture.sign_in("staff", Role::Staff).await
}

/// Sends the form and returns where the response leads.
async fn pressed(fixture: &Fixture, cookie: &str, query: &str) -> String {
    let answer = fixture.get_as(&format!("/audiences?{query}"), cookie).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.header(header::LOCATION).to_owned()
}

async fn by_htmx(fixture: &Fixture, cookie: &str, address: &str) -> Answer {
    let request = Request::get(address).header(header::COOKIE, cookie).header("hx-request", "true");
    fixture
        .send(request.header("hx-current-url", "https://union.example/audiences?topic=x").body(Body::empty()).unwrap())
        .await
}

fn csrf_of(page: &str) -> String {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn buttons_add_and_remove_conditions_without_scripts() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let to = pressed(&fixture, &cookie, "item_id=b1&hold_out=10&r.is=all&op=add:r:did").await;
    assert!(to.starts_with("/audiences?item_id=b1") && to.ends_with("#r-0"), "{to}");
    let did = json!({ "event": "read", "within_days": 30, "at_least": 1 });
    assert_eq!(rule_of(&to), json!({ "all": [{ "did": did }] }));
    let page = fixture.get_as(&to, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for name in ["r.is", "r-0.is", "r-0.event", "r-0.days", "r-0.times", "q.r-0.topic", "q.r-0.item_id"] {
        assert!(page.text.contains(&format!("name=\"{name}\"")), "{name}: {}", page.text);
    }
    let kind = "r.is=not&r-0.is=did&r-0.event=sign_up&r-0.count=&r-0.period=";
    let to = pressed(&fixture, &cookie, &format!("topic=x&{kind}&op=add:r:gender")).await;
    let signed_up = json!({ "did": { "event": "sign_up" } });
    assert_eq!(rule_of(&to), json!({ "not": { "any": [signed_up, { "field": "gender", "in": [] }] } }));
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("尚未填完，暂不计入") && page.contains("符合并被排除"), "{page}");
    assert!(!page.contains("action=\"/push-lists"), "an unfinished audience cannot be frozen");
    let to = pressed(&fixture, &cookie, &format!("topic=x&{kind}&op=remove:r-0")).await;
    assert_eq!(rule_of(&to), json!({ "not": { "any": [] } }));
}

#[tokio::test]
async fn conditions_move_without_scripts_and_by_keyboard() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let [male, female] = ["male", "female"].map(|value| json!({ "field": "gender", "in": [value] }));
    let fields = "topic=x&r.is=all&r-0.is=any&r-0-0.is=gender&r-0-0.op=in&r-0-0.v=male\
                  &r-1.is=gender&r-1.op=in&r-1.v=female";
    let page = fixture.get_as(&format!("/audiences?{fields}"), &cookie).await.header(header::LOCATION).to_owned();
    let page = fixture.get_as(&page, &cookie).await.text;
    for (op, label) in [
        ("down:r-0", "下移：符合任意一条（组内第 1 项，共 2 项）"),
        ("out:r-0-0", "移出此组：性别（组内第 1 项，共 1 项）"),
        ("up:r-1", "上移：性别（组内第 2 项，共 2 项）"),
        ("into:r-1", "移入上一组：性别（组内第 2 项，共 2 项）"),
    ] {
        let button =
            format!("<button class=\"link\" type=\"submit\" name=\"op\" value=\"{op}\" aria-label=\"{label}\"");
        assert!(page.contains(&button), "{button} in {page}");
    }
    assert!(!page.contains("value=\"up:r-0\"") && !page.contains("value=\"down:r-1\""), "{page}");
    let to = pressed(&fixture, &cookie, &format!("{fields}&op=into:r-1")).await;
    assert_eq!(rule_of(&to), json!({ "all": [{ "any": [male, female] }] }));
    assert!(to.ends_with("#r-0-1"), "{to}");
    let to = pressed(&fixture, &cookie, &format!("{fields}&op=out:r-0-0")).await;
    assert_eq!(rule_of(&to), json!({ "all": [{ "any": [] }, male, female] }));
    let to = pressed(&fixture, &cookie, &format!("{fields}&op=up:r-1")).await;
    assert_eq!(rule_of(&to), json!({ "all": [female, { "any": [male] }] }));
    // A move of an old page that is not possible any more changes nothing.
    let to = pressed(&fixture, &cookie, &format!("{fields}&op=up:r-7")).await;
    assert_eq!(rule_of(&to), json!({ "all": [{ "any": [male] }, female] }));
    // The pressed button keeps the focus, and the browser's way back undoes the move.
    let moved =
        by_htmx(&fixture, &cookie, &format!("/audiences?{fields}&r-2.is=follows&r-2.op=eq&r-2.v=true&op=up:r-2")).await;
    assert!(moved.headers.contains_key("hx-push-url"));
    let focused = moved.text.split(" autofocus>").next().unwrap().rsplit("<button").next().unwrap();
    assert!(focused.contains("value=\"up:r-1\"") && moved.text.matches(" autofocus").count() == 1, "{focused}");
    let last = by_htmx(&fixture, &cookie, &format!("/audiences?{fields}&op=up:r-1")).await.text;
    let focused = last.split(" autofocus>").next().unwrap().rsplit("<fieldset").next().unwrap();
    assert!(focused.contains("id=\"r-0\" tabindex=\"-1\""), "without the button, the condition: {focused}");
}

#[tokio::test]
async fn every_condition_shows_how_many_members_it_leaves() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let rule = json!({ "all": [{ "field": "gender", "eq": "male" }, { "not": { "segment": "亲子" } }] });
    let page = fixture.get_as(&format!("/audiences?rule={}", encoded(&rule.to_string())), &cookie).await.text;
    let count = |key: &str| {
        let element = page.split(&format!("id=\"{key}_count\">")).nth(1).unwrap_or_else(|| panic!("{key} in {page}"));
        element.split('<').next().unwrap().to_owned()
    };
    // The small state counts 100, 50, 25, …
    assert_eq!([count("r"), count("r-0")], ["共 50 人符合", "剩 25 人（减少 25 人）"]);
    assert_eq!([count("r-1"), count("r-1-0")], ["排除 13 人，剩 12 人", "符合并被排除 6 人"]);
    assert!(page.contains("50 名会员符合条件"), "without an item, the page shows how many meet the rule");
}

#[tokio::test]
async fn htmx_gets_the_page_and_the_url_of_what_was_filled_in() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let fields = "item_id=b1&r.is=all&r-0.is=age&r-0.op=at_least&r-0.v=30";
    let typed = by_htmx(&fixture, &cookie, &format!("/audiences?{fields}")).await;
    assert_eq!(typed.status, StatusCode::OK);
    let url = typed.headers["hx-replace-url"].to_str().unwrap();
    assert_eq!(rule_of(url), json!({ "all": [{ "field": "age", "at_least": 30 }] }));
    assert!(typed.text.contains("hx-select-oob=\"#status:innerHTML,#r_count,#r-0_count\""), "{}", typed.text);
    let added = by_htmx(&fixture, &cookie, &format!("/audiences?{fields}&op=add:r:any")).await;
    assert!(added.headers.contains_key("hx-push-url") && !added.headers.contains_key("hx-replace-url"));
    assert!(added.text.contains("autofocus"), "the new condition gets the focus");
    let searched = by_htmx(&fixture, &cookie, "/audiences/search?for=item_id&q.item_id=%E9%87%87%E6%91%98").await;
    assert!(searched.text.contains("pick:item_id:b1") && !searched.text.contains("<html"), "{}", searched.text);
}

#[tokio::test]
async fn items_topics_and_unions_are_found_by_name() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let fields = "r.is=all&r-0.is=union_subtree&r-0.op=in";
    let to = pressed(&fixture, &cookie, &format!("{fields}&q.r-0.v=%E4%B8%80%E5%8E%82&op=find:r-0.v")).await;
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("value=\"pick:r-0.v:u1\"") && !page.contains("pick:r-0.v:u2"), "{page}");
    let to = pressed(&fixture, &cookie, &format!("{fields}&op=pick:r-0.v:u1")).await;
    assert_eq!(rule_of(&to), json!({ "all": [{ "field": "union_subtree", "in": ["u1"] }] }));
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("name=\"r-0.v\" value=\"u1\"") && page.contains("一厂工会"), "{page}");
    let to = pressed(&fixture, &cookie, "topic=x&r.is=all&op=pick:item_id:b1").await;
    assert_eq!((parameter(&to, "item_id").as_deref(), parameter(&to, "topic")), (Some("b1"), None));
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("亲子采摘 &#38; 野餐") && page.contains("drop:item_id:b1"), "the title, not the id alone");
    assert_eq!(fixture.get_as("/audiences/search?for=limit", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_rule_as_json_opens_in_the_form() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let token = csrf_of(&fixture.get_as("/audiences?item_id=b1", &cookie).await.text);
    let rule = json!({ "any": [{ "preference": { "topic": "亲子", "at_least": 0.07 } }, { "audience": "au_0" }] });
    let body = format!("csrf={token}&item_id=b1&limit=5&rule={}", encoded(&rule.to_string()));
    let answer = fixture.post_form("/audiences", &body, &cookie).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let to = answer.header(header::LOCATION).to_owned();
    assert_eq!((rule_of(&to), parameter(&to, "limit").as_deref()), (rule, Some("5")));
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("name=\"r-0.percent\" inputmode=\"decimal\" value=\"7\""), "{page}");
    let body = format!("csrf={token}&item_id=b1&rule=%7B%22shoe%22%3A1%7D");
    let to = fixture.post_form("/audiences", &body, &cookie).await.header(header::LOCATION).to_owned();
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("规则有误") && page.contains("{&#34;shoe&#34;:1}"), "{page}");
    assert_eq!(fixture.post_form("/audiences", "rule=%7B%7D", &cookie).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_that_is_too_long_for_a_url_is_kept() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let ids: Vec<String> = (0..900).map(|at| format!("union-{at}")).collect();
    let rule = json!({ "field": "union_subtree", "in": ids }).to_string();
    let token = csrf_of(&fixture.get_as("/audiences", &cookie).await.text);
    let body = format!("csrf={token}&item_id=b1&rule={}", encoded(&rule));
    let to = fixture.post_form("/audiences", &body, &cookie).await.header(header::LOCATION).to_owned();
    let draft = parameter(&to, "draft").expect("a draft");
    let page = fixture.get_as(&to, &cookie).await.text;
    assert!(page.contains("method=\"post\" action=\"/audiences\" class=\"part desk-form\""), "{page}");
    assert!(page.contains("union-899") && page.contains("选中 90 人"));
    // The next change stays in the same draft.
    let body = format!(
        "csrf={token}&draft={draft}&item_id=b1&r.is=union_subtree&r.op=in&{}&op=drop:r.v:union-0",
        ids.iter().map(|id| format!("r.v={id}")).collect::<Vec<_>>().join("&")
    );
    let to = fixture.post_form("/audiences", &body, &cookie).await.header(header::LOCATION).to_owned();
    assert_eq!(parameter(&to, "draft"), Some(draft.clone()));
    assert!(!fixture.get_as(&to, &cookie).await.text.contains("value=\"union-0\""));
    let file = fixture.get_as(&format!("/audiences/file?draft={draft}&format=csv"), &cookie).await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, "Csv 90"));
    let other = fixture.sign_in("colleague", Role::Staff).await;
    assert_eq!(fixture.get_as(&to, &other).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_filled_in_survives_a_lost_session() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let values: String = (0..300).map(|at| format!("&r-0.v=union-{at}")).collect();
    let form = format!("/audiences?item_id=b1&r.is=all&r-0.is=union_subtree&r-0.op=in{values}");
    let lost = fixture.get_as(&form, "").await;
    assert_eq!(lost.status, StatusCode::SEE_OTHER);
    let sign_in = lost.header(header::LOCATION).to_owned();
    assert_eq!(parameter(&sign_in, "next").as_deref(), Some(form.as_str()));
    let page = fixture.get_as(&sign_in, "").await.text;
    let action = page.split("<form method=\"post\" action=\"").nth(1).unwrap().split('"').next().unwrap();
    let answer = fixture.post_form(&action.replace("&#38;", "&"), "name=staff&password=a+long+password", "").await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, form.as_str()));
    let to = fixture.get_as(&form, &cookie).await.header(header::LOCATION).to_owned();
    assert_eq!(rule_of(&to)["all"][0]["in"].as_array().map(Vec::len), Some(300));
    // A form that was sent with POST leads back to its page.
    let sent = Request::post("/audiences").header(header::REFERER, "https://union.example/audiences?draft=ad_1");
    let sent = fixture.send(sent.body(Body::from("r.is=all")).unwrap()).await;
    let sign_in = sent.header(header::LOCATION);
    assert_eq!(parameter(sign_in, "next").as_deref(), Some("/audiences?draft=ad_1"));
    // A script is led to the sign-in with the whole page, and back to the same form.
    let script = by_htmx(&fixture, "", "/audiences?topic=x&r.is=any").await;
    assert_eq!(script.status, StatusCode::UNAUTHORIZED);
    let sign_in = script.headers["hx-redirect"].to_str().unwrap().to_owned();
    assert_eq!(parameter(&sign_in, "next").as_deref(), Some("/audiences?topic=x&r.is=any"));
    let search = by_htmx(&fixture, "", "/audiences/search?for=topic").await;
    let sign_in = search.headers["hx-redirect"].to_str().unwrap().to_owned();
    assert_eq!(parameter(&sign_in, "next").as_deref(), Some("/audiences?topic=x"));
}

#[tokio::test]
async fn a_saved_audience_opens_in_the_form_and_a_deletion_can_be_undone() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let token = csrf_of(&fixture.get_as("/audiences", &cookie).await.text);
    let address = "/audiences/saved?r.is=all&r-0.is=gender&r-0.op=in&r-0.v=female";
    let answer = fixture.post_form(address, &format!("csrf={token}&name=%E5%A5%B3&as=new"), &cookie).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let id = parameter(answer.header(header::LOCATION), "saved").unwrap();
    let opened = fixture.get_as(&format!("/audiences?saved={id}"), &cookie).await.text;
    assert!(opened.contains("value=\"female\" checked") && opened.contains("value=\"version\""), "{opened}");
    let change = format!("/audiences/saved?saved={id}&r.is=all&r-0.is=gender&r-0.op=in&r-0.v=male");
    fixture.post_form(&change, &format!("csrf={token}&name=%E7%94%B7&as=version"), &cookie).await;
    let list = fixture.get_as("/audiences/saved", &cookie).await.text;
    assert!(list.contains("性别：男") && list.contains("data-label=\"版本\">2<"), "{list}");
    let delete = format!("/audiences/saved/{id}/delete");
    let to = fixture.post_form(&delete, &format!("csrf={token}"), &cookie).await.header(header::LOCATION).to_owned();
    let deleted = fixture.get_as(&to, &cookie).await.text;
    assert!(
        deleted.contains("已删除「男」") && deleted.contains(&format!("/audiences/saved/{id}/restore")),
        "{deleted}"
    );
    assert_eq!(fixture.get_as(&format!("/audiences?saved={id}"), &cookie).await.status, StatusCode::NOT_FOUND);
    let restore = format!("/audiences/saved/{id}/restore");
    assert_eq!(fixture.post_form(&restore, &format!("csrf={token}"), &cookie).await.status, StatusCode::SEE_OTHER);
    assert!(fixture.get_as("/audiences/saved", &cookie).await.text.contains("性别：男"));
    fixture.post_form(&delete, &format!("csrf={token}"), &cookie).await;
    fixture.clock.fetch_add(601, std::sync::atomic::Ordering::Relaxed);
    assert!(!fixture.get_as(&to, &cookie).await.text.contains("/restore"), "the time to undo has passed");
    assert_eq!(fixture.post_form(&restore, &format!("csrf={token}"), &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_deletion_is_not_undone_if_it_would_leave_a_dangling_reference() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let key = fixture.key(Role::Staff).await;
    let token = csrf_of(&fixture.get_as("/audiences", &cookie).await.text);
    let save = async |rule: Value| {
        let answer = fixture.post("/v1/audiences", &key, &json!({ "name": "x", "rule": rule })).await;
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let inner = save(json!({ "field": "gender", "eq": "male" })).await;
    let outer = save(json!({ "not": { "audience": inner } })).await;
    let press = async |id: &str, what: &str| {
        let address = format!("/audiences/saved/{id}/{what}");
        fixture.post_form(&address, &format!("csrf={token}"), &cookie).await.status
    };
    assert_eq!(press(&inner, "delete").await, StatusCode::CONFLICT, "the other one uses it");
    assert_eq!([press(&outer, "delete").await, press(&inner, "delete").await], [StatusCode::SEE_OTHER; 2]);
    assert_eq!(press(&outer, "restore").await, StatusCode::NOT_FOUND);
    assert_eq!([press(&inner, "restore").await, press(&outer, "restore").await], [StatusCode::SEE_OTHER; 2]);
}

/// The form without its token and without empty lines.
fn form_of(page: &str) -> String {
    let form = page.split("<div class=\"desk\" id=\"desk\">").nth(1).unwrap();
    let form = form.split("<section id=\"preview\"").next().unwrap().replace(&csrf_of(page), "TOKEN");
    form.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_form_renders_in_both_languages() {
    let fixture = Fixture::new().await;
    let cookie = staff(&fixture).await;
    let rule = json!({ "all": [
        { "field": "age_band", "in": ["25-34"] },
        { "any": [{ "field": "union_subtree", "in": ["u1"] }, { "field": "joined_at", "at_least": "2026-01-01" }] },
        { "not": { "did": { "event": "sign_up", "item_id": "b1", "from": "2026-01-01", "to": "2026-11-01" } } },
        { "preference": { "topic": "亲子", "at_least": 0.2 } },
        { "field": "follows", "eq": true },
    ] });
    let address = format!("/audiences?item_id=b1&rule={}", encoded(&rule.to_string()));
    insta::assert_snapshot!("audience_form_zh", form_of(&fixture.get_as(&address, &cookie).await.text));
    insta::assert_snapshot!(
        "audience_form_en",
        form_of(&fixture.get_as(&format!("{address}&lang=en"), &cookie).await.text)
    );
}
