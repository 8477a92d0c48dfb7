//! Measures how long it takes to freeze and to export a large push list.
//!
//! `push_list [MEMBERS [LISTS]]` makes a home in a temporary folder, whose snapshot has this many members (100,000) with one
//! popular article, and freezes, approves and exports that many lists (3) of all of them. It prints seconds and, in brackets,
//! processor seconds of each step. Later lists find more events in the inbox.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use zhihui_api::{
    Actor, AudienceQuery, Clock, FileFormat, Inbox, ListFormat, ListStep, ListWriter, ListWriterError, NoReports,
    Ports, Problem, PublishedEngine, Service, Settings, Store,
};
use zhihui_data::ItemKind;
use zhihui_data::snapshot::{
    AgeBands, History, Items, Lists, Members, Model, NO_TIME, NONE, Popularity, Preferences, Snapshot, SparseRows,
    Unions,
};
use zhihui_engine::allocation::Allocation;
use zhihui_engine::audience::{AudienceResult, PushCaps};
use zhihui_engine::{Engine, Language};

const DAY: i64 = 86_400;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (members, lists) = (number(100_000)?, number(3)?);
    let home = tempfile::tempdir()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().cast_signed();
    let clock: Clock = Arc::new(move || now);
    let store = Store::open(&home.path().join("zhihui.db")).await?;
    let ports = Ports::new(Arc::new(NoReports)).with_list_writer(Arc::new(Lines));
    let service = Service::new(Settings::default(), Arc::clone(&clock), store, ports).await?;
    let inbox = Inbox::open(&home.path().join("inbox.db"), clock).await?;
    let mut snapshot = snapshot_of(members, now);
    snapshot.inbox = inbox.id().to_owned();
    service.accept_events(inbox);
    let caps = PushCaps { per_month: u32::MAX, ..PushCaps::default() };
    service.publish_with_events(PublishedEngine::new(Engine::new(snapshot)).with_push_settings("salt", caps)).await?;
    let (author, approver) = (Actor::local(Some("author")), Actor::local(Some("approver")));
    let mut out = std::io::stdout();
    for _ in 0..lists {
        let query = AudienceQuery { item_id: Some("a1".to_owned()), ..AudienceQuery::default() };
        let began = Watch::start();
        let list = service.create_push_list(&author, query, Language::Zh).await.map_err(told)?;
        let frozen = began.seconds();
        let began = Watch::start();
        service.step_push_list(&author, &list.id, ListStep::Submit, None).await.map_err(told)?;
        service.step_push_list(&approver, &list.id, ListStep::Approve, None).await.map_err(told)?;
        let approved = began.seconds();
        let began = Watch::start();
        let file = service.export_push_list(&approver, &list.id, (FileFormat::Csv, None)).await.map_err(told)?;
        let exported = began.seconds();
        writeln!(
            out,
            "{} to push, {} held out: freeze {frozen}, submit and approve {approved}, export {exported}; {} rows",
            list.counts.push, list.counts.hold_out, file.rows
        )?;
        service.step_push_list(&author, &list.id, ListStep::Close, None).await.map_err(told)?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn told(problem: Problem) -> Box<dyn Error> {
    format!("{problem:?}").into()
}

/// Wall clock and processor time since a moment.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), processor_seconds())
    }

    fn seconds(&self) -> String {
        format!("{:.2} s ({:.2})", self.0.elapsed().as_secs_f64(), processor_seconds() - self.1)
    }
}

/// User and system time of this process in seconds; 0 where there is no `/proc`.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    // A tick is 10 ms on Linux.
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Writes one line for each member.
struct Lines;

impl ListWriter for Lines {
    fn write(&self, snapshot: &Snapshot, audience: &AudienceResult, _: ListFormat) -> Result<Vec<u8>, ListWriterError> {
        let mut text = String::new();
        for row in &audience.rows {
            text.push_str(&format!("{},{},{}", row.rank, snapshot.members.id[row.member], row.openid));
            row.reasons.iter().for_each(|reason| text.push_str(&reason.text));
            text.push('\n');
        }
        Ok(text.into_bytes())
    }

