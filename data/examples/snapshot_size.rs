//! Measures a snapshot of synthetic members: bytes of an event, of the file, seconds and peak memory to sort the events, to write
//! and verify the file, and to read it.
//!
//! `cargo run --release -p zhihui-data --example snapshot_size -- [MEMBERS [EVENTS]]`; 1,000,000 members with 100 events each
//! without numbers. Each step is a process of its own, to measure its own peak memory (Linux).

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_data::ItemKind;
use zhihui_data::snapshot::{
    Event, EventCounts, EventKind, EventWeight, Factors, History, Items, Lists, Manifest, Members, Model, NO_TIME,
    NONE, Popularity, Preferences, SignUps, Snapshot, SparseRows, read, verify, write,
};

const AS_OF: i64 = 1_795_881_600;
const DAY: i64 = 86_400;
const ITEMS: usize = 20_000;
const TOPICS: usize = 40;
/// Length of a vector.
const RANK: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| arguments.get(at).map_or(Ok(default), |text| text.parse());
    if let [step, folder, ..] = &arguments[..]
        && ["write", "verify", "read"].contains(&step.as_str())
    {
        return run(step, Path::new(folder), number(2, 0)?, number(3, 0)?);
    }
    let (members, events) = (number(0, 1_000_000)?, number(1, 100)?);
    let folder = std::env::temp_dir().join(format!("snapshot-size-{}", std::process::id()));
    fs::create_dir(&folder)?;
    println!("{members} members, {events} events each, {ITEMS} items, vectors of {RANK} numbers");
    for step in ["write", "verify", "read"] {
        let mut own = Command::new(std::env::current_exe()?);
        own.arg(step).arg(&folder).args([members.to_string(), events.to_string()]).status()?;
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}

fn run(step: &str, folder: &Path, members: usize, events: usize) -> Result<(), Box<dyn Error>> {
    let (path, manifest_path) = (folder.join("snapshot.bin"), folder.join("manifest.json"));
    let began = Instant::now();
    if step == "write" {
        let history = history(members, events);
        let n_events = history.n_events();
        println!("events: {} bytes each, {}", history.bytes_per_event(), spent(began));
        let snapshot = snapshot(members, history);
        println!("snapshot in memory: {}", spent(began));
        let began = Instant::now();
        let manifest = write(&snapshot, File::create(&path)?)?;
        fs::write(manifest_path, serde_json::to_vec(&manifest)?)?;
        let bytes = fs::metadata(path)?.len();
        println!("write: {:.0} MB, {} bytes an event, {}", bytes as f64 / 1e6, bytes / n_events as u64, spent(began));
        return Ok(());
    }
    let manifest: Manifest = serde_json::from_slice(&fs::read(manifest_path)?)?;
    if step == "verify" {
        verify(File::open(path)?, &manifest)?;
    } else {
        std::hint::black_box(read(File::open(path)?, &manifest)?);
    }
    println!("{step}: {}", spent(began));
    Ok(())
}

/// Seconds since `began`, and the most memory that the process ever had.
fn spent(began: Instant) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|kilobytes| kilobytes.trim().trim_end_matches(" kB").parse::<f64>().ok());
    format!("{:.1} s, peak {:.0} MB", began.elapsed().as_secs_f64(), peak.unwrap_or(f64::NAN) / 1e3)
}

/// The events of a member, not in order of time.
fn events_of(member: usize, events: usize) -> impl Iterator<Item = Event> {
    let mut rng = ChaCha8Rng::seed_from_u64(member as u64);
    (0..events).map(move |_| Event {
        at: AS_OF - 1 - rng.gen_range(0..3 * 365 * DAY),
        kind: if rng.gen_bool(0.9) { EventKind::Read } else { EventKind::Push },
        item: rng.gen_range(0..ITEMS as u32),
        weight: EventWeight::of_read(Some(rng.gen_range(0.0..1.0)), None),
    })
}

fn history(members: usize, events: usize) -> History {
    let mut counts = EventCounts::new(members);
    for member in 0..members {
        events_of(member, events).for_each(|event| counts.add(member, event.at));
    }
    let mut builder = counts.builder(ITEMS);
    for member in 0..members {
        assert!(events_of(member, events).all(|event| builder.add(member, event)), "every event was counted");
    }
    builder.build().expect("every event was added")
}

