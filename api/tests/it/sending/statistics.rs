//! What was sent is known by the id that WeChat's statistics use.

use zhihui_api::Sendings;

use super::*;
use crate::push_lists::approved_request;

#[tokio::test]
async fn articles_are_known_by_the_id_of_the_statistics() {
    let town = Town::new(SimulatorSettings::default()).await;
    let sendings = Sendings::new(&town.fixture.store);
    assert_eq!(sendings.sent_articles().await.unwrap(), []);
    let options = SendOptions { message: Some(Message::MediaId("M1".to_owned())), ..town.options() };
    let report = town.send_with(&options).await;
    let batches: Vec<i64> = report.sending.batches.iter().filter_map(|batch| batch.msg_data_id).collect();
    assert_eq!(batches.len(), 3);
    let item = town.list.item_id.clone().unwrap();
    let found = sendings.sent_articles().await.unwrap();
    assert_eq!(found, batches.iter().map(|id| (*id, item.clone())).collect::<Vec<_>>());
}

#[tokio::test]
async fn members_of_a_variant_got_its_item() {
    let mut snapshot = followers(30);
    snapshot.items.capacity[1] = 10_000;
    let mut town = Town::with(SimulatorSettings::default(), snapshot).await;
    let variants = json!([{ "name": "A" }, { "name": "B", "item_id": "b1" }]);
    let body = json!({ "item_id": "a1", "hold_out": 0.0, "variants": variants });
    town.list = approved_request(&town.fixture, &town.key, &body).await;
    let material = |name: &str| (name.to_owned(), Message::MediaId(format!("M{name}")));
    let variants = BTreeMap::from([material("A"), material("B")]);
    let options = SendOptions { message: None, variants, ..town.options() };
    let report = town.send_with(&options).await;
    let item = |batch: &zhihui_api::Batch| if batch.variant.as_deref() == Some("B") { "b1" } else { "a1" };
    let expected: Vec<(i64, String)> =
        report.sending.batches.iter().filter_map(|batch| Some((batch.msg_data_id?, item(batch).to_owned()))).collect();
    let mut found = Sendings::new(&town.fixture.store).sent_articles().await.unwrap();
    found.sort_by_key(|(id, _)| expected.iter().position(|(known, _)| known == id));
    assert!(expected.len() > 2);
    assert_eq!(found, expected);
}
