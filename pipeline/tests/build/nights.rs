//! Builds night by night give the tables of one build from nothing, to the last bit: after late and repeated rows, cancelled
//! sign-ups, other owners of openids, erasures, maintenance and other settings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use zhihui_data::snapshot::{AgeBands, Snapshot};
use zhihui_data::{Event, EventType, Table, Zone};
use zhihui_engine::overlay::{DeletedTopic, Switch};
use zhihui_pipeline::build::{BuildOptions, BuildReport, TableStatus, Weights, assemble, build};
use zhihui_pipeline::ingest::{InboxEvents, add_events};
use zhihui_pipeline::lake::{CommitInfo, maintain};
use zhihui_pipeline::members::{OpenidClaims, Person, erase, openids};

use super::event_order::Dice;
use super::home::{Home, options, time};

const FIRST: &str = "2026-03-20T00:00:00Z";
const INBOX: &str = "inbox-1";
const MEMBERS: [&str; 6] = ["m1", "m2", "m3", "m4", "m5", "m6"];
const OPENIDS: [&str; 6] = ["o1", "o2", "o3", "o4", "o5", "stranger"];
const ARTICLES: [&str; 4] = ["a1", "a2", "a3", "unlisted"];
const ACTIVITIES: [&str; 3] = ["v1", "v2", "v3"];
const TOPICS: [&str; 4] = ["tea", "films", "health", "chess"];

/// A home, its settings, and what happened so far.
struct Town {
    home: Home,
    dice: Dice,
    options: BuildOptions,
    /// Facts with their tables, to be repeated.
    facts: Vec<(Table, Value)>,
    sequence: u64,
}

impl Town {
    async fn new(seed: u64) -> Self {
        let home = Home::new().await;
        home.add(Table::Unions, &[json!({"union_id": "u1"}), json!({"union_id": "u2"})]).await;
        let options = BuildOptions { inbox: Some((INBOX.to_owned(), 0)), ..options(FIRST) };
        Self { home, dice: Dice(seed), options, facts: Vec::new(), sequence: 0 }
    }

    /// An instant in the last months, often in the first or last second of a month in Shanghai or in UTC.
    fn instant(&mut self) -> DateTime<Utc> {
        let boundaries =
            ["2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"];
        match self.dice.below(4) {
            0 => time(self.dice.one(&boundaries)) - Duration::seconds(self.dice.below(2) as i64),
            _ => self.options.as_of - Duration::minutes(self.dice.below(100 * 1440) as i64),
        }
    }

    fn person(&mut self) -> (&'static str, Value) {
        match self.dice.below(2) {
            0 => ("member_id", json!(self.dice.one(&MEMBERS))),
            _ => ("openid", json!(self.dice.one(&OPENIDS))),
        }
    }

    /// One fact of a random kind.
    fn fact(&mut self) -> (Table, Value) {
        let at = json!(self.instant().to_rfc3339());
        let (id, who) = self.person();
        let (article, activity) = (self.dice.one(&ARTICLES), self.dice.one(&ACTIVITIES));
        let (mut row, table) = match self.dice.below(9) {
            0 => (json!({"item_id": article, "shared_at": at}), Table::Shares),
            1 => (json!({"item_id": activity, "shown_at": at}), Table::Shown),
            2 => (json!({"item_id": activity, "at": at, "rating": 4}), Table::Feedback),
            3 => {
                let push = format!("p{}", self.dice.below(3));
                let arm = self.dice.one(&["push", "hold_out"]);
                let member = self.dice.one(&MEMBERS);
                let row = json!({"push_id": push, "member_id": member, "item_id": article, "sent_at": at, "arm": arm});
                return (Table::Pushes, row);
            }
            4 | 5 => {
                let status = self.dice.one(&["registered", "registered", "cancelled", "attended", "waitlisted"]);
                (json!({"activity_id": activity, "signed_up_at": at, "status": status}), Table::SignUps)
            }
            _ => (
                json!({"article_id": article, "read_at": at, "read_fraction": self.dice.below(11) as f64 / 10.0}),
                Table::Reads,
            ),
        };
        row[id] = who;
        if self.dice.below(3) == 0 && table.column("event_id").is_some() {
            row["event_id"] = json!(format!("e{}", self.dice.below(1_000_000)));
        }
        if table == Table::SignUps && self.dice.below(2) == 0 {
            row["updated_at"] = json!(self.instant().to_rfc3339());
        }
        (table, row)
    }

    /// Adds new facts, most of them of the last months, and repeats some earlier ones.
    async fn add_facts(&mut self) {
        let mut files: BTreeMap<&str, (Table, Vec<Value>)> = BTreeMap::new();
        for _ in 0..20 {
            let is_repeated = !self.facts.is_empty() && self.dice.below(4) == 0;
            let (table, row) = match is_repeated {
                true => self.facts[self.dice.below(self.facts.len())].clone(),
                false => self.fact(),
            };
            self.facts.push((table, row.clone()));
            files.entry(table.name()).or_insert((table, Vec::new())).1.push(row);
        }
        for (table, rows) in files.values() {
            self.home.add(*table, rows).await;
        }
    }

