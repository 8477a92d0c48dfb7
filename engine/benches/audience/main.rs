//! Time and memory of audiences in a large union: rules of three behaviour conditions, and ranking all members for one item.
//!
//! `cargo bench -p zhihui-engine --bench audience -- [--members N] [--reads N] [--only TEXT] [--facts FOLDER]`. With a text,
//! only what has it in its name is repeated. With a folder, the facts and the rules with their counts are written there, for
//! `bench/audience.py`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "what it measures is its output; a benchmark may panic")]

mod union;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use union::{ACTIVITIES, AS_OF, TOPICS};
use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_engine::answer::{Language, RecommendRequest, Who};
use zhihui_engine::audience::{AudienceRequest, Exclusion, ExclusionReason, Recheck, Rule, Target};
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Overlay};

/// Different rules, so that nothing can be answered from an earlier result.
const RULES: usize = 12;
/// Members whose own lists are made.
const LISTS: usize = 2_000;
/// Members of a frozen list.
const FROZEN: usize = 100_000;
/// Members with an event since the snapshot.
const LIVE_MEMBERS: usize = 20_000;

fn main() {
    let given: Vec<String> = std::env::args().collect();
    let option = |name: &str| given.iter().position(|arg| arg == name).and_then(|at| given.get(at + 1));
    let number = |name: &str, default: usize| option(name).map_or(default, |text| text.parse().unwrap());
    // `cargo test --all-targets` runs it, too, without this flag and only to see that it works.
    let is_measured = given.iter().any(|arg| arg == "--bench");
    let n_members = number("--members", if is_measured { 1_000_000 } else { 2_000 });
    let n_reads = number("--reads", 50 * n_members);
    let snapshot = timed("make the union", || union::snapshot(n_members, n_reads as f64 / n_members as f64));
    let n_events = snapshot.history.n_events();
    let history = &snapshot.history;
    let reads = history.places().filter(|&event| history.kind(event) == EventKind::Read).count();
    println!("{n_members} members, {n_events} events, {reads} reads, {} MB in memory", memory("VmRSS"));
    let engine = timed("index the snapshot", || Engine::new(snapshot));
    println!("{} MB in memory", memory("VmRSS"));
    let size = timed("prepare audiences", || engine.prepare_audiences());
    println!(
        "prepared {} MB, {:.2} bytes an event; {} MB in memory, peak {} MB",
        size / 1_000_000,
        size as f64 / n_events as f64,
        memory("VmRSS"),
        memory("VmHWM")
    );

    let overlay = live_events(&engine);
    let rules: Vec<Value> = (0..RULES).map(rule).collect();
    let count = |rule: &Value, overlay: &Overlay| {
        let rule = Rule::parse(rule).unwrap();
        engine.count_rule(overlay, &rule, None, AS_OF, &|_| None).unwrap()
    };
    let counts: Vec<usize> = rules.iter().map(|rule| count(rule, &Overlay::default())).collect();
    let mut answers = Vec::new();
    let mut seconds = Vec::new();
    for (rule, count_before) in rules.iter().zip(&counts) {
        let began = Instant::now();
        let counted = count(rule, &Overlay::default());
        seconds.push(began.elapsed().as_secs_f64());
        assert_eq!(counted, *count_before);
        answers.push(json!({ "rule": rule, "count": counted, "seconds": seconds.last() }));
    }
    report("rule of three conditions, 12 rules", &seconds);
    println!("counts {counts:?}");
    repeat("the same rule again", || count(&rules[3], &Overlay::default()));
    repeat("the same rule with live events of 20,000 members", || count(&rules[3], &overlay));
    for (place, condition) in rules[3]["all"].as_array().unwrap().iter().enumerate() {
        repeat(&format!("its condition {place}"), || count(condition, &Overlay::default()));
    }

    let item = |activity: usize| Target::Item(format!("I{activity:05}"));
    let request = |activity: usize| AudienceRequest { hold_out: 0.1, ..AudienceRequest::new(item(activity), AS_OF) };
    let audience = |request: &AudienceRequest, overlay: &Overlay| {
        let result = engine.audience(overlay, request, &|_| None).unwrap();
        result.rows.len()
    };
    let mut activity = 0;
    let mut different = || {
        activity = (activity + 1) % ACTIVITIES;
        request(activity)
    };
    let mut number = 0;
    repeat("preview of an item with a rule", || {
        number = (number + 1) % RULES;
        audience(
            &AudienceRequest { rule: Some(Rule::parse(&rules[number]).unwrap()), ..different() },
            &Overlay::default(),
        )
    });
    repeat("all members ranked for one item", || audience(&different(), &Overlay::default()));
    repeat("all members ranked, with live events", || audience(&different(), &overlay));
    let step = (n_members / LISTS).max(1);
    let lists = |overlay: &Overlay| {
        let ids = engine.snapshot().members.id.iter().step_by(step);
        ids.filter(|&id| !engine.recommend(overlay, &list_request(id)).items.is_empty()).count()
    };
    repeat("lists of members", || lists(&Overlay::default()));
    repeat("lists of members with live events", || lists(&overlay));
    let (n_frozen, overlay_of_list) = (FROZEN.min(n_members / 2), &overlay);
    let list = |activity| AudienceRequest { limit: Some(n_frozen), all_reasons: true, ..request(activity) };
    let mut members: Vec<usize> = Vec::new();
    repeat("freeze a list with reasons and digest", || {
        let result = engine.audience(overlay_of_list, &list(7), &|_| None).unwrap();
        let digest = result.digest(engine.snapshot());
        members = result.rows.iter().map(|row| row.member).collect();
        digest.push
    });
    let ids: Vec<&str> = members.iter().map(|&row| engine.snapshot().members.id[row].as_str()).collect();
    repeat("check the list again before its export", || {
        let reasons = engine.recheck(overlay_of_list, &list(7), &ids, Recheck::BeforeFirstPush).unwrap();
        reasons.into_iter().filter(Option::is_none).count()
    });
    let mut limited = |exclusions: Vec<Exclusion>| {
        let rule = Some(Rule::parse(&rules[number % RULES]).unwrap());
        audience(&AudienceRequest { rule, exclusions, ..different() }, &Overlay::default())
    };
    repeat("preview without an exclusion", || limited(Vec::new()));
    let ids: Vec<String> = engine.snapshot().members.id.iter().rev().cloned().collect();
    let set = timed("set of as many excluded ids as members", || engine.member_set(ids.iter().map(String::as_str)));
    let members = std::sync::Arc::new(set);
    let exclusion = |applies| Exclusion {
        id: "xl".to_owned(),
        reason: ExclusionReason::ExclusionList,
        members: std::sync::Arc::clone(&members),
        applies,
    };
    repeat("preview that counts an exclusion", || limited(vec![exclusion(false)]));

    if let Some(folder) = option("--facts") {
        write_facts(engine.snapshot(), &answers, Path::new(folder));
    }
}

