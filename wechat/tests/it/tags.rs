//! Tags and the blacklist.

use serde_json::{Value, json};
use zhihui_wechat::simulator::SimulatorSettings;

use crate::account::{Account, code};

async fn account() -> Account {
    Account::new(SimulatorSettings::default()).await
}

async fn create(account: &Account, name: &str) -> Value {
    account.post("/cgi-bin/tags/create", &json!({ "tag": { "name": name } })).await
}

fn openids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("o{number}")).collect()
}

#[tokio::test]
async fn names_of_tags_are_unique_and_have_at_most_30_bytes() {
    let account = account().await;
    assert_eq!(create(&account, "知会推送A").await["tag"]["id"], 100);
    assert_eq!(code(&create(&account, "知会推送A").await), 45_157);
    assert_eq!(code(&create(&account, "").await), 45_157);
    assert_eq!(code(&create(&account, &"字".repeat(10)).await), 0);
    assert_eq!(code(&create(&account, &"字".repeat(11)).await), 45_158);
}

#[tokio::test]
async fn an_account_has_at_most_100_tags() {
    let account = account().await;
    for number in 0..100 {
        assert_eq!(code(&create(&account, &format!("t{number}")).await), 0);
    }
    assert_eq!(code(&create(&account, "t100").await), 45_056);
}

#[tokio::test]
async fn reserved_and_unknown_tags_cannot_be_changed() {
    let account = account().await;
    for (path, id, expected) in
        [("update", 2, 45_058), ("update", 555, 45_159), ("delete", 0, 45_058), ("delete", 555, 45_159)]
    {
        let body = json!({ "tag": { "id": id, "name": "new" } });
        assert_eq!(code(&account.post(&format!("/cgi-bin/tags/{path}"), &body).await), expected, "{path} {id}");
    }
}

#[tokio::test]
async fn at_most_50_followers_are_tagged_in_one_request() {
    let account = account().await;
    create(&account, "a").await;
    let tag = async |count: usize, id: u32| {
        let body = json!({ "openid_list": openids(count), "tagid": id });
        code(&account.post("/cgi-bin/tags/members/batchtagging", &body).await)
    };
    assert_eq!((tag(50, 100).await, tag(51, 100).await, tag(0, 100).await), (0, 40_032, 40_032));
    assert_eq!(tag(1, 555).await, 45_159);
    let members = account.post("/cgi-bin/user/tag/get", &json!({ "tagid": 100, "next_openid": "" })).await;
    assert_eq!(members["count"], 50);
    let last = members["next_openid"].as_str().unwrap();
    let after = account.post("/cgi-bin/user/tag/get", &json!({ "tagid": 100, "next_openid": last })).await;
    assert_eq!((&after["count"], &after["data"]), (&json!(0), &Value::Null));
    let untag = json!({ "openid_list": ["o0"], "tagid": 100 });
    assert_eq!(code(&account.post("/cgi-bin/tags/members/batchuntagging", &untag).await), 0);
    let tags = account.get("/cgi-bin/tags/get", "").await;
    assert_eq!(tags["tags"][1], json!({ "id": 100, "name": "a", "count": 49 }));
}

#[tokio::test]
async fn a_follower_has_at_most_20_tags_and_a_refused_request_changes_nothing() {
    let account = account().await;
    for number in 0..21 {
        create(&account, &format!("t{number}")).await;
    }
    let tag = async |openids: Value, id: u32| {
        let body = json!({ "openid_list": openids, "tagid": id });
        code(&account.post("/cgi-bin/tags/members/batchtagging", &body).await)
    };
    for id in 100..120 {
        assert_eq!(tag(json!(["oA"]), id).await, 0);
    }
    assert_eq!(tag(json!(["oB", "oA"]), 120).await, 45_059);
    let tags = async |openid: &str| account.post("/cgi-bin/tags/getidlist", &json!({ "openid": openid })).await;
    assert_eq!(tags("oB").await["tagid_list"], json!([]));
    assert_eq!(code(&account.post("/cgi-bin/tags/delete", &json!({ "tag": { "id": 100 } })).await), 0);
    assert_eq!(tags("oA").await["tagid_list"].as_array().unwrap().len(), 19);
}

#[tokio::test]
async fn blacklist_takes_20_openids_in_one_request() {
    let account = account().await;
    let add = async |count: usize| {
        let body = json!({ "openid_list": openids(count) });
        code(&account.post("/cgi-bin/tags/members/batchblacklist", &body).await)
    };
    assert_eq!((add(20).await, add(21).await), (0, 40_032));
    let list = account.post("/cgi-bin/tags/members/getblacklist", &json!({ "begin_openid": "" })).await;
    assert_eq!((&list["total"], &list["count"]), (&json!(20), &json!(20)));
}
