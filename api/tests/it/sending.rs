//! Sending push lists through the simulator of WeChat: once each, through faults and interruptions.

mod statistics;
mod undelivered;
mod variants;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use zhihui_api::{
    AccountKind, Actor, BatchSize, Message, Problem, PublishedEngine, Role, SendOptions, SendReport, Settings, Unclear,
    WechatSettings, schema,
};
use zhihui_data::snapshot::{History, Lists, NO_TIME, NONE, Snapshot};
use zhihui_engine::Engine;
use zhihui_wechat::callback::CallbackReceiver;
use zhihui_wechat::client::{Account, Timer, Transport, TransportError, WechatClient};
use zhihui_wechat::simulator::{AccountKind as SimulatedKind, Fault, Simulator, SimulatorSettings};

use crate::engine::tiny;
use crate::push_lists::{approved_list, approved_list_of, approved_list_with, get};
use crate::support::{Fixture, NOW};

const MEMBERS: usize = 7;

/// The state with this number of followers.
pub(crate) fn followers(count: usize) -> Snapshot {
    let mut snapshot = tiny();
    let members = &mut snapshot.members;
    members.id = (1..=count).map(|number| format!("m{number}")).collect();
    members.openid = (1..=count).map(|number| format!("o{number}")).collect();
    members.union = vec![0; count];
    members.memberships = Lists::from_rows(vec![[0_u32; 0]; count]);
    members.age = vec![30; count];
    members.age_band = vec![2; count];
    members.gender = vec![1; count];
    for column in [&mut members.home_district, &mut members.work_district, &mut members.segment] {
        *column = vec![NONE; count];
    }
    members.joined_at = vec![NO_TIME; count];
    members.follows = vec![true; count];
    members.personalised = vec![true; count];
    members.team_match = vec![false; count];
    members.lifecycle = vec![2; count];
    snapshot.history = History::without_events(count);
    snapshot.sign_ups.starts = vec![0; count + 1];
    snapshot
}

/// A service, an account of the simulator, and an approved list of seven members in batches of 2, 2 and 3.
struct Town {
    fixture: Fixture,
    key: String,
    simulator: Simulator,
    list: schema::PushList,
    kind: AccountKind,
}

impl Town {
    async fn new(settings: SimulatorSettings) -> Self {
        Self::with(settings, followers(MEMBERS)).await
    }

    /// Over a state of other members; the list is that of all of them.
    async fn with(settings: SimulatorSettings, mut snapshot: Snapshot) -> Self {
        let kind = match settings.account_kind {
            SimulatedKind::Service => AccountKind::Service,
            SimulatedKind::Subscription => AccountKind::Subscription,
        };
        let receiver = CallbackReceiver::new(&settings.callback_token, None, &settings.app_id).unwrap();
        let wechat = WechatSettings { receiver: Some(receiver), links: None };
        let fixture = Fixture::unpublished(Settings { wechat, ..Settings::default() }).await;
        let wall: zhihui_api::Clock = Arc::new(|| NOW);
        let inbox = zhihui_api::Inbox::open(&fixture.home.path().join("inbox.db"), wall).await.unwrap();
        snapshot.inbox = inbox.id().to_owned();
        fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
        let clock = Arc::clone(&fixture.clock);
        let simulator = Simulator::new(settings, Arc::new(move || clock.load(Ordering::Relaxed))).unwrap();
        let key = fixture.key(Role::Staff).await;
        let list = approved_list(&fixture, &key).await;
        Self { fixture, key, simulator, list, kind }
    }

    fn client(&self, dies_after: usize) -> (WechatClient, Arc<tokio::sync::Notify>) {
        let died = Arc::new(tokio::sync::Notify::new());
        let transport =
            InProcess { router: self.simulator.router(), left: AtomicUsize::new(dies_after), died: Arc::clone(&died) };
        let SimulatorSettings { app_id, secret, .. } = SimulatorSettings::default();
        let timer = SharedTime(Arc::clone(&self.fixture.clock));
        (WechatClient::new(Account { app_id, secret }, Box::new(transport), Box::new(timer)), died)
    }

    fn options(&self) -> SendOptions {
        SendOptions {
            to: "http://simulator".to_owned(),
            account: self.kind,
            message: Some(Message::Text("周末亲子采摘".to_owned())),
            item_id: None,
            variants: BTreeMap::new(),
            batch_size: BatchSize::new(2).unwrap(),
            unclear: None,
        }
    }

    async fn send(&self) -> SendReport {
        self.send_with(&self.options()).await
    }

