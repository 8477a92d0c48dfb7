//! A large union made from a seed: reads of heavy-tailed members, items and topics over a year, and a model of usual size.

use rayon::prelude::*;
use zhihui_data::{
    ItemKind,
    snapshot::{
        AgeBands, EventColumns, EventKind, Factors, History, ItemGroup, Items, Lists, Members, Model, NO_TIME, NONE,
        Popularity, Preferences, RankerWeights, Sides, SignUps, Snapshot, SparseRows, Unions,
    },
};
use zhihui_engine::FEATURES;

/// 2026-11-21 12:00 in Shanghai.
pub(crate) const AS_OF: i64 = 1_795_233_600;
const DAY: i64 = 86_400;
/// The first items are activities, the others articles.
pub(crate) const ACTIVITIES: usize = 200;
const ITEMS: usize = 20_000;
pub(crate) const TOPICS: usize = 40;
const UNIONS: usize = 400;
const RANK: usize = 32;
const NEIGHBOURS: usize = 50;
/// Topics of a member's evidence.
const EVIDENCE: usize = 8;

/// A splitmix64 generator.
struct Random(u64);

impl Random {
    fn of(stream: u64, number: u64) -> Self {
        let mut random = Self(stream.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ number.wrapping_mul(0xA076_1D64_78BD_642F));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in [0, 1).
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.share() * bound as f64) as usize
    }

    /// An index below `bound`; small ones are more frequent, as in a power law.
    fn skewed(&mut self, bound: usize, power: f64) -> usize {
        ((bound as f64 * self.share().powf(power)) as usize).min(bound - 1)
    }
}

