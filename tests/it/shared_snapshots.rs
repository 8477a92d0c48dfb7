//! Services on several machines over one lake in an object store: the same snapshot at the same time, without revoked members.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::journey::AS_OF;
use crate::object_store::ObjectStore;
use crate::program::{Program, Server};

fn sample(program: &Program) -> String {
    let folder = program.path("files").to_str().unwrap().to_owned();
    let size = ["--members", "200", "--unions", "10", "--days", "40", "--seed", "5", "--as-of", AS_OF];
    program.ok(&[&["sample", "--out", folder.as_str()][..], &size].concat());
    folder
}

fn run(program: &Program, paths: &[&str], as_of: &str) -> String {
    let (_, report) = program.json_and_code(&[&["run"][..], paths, &["--as-of", as_of, "--budget", "0s"]].concat());
    report["version"].as_str().unwrap_or_else(|| panic!("{report}")).to_owned()
}

fn backend_key(program: &Program) -> String {
    program.json(&["key", "add", "test", "--scope", "backend"])["key"].as_str().unwrap().to_owned()
}

/// The version in service; `None` if the service is not ready.
fn served(server: &Server) -> Option<String> {
    let (status, body) = server.get("/readyz", None);
    let body: Value = serde_json::from_str(&body).unwrap();
    (status == 200).then(|| body["version"].as_str().unwrap().to_owned())
}

fn list(server: &Server, key: &str, member: &str) -> Value {
    server.get_json(&format!("/v1/recommendations?member_id={member}"), key).1
}

fn until<T>(seconds: u64, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(seconds), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn services_on_all_machines_change_to_a_published_snapshot_together_and_drop_revoked_members() {
    let store = ObjectStore::moto();
    let (publisher, replica) = (store.home("shared", 5), store.home("shared", 5));
    let first = run(&publisher, &[&sample(&publisher)], AS_OF);
    let (key, replica_key) = (backend_key(&publisher), backend_key(&replica));
    let (one, two) = (publisher.serve(), replica.serve());
    assert_eq!(
        (served(&one), served(&two)),
        (Some(first.clone()), Some(first)),
        "a new machine fetches it before it serves"
    );

    // Revocations travel at once, without a publish.
    let sql = "select member_id from preferences group by 1 order by count(*) desc, 1 limit 2";
    let members = publisher.json(&["sql", sql]);
    let [erased, opted_out] = [0, 1].map(|at| members[at]["member_id"].as_str().unwrap().to_owned());
    assert_eq!(list(&two, &replica_key, &erased)["personalised"], true);
    assert_eq!(list(&two, &replica_key, &opted_out)["personalised"], true);
    publisher.ok(&["member", "forget", &erased]);
    publisher.ok(&["member", "opt-out", &opted_out]);
    until(10, "the replica still knows revoked members", || {
        let general = |member: &str| list(&two, &replica_key, member)["personalised"] == false;
        (general(&erased) && general(&opted_out)).then_some(())
    });
    // Of requests of the same second the refusal counts.
    std::thread::sleep(Duration::from_millis(1_100));
    replica.ok(&["member", "opt-in", &opted_out]);
    until(10, "the publisher does not know of the permission", || {
        (list(&one, &key, &opted_out)["personalised"] == true).then_some(())
    });

    // Both services change within a second of each other, and meanwhile answer with the snapshot before.
    let second = std::thread::scope(|scope| {
        let next = scope.spawn(|| run(&publisher, &[], "2026-11-20T13:00:00+08:00"));
        let changed = [&one, &two].map(|server| {
            let before = served(server).unwrap();
            scope.spawn(move || until(240, "no change", || (served(server).unwrap() != before).then(Instant::now)))
        });
        let version = next.join().unwrap();
        let [at_one, at_two] = changed.map(|changed| changed.join().unwrap());
        let apart = at_one.max(at_two) - at_one.min(at_two);
        assert!(apart < Duration::from_secs(1), "{apart:?} apart");
        version
    });
    assert_eq!((served(&one), served(&two)), (Some(second.clone()), Some(second.clone())));
    assert_eq!(list(&one, &key, &erased), list(&two, &replica_key, &erased));

    // Maintenance deletes the snapshots with the erased member in the store, and following deletes them on the replica.
    let maintained = publisher.json(&["maintain"]);
    assert_eq!(maintained["erasures"]["erased"], 1, "{maintained}");
    assert_eq!(store.keys("shared/.published/snapshots").len(), 1);
    until(10, "the replica keeps a snapshot with an erased member", || {
        let folders = replica.home().join("published").read_dir().unwrap();
        let versions: Vec<String> = folders
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        (versions == [second.clone()]).then_some(())
    });
}

#[test]
fn a_service_without_contact_to_the_store_refuses_to_answer_and_recovers() {
    let Some(mut store) = ObjectStore::versitygw("a service that loses the object store") else { return };
    let home = store.home("contact", 5);
    let settings = home.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}[publish]\nrefuse_after_seconds = 2\n")).unwrap();
    let version = run(&home, &[&sample(&home)], AS_OF);
    let key = backend_key(&home);
    let server = home.serve();
    assert_eq!(served(&server), Some(version.clone()));
    store.kill();
    until(30, "still serves", || served(&server).is_none().then_some(()));
    let (status, problem) = server.get_json("/v1/popular", &key);
    assert_eq!((status, problem["code"].as_str()), (503, Some("not_ready")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("no contact with the object store"), "{problem}");
    store.restart();
    until(30, "does not recover", || served(&server));
    assert_eq!(server.get_json("/v1/popular", &key).0, 200);
}

#[test]
fn a_machine_with_an_earlier_snapshot_does_not_replace_a_later_one() {
    let store = ObjectStore::moto();
    let (one, other) = (store.home("later", 5), store.home("later", 5));
    let files = sample(&one);
    run(&one, &[&files], AS_OF);
    other.ok(&["train", "--as-of", AS_OF, "--budget", "0s"]);
    let later = run(&one, &[], "2026-11-20T13:00:00+08:00");
    let (code, message) = other.fails(&["publish"]);
    assert_eq!(code, 1);
    assert!(message.contains(&format!("later snapshot {later}")) && message.contains("run again"), "{message}");
    assert!(other.home().join("published").read_dir().unwrap().next().is_none(), "nothing is published there either");
}