    async fn send_with(&self, options: &SendOptions) -> SendReport {
        self.try_send(options).await.unwrap()
    }

    async fn try_send(&self, options: &SendOptions) -> Result<SendReport, Problem> {
        let (client, _) = self.client(usize::MAX);
        let actor = Actor::local(None);
        self.fixture.service.send_push_list(&actor, &self.list.id, &client, options, &mut |_| {}).await
    }

    /// Sends until the process "dies": `requests` requests have an answer, and the next one has none.
    async fn send_and_die(&self, requests: usize) -> Option<SendReport> {
        let (client, died) = self.client(requests);
        let (actor, options) = (Actor::local(None), self.options());
        let mut progress = |_: &zhihui_api::Sending| {};
        let sending = self.fixture.service.send_push_list(&actor, &self.list.id, &client, &options, &mut progress);
        tokio::select! {
            report = sending => Some(report.unwrap()),
            () = died.notified() => None,
        }
    }

    /// Asserts that every member received the message once and that every push is recorded once.
    async fn assert_sent_once(&self) {
        self.fixture.clock.fetch_add(10, Ordering::Relaxed);
        let state = self.simulator.state();
        assert_eq!(state["most_received_of_one_message"], 1, "{state}");
        let received: Vec<&String> = state["received"].as_object().unwrap().keys().collect();
        assert_eq!(received, ["o1", "o2", "o3", "o4", "o5", "o6", "o7"]);
        assert_eq!(self.pushes_recorded().await, MEMBERS as u64);
        assert_eq!(get(&self.fixture, &self.key, &self.list.id).await.state, "exported");
    }

    /// Posts the callbacks that are due to the service.
    async fn pass_callbacks(&self) {
        for callback in self.simulator.due_callbacks(self.simulator.now()) {
            let request = Request::post(format!("/wechat/callback?{}", callback.query));
            let answer = self.fixture.send(request.body(Body::from(callback.body)).unwrap()).await;
            assert_eq!(answer.text, "success");
        }
    }

    async fn pushes_recorded(&self) -> u64 {
        let wall: zhihui_api::Clock = Arc::new(|| NOW);
        let inbox = zhihui_api::Inbox::open(&self.fixture.home.path().join("inbox.db"), wall).await.unwrap();
        inbox.last().await.unwrap()
    }
}

