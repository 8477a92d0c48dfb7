//! A short round of random kills and damaged files. `tests/faults/` runs more.

use std::process::Command;

fn script(name: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults").join(name));
    command.args(["--program", env!("CARGO_BIN_EXE_zhihui")]);
    command
}

fn run(mut script: Command, words: &[&str]) {
    let output = script.args(words).output().unwrap();
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{failed}");
}

#[test]
fn kills_lose_or_double_nothing_and_leave_no_lock() {
    run(script("kill_loop.py"), &["--runs", "8", "--jobs", "2", "--seed", "1"]);
}

#[test]
fn events_in_any_order_give_the_same_tables_as_a_rebuild_from_files() {
    run(script("kill_loop.py"), &["--only", "rebuild", "--runs", "2", "--jobs", "2", "--seed", "1"]);
}

#[test]
fn damaged_files_are_named_and_others_still_work() {
    run(script("damage.py"), &[]);
}

#[test]
fn a_full_disk_is_reported_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A small volume in a mount namespace of its own.
    let with_volume = |mut command: Command| {
        let words = ["--user", "--map-root-user", "--mount", "sh", "-c"];
        let mount = "mount -t tmpfs -o size=60m tmpfs \"$0\" && exec \"$@\"";
        command.args(words).arg(mount).arg(folder.path());
        command
    };
    let mut probe = with_volume(Command::new("unshare"));
    if !probe.arg("true").output().is_ok_and(|output| output.status.success()) {
        crate::program::warn("NOT TESTED: this machine lets nobody mount a small volume, so no disk was filled");
        return;
    }
    let mut whole = with_volume(Command::new("unshare"));
    let inner = script("damage.py");
    whole
        .arg(inner.get_program())
        .args(inner.get_args())
        .args(["--only", "full_disk", "--small-disk"])
        .arg(folder.path());
    run(whole, &[]);
}
