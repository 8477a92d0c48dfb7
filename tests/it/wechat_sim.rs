//! `zhihui wechat-sim`: its output, its callbacks over HTTP, and options that it refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use serde_json::Value;
use zhihui_wechat::callback::{CallbackEvent, CallbackQuery, CallbackReceiver};

use crate::program::Program;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Reads one request. Returns its method, query and body.
fn read_request(stream: &TcpStream) -> (String, CallbackQuery, String) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (method, target) = first.split_once(' ').unwrap();
    let pairs = target.split(['?', ' ']).nth(1).unwrap();
    let find = |wanted: &str| {
        let values = pairs.split('&').filter_map(|pair| pair.split_once('='));
        values.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned()).next()
    };
    let query = CallbackQuery {
        signature: find("signature"),
        msg_signature: find("msg_signature"),
        timestamp: find("timestamp"),
        nonce: find("nonce"),
        encrypt_type: find("encrypt_type"),
        echostr: find("echostr"),
    };
    (method.to_owned(), query, String::from_utf8(body).unwrap())
}

fn answer(mut stream: TcpStream, status: u16, body: &str) {
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
}

#[test]
fn server_gets_a_handshake_and_callbacks_again_until_it_accepts_them() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/wechat", listener.local_addr().unwrap());
    let program = Program::without_home();
    let options = ["--callback-url", &url, "--encoding-aes-key", KEY, "--callback-token", "token1"];
    let simulator = program.simulate_wechat(&options);
    let receiver = CallbackReceiver::new("token1", Some(KEY), "wx00000000simulator").unwrap();

    let (stream, _) = listener.accept().unwrap();
    let (method, query, _) = read_request(&stream);
    assert_eq!(method, "GET");
    answer(stream, 200, receiver.handshake(&query).unwrap());

    let path = simulator.url("/sim/followers/oABC/unsubscribe");
    ureq::post(path).send_empty().unwrap();
    let mut keys = Vec::new();
    for status in [500, 200] {
        let (stream, _) = listener.accept().unwrap();
        let (method, query, body) = read_request(&stream);
        let message = receiver.open(&query, body.as_bytes()).unwrap();
        assert_eq!((method.as_str(), &message.event), ("POST", &CallbackEvent::Unsubscribe));
        keys.push(message.dedup_key());
        answer(stream, status, "success");
    }
    assert_eq!(keys[0], keys[1]);
    let acknowledged = || {
        let state: Value = serde_json::from_str(&simulator.get("/sim/state", None).1).unwrap();
        state["overview"]["callbacks"]["acknowledged"] == 1
    };
    while !acknowledged() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn address_is_printed_as_json_and_the_program_ends_on_a_signal() {
    let program = Program::without_home();
    let mut command = program.command(&["--json", "wechat-sim", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    let address = line.split([' ', ',']).find(|word| word.starts_with("http://")).unwrap();
    // It handles signals once it answers.
    ureq::get(address).call().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(line.contains(printed["url"].as_str().unwrap()), "{line} {printed}");
    assert_eq!((&printed["app_id"], &printed["secret"]), (&"wx00000000simulator".into(), &"simulator-secret".into()));
}

#[test]
fn invalid_options_are_refused_before_the_simulator_listens() {
    let program = Program::without_home();
    for (options, text) in [
        (["--fault-rate", "2"], "fault rate must be a number from 0 to 1"),
        (["--faults", "flood"], "unknown fault \"flood\""),
        (["--encoding-aes-key", "short"], "the EncodingAESKey must have 43"),
        (["--callback-url", "https://example.org"], "must begin with http://"),
        (["--callback-token", "a b"], "the callback token must have 3 to 32"),
        (["--followers", "9000000"], "at most 5000000"),
        (["--app-id", ""], "appid must have 1 to 128"),
    ] {
        let mut all = vec!["wechat-sim", "--listen", "127.0.0.1:0"];
        all.extend(options);
        let (code, message) = program.fails(&all);
        assert_eq!(code, 2, "{message}");
        assert!(message.contains(text), "{options:?}: {message}");
    }
}
