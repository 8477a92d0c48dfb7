//! A lake in an object store: the whole program on two real servers, and several machines with one lake.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::journey::AS_OF;
use crate::object_store::{ObjectStore, home_of_careless_store};
use crate::program::Program;
use crate::rights::files_with;

/// Puts sample files into a new folder beside a home.
fn sample(program: &Program) -> String {
    let folder = program.path("files").to_str().unwrap().to_owned();
    let size = ["--members", "300", "--unions", "20", "--days", "60", "--seed", "5", "--as-of", AS_OF];
    let mut arguments = vec!["sample", "--out", folder.as_str()];
    arguments.extend(size);
    program.ok(&arguments);
    folder
}

/// Rows of tables that ingest and build wrote, and a report; nothing in them depends on where the lake is.
fn figures(program: &Program) -> Vec<Value> {
    let queries = [
        "select * from members order by member_id",
        "select member_id, item_id, kind, at, weight from interactions order by 1, 2, 3, 4",
        "select count(*) as n from reads",
        // The order of additions differs between any two builds.
        "select member_id, topic, round(share, 9) as share from preferences order by 1, 2",
    ];
    let mut found: Vec<Value> = queries.iter().map(|query| program.json(&["sql", query])).collect();
    let mut report = program.json(&["report", "--as-of", AS_OF]);
    report["metrics"].as_array_mut().unwrap().retain(|metric| metric["name"] != "snapshot_age");
    found.push(report["metrics"].take());
    found
}

/// All steps and the rights of members on a server.
fn whole_program(store: &ObjectStore) {
    let (local, remote) = (Program::new(), store.home("whole", 5));
    let files = sample(&local);
    let run = ["run", files.as_str(), "--as-of", AS_OF, "--budget", "0s"];
    let ran = (local.json_and_code(&run), remote.json_and_code(&run));
    assert_eq!(ran.0.0, ran.1.0, "{}", ran.1.1);
    assert_eq!(figures(&local), figures(&remote));
    assert!(!remote.home().join("lake").join("raw").exists(), "no table in the home");
    let again = remote.json(&run);
    let statuses: Vec<&str> =
        again["steps"].as_array().unwrap().iter().map(|step| step["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["skipped"; 4], "{again}");

    let backup = remote.path("backup").to_str().unwrap().to_owned();
    remote.ok(&["backup", &backup]);
    let before = figures(&remote);
    let row =
        &remote.json(&["sql", "select member_id from preferences group by 1 order by count(*) desc, 1 limit 1"])[0];
    let member = row["member_id"].as_str().unwrap().to_owned();
    assert!(!files_with(&Path::new(&backup).join("lake"), &[&member]).is_empty());

    remote.ok(&["member", "forget", &member]);
    remote.json_and_code(&["run", "--as-of", AS_OF, "--budget", "0s"]);
    let maintained = remote.json(&["maintain"]);
    assert_eq!(maintained["erasures"]["erased"], 1, "{maintained}");
    let copy = remote.path("after").to_str().unwrap().to_owned();
    remote.ok(&["backup", &copy]);
    assert_eq!(files_with(&Path::new(&copy).join("lake"), &[&member]), Vec::<std::path::PathBuf>::new());
    let objects = store.keys("whole").len();
    assert!(objects > 20, "{objects} objects");

    // The erasure after the backup is repeated, everything else is as it was.
    remote.ok(&["restore", &backup, "--replace"]);
    assert_eq!(remote.count(&format!("reads where member_id = '{member}'")), 0);
    let others = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter().filter(|row| row["member_id"] != member.as_str());
        rows.cloned().collect::<Vec<Value>>()
    };
    assert_eq!(others(&figures(&remote)[0]), others(&before[0]));
    let doctor = remote.json(&["doctor"]);
    let check = |name: &str| doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).cloned();
    assert_eq!(check("lake_store").unwrap()["status"], "ok", "{doctor}");
    assert!(
        check("lake_writer").unwrap()["message"].as_str().unwrap().starts_with("nobody writes; lease "),
        "{doctor}"
    );
}

