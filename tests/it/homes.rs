//! Homes of earlier versions: snapshots of another format, and the home kept in tests/homes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::program::Program;

/// A published home of ten members.
fn home() -> Program {
    let program = Program::new();
    let rows = (1..9).flat_map(|day| (0..10).map(move |member| (day, member)));
    let reads = rows.fold("member_id,article_id,read_at\n".to_owned(), |text, (day, member)| {
        format!("{text}m{member},a{},2026-11-{day:02}T08:00:00+08:00\n", (member + day) % 9)
    });
    program.file("home/inbox/reads.csv", reads);
    program.json(&["run", "--budget", "0s", "--as-of", "2026-11-10"]);
    program
}

/// Returns every snapshot of a home with its manifest.
fn snapshots(home: &Path) -> Vec<(PathBuf, PathBuf)> {
    let folders = ["published", "trained"].map(|part| home.join(part)).into_iter();
    let entries = folders.flat_map(|folder| folder.read_dir().unwrap()).map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).map(|path| (path.join("snapshot.bin"), path.join("manifest.json"))).collect()
}

/// Changes the format number of every snapshot, as another version would have written it.
fn set_format(home: &Path, format: u16) {
    for (bytes_at, manifest_at) in snapshots(home) {
        let mut bytes = std::fs::read(&bytes_at).unwrap();
        bytes[6..8].copy_from_slice(&format.to_le_bytes());
        std::fs::write(&bytes_at, &bytes).unwrap();
        let mut manifest: Value = serde_json::from_slice(&std::fs::read(&manifest_at).unwrap()).unwrap();
        manifest["sha256"] = hex::encode(Sha256::digest(&bytes)).into();
        std::fs::write(&manifest_at, manifest.to_string()).unwrap();
    }
}

#[test]
fn a_snapshot_of_another_format_names_the_command_that_repairs_it() {
    let program = home();
    for (format, age) in [(1, "earlier version"), (999, "later version")] {
        set_format(&program.home(), format);
        let (_, message) = program.fails(&["recommend", "--member", "m1"]);
        assert!(message.contains(age) && message.contains("`zhihui run`"), "{message}");
        let (code, diagnosis) = program.json_and_code(&["doctor"]);
        let found = diagnosis["checks"].as_array().unwrap().iter().find(|check| check["name"] == "snapshot").unwrap();
        assert!(code == 1 && found["message"].as_str().unwrap().contains(age), "{found}");
        let server = program.serve();
        assert_eq!(server.get("/readyz", None).0, 503, "the service starts and says what is missing");
        program.json(&["run", "--budget", "0s", "--as-of", "2026-11-10"]);
        assert_eq!(program.json(&["recommend", "--member", "m1"])["member_id"], "m1");
        let began = std::time::Instant::now();
        while server.get("/readyz", None).0 != 200 {
            assert!(began.elapsed() < std::time::Duration::from_secs(10), "the repaired snapshot does not serve");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

/// Returns every home of an earlier version, unpacked, with the answers of that version.
fn earlier_homes() -> Vec<(String, Program, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes");
    let mut homes = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".tar.gz").map(str::to_owned) else {
            continue;
        };
        let program = Program::without_home();
        let mut unpack = std::process::Command::new("tar");
        let done = unpack.arg("-xzf").arg(&path).arg("-C").arg(program.path("")).status().unwrap();
        assert!(done.success(), "{}", path.display());
        let expected = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        homes.push((name, program, serde_json::from_slice(&expected).unwrap()));
    }
    assert!(!homes.is_empty(), "no home in {}", folder.display());
    homes
}

/// Returns the names of the failed checks of `doctor`.
fn failures(program: &Program) -> Vec<String> {
    let (_, diagnosis) = program.json_and_code(&["doctor"]);
    let failed = diagnosis["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "fail");
    failed.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}

/// The instant of the run: half an hour after the waiting events.
const AS_OF: &str = "2026-11-20T14:00:00+08:00";

#[test]
fn homes_of_all_earlier_versions_work_with_this_one() {
    for (name, program, expected) in earlier_homes() {
        let found = failures(&program);
        assert!(found.iter().all(|check| check == "permissions" || check == "snapshot"), "{name}: {found:?}");
        for (table, rows) in expected["counts"].as_object().unwrap() {
            assert_eq!(program.count(table), rows.as_i64().unwrap(), "{name}: {table}");
        }
        // Either it opens, or the message names a command.
        let first = program.run(&["recommend", "--member", "M000001", "--as-of", AS_OF]);
        let message = String::from_utf8_lossy(&first.stderr).into_owned();
        assert!(first.status.success() || message.contains("`zhihui run`"), "{name}: {message}");
        assert_run(&name, &program, &expected);
        assert_service(&name, &program, expected["key"].as_str().unwrap());
        let maintained = program.json(&["maintain"]);
        assert_eq!(maintained["erasures"]["waiting"], 0, "{name}: {maintained}");
        program.json(&["run", "--budget", "0s", "--as-of", "2026-11-20T14:30:00+08:00"]);
        assert_eq!(failures(&program), Vec::<String>::new(), "{name}");
        program.ok(&["audit", "verify"]);
    }
}

/// Asserts that a run commits new files and waiting events, and publishes.
fn assert_run(name: &str, program: &Program, expected: &Value) {
    let count = |table: &str| expected["counts"][table].as_i64().unwrap();
    let reads =
        "member_id,article_id,read_at\nM000007,A00003,2026-11-20 13:40:00\nM000008,A00003,2026-11-20 13:41:00\n";
    program.file("home/inbox/reads-new.csv", reads);
    program.file("home/inbox/members-new.csv", "member_id,openid,gender\nM999999,oNew,女\n");
    let done = program.json(&["run", "--budget", "0s", "--as-of", AS_OF]);
    let statuses: Vec<&str> =
        done["steps"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["done"; 4], "{name}: {done}");
    // Two of the waiting events are reads, three are about members.
    for (table, more) in [("reads", 4), ("member_events", 3), ("members", 1), ("sign_ups", 1), ("feedback", 1)] {
        assert_eq!(program.count(table), count(table) + more, "{name}: {table}");
    }
    assert_eq!(program.count("member_states where member_id = 'newcomer2'"), 1, "{name}");
}

/// Asserts that the service accepts the keys, accounts and roles of the earlier version.
fn assert_service(name: &str, program: &Program, key: &str) {
    let server = program.serve_as_of(AS_OF);
    let list = |who: &str| {
        let (status, list) = server.get_json(&format!("/v1/recommendations?{who}"), key);
        assert_eq!(status, 200, "{name}: {who}: {list}");
        list
    };
    assert!(!list("member_id=M000001")["items"].as_array().unwrap().is_empty(), "{name}");
    for silent in ["M000031", "M000032", "M000061"] {
        assert_eq!(list(&format!("member_id={silent}"))["personalised"], false, "{name}: {silent} opted out");
    }
    for (openid, member) in [("oBoundLater1", "M000021"), ("oBoundLater2", "M000022")] {
        assert_eq!(list(&format!("openid={openid}"))["member_id"], member, "{name}");
    }
    for erased in ["M000063", "M000064"] {
        assert_eq!(program.count(&format!("member_states where member_id = '{erased}'")), 0, "{name}: {erased}");
    }
    let signed_in = server.post_form("/login", "name=admin&password=a+long+password");
    assert_eq!(signed_in, 303, "{name}: an account of the earlier version signs in");
}
