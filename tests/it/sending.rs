//! A push list sent by the real program to the simulated account, killed on the way, called back, measured.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::journey::AS_OF;
use crate::program::{Program, Server};
use crate::push_lists::{item, key, union};

/// Openids in one request, so that the list has at least ten requests.
const BATCH: &str = "10";
const LONGEST: Duration = Duration::from_secs(60);

/// A list of more than 100 members, approved by another person, and the key of its author.
fn approved_list(program: &Program, server: &Server) -> (Value, String) {
    let (author, approver) = (key(program, "author"), key(program, "approver"));
    let body = json!({ "item_id": item(program), "hold_out": 0.2, "limit": 120, "purpose": "周末活动" });
    let (status, list) = server.post_json("/v1/push-lists", &author, &body);
    assert_eq!(status, 201, "{list}");
    let address = |step: &str| format!("/v1/push-lists/{}/{step}", list["id"].as_str().unwrap());
    assert_eq!(server.post_json(&address("submit"), &author, &json!({})).0, 200);
    assert_eq!(server.post_json(&address("approve"), &approver, &json!({})).0, 200);
    (list, author)
}

fn state(simulator: &Server) -> Value {
    serde_json::from_str(&simulator.get("/sim/state", None).1).unwrap()
}

/// Starts `push` and kills it once the simulator has this many messages.
fn push_and_kill(program: &Program, arguments: &[&str], simulator: &Server, messages: usize) {
    let mut child = program.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while sent_messages(simulator) < messages && started.elapsed() < LONGEST {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // WeChat asks for a minute if a request is repeated while the first one is still being sent.
    std::thread::sleep(Duration::from_millis(1_500));
}

fn sent_messages(simulator: &Server) -> usize {
    state(simulator)["overview"]["mass_sends"].as_array().unwrap().len()
}

#[test]
fn a_list_that_is_killed_on_the_way_is_sent_once_called_back_and_measured() {
    let program = union();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[wechat]\ntoken = \"simulatortoken\"\n")).unwrap();
    let server = program.serve_as_of(AS_OF);
    let (list, author) = approved_list(&program, &server);
    let id = list["id"].as_str().unwrap().to_owned();
    let pushed = list["counts"]["push"].as_u64().unwrap();
    assert!(pushed > 100, "{list}");
    let callbacks = server.url("/wechat/callback");
    let simulator = program.simulate_wechat(&["--callback-url", &callbacks, "--finish-after", "1"]);
    let to = simulator.url("");
    let push = ["push", &id, "--to", &to, "--batch-size", BATCH, "--wait", "30"];

    let plan = program.json(&[&push[..], &["--dry-run"]].concat());
    let requests = plan["batches"].as_array().unwrap().len();
    assert_eq!((&plan["openids"], requests), (&json!(pushed), pushed.div_ceil(10) as usize));
    assert_eq!(sent_messages(&simulator), 0, "--dry-run sends nothing");
    let written = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{written}\n[push]\nquiet_hours = \"00:00-23:59\"\n")).unwrap();
    let (code, refused) = program.fails(&push);
    assert_eq!((code, refused.contains("23:59")), (1, true), "{refused}");
    assert_eq!(sent_messages(&simulator), 0);
    std::fs::write(&settings, written).unwrap();
    for messages in [0, 1, 4, 8, 11] {
        push_and_kill(&program, &push, &simulator, messages);
    }
    let shown = program.json(&push);
    assert_eq!(shown["state"], "exported", "{shown}");
    let batches = shown["sending"]["batches"].as_array().unwrap();
    assert!(batches.iter().all(|batch| batch["state"] == "submitted"), "{batches:?}");
    let state = state(&simulator);
    assert_eq!(state["most_received_of_one_message"], 1, "nothing was sent twice");
    let received = state["received"].as_object().unwrap();
    assert_eq!(received.len() as u64, pushed, "nothing was lost");

    // A second command sends nothing, and the file is still to be had.
    program.json(&push);
    assert_eq!(sent_messages(&simulator), requests);
    program.ok(&["push-list", "export", &id, "--out", program.path("again.csv").to_str().unwrap()]);

    // The results and a follower who leaves come as callbacks.
    let leaving = received.keys().next().unwrap();
    simulator.post_json(&format!("/sim/followers/{leaving}/unsubscribe"), "", &json!({}));
    let started = Instant::now();
    let measured = loop {
        let list = server.get_json(&format!("/v1/push-lists/{id}"), &author).1;
        let batches = list["sending"]["batches"].as_array().unwrap();
        let reached: u64 = batches.iter().filter_map(|batch| batch["sent_count"].as_u64()).sum();
        if (reached, &list["actual_responses"]["push"]["unfollowed"]) == (pushed, &json!(1)) {
            break list;
        }
        assert!(started.elapsed() < LONGEST, "{list}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(measured["actual_responses"]["push"]["members"], pushed);
    drop(server);

    program.json_and_code(&["run", "--trials", "0"]);
    let hold_out = list["counts"]["hold_out"].as_u64().unwrap();
    assert_eq!(program.count(&format!("pushes where push_id = '{id}'")) as u64, pushed + hold_out);
    let (code, refused) = program.fails(&["push", &id, "--to", "http://192.0.2.1"]);
    assert_eq!(code, 2, "{refused}");
    assert!(refused.contains("https"), "{refused}");
}