#[test]
fn the_whole_program_works_on_a_lake_in_moto() {
    whole_program(&ObjectStore::moto());
}

#[test]
fn the_whole_program_works_on_a_lake_in_versitygw() {
    if let Some(store) = ObjectStore::versitygw("the whole program on a server that checks signatures") {
        whole_program(&store);
    }
}

#[test]
fn a_store_that_ignores_conditions_is_refused_with_a_remedy() {
    let program = home_of_careless_store();
    let (code, message) = program.fails(&["run", &sample(&program)]);
    assert_eq!(code, 2, "{message}");
    assert!(message.contains("ignores If-None-Match") && message.contains("use a store with"), "{message}");
    let (code, doctor) = program.json_and_code(&["doctor"]);
    let check =
        doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "lake_store").unwrap().clone();
    assert_eq!((code, check["status"].as_str().unwrap()), (1, "fail"), "{check}");
    assert!(check["remedy"].as_str().unwrap().contains("conditional puts"), "{check}");
}

/// A file of reads of its own for a machine.
fn reads(program: &Program, name: &str, first: u32, n_rows: u32) -> String {
    let rows =
        (first..first + n_rows).map(|n| format!("r{n},m{},a{},2026-11-{:02} 08:00:00\n", n % 97, n % 31, n % 19 + 1));
    program.file(name, format!("event_id,member_id,article_id,read_at\n{}", rows.collect::<String>()))
}

fn start(program: &Program, arguments: &[&str]) -> Child {
    program.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn stderr(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(done.success(), "kill {name}");
}

/// Waits until a command of another machine holds the lease.
fn wait_for_writer(program: &Program, child: &mut Child) {
    let started = Instant::now();
    loop {
        let (_, doctor) = program.json_and_code(&["doctor"]);
        let writer =
            doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "lake_writer").unwrap().clone();
        if writer["message"].as_str().unwrap().contains(&format!("process {} ", child.id())) {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "ended without the lease: {writer}");
        assert!(started.elapsed() < Duration::from_secs(60), "{writer}");
    }
}

/// Machines with one lake ingest at the same time; every row is there once.
fn race(store: &ObjectStore, n_machines: u32) {
    let machines: Vec<Program> = (0..n_machines).map(|_| store.home("race", 5)).collect();
    let files: Vec<String> =
        (0..).zip(&machines).map(|(at, machine)| reads(machine, &format!("reads-{at}.csv"), at * 300, 600)).collect();
    let children: Vec<Child> =
        machines.iter().zip(&files).map(|(machine, file)| start(machine, &["ingest", file])).collect();
    for child in children {
        let (code, said) = stderr(child);
        assert_eq!(code, Some(0), "{said}");
    }
    // Each file has half of the rows of the one before it.
    let expected = i64::from(300 * (n_machines + 1));
    assert_eq!(machines[0].count("reads"), expected);
    assert_eq!(machines[0].json(&["sql", "select count(distinct event_id) as n from raw_reads"])[0]["n"], expected);
}

#[test]
fn machines_with_one_lake_in_moto_add_every_row_once() {
    race(&ObjectStore::moto(), 3);
}

#[test]
fn machines_with_one_lake_in_versitygw_add_every_row_once() {
    if let Some(store) = ObjectStore::versitygw("a race of machines on a server with atomic conditions") {
        race(&store, 6);
    }
}

/// A machine dies while it writes; another one takes its lease over, and the first one repeats what is missing.
#[test]
fn a_machine_killed_in_the_middle_blocks_the_others_for_the_term_only() {
    let store = ObjectStore::moto();
    let (first, other) = (store.home("killed", 2), store.home("killed", 2));
    let file = reads(&first, "reads-1.csv", 0, 60_000);
    let mut killed = start(&first, &["ingest", &file]);
    wait_for_writer(&other, &mut killed);
    signal(&killed, "-KILL");
    killed.wait().unwrap();
    let busy_until = Instant::now();
    other.ok(&["ingest", &reads(&other, "reads-2.csv", 60_000, 100)]);
    assert!(busy_until.elapsed() < Duration::from_secs(20), "{:?}", busy_until.elapsed());
    first.ok(&["ingest", &file]);
    assert_eq!(other.count("reads"), 60_100);
    assert_eq!(other.json(&["sql", "select count(distinct event_id) as n from raw_reads"])[0]["n"], 60_100);
}

