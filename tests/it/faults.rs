//! Kills at random moments and damaged files, a short round; `tests/faults/` plays as many as one likes.

use std::process::Command;

fn play(script: &str, words: &[&str]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults").join(script);
    let program = ["--program", env!("CARGO_BIN_EXE_zhihui")];
    let output = Command::new("python3").arg(path).args(program).args(words).output().unwrap();
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{failed}");
}

#[test]
fn nothing_is_lost_doubled_or_left_locked_by_kills() {
    play("kill_loop.py", &["--runs", "8", "--jobs", "2", "--seed", "1"]);
}

#[test]
fn damage_is_named_and_what_is_whole_goes_on() {
    play("damage.py", &[]);
}
