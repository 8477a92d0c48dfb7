//! Lists with variants: every batch is of one variant and has its message.

use std::collections::BTreeSet;

use super::*;
use crate::push_lists::approved_request;

const PEOPLE: usize = 14;

/// A town with an approved list of two variants with different titles.
async fn town(settings: SimulatorSettings, hold_out: f64, shares: [f64; 2]) -> Town {
    let mut town = Town::with(settings, followers(PEOPLE)).await;
    let variants = json!([
        { "name": "A", "title": "标题甲", "share": shares[0] }, { "name": "B", "title": "标题乙", "share": shares[1] }
    ]);
    let body = json!({ "item_id": "a1", "hold_out": hold_out, "variants": variants });
    town.list = approved_request(&town.fixture, &town.key, &body).await;
    town
}

/// A town whose variants have at least this many members to push to.
async fn large_town(fewest: usize) -> Town {
    loop {
        let town = Box::pin(town(SimulatorSettings::default(), 0.0, [0.5, 0.5])).await;
        if town.list.variants.iter().all(|of| of.push >= fewest) {
            return town;
        }
    }
}

fn titles(town: &Town) -> SendOptions {
    SendOptions { message: None, ..town.options() }
}

async fn members_of(town: &Town) -> Vec<schema::PushListMember> {
    let page = town.fixture.get(&format!("/v1/push-lists/{}/members", town.list.id), &town.key).await;
    serde_json::from_str::<schema::PushListMembers>(&page.text).unwrap().members
}

/// Asserts that every member received the message of the own variant, once, and that every push is recorded once.
async fn assert_sent_by_variant(town: &Town) {
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    let state = town.simulator.state();
    assert_eq!(state["most_received_of_one_message"], 1, "{state}");
    let mut contents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for member in members_of(town).await {
        let received = state["received"][member.member_id.replacen('m', "o", 1)].as_object().unwrap();
        assert_eq!(received.len(), 1, "one message each");
        contents.entry(member.variant.unwrap()).or_default().extend(received.keys().cloned());
    }
    assert_eq!(contents.values().map(BTreeSet::len).collect::<Vec<_>>(), [1, 1], "one message a variant");
    assert!(contents["A"].is_disjoint(&contents["B"]));
    assert_eq!(town.pushes_recorded().await, PEOPLE as u64);
}

#[tokio::test]
async fn every_variant_gets_its_message_in_batches_of_its_own() {
    let town = Box::pin(large_town(3)).await;
    let report = town.send_with(&titles(&town)).await;
    assert_eq!(report.stopped, None);
    for of in &town.list.variants {
        let batches = || report.sending.batches.iter().filter(|batch| batch.variant.as_ref() == Some(&of.name));
        assert_eq!(batches().map(|batch| batch.openids as usize).sum::<usize>(), of.push);
        assert!(batches().all(|batch| (2..=3).contains(&batch.openids)), "never one: {:?}", report.sending.batches);
        let title = Message::Text(of.title.clone().unwrap());
        assert!(batches().all(|batch| batch.message.as_ref() == Some(&title)));
    }
    let ids: BTreeSet<&String> = report.sending.batches.iter().map(|batch| &batch.client_msg_id).collect();
    assert_eq!(ids.len(), report.sending.batches.len());
    assert_sent_by_variant(&town).await;
    let page = town.fixture.get_as(&format!("/push-lists/{}", town.list.id), &staff(&town.fixture).await).await.text;
    assert!(page.contains("<td>B</td>"), "the batches name their variants: {page}");
}

#[tokio::test]
async fn a_sending_of_variants_that_dies_at_any_request_continues_without_sending_twice() {
    for requests in 0..10 {
        let town = Box::pin(large_town(2)).await;
        let (client, died) = town.client(requests);
        let (actor, options) = (Actor::local(None), titles(&town));
        let mut progress = |_: &zhihui_api::Sending| {};
        let sending = town.fixture.service.send_push_list(&actor, &town.list.id, &client, &options, &mut progress);
        tokio::select! {
            report = sending => assert_eq!(report.unwrap().stopped, None),
            () = died.notified() => {}
        }
        assert_eq!(town.send_with(&titles(&town)).await.stopped, None, "died after {requests} requests");
        assert_sent_by_variant(&town).await;
        assert_eq!(town.send_with(&titles(&town)).await.stopped, None);
        assert_sent_by_variant(&town).await;
    }
}