/// A machine is paused while it writes, as by a suspended virtual machine, and goes on after another one took over.
fn paused(store: &ObjectStore) {
    let (first, other) = (store.home("paused", 2), store.home("paused", 2));
    let file = reads(&first, "reads-1.csv", 0, 60_000);
    let mut paused = start(&first, &["ingest", &file]);
    wait_for_writer(&other, &mut paused);
    signal(&paused, "-STOP");
    other.ok(&["ingest", &reads(&other, "reads-2.csv", 60_000, 100)]);
    // Deletes the files that the paused machine has not committed.
    other.ok(&["maintain", "--keep-hours", "0"]);
    let before = other.count("reads");
    signal(&paused, "-CONT");
    let (code, said) = stderr(paused);
    assert_ne!(code, Some(0), "{said}");
    assert!(said.contains("run the command again"), "{said}");
    assert_eq!(other.count("reads"), before, "nothing was committed behind the back of the new writer");
    first.ok(&["ingest", &file]);
    assert_eq!(other.count("reads"), 60_100);
    assert_eq!(other.json(&["sql", "select count(distinct event_id) as n from raw_reads"])[0]["n"], 60_100);
    other.ok(&["maintain", "--keep-hours", "0"]);
    assert_eq!(first.count("reads"), 60_100, "no file of a version was deleted");
}

#[test]
fn a_paused_machine_commits_nothing_after_another_one_took_over_in_moto() {
    paused(&ObjectStore::moto());
}

#[test]
fn a_paused_machine_commits_nothing_after_another_one_took_over_in_versitygw() {
    if let Some(store) = ObjectStore::versitygw("fencing of a paused machine on a server with atomic conditions") {
        paused(&store);
    }
}

/// The gateway is killed again and again while machines commit.
#[test]
fn a_store_killed_in_the_middle_of_commits_loses_and_doubles_nothing() {
    let Some(mut store) = ObjectStore::versitygw("kills of the store in the middle of commits") else { return };
    let machines = [store.home("gateway", 2), store.home("gateway", 2)];
    let n_files = 12;
    for round in 0..3 {
        let folders: Vec<String> = (0..)
            .zip(&machines)
            .map(|(at, machine)| {
                for file in 0..n_files / 2 {
                    let first = (at * n_files / 2 + file) * 2_000;
                    reads(
                        machine,
                        &format!("round-{round}/reads-{round}-{file}.csv"),
                        round * n_files * 2_000 + first,
                        2_000,
                    );
                }
                machine.path(&format!("round-{round}")).to_str().unwrap().to_owned()
            })
            .collect();
        let mut children: Vec<Child> =
            machines.iter().zip(&folders).map(|(machine, folder)| start(machine, &["ingest", folder])).collect();
        let mut pause = 37 + u64::from(round) * 61;
        while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
            std::thread::sleep(Duration::from_millis(pause));
            store.kill();
            std::thread::sleep(Duration::from_millis(300));
            store.restart();
            pause = (pause * 7 + 113) % 900 + 100;
        }
        // A machine that was told to run again does so.
        for (machine, folder) in machines.iter().zip(&folders) {
            machine.ok(&["ingest", folder]);
        }
        let expected = i64::from((round + 1) * n_files * 2_000);
        assert_eq!(machines[0].count("reads"), expected);
        let distinct = machines[1].json(&["sql", "select count(distinct event_id) as n from raw_reads"]);
        assert_eq!(distinct[0]["n"], expected);
    }
    machines[0].ok(&["maintain", "--keep-hours", "0"]);
    assert_eq!(machines[1].count("reads"), i64::from(3 * n_files * 2_000));
}
