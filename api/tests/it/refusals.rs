//! Every refusal that a person meets on a page speaks the language of the page.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use zhihui_api::Role;

use crate::support::{Answer, Fixture};
use crate::{allocations, push_lists};

const HTML: &str = "text/html,application/xhtml+xml";

/// The text of a page between its header and footer, without tags.
fn text_of(page: &str) -> String {
    let main = page.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap_or(page);
    main.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

/// The longest run of English words in a text.
fn english(text: &str) -> usize {
    let is_word = |word: &&str| {
        let word = word.trim_matches(|letter: char| ".,;:()".contains(letter));
        word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'' || byte == b'-')
    };
    let (mut run, mut longest) = (0, 0);
    for word in text.split_whitespace() {
        run = if is_word(&word) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Checks a refusal on a Chinese page.
fn assert_chinese(answer: &Answer, says: &str, what: &str) {
    assert!(answer.status.is_client_error(), "{what} is not refused: {} {}", answer.status, answer.text);
    assert!(answer.header(header::CONTENT_TYPE).starts_with("text/html"), "{what}: {}", answer.text);
    let text = text_of(&answer.text);
    assert!(text.contains(says), "{what} does not say {says}: {text}");
    assert!(english(&text) < 3, "{what} has an English sentence: {text}");
}

async fn csrf(fixture: &Fixture, cookie: &str) -> String {
    let page = fixture.get_as("/audiences/saved", cookie).await.text;
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Sends the fields of the form that uploads an exclusion list.
async fn upload(fixture: &Fixture, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let part = |(name, text): &(&str, &str)| match *name {
        "file" => {
            format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{text}\"\r\n\r\ndamaged\0\r\n")
        }
        name => format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"),
    };
    let body: String = fields.iter().map(part).collect::<String>() + "--x--\r\n";
    let request = Request::post("/exclusions")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    fixture.send(request.body(Body::from(body)).unwrap()).await
}

#[test]
fn english_sentences_are_found() {
    assert!(english("ids: no id found; give member ids") > 3);
    assert_eq!(english("没有找到编号。请粘贴会员编号或 openid 或 member_id 一列"), 1);
}

#[tokio::test]
async fn exclusion_lists() {
    let fixture = push_lists::fixture().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let long = "长".repeat(201);
    for (fields, says) in [
        (vec![("name", ""), ("ids", "m1")], "请填写名称，最多 100 个字"),
        (vec![("name", "x"), ("purpose", long.as_str()), ("ids", "m1")], "原因最多 200 个字"),
        (vec![("name", "x"), ("until", "soon"), ("ids", "m1")], "2027-03-31 这样的日期"),
        (vec![("name", "x"), ("until", "2026-11-01"), ("ids", "m1")], "（2026-11-01）已经过去"),
        (vec![("name", "x")], "没有找到编号"),
        (vec![("name", "x"), ("ids", "m7 m8")], "这 2 个编号都不属于"),
        (vec![("name", "x"), ("file", "list.csv")], "文件无法识别"),
        (vec![("name", "x"), ("file", "list.xlsx")], "Excel 文件无法读取"),
    ] {
        let fields: Vec<(&str, &str)> = std::iter::once(("csrf", token.as_str())).chain(fields).collect();
        assert_chinese(&upload(&fixture, &cookie, &fields).await, says, says);
    }
    let expired = upload(&fixture, &cookie, &[("name", "x"), ("ids", "m1")]).await;
    assert_chinese(&expired, "请刷新页面后重新提交", "no token");
    for what in ["delete", "restore"] {
        let address = format!("/exclusions/xl_0/{what}");
        let gone = fixture.post_form(&address, &format!("csrf={token}"), &cookie).await;
        assert_chinese(&gone, "没有这份排除名单", what);
        assert_chinese(&fixture.post_form(&address, "csrf=x", &cookie).await, "请刷新页面", "a wrong token");
    }
    let plain = fixture.post_form("/exclusions", &format!("csrf={token}&name=x"), &cookie).await;
    assert_chinese(&plain, "提交的内容不完整", "not a file form");
    let english = upload(&fixture, &format!("{cookie}; zhihui_lang=en"), &[("csrf", &token), ("name", "x")]).await;
    assert!(english.text.contains("No id was found. Paste member ids or openids"), "{}", english.text);
}

#[tokio::test]
async fn saved_audiences() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let rule = "/audiences/saved?r.is=all&r-0.is=gender&r-0.op=in&r-0.v=female";
    let save = async |address: &str, fields: &str| {
        fixture.post_form(address, &format!("csrf={token}&{fields}"), &cookie).await
    };
    let long = "x".repeat(101);
    assert_chinese(&save(rule, "name=+").await, "请填写名称，最多 100 个字", "no name");
    assert_chinese(&save(rule, &format!("name=x&note={long}")).await, "说明最多 100 个字", "a long note");
    let unfinished = "/audiences/saved?r.is=all&r-0.is=gender&r-0.op=in";
    assert_chinese(&save(unfinished, "name=x").await, "有条件尚未填完", "an unfinished rule");
    assert_chinese(&save("/audiences/saved?saved=au_0", "name=x&as=version").await, "没有这个已保存的受众", "unknown");
    for what in ["delete", "restore"] {
        assert_chinese(&save(&format!("/audiences/saved/au_0/{what}"), "").await, "没有这个已保存的受众", what);
    }
    let saved = save(rule, "name=x&as=new").await.header(header::LOCATION).to_owned();
    let id = saved.split("saved=").nth(1).unwrap().split('&').next().unwrap();
    save(&format!("/audiences/saved?r.is=all&r-0.is=audience&r-0.v={id}"), "name=y").await;
    assert_chinese(&save(&format!("/audiences/saved/{id}/delete"), "").await, "还有 1 处", "an audience in use");
    assert_chinese(&fixture.get_as("/audiences?draft=ad_0", &cookie).await, "这份草稿不是您的", "a draft");
    assert_chinese(&fixture.get_as("/audiences/file?format=csv", &cookie).await, "请先选择要推送的内容", "no item");
}

#[tokio::test]
async fn rules_of_the_audience_page() {
    let fixture = push_lists::fixture().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let deep = (0..25).fold(json!({ "segment": "a" }), |inner, _| json!({ "not": inner }));
    let many: Vec<_> = (0..201).map(|age| json!({ "field": "age", "eq": age })).collect();
    for (rule, says) in [
        ("{\"all\":".to_owned(), "不是有效的 JSON，请检查第 1 行"),
        (json!({ "shoe": 1 }).to_string(), "「shoe」无法识别"),
        (json!({ "field": "age", "at_least": [] }).to_string(), "/at_least 处的写法不对"),
        (deep.to_string(), "嵌套超过 20 层"),
        (json!({ "all": many }).to_string(), "条件或条件组超过 200 个"),
        (json!({ "audience": "au_0" }).to_string(), "没有编号为 au_0 的已保存受众"),
        (json!({ "similar_to": { "audience": "au_0", "width": "wide" } }).to_string(), "没有编号为 au_0 的已保存受众"),
    ] {
        let rule: String = rule.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let page = fixture.get_as(&format!("/audiences?item_id=a1&rule={rule}"), &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let result = page.text.split("id=\"preview\"").nth(1).unwrap();
        let complaint = text_of(result);
        assert!(complaint.contains(says) && english(&complaint) < 3, "{says}: {complaint}");
    }
    for (address, says) in [
        ("/audiences?item_id=none", "没有编号为 none 的内容"),
        ("/audiences?topic=none", "没有内容属于这个主题"),
        ("/audiences?item_id=a1&selection=even", "没有设定名额"),
    ] {
        let text = text_of(fixture.get_as(address, &cookie).await.text.split("id=\"preview\"").nth(1).unwrap());
        assert!(text.contains(says) && english(&text) < 3, "{says}: {text}");
    }
}

#[tokio::test]
async fn push_list_pages() {
    let fixture = push_lists::fixture().await;
    let (author, approver) =
        (fixture.sign_in("author", Role::Staff).await, fixture.sign_in("other", Role::Staff).await);
    let token = csrf(&fixture, &author).await;
    let freeze =
        async |query: &str| fixture.post_form(&format!("/push-lists?{query}"), &format!("csrf={token}"), &author).await;
    assert_chinese(&freeze("topic=x&hold_out=0").await, "没有内容属于这个主题", "an unknown topic");
    assert_chinese(&freeze("item_id=a1&hold_out=200").await, "对照组", "an invalid share");
    assert_chinese(&freeze("item_id=none").await, "没有编号为 none 的内容", "an unknown item");
    let nobody = "item_id=a1&rule=%7B%22any%22%3A%5B%5D%7D";
    assert_chinese(&freeze(nobody).await, "没有可以推送的会员", "nobody");
    let page = freeze("item_id=a1&hold_out=0").await.header(header::LOCATION).to_owned();
    let step = async |cookie: &str, fields: &str| {
        let token = csrf(&fixture, cookie).await;
        fixture.post_form(&page, &format!("csrf={token}&{fields}"), cookie).await
    };
    assert_chinese(&step(&approver, "step=approve").await, "名单现在是「草稿」，不能这样操作", "too early");
    assert_chinese(&step(&author, "step=dance").await, "请返回上一页", "an unknown step");
    assert_eq!(step(&author, "step=submit").await.status, StatusCode::SEE_OTHER);
    assert_chinese(&step(&author, "step=approve").await, "请由另一位同事审批", "the own list");
    assert_chinese(&step(&approver, "step=reject&reason=+").await, "请填写退回的原因", "no reason");
    assert_chinese(&fixture.get_as("/push-lists/pl_0", &author).await, "没有这份推送名单", "an unknown list");
    // The file is a link of the page to a route for programs.
    let export = format!("/v1{page}/export?format=csv");
    let request = |accept: &str| Request::get(&export).header(header::COOKIE, &author).header(header::ACCEPT, accept);
    let browser = fixture.send(request(HTML).body(Body::empty()).unwrap()).await;
    assert_chinese(&browser, "名单现在是「待审批」", "an early export");
    let program = fixture.send(request("*/*").body(Body::empty()).unwrap()).await;
    assert_eq!(program.problem(), "wrong_state");
    assert!(program.text.contains("export is possible only"), "programs read English: {}", program.text);
}

#[tokio::test]
async fn allocation_pages() {
    let fixture = allocations::fixture().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let step = async |fields: &str| {
        fixture.post_form("/items/b1/allocation", &format!("csrf={token}&{fields}"), &cookie).await
    };
    assert_chinese(&step("step=first_come").await, "还没有人报名", "nobody");
    assert_chinese(&step("step=record&allocation=none").await, "这项活动没有这次分配", "unknown");
    assert_chinese(&step("step=dance").await, "请返回上一页", "an unknown step");
    allocations::sign_up(&fixture).await;
    assert_eq!(step("step=commit").await.status, StatusCode::SEE_OTHER);
    assert_chinese(&step("step=commit").await, "抽签种子已经封存", "a second seed");
    let page = fixture.get_as("/items/b1/allocation", &cookie).await.text;
    assert!(page.contains("才能抽签"), "{page}");
    let entries = fixture.store.audit().list(100, None).await.unwrap();
    let entry = entries.iter().find(|entry| entry.action == "allocation").unwrap();
    let id = entry.detail["allocation"].as_str().unwrap().to_owned();
    let draw = format!("step=draw&allocation={id}");
    assert_chinese(&step(&draw).await, "报名还没有截止", "an early draw");
    assert_chinese(&step(&format!("step=record&allocation={id}")).await, "还没有抽签", "no result");
    let file = fixture.get_as(&format!("/items/b1/allocation/file?allocation={id}"), &cookie).await;
    assert_chinese(&file, "还没有抽签", "no file");
    fixture.clock.fetch_add(120, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(step(&draw).await.status, StatusCode::SEE_OTHER);
    assert_chinese(&step(&draw).await, "已经抽过签了", "a second draw");
    for address in ["/items/none/allocation", "/items/none", "/items/b1/allocation/file?allocation=none"] {
        let missing = fixture.get_as(address, &cookie).await;
        assert_chinese(&missing, if address.contains("file") { "没有这次分配" } else { "没有这项内容" }, address);
    }
}

#[tokio::test]
async fn other_pages() {
    let fixture = Fixture::new().await;
    let cookie = fixture.sign_in("staff", Role::Staff).await;
    let token = csrf(&fixture, &cookie).await;
    let switch = fixture.post_form("/members/m1/switch", &format!("csrf={token}&personalised=true"), &cookie).await;
    assert_chinese(&switch, "请写明查看原因", "no reason");
    let looked = fixture.post_form("/members", &format!("csrf={token}&member_id=m1"), &cookie).await;
    assert_chinese(&looked, "请写明查看原因", "no reason");
    assert_chinese(&fixture.get_as("/reports?from=never", &cookie).await, "请返回上一页", "an invalid day");
    let leader = fixture.sign_in("leader", Role::Leader).await;
    assert_chinese(&fixture.get_as("/audiences", &leader).await, "请联系管理员调整角色", "another role");
    let rejects = format!("/data/errors.xlsx?sha256={}&table=reads", "0".repeat(64));
    assert_chinese(&fixture.get_as(&rejects, &cookie).await, "已经不在了", "no rejected rows");
    let sign_up = fixture.post_form("/data/run", "csrf=x", &cookie).await;
    assert_chinese(&sign_up, "请刷新页面后重新提交", "a wrong token");
    // The script of the data page shows the detail.
    let part = "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n";
    let request = Request::post("/data/files")
        .header(header::COOKIE, &cookie)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    let answer = fixture.send(request.body(Body::from(format!("{part}{token}\r\n--x--\r\n"))).unwrap()).await;
    assert_eq!((answer.problem().as_str(), &answer.json()["detail"]), ("invalid_body", &json!("请先选择文件再上传。")));
    // Programs with a key read English.
    let key = format!("Bearer {}", fixture.key(Role::Staff).await);
    let request = Request::get("/items/none").header(header::AUTHORIZATION, key);
    let answer = fixture.send(request.header(header::ACCEPT, "application/json").body(Body::empty()).unwrap()).await;
    assert!(answer.text.contains("the published snapshot has no such item"), "{}", answer.text);
}