    /// Events of the inbox: reads, cancellations and binds.
    async fn drain(&mut self) {
        let mut rows = Vec::new();
        for _ in 0..4 {
            let kind = [EventType::Read, EventType::Cancel, EventType::Bind, EventType::OptOut][self.dice.below(4)];
            let mut event = Event::of_member(kind, self.dice.one(&MEMBERS), self.instant().timestamp_micros());
            event.item_id = match kind {
                EventType::Read => Some(self.dice.one(&ARTICLES).to_owned()),
                EventType::Cancel => Some(self.dice.one(&ACTIVITIES).to_owned()),
                _ => None,
            };
            event.openid = (kind == EventType::Bind).then(|| self.dice.one(&OPENIDS).to_owned());
            self.sequence += 1;
            rows.push((self.sequence, event));
        }
        let events = InboxEvents { inbox: INBOX, rows: &rows };
        add_events(&self.home.lake, events, "test", Zone::default(), self.options.as_of).await.expect("drained");
        self.options.inbox = Some((INBOX.to_owned(), self.sequence));
    }

    /// A roster that gives openids to other members, or items with other topics.
    async fn add_keyed(&mut self) {
        match self.dice.below(3) {
            0 => {
                let year = 1960 + self.dice.below(50);
                let member = json!({"member_id": self.dice.one(&MEMBERS), "openid": self.dice.one(&OPENIDS), "union_id": "u1",
                                    "birth_date": format!("{year}-03-25"), "updated_at": self.instant().to_rfc3339()});
                self.home.add(Table::Members, &[member]).await;
            }
            1 => {
                let topics = [self.dice.one(&TOPICS), self.dice.one(&TOPICS), self.dice.one(&TOPICS)];
                self.home
                    .add(Table::Articles, &[json!({"article_id": self.dice.one(&ARTICLES), "topics": topics})])
                    .await;
            }
            _ => {
                let starts_at = self.instant().to_rfc3339();
                let activity = json!({"activity_id": self.dice.one(&ACTIVITIES), "topics": [self.dice.one(&TOPICS)],
                                      "starts_at": starts_at, "capacity": self.dice.below(9)});
                self.home.add(Table::Activities, &[activity]).await;
            }
        }
    }

    async fn erase_somebody(&mut self) {
        let named = BTreeSet::from([self.dice.one(&MEMBERS).to_owned()]);
        let claims = OpenidClaims::default();
        let found = openids(&self.home.lake, &named, &claims, self.options.as_of).await.expect("read");
        let people = named.into_iter().map(|member_id| {
            let openids = found.get(&member_id).cloned().unwrap_or_default();
            Person { member_id, openids }
        });
        let info = CommitInfo { operation: "erase".into(), run_id: "test".into(), at: self.options.as_of };
        erase(&self.home.lake, &people.collect::<Vec<_>>(), &info).await.expect("erased");
    }

    fn change_settings(&mut self) {
        let numbers = [0.5, 1.0, 3.0, 7.0];
        let mut number = || numbers[self.dice.below(numbers.len())];
        let (read, article_days, topic_days, activity_days) = (number(), number(), number(), number());
        let oldest = 40 + self.dice.below(9) as u32;
        let options = &mut self.options;
        match self.dice.below(5) {
            0 => options.weights = Weights { read, ..Weights::default() },
            1 => {
                options.half_lives.article_days = article_days;
                options.half_lives.topic_days = topic_days;
                options.half_lives.activity_days = activity_days;
            }
            2 => {
                options.zone =
                    Zone::named(self.dice.one(&["UTC", "Asia/Shanghai", "America/New_York"])).expect("a zone")
            }
            3 => options.sensitive_topics = vec![self.dice.one(&TOPICS).to_owned()],
            _ => options.age_bands = AgeBands::from_lower_bounds(&[0, 18, oldest]).expect("bands"),
        }
    }

    fn change_consent(&mut self) {
        let (member, topic) = (self.dice.one(&MEMBERS).to_owned(), self.dice.one(&TOPICS).to_owned());
        let at = self.instant().timestamp();
        match self.dice.below(2) {
            0 => self.options.consent.deleted_topics.push(DeletedTopic { member_id: member, topic, at }),
            _ => {
                let switch = Switch { allowed: self.dice.below(2) == 0, at };
                self.options.consent.personalised.insert(member, switch);
            }
        }
    }

    /// What happens on one day.
    async fn day(&mut self) {
        self.add_facts().await;
        for _ in 0..self.dice.below(4) {
            match self.dice.below(8) {
                0 | 1 => self.drain().await,
                2 | 3 => self.add_keyed().await,
                4 => self.erase_somebody().await,
                5 => self.change_settings(),
                6 => self.change_consent(),
                _ => {
                    let now = self.options.as_of;
                    maintain(&self.home.lake, now, Duration::days(7)).await.expect("maintained");
                }
            }
        }
        // Some nights are as of an earlier day.
        let days = [1, 1, 1, 2, 9, -3][self.dice.below(6)];
        self.options.as_of += Duration::days(days);
        self.options.limits.threads = 1 + self.dice.below(4);
    }