fn list_request(member: &str) -> RecommendRequest<'_> {
    let (who, language) = (Who::Member(member), Language::Zh);
    RecommendRequest { who, n: 20, kind: None, topic: None, exclude: &[], general: false, now: AS_OF, language }
}

/// Three conditions on behaviour: reads of a topic, days with reads, and few reads of another topic.
fn rule(number: usize) -> Value {
    let topic = |topic: usize| format!("topic {:02}", topic % TOPICS);
    let day = |days: i64| chrono::DateTime::from_timestamp(AS_OF - days * 86_400, 0).unwrap().date_naive();
    let from = 300 - 20 * number as i64;
    json!({ "all": [
        { "did": { "event": "read", "topic": topic(number), "within_days": 30 + 25 * number, "at_least": 1 + number % 4 } },
        { "did": { "event": "read", "within_days": 60 + 20 * number, "distinct_days": 3 + number } },
        { "did": { "event": "read", "topic": topic(number + 3), "from": day(from), "to": day(from - 150), "at_most": 3 } },
    ] })
}

fn live_events(engine: &Engine) -> Overlay {
    let mut overlay = Overlay::default();
    let ids = &engine.snapshot().members.id;
    for (number, id) in ids.iter().step_by((ids.len() / LIVE_MEMBERS).max(1)).enumerate() {
        let item = &engine.snapshot().items.id[ACTIVITIES + number % 5_000];
        let (who, at) = (Who::Member(id), AS_OF - 60);
        overlay.apply(engine, &LiveEvent { who, item_id: Some(item), at, what: LiveKind::Read });
    }
    overlay
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let result = work();
    println!("{what}: {:.2} s, {:.2} s of the processor", began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    result
}

/// Times eleven calls.
fn repeat(what: &str, mut work: impl FnMut() -> usize) {
    if std::env::args().skip_while(|arg| arg != "--only").nth(1).is_some_and(|text| !what.contains(&text)) {
        return;
    }
    let cpu = cpu_seconds();
    let mut seconds = Vec::new();
    let mut result = 0;
    for _ in 0..11 {
        let began = Instant::now();
        result = work();
        seconds.push(began.elapsed().as_secs_f64());
    }
    let cpu = (cpu_seconds() - cpu) / seconds.len() as f64 * 1e3;
    report(&format!("{what} ({result} members, {cpu:.0} ms of the processor)"), &seconds);
}

fn report(what: &str, seconds: &[f64]) {
    let mut sorted: Vec<f64> = seconds.iter().map(|seconds| seconds * 1e3).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (last, middle) = (sorted.len() - 1, sorted.len() / 2);
    println!("{what}: median {:.1} ms, least {:.1}, most {:.1}", sorted[middle], sorted[0], sorted[last]);
}

/// User and system time of the process so far, in seconds; ticks of a hundredth.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A size of the process in MB, by its name in the status.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1_000
}

/// Writes one file of little-endian numbers a column, and the rules.
fn write_facts(snapshot: &Snapshot, answers: &[Value], folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let history = &snapshot.history;
    let column = |name: &str, write: &dyn Fn(&mut BufWriter<File>)| {
        let mut out = BufWriter::new(File::create(folder.join(name)).unwrap());
        write(&mut out);
        out.flush().unwrap();
    };
    let members = 0..snapshot.members.id.len();
    column("member.u32", &|out| {
        members.clone().for_each(|member| {
            let row = (member as u32).to_le_bytes();
            history.of(member).for_each(|_| out.write_all(&row).unwrap());
        });
    });
    let events = || history.places().map(|event| history.event(event));
    column("item.u32", &|out| events().for_each(|event| out.write_all(&event.item.to_le_bytes()).unwrap()));
    column("kind.u8", &|out| events().for_each(|event| out.write_all(&[event.kind as u8]).unwrap()));
    column("at.i64", &|out| events().for_each(|event| out.write_all(&event.at.to_le_bytes()).unwrap()));
    let topics: Vec<&[u32]> = (0..snapshot.items.id.len()).map(|item| snapshot.items.topics.row(item)).collect();
    let facts = json!({ "as_of": AS_OF, "topics": topics, "answers": answers });
    std::fs::write(folder.join("rules.json"), facts.to_string()).unwrap();
}
