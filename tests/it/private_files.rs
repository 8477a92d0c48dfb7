//! Only the account that runs the program can read a home: access rights before and after an upgrade.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::program::Program;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Collects all paths below a folder, itself included, that others can access.
fn exposed(path: &Path, found: &mut Vec<String>) {
    if mode(path) & 0o077 != 0 {
        found.push(format!("{} {:o}", path.display(), mode(path)));
    }
    if path.is_dir() {
        path.read_dir().unwrap().for_each(|entry| exposed(&entry.unwrap().path(), found));
    }
}

fn check<'a>(diagnosis: &'a Value, name: &str) -> Option<&'a Value> {
    diagnosis["checks"].as_array().unwrap().iter().find(|check| check["name"] == name)
}

/// Reads of ten members over eight days.
fn reads() -> String {
    let rows = (1..9).flat_map(|day| (0..10).map(move |member| (day, member)));
    rows.fold("member_id,article_id,read_at\n".to_owned(), |text, (day, member)| {
        format!("{text}m{member},a{},2026-11-{day:02}T08:00:00+08:00\n", (member + day) % 9)
    })
}

#[test]
fn all_files_of_a_home_are_private_under_any_umask() {
    let program = Program::without_home();
    let reads = program.file("reads.csv", reads());
    let open = |arguments: &[&str]| {
        let command = program.command(arguments);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
        let output = shell.env_remove("ZHIHUI_HOME").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    open(&["init"]);
    open(&["run", &reads, "--as-of", "2026-11-10"]);
    open(&["key", "add", "backend", "--scope", "backend"]);
    let copy = program.path("copy");
    open(&["backup", copy.to_str().unwrap()]);
    for folder in [program.home(), copy] {
        let mut found = Vec::new();
        exposed(&folder, &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn doctor_fails_on_readable_secrets_and_the_next_command_protects_them() {
    let program = Program::new();
    program.ok(&["run", &program.file("reads.csv", reads()), "--as-of", "2026-11-10"]);
    for name in ["zhihui.db", "inbox.db", "zhihui.toml"] {
        set_mode(&program.home(), 0o755);
        set_mode(&program.home().join(name), 0o644);
        let (code, diagnosis) = program.json_and_code(&["doctor"]);
        let found = check(&diagnosis, "permissions").unwrap_or_else(|| panic!("{diagnosis}"));
        assert_eq!((code, found["status"].as_str()), (1, Some("fail")), "{name}: {found}");
        assert!(found["message"].as_str().unwrap().contains(name), "{found}");
        // As in an upgrade: the first command that opens a home of an earlier version protects it.
        program.ok(&["user", "list"]);
        assert_eq!((mode(&program.home()), mode(&program.home().join(name))), (0o700, 0o600), "{name}");
        let (_, diagnosis) = program.json_and_code(&["doctor"]);
        assert_eq!(check(&diagnosis, "permissions").unwrap()["status"], "ok");
    }
}