    async fn build(&self, home: &Home) -> (Snapshot, BTreeMap<String, Vec<Value>>) {
        build(&home.lake, &self.options, &|_| {}).await.expect("built");
        (assemble(&home.lake, &self.options).await.expect("assembled"), home.built_tables().await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn night_by_night_equals_one_build_from_nothing() {
    for seed in 1..=3 {
        let mut town = Town::new(seed).await;
        for night in 1..=5 {
            town.day().await;
            let (snapshot, tables) = town.build(&town.home).await;
            let anew = town.home.with_raw_tables_only().await;
            town.options.limits.threads = 1 + town.dice.below(4);
            let (expected_snapshot, expected) = town.build(&anew).await;
            assert_eq!(tables.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (name, rows) in &expected {
                assert_eq!(&tables[name], rows, "seed {seed}, night {night}: {name}");
            }
            assert!(snapshot == expected_snapshot, "seed {seed}, night {night}: snapshots of equal tables differ");
        }
    }
}

/// Names below `prefix` that were built again.
fn made_again(report: &BuildReport, prefix: &str) -> Vec<String> {
    let of_prefix = report.tables.iter().filter_map(|table| Some((table.name.strip_prefix(prefix)?, table.status)));
    of_prefix.filter(|(_, status)| *status == TableStatus::Done).map(|(name, _)| name.to_owned()).collect()
}

fn read(id: &str, who: &str, at: &str) -> Value {
    json!({id: who, "article_id": "a1", "read_at": at})
}

fn sign_up(status: &str, signed_up_at: &str, updated_at: &str) -> Value {
    json!({"member_id": "m1", "activity_id": "v1", "status": status, "signed_up_at": signed_up_at, "updated_at": updated_at})
}

/// Reads of three months by member id, and of two of them by openid.
async fn three_months() -> Home {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "m1", "openid": "o1"})]).await;
    let reads = [
        read("member_id", "m1", "2026-01-10T00:00:00Z"),
        read("openid", "o1", "2026-01-11T00:00:00Z"),
        read("openid", "stranger", "2026-02-11T00:00:00Z"),
        read("member_id", "m1", "2026-03-09T00:00:00Z"),
    ];
    home.add(Table::Reads, &reads).await;
    let january = "2026-01-12T00:00:00Z";
    home.add(Table::SignUps, &[sign_up("registered", january, january)]).await;
    home
}

#[tokio::test]
async fn a_day_more_makes_the_open_month_again() {
    let home = three_months().await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    home.add(Table::Reads, &[read("member_id", "m2", "2026-03-10T05:00:00Z")]).await;
    let report = home.build("2026-03-11T00:00:00Z").await.expect("built");
    for table in ["interactions/reads/", "member_days/", "sessions/"] {
        assert_eq!(made_again(&report, table), ["2026-03"], "{table}");
    }
    assert!(made_again(&report, "interactions/sign_ups/").is_empty(), "no sign-up changed");
    let cancelled = sign_up("cancelled", "2026-01-12T00:00:00Z", "2026-02-02T00:00:00Z");
    home.add(Table::SignUps, &[cancelled]).await;
    let report = home.build("2026-03-12T00:00:00Z").await.expect("built");
    assert_eq!(made_again(&report, "interactions/sign_ups/"), ["2026-02"], "the cancellation is of February");
    assert_eq!(made_again(&report, "member_days/"), ["2026-02"]);
}

#[tokio::test]
async fn other_owners_of_openids_make_the_months_again_that_name_them() {
    let home = three_months().await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    home.add(Table::Members, &[json!({"member_id": "m5", "openid": "o5"})]).await;
    let report = home.build("2026-03-10T00:00:00Z").await.expect("built");
    assert!(made_again(&report, "interactions/").is_empty(), "no row names o5");
    home.add(Table::Members, &[json!({"member_id": "m6", "openid": "stranger"})]).await;
    let report = home.build("2026-03-10T00:00:00Z").await.expect("built");
    assert_eq!(report.unresolved, 0);
    for table in ["interactions/reads/", "member_days/", "sessions/"] {
        assert_eq!(made_again(&report, table), ["2026-02"], "{table}");
    }
}

#[tokio::test]
async fn months_are_those_of_the_zone_after_it_changed() {
    let home = Home::new().await;
    home.add(Table::Reads, &[read("member_id", "m1", "2026-02-28T16:00:00Z")]).await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    let first_of_march = home.rows("member_days").await;
    let utc = BuildOptions { zone: Zone::named("UTC").expect("a zone"), ..options("2026-03-10T00:00:00Z") };
    build(&home.lake, &utc, &|_| {}).await.expect("built");
    let last_of_february = home.rows("member_days").await;
    let days = |rows: &[Value]| rows.iter().map(|row| (row["month"].clone(), row["day"].clone())).collect::<Vec<_>>();
    assert_eq!(days(&first_of_march), [(json!("2026-03"), json!("2026-03-01"))]);
    assert_eq!(days(&last_of_february), [(json!("2026-02"), json!("2026-02-28"))]);
}