fn snapshot(n_members: usize, history: History) -> Snapshot {
    let mut snapshot = Snapshot { version: "synthetic".into(), as_of: AS_OF, history, ..Snapshot::default() };
    let all = 0..n_members;
    let n_bands = snapshot.age_bands.count();
    snapshot.topics = (0..TOPICS).map(|topic| format!("topic {topic:02}")).collect();
    snapshot.members = Members {
        id: all.clone().map(|member| format!("M{member:08}")).collect(),
        openid: all.clone().map(|member| format!("oABCDEFGHIJKLMNOPQR{member:09}")).collect(),
        union: vec![NONE; n_members],
        memberships: Lists::from_rows(all.clone().map(|_| [0_u32; 0])),
        age: vec![40; n_members],
        age_band: vec![snapshot.age_bands.band_of(40); n_members],
        gender: vec![0; n_members],
        home_district: vec![NONE; n_members],
        work_district: vec![NONE; n_members],
        joined_at: vec![NO_TIME; n_members],
        follows: vec![true; n_members],
        personalised: vec![true; n_members],
        team_match: vec![false; n_members],
        lifecycle: vec![0; n_members],
        segment: vec![NONE; n_members],
    };
    snapshot.items = items();
    snapshot.sign_ups = SignUps { starts: vec![0; n_members + 1], ..SignUps::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut vectors = |n: usize| (0..n * RANK).map(|_| rng.gen_range(-1.0..1.0)).collect::<Vec<f32>>();
    let factors = Factors {
        rank: RANK as u32,
        members: vectors(n_members),
        items: vectors(ITEMS),
        item_is_warm: vec![true; ITEMS],
        gram: vec![0.0; RANK],
        ..Factors::default()
    };
    snapshot.model = Model {
        name: "synthetic".into(),
        popularity: Popularity {
            overall: vec![1.0; ITEMS],
            by_band: vec![0.1; ITEMS * n_bands],
            ..Popularity::default()
        },
        preferences: Preferences {
            evidence: SparseRows::from_rows(
                all.map(|member| [(member as u32 % 10, 1.0), (10 + member as u32 % 30, 0.5)]),
            ),
            band_shares: vec![0.0; n_bands * TOPICS],
            prior_weight: vec![1.0; n_bands],
            overall_shares: vec![0.0; TOPICS],
            half_life_days: 60.0,
        },
        factors: Some(factors),
        neighbours: SparseRows::from_rows((0..ITEMS).map(|_| [(0_u32, 0.0_f32); 0])),
        ..Model::default()
    };
    snapshot
}

fn items() -> Items {
    let none = || vec![NONE; ITEMS];
    let no_time = || vec![NO_TIME; ITEMS];
    let no_lists = || Lists::from_rows((0..ITEMS).map(|_| [0_u32; 0]));
    Items {
        id: (0..ITEMS).map(|item| format!("A{item:06}")).collect(),
        kind: vec![ItemKind::Article; ITEMS],
        title: (0..ITEMS).map(|item| format!("article {item}")).collect(),
        topics: Lists::from_rows((0..ITEMS).map(|item| [(item % TOPICS) as u32])),
        published_at: no_time(),
        starts_at: no_time(),
        ends_at: no_time(),
        opens_at: no_time(),
        closes_at: no_time(),
        union: none(),
        capacity: none(),
        per_union_cap: none(),
        per_member_cap: none(),
        child_tickets: none(),
        own_session_at: none(),
        team_size: none(),
        min_age: none(),
        max_age: none(),
        gender: vec![0; ITEMS],
        limited_to_unions: vec![false; ITEMS],
        open_to_unions: no_lists(),
        limited_to_districts: vec![false; ITEMS],
        open_to_districts: no_lists(),
        district: none(),
        price: vec![0.0; ITEMS],
        urgent: vec![false; ITEMS],
        announces: none(),
        seats_taken: vec![0; ITEMS],
        seats_by_union: SparseRows::from_rows((0..ITEMS).map(|_| [(0_u32, 0.0_f32); 0])),
    }
}
