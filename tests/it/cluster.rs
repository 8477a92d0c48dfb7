//! The machines of a cluster in a program that was compiled without it.
#![cfg(not(feature = "cluster"))]

use crate::program::Program;

#[test]
fn a_program_without_cluster_support_says_so_and_does_not_start() {
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[cluster]\nscheduler = \"df://127.0.0.1:50050\"\n")).unwrap();
    for command in ["scheduler", "executor", "run", "build"] {
        let (code, message) = program.fails(&[command]);
        assert_eq!(code, 2, "{command}: {message}");
        assert!(message.contains("--features cluster"), "{command}: {message}");
    }
}

#[test]
fn the_address_of_a_scheduler_is_checked() {
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[cluster]\nscheduler = \"http://127.0.0.1:50050\"\n")).unwrap();
    let (code, message) = program.fails(&["build"]);
    assert!(code == 2 && message.contains("df://host:50050"), "{message}");
}