/// The topics of an item: one or two, topic 0 most often.
fn topics_of(item: usize) -> Vec<u32> {
    let mut random = Random::of(1, item as u64);
    let mut topics: Vec<u32> = (0..1 + random.below(2)).map(|_| random.skewed(TOPICS, 2.0) as u32).collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// A title in letters only, because numbers count editions. A quarter of the items are second editions.
fn title_of(name: usize) -> String {
    format!("item {}", name.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect::<String>())
}

/// When an item is published or opens.
fn begin_of(item: usize) -> i64 {
    AS_OF - 1 - (Random::of(2, item as u64).share() * 365.0 * DAY as f64) as i64
}

/// A member's events in order of time. The median member has half as many as the mean.
fn events_of(member: usize, mean_reads: f64, begins: &[i64]) -> Vec<(i64, u32, EventKind)> {
    let mut random = Random::of(3, member as u64);
    // The mean of the exponential of a standard normal number is exp(1/2).
    let normal = (-2.0 * random.share().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * random.share()).cos();
    let n_events = (mean_reads * 1.075 * (normal - 0.5).exp()) as usize;
    let mut events: Vec<(i64, u32, EventKind)> = Vec::with_capacity(n_events);
    while events.len() < n_events.min(5_000) {
        let (item, kind) = match random.below(1_000) {
            0..930 => (ACTIVITIES + random.skewed(ITEMS - ACTIVITIES, 3.0), EventKind::Read),
            930..960 => (random.below(ITEMS), EventKind::Push),
            960..980 => (ACTIVITIES + random.skewed(ITEMS - ACTIVITIES, 3.0), EventKind::Share),
            _ => (random.skewed(ACTIVITIES, 2.0), EventKind::SignUp),
        };
        // Most reads follow the publication; one in ten is spread over the rest of the year.
        let days = if random.below(10) == 0 { 200.0 } else { 3.0 };
        let at = begins[item] - (random.share().max(1e-12).ln() * days * DAY as f64) as i64;
        events.push((if at < AS_OF { at } else { AS_OF - 1 - random.below(DAY as usize) as i64 }, item as u32, kind));
    }
    events.sort_unstable();
    events
}

fn history(n_members: usize, mean_reads: f64) -> History {
    let begins: Vec<i64> = (0..ITEMS).map(begin_of).collect();
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    let members: Vec<usize> = (0..n_members).collect();
    for members in members.chunks(50_000) {
        let events: Vec<_> = members.par_iter().map(|&member| events_of(member, mean_reads, &begins)).collect();
        for events in events {
            history.at.extend(events.iter().map(|event| event.0));
            history.item.extend(events.iter().map(|event| event.1));
            history.kind.extend(events.iter().map(|event| event.2));
            history.starts.push(history.at.len() as u64);
        }
    }
    history.into()
}

pub(crate) fn snapshot(n_members: usize, mean_reads: f64) -> Snapshot {
    let all = 0..n_members;
    let is_activity = |item: usize| item < ACTIVITIES;
    let items = 0..ITEMS;
    let none = |value: u32| vec![value; ITEMS];
    let at = |offset: i64| items.clone().map(|i| if is_activity(i) { AS_OF + offset } else { NO_TIME }).collect();
    let ages: Vec<u32> = all.clone().map(|m| 18 + (Random::of(4, m as u64).below(50)) as u32).collect();
    let bands = AgeBands::default();
    let no_lists = || Lists::from_rows(vec![Vec::<u32>::new(); ITEMS]);
    Snapshot {
        version: "bench".to_owned(),
        as_of: AS_OF,
        topics: (0..TOPICS).map(|topic| format!("topic {topic:02}")).collect(),
        districts: (0..16).map(|district| format!("district {district:02}")).collect(),
        unions: Unions {
            id: (0..UNIONS).map(|union| format!("U{union:04}")).collect(),
            name: (0..UNIONS).map(|union| format!("union {union}")).collect(),
            district: vec![0; UNIONS],
            parent: (0..UNIONS).map(|union| if union == 0 { NONE } else { (union as u32 - 1) / 20 }).collect(),
        },
        members: Members {
            id: all.clone().map(|m| format!("M{m:07}")).collect(),
            openid: all.clone().map(|m| format!("oBench-{m:020}")).collect(),
            union: all.clone().map(|m| Random::of(5, m as u64).skewed(UNIONS, 2.0) as u32).collect(),
            memberships: Lists::from_rows(all.clone().map(|m| if m % 5 == 0 { vec![399] } else { vec![] })),
            age_band: ages.iter().map(|&age| bands.band_of(age)).collect(),
            age: ages,
            gender: all.clone().map(|m| (m % 3) as u8).collect(),
            home_district: all.clone().map(|m| (m % 16) as u32).collect(),
            work_district: all.clone().map(|m| (m % 13) as u32).collect(),
            joined_at: vec![NO_TIME; n_members],
            follows: vec![true; n_members],
            personalised: vec![true; n_members],
            team_match: vec![false; n_members],
            lifecycle: vec![2; n_members],
            segment: vec![NONE; n_members],
        },
        items: Items {
            id: items.clone().map(|item| format!("I{item:05}")).collect(),
            kind: items.clone().map(|i| if is_activity(i) { ItemKind::Activity } else { ItemKind::Article }).collect(),
            title: items.clone().map(|item| title_of(item % (ITEMS * 3 / 4))).collect(),
            topics: Lists::from_rows(items.clone().map(topics_of)),
            published_at: items.clone().map(|i| if is_activity(i) { NO_TIME } else { begin_of(i) }).collect(),
            opens_at: at(-5 * DAY),
            closes_at: at(5 * DAY),
            starts_at: at(6 * DAY),
            ends_at: at(7 * DAY),
            union: none(NONE),
            capacity: none(NONE),
            per_union_cap: none(NONE),
            per_member_cap: none(NONE),
            child_tickets: none(NONE),
            own_session_at: none(NONE),
            team_size: none(NONE),
            min_age: none(NONE),
            max_age: none(NONE),
            gender: vec![0; ITEMS],
            limited_to_unions: vec![false; ITEMS],
            open_to_unions: no_lists(),
            limited_to_districts: vec![false; ITEMS],
            open_to_districts: no_lists(),
            district: items.clone().map(|i| if is_activity(i) { (i % 16) as u32 } else { NONE }).collect(),
            price: vec![-1.0; ITEMS],
            urgent: vec![false; ITEMS],
            announces: none(NONE),
            seats_taken: vec![0; ITEMS],
            seats_by_union: SparseRows::from_rows(vec![Vec::new(); ITEMS]),
        },
        history: history(n_members, mean_reads),
        sign_ups: SignUps { starts: vec![0; n_members + 1], ..SignUps::default() },
        model: model(n_members),
        ..Snapshot::default()
    }
}

fn model(n_members: usize) -> Model {
    let bands = AgeBands::default().count();
    let vectors = |stream: u64, rows: usize| -> Vec<f32> {
        (0..rows * RANK).into_par_iter().map(|at| Random::of(stream, at as u64).share() as f32 - 0.5).collect()
    };
    let evidence = |member: usize| -> Vec<(u32, f32)> {
        let mut random = Random::of(8, member as u64);
        let mut topics: Vec<u32> = (0..EVIDENCE).map(|_| random.skewed(TOPICS, 2.0) as u32).collect();
        topics.sort_unstable();
        topics.dedup();
        topics.into_iter().map(|topic| (topic, random.share() as f32 * 4.0)).collect()
    };
    // Popular items are neighbours of many others.
    let neighbours = |item: usize| -> Vec<(u32, f32)> {
        let mut random = Random::of(9, item as u64);
        (0..NEIGHBOURS).map(|_| (random.skewed(ITEMS, 2.0) as u32, random.share() as f32)).collect()
    };
    let ranker = |group: ItemGroup| RankerWeights {
        group,
        sides: Sides::Both,
        features: FEATURES.iter().map(|&name| name.to_owned()).collect(),
        weights: (0..FEATURES.len()).map(|at| Random::of(10, at as u64).share() as f32 - 0.3).collect(),
        bias: -2.0,
        means: vec![0.3; FEATURES.len()],
        scales: vec![1.0; FEATURES.len()],
        calibration: [1.0, 0.0],
        calibrated: true,
        push_shift: 0.0,
        dispersion: Some(0.1),
    };
    Model {
        name: "ials".to_owned(),
        popularity: Popularity {
            half_life_days: [7.0, 14.0],
            overall: vec![1.0; ITEMS],
            by_band: vec![0.01; ITEMS * bands],
        },
        preferences: Preferences {
            evidence: SparseRows::from_rows((0..n_members).map(evidence)),
            band_shares: vec![1.0 / TOPICS as f32; bands * TOPICS],
            prior_weight: vec![2.0; bands],
            overall_shares: vec![1.0 / TOPICS as f32; TOPICS],
            half_life_days: 30.0,
        },
        factors: Some(Factors {
            rank: RANK as u32,
            members: vectors(6, n_members),
            items: vectors(7, ITEMS),
            item_is_warm: vec![true; ITEMS],
            gram: vec![1.0; RANK],
            unobserved_weight: 0.1,
            regularisation: 0.05,
            frequency_exponent: 1.0,
            band_means: vec![0.0; RANK * bands],
            prior_weight: 1.5,
        }),
        neighbours: SparseRows::from_rows((0..ITEMS).map(neighbours)),
        rankers: vec![ranker(ItemGroup::Articles), ranker(ItemGroup::Activities)],
        ..Model::default()
    }
}
