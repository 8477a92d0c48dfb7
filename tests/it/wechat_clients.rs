//! Clients for WeChat that others wrote work with the simulator: `tests/wechat_clients/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Program, warn};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Returns the folder of a client's sources.
fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wechat_clients").join(name)
}

/// Returns a folder for what is built from them.
fn output(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wechat_clients").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns whether a command works. Names a missing toolchain, which is an error if the variable `CI` is set.
fn has(toolchain: &[&str]) -> bool {
    let works = Command::new(toolchain[0]).args(&toolchain[1..]).output().is_ok_and(|output| output.status.success());
    if !works {
        let text = format!("`{}` does not work here", toolchain.join(" "));
        assert!(std::env::var_os("CI").is_none(), "{text}");
        warn(&format!("NOT TESTED with another client for WeChat: {text}"));
    }
    works
}

/// Runs a command and returns its stdout.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// Runs a client against a simulator of its own and checks what it got.
fn check(client: &mut Command) {
    let program = Program::without_home();
    let server = program.simulate_wechat(&["--followers", "120", "--encoding-aes-key", KEY]);
    let base = server.url("");
    client.args([base.as_str(), "wx00000000simulator", "simulator-secret", "simulatortoken", KEY]);
    let line = run(client);
    let mut got: Value = serde_json::from_str(line.trim()).unwrap_or_else(|error| panic!("{error}: {line}"));
    let msg_id = got["mass"]["msg_id"].clone();
    assert!(msg_id.as_u64().is_some_and(|id| id > 0), "{got}");
    assert!(got["token_length"].as_u64().is_some_and(|length| (100..=512).contains(&length)), "{got}");
    assert!(got["statistics"]["articles"].as_u64().is_some_and(|articles| articles > 0), "{got}");
    assert_eq!(got["errors"]["expired_token"].take().as_i64().unwrap_or(42_001), 42_001);
    got["errors"].as_object_mut().unwrap().remove("expired_token");
    let expected = json!({
        "followers": { "total": 120, "first_page": 120, "all": 120 },
        "subscribe": 1,
        "tag": { "id": 100, "name": "知会推送A", "count": 2 },
        "tags_of_follower": [100],
        "mass": { "msg_id": msg_id, "has_msg_data_id": true, "status": "SEND_SUCCESS" },
        "errors": {
            "one_openid": 40_130,
            "repeated": 45_065,
            "too_many_for_tag": 40_032,
            "quota": 45_009,
            "span": 61_501,
            "after_new_token": 0,
        },
        "callback": {
            "event": "MASSSENDJOBFINISH",
            "msg_id": msg_id,
            "status": "send success",
            "total": 3,
            "filter": 3,
            "sent": 3,
            "error": 0,
        },
        "forged_callback_is_refused": true,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&got[key], value, "{key} in {line}");
    }
    let (_, state) = server.get("/sim/state", None);
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["received"].as_object().unwrap().len(), 3);
    assert_eq!(state["most_received_of_one_message"], 1, "the repeated send was not delivered again");
}

#[test]
fn go_client_works_with_the_simulator() {
    if !has(&["go", "version"]) {
        return;
    }
    let binary = output("go").join("client");
    run(Command::new("go").args(["build", "-mod=readonly", "-o"]).arg(&binary).arg(".").current_dir(sources("go")));
    check(&mut Command::new(binary));
}

#[test]
fn java_client_works_with_the_simulator() {
    if !has(&["mvn", "--version"]) || !has(&["java", "-version"]) {
        return;
    }
    let folder = output("java");
    let class_path = folder.join("classpath");
    run(Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(sources("java").join("pom.xml"))
        .arg(format!("-Doutput={}", folder.display()))
        .arg(format!("-Dmdep.outputFile={}", class_path.display()))
        .args(["compile", "dependency:build-classpath"]));
    let dependencies = std::fs::read_to_string(class_path).unwrap();
    let classes = format!("{}:{}", folder.join("classes").display(), dependencies.trim());
    check(Command::new("java").arg("-cp").arg(classes).arg("Client"));
}

#[test]
fn python_client_works_with_the_simulator() {
    if !has(&["python3", "-m", "venv", "--help"]) {
        return;
    }
    let folder = output("python");
    let (packages, requirements) = (folder.join("venv"), sources("python").join("requirements.txt"));
    let installed = folder.join("installed.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    if std::fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&packages));
        let pip = packages.join("bin/pip");
        run(Command::new(pip).args(["install", "--quiet", "--requirement"]).arg(&requirements));
        std::fs::write(&installed, wanted).unwrap();
    }
    let program = sources("python").join("client.py");
    check(Command::new(packages.join("bin/python")).arg("-B").arg(program));
}