/// Requests to the simulator without a socket. After some answers it never answers again.
struct InProcess {
    router: axum::Router,
    left: AtomicUsize,
    died: Arc<tokio::sync::Notify>,
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, path_and_query: &str, json: Option<Vec<u8>>) -> Result<Vec<u8>, TransportError> {
        let method = if json.is_some() { "POST" } else { "GET" };
        let request = Request::builder().method(method).uri(path_and_query);
        let request = request.body(Body::from(json.unwrap_or_default())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        if self.left.fetch_sub(1, Ordering::Relaxed) == 0 {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        if response.status() != StatusCode::OK {
            return Err(TransportError::NoAnswer(response.status().to_string()));
        }
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        body.map(|body| body.to_vec()).map_err(|error| TransportError::NoAnswer(error.to_string()))
    }
}

/// The clock of the service and the simulator. Waiting takes no time.
struct SharedTime(Arc<AtomicI64>);

#[async_trait]
impl Timer for SharedTime {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(duration.as_secs() as i64, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_list_is_sent_once_and_its_results_are_shown() {
    let town = Town::new(SimulatorSettings::default()).await;
    let report = town.send().await;
    assert_eq!(report.stopped, None);
    let sizes: Vec<u32> = report.sending.batches.iter().map(|batch| batch.openids).collect();
    assert_eq!(sizes, [2, 2, 3]);
    town.assert_sent_once().await;
    let (client, _) = town.client(usize::MAX);
    town.fixture.service.await_results(&town.list.id, &client, Duration::from_secs(60)).await.unwrap();
    let list = get(&town.fixture, &town.key, &town.list.id).await;
    let sending = list.sending.unwrap();
    assert!(sending.batches.iter().all(|batch| batch.result.as_deref() == Some("send success")), "{sending:?}");
    assert!(sending.finished_at.is_some());
    // Repeating the command sends nothing.
    town.send().await;
    town.assert_sent_once().await;
    let other = SendOptions { to: "http://other".to_owned(), ..town.options() };
    assert_eq!(town.try_send(&other).await.unwrap_err().code.as_str(), "wrong_state");
}

#[tokio::test]
async fn a_sending_that_dies_at_any_request_continues_without_sending_twice() {
    for requests in 0..5 {
        let town = Town::new(SimulatorSettings::default()).await;
        let died = town.send_and_die(requests).await.is_none();
        assert_eq!(died, requests < 4, "one token and three batches");
        assert_eq!(town.send().await.stopped, None);
        town.assert_sent_once().await;
    }
}

#[tokio::test]
async fn a_result_that_comes_before_the_answer_to_the_request_is_kept() {
    let callback_url = Some("http://service/wechat/callback".to_owned());
    let town = Town::new(SimulatorSettings { callback_url, ..SimulatorSettings::default() }).await;
    assert!(town.send_and_die(1).await.is_none(), "the first batch is accepted, and its answer is lost");
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    let callbacks = town.simulator.due_callbacks(town.simulator.now());
    assert_eq!(callbacks.len(), 1);
    let address = format!("/wechat/callback?{}", callbacks[0].query);
    let request = Request::post(address).body(Body::from(callbacks[0].body.clone())).unwrap();
    assert_eq!(town.fixture.send(request).await.text, "success");
    assert_eq!(town.send().await.stopped, None);
    let batches = get(&town.fixture, &town.key, &town.list.id).await.sending.unwrap().batches;
    assert_eq!((batches[0].sent_count, batches[1].sent_count), (Some(2), None));
}

#[tokio::test]
async fn faults_delay_a_sending_and_repeat_nothing() {
    for seed in 0..20 {
        let settings =
            SimulatorSettings { seed, fault_rate: 0.5, slow_answer_millis: 0, ..SimulatorSettings::default() };
        let town = Town::new(settings).await;
        for _ in 0..50 {
            if town.send().await.stopped.is_none() {
                break;
            }
        }
        town.assert_sent_once().await;
    }
}

#[tokio::test]
async fn a_request_without_an_answer_is_not_repeated_after_a_day_without_a_word_of_the_staff() {
    for (unclear, received) in [(Unclear::Sent, 1), (Unclear::NotSent, 2)] {
        let town = Town::new(SimulatorSettings::default()).await;
        assert!(town.send_and_die(1).await.is_none());
        town.fixture.clock.fetch_add(25 * 3_600, Ordering::Relaxed);
        let report = town.send().await;
        assert!(report.stopped.unwrap().contains("--unclear"));
        assert_eq!(town.pushes_recorded().await, 0);
        assert_eq!(town.send_with(&SendOptions { unclear: Some(unclear), ..town.options() }).await.stopped, None);
        assert_eq!(town.pushes_recorded().await, MEMBERS as u64);
        town.fixture.clock.fetch_add(10, Ordering::Relaxed);
        assert_eq!(town.simulator.state()["most_received_of_one_message"], received);
    }
}

#[tokio::test]
async fn who_leaves_between_two_batches_is_left_out_and_counted() {
    let town = Town::new(SimulatorSettings::default()).await;
    assert!(town.send_and_die(2).await.is_none());
    let events = json!({ "events": [{ "type": "unfollow", "openid": "o7", "at": NOW }] });
    let backend = town.fixture.key(Role::Backend).await;
    assert_eq!(town.fixture.post("/v1/events", &backend, &events).await.json()["accepted"], 1);
    assert_eq!(town.send().await.stopped, None);
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    assert!(town.simulator.state()["received"].get("o7").is_none());
    let list = get(&town.fixture, &town.key, &town.list.id).await;
    assert_eq!(list.left_out.get("not_following"), Some(&1));
    assert_eq!(list.actual_responses.unwrap().push.members, MEMBERS - 1);
    assert_eq!(town.pushes_recorded().await, MEMBERS as u64, "six pushes and the unfollowing");
}

#[tokio::test]
async fn who_is_excluded_between_two_batches_is_left_out_and_counted() {
    let town = Town::new(SimulatorSettings::default()).await;
    assert!(town.send_and_die(2).await.is_none());
    let excluded = json!({ "name": "投诉过", "ids": ["m1", "m7"], "always": true });
    assert_eq!(town.fixture.post("/v1/exclusion-lists", &town.key, &excluded).await.status, StatusCode::CREATED);
    assert_eq!(town.send().await.stopped, None);
    town.fixture.clock.fetch_add(10, Ordering::Relaxed);
    let received = town.simulator.state()["received"].clone();
    assert!(
        received.get("o1").is_some() && received.get("o7").is_none(),
        "the first batch was sent before: {received}"
    );
    let list = get(&town.fixture, &town.key, &town.list.id).await;
    assert_eq!(list.left_out.get("exclusion_list"), Some(&1));
    assert_eq!(town.pushes_recorded().await, MEMBERS as u64 - 1);
}

#[tokio::test]
async fn a_list_of_a_topic_is_sent_with_the_title_of_the_chosen_item() {
    let mut town = Town::new(SimulatorSettings::default()).await;
    town.list = approved_list_of(&town.fixture, &town.key, &json!({ "topic": "亲子", "hold_out": 0 })).await;
    let plain = SendOptions { message: None, ..town.options() };
    let refused = town.try_send(&plain).await.unwrap_err();
    assert!(refused.code.as_str() == "invalid_parameter" && refused.detail.contains("choose"), "{}", refused.detail);
    let chosen = SendOptions { item_id: Some("a1".to_owned()), ..plain };
    assert_eq!(town.send_with(&chosen).await.stopped, None);
    let sent = get(&town.fixture, &town.key, &town.list.id).await;
    assert_eq!((sent.item_id.as_deref(), sent.item_title.as_str()), (Some("a1"), "亲子阅读"));
    assert_eq!(sent.sending.unwrap().message, json!({ "text": "亲子阅读" }));
    assert_eq!(town.pushes_recorded().await, MEMBERS as u64);
}

#[tokio::test]
async fn a_refused_list_records_no_push_and_can_be_sent_later() {
    let settings = SimulatorSettings { accept_unknown_openids: false, ..SimulatorSettings::default() };
    let town = Town::new(settings).await;
    let report = town.send().await;
    let stopped = report.stopped.unwrap();
    assert!(stopped.contains("49003"), "an openid of nobody: {stopped}");
    assert!(report.sending.batches.iter().all(|batch| batch.state.as_str() == "refused"));
    assert_eq!(town.pushes_recorded().await, 0);
    assert_eq!(get(&town.fixture, &town.key, &town.list.id).await.state, "approved");
    let address = format!("/v1/push-lists/{}/export?format=csv", town.list.id);
    assert_eq!(town.fixture.get(&address, &town.key).await.problem(), "wrong_state", "it is being sent");
}

#[tokio::test]
async fn a_list_that_was_exported_as_a_file_is_not_sent_again() {
    let town = Town::new(SimulatorSettings::default()).await;
    let address = format!("/v1/push-lists/{}/export?format=csv", town.list.id);
    assert_eq!(town.fixture.get(&address, &town.key).await.status, StatusCode::OK);
    assert_eq!(town.try_send(&town.options()).await.unwrap_err().code.as_str(), "wrong_state");
}

#[tokio::test]
async fn a_subscription_account_tags_the_differences_and_sends_to_the_tag_once_a_day() {
    let settings = SimulatorSettings { account_kind: SimulatedKind::Subscription, ..SimulatorSettings::default() };
    for requests in 0..8 {
        let town = Town::new(settings.clone()).await;
        town.send_and_die(requests).await;
        assert_eq!(town.send().await.stopped, None, "died after {requests} requests");
        town.assert_sent_once().await;
    }
}

#[tokio::test]
async fn a_busy_account_stops_the_sending_and_says_why() {
    let town = Town::new(SimulatorSettings::default()).await;
    town.simulator.script_faults(std::iter::repeat_n(Fault::Busy, 20));
    let report = town.send().await;
    assert!(report.stopped.unwrap().contains("busy"));
    assert_eq!(town.pushes_recorded().await, 0);
    let page = town.fixture.get_as(&format!("/push-lists/{}", town.list.id), &staff(&town.fixture).await).await;
    assert!(page.text.contains("zhihui push"), "the page says how to continue");
    town.simulator.script_faults(std::iter::empty());
    for _ in 0..5 {
        town.send().await;
    }
    town.assert_sent_once().await;
}

async fn staff(fixture: &Fixture) -> String {
    fixture.sign_in("staff", Role::Staff).await
}

#[tokio::test]
async fn a_document_of_a_sending_lists_its_batches() {
    let town = Town::new(SimulatorSettings::default()).await;
    town.send().await;
    let answer = town.fixture.get(&format!("/v1/push-lists/{}", town.list.id), &town.key).await.json();
    assert_eq!(answer["sending"]["message"], json!({ "text": "周末亲子采摘" }));
    assert_eq!(answer["sending"]["batches"][0]["client_msg_id"].as_str().map(str::len), Some(49));
    assert_eq!(answer["sending"]["to"], Value::from("http://simulator"));
}