#[tokio::test]
async fn a_variant_with_one_member_is_left_out_and_counted() {
    let town = loop {
        let town = Box::pin(town(SimulatorSettings::default(), 0.0, [0.93, 0.07])).await;
        if town.list.variants[1].push == 1 {
            break town;
        }
    };
    let actor = Actor::local(None);
    let planned = town.fixture.service.plan_push(&actor, &town.list.id, &titles(&town)).await.unwrap();
    let too_few: Vec<_> = planned.iter().filter(|batch| batch.too_few).map(|batch| batch.variant.as_deref()).collect();
    assert_eq!(too_few, [Some("B")]);
    assert_eq!(town.send_with(&titles(&town)).await.stopped, None);
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    assert_eq!(town.simulator.state()["received"].as_object().unwrap().len(), PEOPLE - 1);
    assert_eq!(town.pushes_recorded().await, PEOPLE as u64 - 1, "nobody counts as pushed who got nothing");
    let list = get(&town.fixture, &town.key, &town.list.id).await;
    assert_eq!(list.left_out.get("too_few_for_wechat"), Some(&1));
    assert_eq!(list.state, "exported");
    let page = town.fixture.get_as(&format!("/push-lists/{}", town.list.id), &staff(&town.fixture).await).await.text;
    assert!(page.contains("分组只剩 1 人"), "{page}");
}

#[tokio::test]
async fn wrong_messages_and_accounts_are_refused_before_anything_is_sent() {
    let town = Box::pin(large_town(2)).await;
    let text = |text: &str| Message::Text(text.to_owned());
    let of = |variants: &[(&str, &str)]| SendOptions {
        variants: variants.iter().map(|(name, message)| ((*name).to_owned(), text(message))).collect(),
        ..titles(&town)
    };
    for (options, code, says) in [
        (town.options(), "invalid_parameter", "message of each variant"),
        (of(&[("C", "x")]), "invalid_parameter", "no variant \"C\""),
        (of(&[("A", "x"), ("B", "x")]), "invalid_parameter", "same message"),
        (SendOptions { account: AccountKind::Subscription, ..titles(&town) }, "wrong_state", "one message a day"),
    ] {
        let problem = town.try_send(&options).await.unwrap_err();
        assert_eq!(problem.code.as_str(), code);
        assert!(problem.detail.contains(says), "{}", problem.detail);
        let actor = Actor::local(None);
        let planned = town.fixture.service.plan_push(&actor, &town.list.id, &options).await;
        assert_eq!(planned.unwrap_err().detail, problem.detail, "the plan says the same");
    }
    assert_eq!(get(&town.fixture, &town.key, &town.list.id).await.sent_at, None);
    // Another message in the middle of a sending would make one variant out of two.
    let begun = of(&[("A", "晴天"), ("B", "雨天")]);
    assert_eq!(town.send_with(&begun).await.stopped, None);
    let problem = town.try_send(&of(&[("A", "晴天"), ("B", "下雪")])).await.unwrap_err();
    assert!(problem.detail.contains("another message"), "{}", problem.detail);
    assert_sent_by_variant(&town).await;
    let plain = Town::new(SimulatorSettings::default()).await;
    let problem = plain.try_send(&of(&[("A", "x")])).await.unwrap_err();
    assert!(problem.detail.contains("no variant \"A\""), "{}", problem.detail);
}

#[tokio::test]
async fn only_held_out_members_of_the_variant_of_a_failed_batch_are_not_compared() {
    let mut town = loop {
        let town = Box::pin(town(SimulatorSettings::default(), 0.3, [0.5, 0.5])).await;
        let counts = |of: &schema::ListVariant| of.push >= 4 && of.hold_out >= 1;
        if town.list.variants.iter().all(counts) {
            break town;
        }
    };
    town.kind = AccountKind::Service;
    let options = titles(&town);
    let first_of_b = town.fixture.service.plan_push(&Actor::local(None), &town.list.id, &options).await.unwrap();
    let first_of_b = first_of_b.iter().position(|batch| batch.variant.as_deref() == Some("B")).unwrap();
    let results: Vec<&str> =
        (0..10).map(|batch| if batch == first_of_b { "err(10001)" } else { "send success" }).collect();
    let request = Request::post("/sim/mass/results").body(Body::from(json!({ "next": results }).to_string()));
    town.simulator.router().oneshot(request.unwrap()).await.unwrap();
    town.send_with(&options).await;
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    let (client, _) = town.client(usize::MAX);
    town.fixture.service.await_results(&town.list.id, &client, Duration::from_secs(60)).await.unwrap();
    let members = members_of(&town).await;
    assert!(members.iter().all(|member| member.variant.as_deref() == Some("B") || member.left_out.is_none()));
    // The batch has the two likeliest of the variant; the rank of the third is the border.
    let border =
        members.iter().filter(|of| of.variant.as_deref() == Some("B") && of.arm == "push").nth(2).unwrap().rank;
    for member in members.iter().filter(|member| member.variant.as_deref() == Some("B")) {
        let expected = match (member.rank < border, member.arm.as_str()) {
            (false, _) => None,
            (true, "push") => Some("not_delivered"),
            (true, _) => Some("not_compared"),
        };
        assert_eq!(member.left_out.as_deref(), expected, "rank {}, {}", member.rank, member.arm);
    }
}