    fn write_allocation(&self, _: &Allocation, _: ListFormat) -> Result<Vec<u8>, ListWriterError> {
        Err(ListWriterError("not measured".to_owned()))
    }
}

/// One union of members with an article that is popular in every age band.
fn snapshot_of(n: usize, now: i64) -> Snapshot {
    let bands = AgeBands::default();
    let age = |row: usize| 20 + (row % 60) as u32;
    let mut snapshot = Snapshot { version: "example".to_owned(), as_of: now, ..Snapshot::default() };
    snapshot.topics = vec!["亲子".to_owned()];
    snapshot.members = Members {
        id: (0..n).map(|row| format!("M{row:07}")).collect(),
        openid: (0..n).map(|row| format!("oExampleOfAnOpenid_{row:08}")).collect(),
        union: vec![0; n],
        memberships: Lists::from_rows(vec![Vec::<u32>::new(); n]),
        age: (0..n).map(age).collect(),
        age_band: (0..n).map(|row| bands.band_of(age(row))).collect(),
        gender: vec![0; n],
        home_district: vec![NONE; n],
        work_district: vec![NONE; n],
        joined_at: vec![NO_TIME; n],
        follows: vec![true; n],
        personalised: vec![true; n],
        team_match: vec![false; n],
        lifecycle: vec![0; n],
        segment: vec![NONE; n],
    };
    snapshot.unions = Unions {
        id: vec!["U1".to_owned()],
        name: vec!["一厂工会".to_owned()],
        district: vec![NONE],
        parent: vec![NONE],
    };
    snapshot.items = article(now);
    snapshot.history = History::without_events(n);
    snapshot.sign_ups.starts = vec![0; n + 1];
    snapshot.model = Model {
        name: "popular".to_owned(),
        popularity: Popularity { half_life_days: [7.0, 14.0], overall: vec![30.0], by_band: vec![0.5; bands.count()] },
        preferences: Preferences {
            evidence: SparseRows::from_rows((0..n).map(|row| vec![(0_u32, 1.0 + (row % 7) as f32)])),
            band_shares: vec![0.1; bands.count()],
            prior_weight: vec![1.0; bands.count()],
            overall_shares: vec![0.1],
            half_life_days: 30.0,
        },
        neighbours: SparseRows::from_rows(vec![Vec::new()]),
        ..Model::default()
    };
    snapshot
}

fn article(now: i64) -> Items {
    Items {
        id: vec!["a1".to_owned()],
        kind: vec![ItemKind::Article],
        title: vec!["周末带孩子去哪里".to_owned()],
        topics: Lists::from_rows(vec![vec![0_u32]]),
        published_at: vec![now - DAY],
        opens_at: vec![NO_TIME],
        closes_at: vec![NO_TIME],
        starts_at: vec![NO_TIME],
        ends_at: vec![NO_TIME],
        union: vec![NONE],
        capacity: vec![NONE],
        per_union_cap: vec![NONE],
        per_member_cap: vec![NONE],
        child_tickets: vec![NONE],
        own_session_at: vec![NONE],
        team_size: vec![NONE],
        min_age: vec![NONE],
        max_age: vec![NONE],
        gender: vec![0],
        limited_to_unions: vec![false],
        open_to_unions: Lists::from_rows(vec![Vec::<u32>::new()]),
        limited_to_districts: vec![false],
        open_to_districts: Lists::from_rows(vec![Vec::<u32>::new()]),
        district: vec![NONE],
        price: vec![0.0],
        urgent: vec![false],
        announces: vec![NONE],
        seats_taken: vec![0],
        seats_by_union: SparseRows::from_rows(vec![Vec::new()]),
    }
}
