//! The page of the simulator.

use serde_json::json;
use zhihui_wechat::simulator::SimulatorSettings;

use crate::account::Account;

#[tokio::test]
async fn page_shows_the_state_in_both_languages_and_escapes_names() {
    let account = Account::new(SimulatorSettings { followers: 12, ..SimulatorSettings::default() }).await;
    account.post("/cgi-bin/tags/create", &json!({ "tag": { "name": "<b>&" } })).await;
    let sent = account.send(&["oA", "oB"], "<script>").await;
    account.wait(2);
    let (status, chinese) = account.text("GET", "/", "").await;
    assert_eq!(status, 200);
    for text in ["群发", "关注人数", "标签", "SEND_SUCCESS", &sent["msg_id"].to_string()] {
        assert!(chinese.contains(text), "{text}");
    }
    assert!(!chinese.contains("<b>&") && !chinese.contains("<script"), "{chinese}");
    let (_, english) = account.text("GET", "/?lang=en", "").await;
    assert!(english.contains("Mass sends") && !english.contains("群发"), "{english}");
    assert_eq!(account.text("GET", "/sim/style.css", "").await.0, 200);
    assert_eq!(account.text("GET", "/cgi-bin/menu/create", "").await.0, 404);
}
