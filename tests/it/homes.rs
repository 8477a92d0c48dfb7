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

/// Every snapshot of a home with its manifest.
fn snapshots(home: &Path) -> Vec<(PathBuf, PathBuf)> {
    let folders = ["published", "trained"].map(|part| home.join(part)).into_iter();
    let entries = folders.flat_map(|folder| folder.read_dir().unwrap()).map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).map(|path| (path.join("snapshot.bin"), path.join("manifest.json"))).collect()
}

/// Gives every snapshot another number of its format, as another version of the program would have written it.
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
