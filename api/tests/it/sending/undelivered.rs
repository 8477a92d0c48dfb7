//! Messages that WeChat accepts and then sends to nobody.

use std::collections::BTreeMap;

use super::*;

#[tokio::test]
async fn a_batch_that_wechat_accepts_and_then_sends_to_nobody_is_known_as_not_delivered() {
    for (result, by_callback) in
        [("send fail", true), ("err(10001)", true), ("err(20431)", true), ("err(30002)", false)]
    {
        let callback_url = Some("http://service/wechat/callback".to_owned());
        let town = Town::new(SimulatorSettings { callback_url, ..SimulatorSettings::default() }).await;
        let next = json!({ "next": ["send success", result, "send success"] });
        let request = Request::post("/sim/mass/results").body(Body::from(next.to_string())).unwrap();
        assert_eq!(town.simulator.router().oneshot(request).await.unwrap().status(), StatusCode::OK);
        assert_eq!(town.send().await.stopped, None, "WeChat accepts all three");
        town.fixture.clock.fetch_add(10, Ordering::Relaxed);
        if by_callback {
            town.pass_callbacks().await;
            town.pass_callbacks().await;
        } else {
            let (client, _) = town.client(usize::MAX);
            town.fixture.service.await_results(&town.list.id, &client, Duration::from_secs(60)).await.unwrap();
        }
        assert_eq!(town.simulator.state()["received"].as_object().unwrap().len(), 5, "{result}");
        let list = get(&town.fixture, &town.key, &town.list.id).await;
        assert_eq!(list.left_out.get("not_delivered"), Some(&2), "{result}: {:?}", list.left_out);
        assert_eq!(list.actual_responses.unwrap().push.members, 5, "who got nothing is not judged");
        // The pushes of the batch are corrected, and a repeated command neither sends anything nor changes what counts.
        let delivered = |rows: &BTreeMap<String, Option<String>>| {
            rows.values().filter(|channel| channel.as_deref() == Some("wechat")).count()
        };
        for _ in 0..2 {
            let rows = current_pushes(&town).await;
            assert_eq!((rows.len(), delivered(&rows)), (MEMBERS, 5), "{result}: {rows:?}");
            assert_eq!(rows.values().filter(|channel| channel.as_deref() == Some("not_delivered")).count(), 2);
            assert_eq!(town.send().await.stopped, None);
        }
        let page = town.fixture.get_as(&format!("/push-lists/{}", town.list.id), &staff(&town.fixture).await).await;
        assert!(page.text.contains("微信受理后未发出"), "{result}");
        assert_eq!(page.text.contains("涉嫌广告"), result == "err(10001)", "the reason of a refusal is explained");
    }
}

/// The channel of the latest push or hold-out of each member, as the build reads them.
async fn current_pushes(town: &Town) -> BTreeMap<String, Option<String>> {
    let inbox = town.fixture.inbox().await;
    let rows = inbox.rows_after(0, 1_000).await.unwrap();
    rows.into_iter().map(|row| (row.event.member_id.unwrap(), row.event.details.channel)).collect()
}

#[tokio::test]
async fn held_out_members_of_the_ranks_of_a_failed_batch_are_not_compared() {
    let town = Town::new(SimulatorSettings::default()).await;
    let mut share = 0.0;
    while !(4..=5).contains(&approved_list_with(&town.fixture, &town.key, share).await.counts.push) {
        share += 0.01;
        assert!(share < 0.6, "no share gives two batches and a hold-out");
    }
    for failed in [0, 1] {
        let mut town = Town::new(SimulatorSettings::default()).await;
        town.list = approved_list_with(&town.fixture, &town.key, share).await;
        let results: Vec<&str> =
            (0..2).map(|batch| if batch == failed { "err(10001)" } else { "send success" }).collect();
        let request = Request::post("/sim/mass/results").body(Body::from(json!({ "next": results }).to_string()));
        town.simulator.router().oneshot(request.unwrap()).await.unwrap();
        town.send().await;
        town.fixture.clock.fetch_add(10, Ordering::Relaxed);
        let (client, _) = town.client(usize::MAX);
        town.fixture.service.await_results(&town.list.id, &client, Duration::from_secs(60)).await.unwrap();
        let address = format!("/v1/push-lists/{}/members", town.list.id);
        let after = town.fixture.get(&address, &town.key).await;
        let after: schema::PushListMembers = serde_json::from_str(&after.text).unwrap();
        let list = get(&town.fixture, &town.key, &town.list.id).await;
        let sizes: Vec<usize> = list.sending.unwrap().batches.iter().map(|batch| batch.openids as usize).collect();
        assert_eq!(sizes.len(), 2, "{sizes:?}");
        let pushed = || after.members.iter().filter(|member| member.arm == "push");
        let border = pushed().nth(sizes[0]).unwrap().rank;
        for member in &after.members {
            let is_of_failed = (member.rank < border) == (failed == 0);
            let expected = match (is_of_failed, member.arm.as_str()) {
                (false, _) => None,
                (true, "push") => Some("not_delivered"),
                (true, _) => Some("not_compared"),
            };
            assert_eq!(member.left_out.as_deref(), expected, "batch {failed}, rank {}, {}", member.rank, member.arm);
        }
        let current = current_pushes(&town).await;
        for member in &after.members {
            let channel = current[&member.member_id].as_deref();
            assert_eq!(channel, member.left_out.as_deref().or(Some("wechat")), "the facts say the same");
        }
    }
}

#[tokio::test]
async fn a_later_success_takes_a_failure_back() {
    let callback_url = Some("http://service/wechat/callback".to_owned());
    let town = Town::new(SimulatorSettings { callback_url, ..SimulatorSettings::default() }).await;
    assert_eq!(town.send().await.stopped, None);
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    let sent = town.simulator.due_callbacks(town.simulator.now());
    let batches = get(&town.fixture, &town.key, &town.list.id).await.sending.unwrap().batches;
    for (result, not_delivered) in [("send fail", Some(2)), ("send success", None)] {
        let settings = SimulatorSettings::default();
        let sender = zhihui_wechat::callback::CallbackSender::new(&settings.callback_token, None, &settings.app_id);
        let xml = format!(
            "<xml><ToUserName>gh</ToUserName><FromUserName>o</FromUserName><CreateTime>{NOW}</CreateTime>\
             <MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>{}</MsgID><Status>{result}</Status></xml>",
            batches[0].msg_id.unwrap()
        );
        let sealed = sender.unwrap().seal(&xml, "gh", NOW, [7; 16]);
        let request = Request::post(format!("/wechat/callback?{}", sealed.query_text()));
        let answer = town.fixture.send(request.body(Body::from(sealed.body)).unwrap()).await;
        assert_eq!(answer.text, "success");
        let list = get(&town.fixture, &town.key, &town.list.id).await;
        assert_eq!(list.left_out.get("not_delivered"), not_delivered.as_ref(), "{result}");
        let current = current_pushes(&town).await;
        let failed = current.values().filter(|channel| channel.as_deref() == Some("not_delivered")).count();
        assert_eq!(failed, not_delivered.unwrap_or(0));
    }
    assert_eq!(sent.len(), 3);
}
