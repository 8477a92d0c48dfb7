//! A small union generated from a seed: 60 members, 12 activities, 12 articles, and missing values in every column.

use zhihui_data::{
    ItemKind, SignUpStatus,
    snapshot::{
        EventColumns, EventKind, Factors, History, ItemGroup, Items, Lists, Members, Model, NO_TIME, NONE, Popularity,
        Preferences, RankerWeights, Segment, Sides, SignUps, Snapshot, SparseRows, Unions, encode,
    },
};
use zhihui_engine::{Engine, FEATURES};

/// 2026-11-21 12:00 in Shanghai.
pub(crate) const AS_OF: i64 = 1_795_233_600;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const MEMBERS: usize = 60;
pub(crate) const ACTIVITIES: usize = 12;
pub(crate) const ITEMS: usize = 24;
const RANK: usize = 20;

/// A pseudo-random number generator.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// A number in [-1, 1).
    pub(crate) fn signed(&mut self) -> f32 {
        self.below(2_000) as f32 / 1_000.0 - 1.0
    }
}

pub(crate) fn engine(seed: u64) -> Engine {
    engine_with(seed, |_| {})
}

/// An engine over the union of a seed, after a change that must keep the snapshot valid.
pub(crate) fn engine_with(seed: u64, change: impl FnOnce(&mut Snapshot)) -> Engine {
    let mut snapshot = snapshot(seed);
    change(&mut snapshot);
    encode(&snapshot).expect("sound");
    Engine::new(snapshot)
}

pub(crate) fn snapshot(seed: u64) -> Snapshot {
    let mut dice = Dice::new(seed);
    let members = members();
    let items = items();
    let (history, sign_ups) = events(&mut dice);
    let model = model(&mut dice);
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let unions = Unions {
        id: words(&["U0", "U1", "U2", "U3", "U9"]),
        name: words(&["总工会", "一厂", "二厂", "一厂分会", "羽毛球社"]),
        district: vec![NONE, 0, 1, 0, NONE],
        parent: vec![NONE, 0, 0, 1, NONE],
    };
    let mut snapshot = Snapshot {
        version: format!("v{seed}"),
        as_of: AS_OF,
        topics: words(&["亲子", "体育", "医疗", "读书"]),
        sensitive_topics: vec![2],
        districts: words(&["朝阳", "海淀"]),
        unions,
        members,
        items,
        history,
        sign_ups,
        model,
        ..Snapshot::default()
    };
    count_seats(&mut snapshot);
    snapshot
}

fn members() -> Members {
    let all = 0..MEMBERS as u32;
    let bands = zhihui_data::snapshot::AgeBands::default();
    let missing = |every: u32, member: u32, value: u32| if member % every == every - 1 { NONE } else { value };
    let age: Vec<u32> = all.clone().map(|m| missing(11, m, 16 + m)).collect();
    let openid: Vec<String> =
        all.clone().map(|m| if m % 10 == 9 { String::new() } else { format!("o{m:03}") }).collect();
    Members {
        id: all.clone().map(|m| format!("M{m:03}")).collect(),
        union: all.clone().map(|m| missing(13, m, m % 3 + 1)).collect(),
        memberships: Lists::from_rows(all.clone().map(|m| if m % 5 == 0 { vec![4] } else { vec![] })),
        age_band: age.iter().map(|&age| bands.band_of(age)).collect(),
        age,
        gender: all.clone().map(|m| (m % 3) as u8).collect(),
        home_district: all.clone().map(|m| missing(7, m, m % 2)).collect(),
        work_district: all.clone().map(|m| missing(6, m, m / 2 % 2)).collect(),
        joined_at: all.clone().map(|m| if m % 4 == 3 { NO_TIME } else { AS_OF - i64::from(m) * 30 * DAY }).collect(),
        follows: all.clone().map(|m| !openid[m as usize].is_empty() && m % 9 != 0).collect(),
        personalised: all.clone().map(|m| m % 8 != 7).collect(),
        team_match: vec![false; MEMBERS],
        lifecycle: all.clone().map(|m| (m % 6) as u8).collect(),
        segment: all.map(|m| missing(3, m, m % 2)).collect(),
        openid,
    }
}

fn items() -> Items {
    let all = 0..ITEMS;
    let is_activity = |item: usize| item < ACTIVITIES;
    let kinds = [ItemKind::Activity, ItemKind::Service, ItemKind::Product, ItemKind::Venue];
    let kind: Vec<ItemKind> =
        all.clone().map(|i| if is_activity(i) { kinds[i % 4] } else { ItemKind::Article }).collect();
    let id = |i: usize| if is_activity(i) { format!("A{i:02}") } else { format!("N{:02}", i - ACTIVITIES) };
    let topics = |i: usize| {
        let mut topics = vec![(i % 4) as u32];
        if i.is_multiple_of(3) {
            topics.push(((i + 1) % 4) as u32);
        }
        topics.sort_unstable();
        topics
    };
    let times = |offset: i64| all.clone().map(|i| if is_activity(i) { AS_OF + offset } else { NO_TIME }).collect();
    let published = |i: usize| if is_activity(i) { NO_TIME } else { AS_OF - (i - ACTIVITIES) as i64 * DAY - 3_600 };
    Items {
        id: all.clone().map(id).collect(),
        title: all.clone().map(|i| format!("第{i}项")).collect(),
        topics: Lists::from_rows(all.clone().map(topics)),
        published_at: all.clone().map(published).collect(),
        opens_at: times(-5 * DAY),
        closes_at: times(5 * DAY),
        starts_at: times(6 * DAY),
        ends_at: times(7 * DAY),
        union: all.clone().map(|i| if i % 4 == 1 { 1 } else { NONE }).collect(),
        capacity: vec![NONE; ITEMS],
        per_union_cap: vec![NONE; ITEMS],
        per_member_cap: vec![NONE; ITEMS],
        child_tickets: all.clone().map(|i| if i % 5 == 0 && is_activity(i) { 2 } else { NONE }).collect(),
        own_session_at: vec![NONE; ITEMS],
        team_size: vec![NONE; ITEMS],
        min_age: vec![NONE; ITEMS],
        max_age: vec![NONE; ITEMS],
        gender: vec![0; ITEMS],
        limited_to_unions: vec![false; ITEMS],
        open_to_unions: Lists::from_rows(vec![Vec::<u32>::new(); ITEMS]),
        limited_to_districts: vec![false; ITEMS],
        open_to_districts: Lists::from_rows(vec![Vec::<u32>::new(); ITEMS]),
        district: all.clone().map(|i| if is_activity(i) { (i % 2) as u32 } else { NONE }).collect(),
        price: all.clone().map(|i| [0.0, 30.0, -1.0][i % 3]).collect(),
        urgent: vec![false; ITEMS],
        announces: vec![NONE; ITEMS],
        seats_taken: vec![0; ITEMS],
        seats_by_union: SparseRows::from_rows(vec![Vec::new(); ITEMS]),
        kind,
    }
}

/// Events in order of time, and the current sign-ups. Every sixth member has no events.
fn events(dice: &mut Dice) -> (History, SignUps) {
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    let mut sign_ups = SignUps { starts: vec![0], ..SignUps::default() };
    for member in 0..MEMBERS {
        let n_events = if member % 6 == 5 { 0 } else { 4 + dice.below(10) };
        let mut at = AS_OF - 60 * DAY;
        let mut standing: Vec<u32> = Vec::new();
        for _ in 0..n_events {
            at += dice.below(4 * DAY as usize) as i64;
            let item = dice.below(ITEMS) as u32;
            let kind = match (item as usize) < ACTIVITIES {
                true if dice.below(3) == 0 && !standing.contains(&item) => {
                    standing.push(item);
                    EventKind::SignUp
                }
                true => EventKind::Shown,
                false => [EventKind::Read, EventKind::Read, EventKind::Share, EventKind::Push][dice.below(4)],
            };
            history.item.push(item);
            history.kind.push(kind);
            history.at.push(at.min(AS_OF - 1));
        }
        history.starts.push(history.item.len() as u64);
        for item in standing {
            let status = [SignUpStatus::Registered, SignUpStatus::Attended, SignUpStatus::Cancelled][dice.below(3)];
            sign_ups.item.push(item);
            sign_ups.status.push(status);
            sign_ups.tickets.push(1 + dice.below(2) as u32);
            sign_ups.children.push(dice.below(2) as u32);
        }
        sign_ups.starts.push(sign_ups.item.len() as u64);
    }
    (history.into(), sign_ups)
}

/// Counts the seats taken from the sign-ups.
pub(crate) fn count_seats(snapshot: &mut Snapshot) {
    let mut by_union = vec![std::collections::BTreeMap::<u32, f32>::new(); ITEMS];
    snapshot.items.seats_taken = vec![0; ITEMS];
    for member in 0..MEMBERS {
        for at in snapshot.sign_ups.of(member).filter(|&at| snapshot.sign_ups.status[at].holds_seats()) {
            let (item, tickets) = (snapshot.sign_ups.item[at] as usize, snapshot.sign_ups.tickets[at]);
            snapshot.items.seats_taken[item] += tickets;
            let union = snapshot.members.union[member];
            if union != NONE {
                *by_union[item].entry(union).or_default() += tickets as f32;
            }
        }
    }
    snapshot.items.seats_by_union =
        SparseRows::from_rows(by_union.into_iter().map(|seats| seats.into_iter().collect::<Vec<_>>()));
}

fn model(dice: &mut Dice) -> Model {
    let bands = 8;
    let mut vector = |n: usize| (0..n).map(|_| dice.signed() * 0.4).collect::<Vec<f32>>();
    let (member_vectors, item_vectors) = (vector(MEMBERS * RANK), vector(ITEMS * RANK));
    let mut gram = vec![0.0_f32; RANK];
    for item in item_vectors.chunks(RANK) {
        gram.iter_mut().zip(item).for_each(|(sum, value)| *sum += value * value);
    }
    let mut share = |n: usize| (0..n).map(|_| dice.below(400) as f32 / 1_000.0).collect::<Vec<f32>>();
    let popularity = Popularity { half_life_days: [7.0, 14.0], overall: share(ITEMS), by_band: share(ITEMS * bands) };
    let preferences = Preferences {
        band_shares: share(bands * 4),
        overall_shares: share(4),
        prior_weight: vec![2.0; bands],
        half_life_days: 30.0,
        evidence: SparseRows::from_rows((0..MEMBERS).map(|member| match member % 6 {
            5 => vec![],
            _ => vec![(0, dice.below(5) as f32), (3, dice.below(9) as f32 / 2.0)],
        })),
    };
    let neighbours = |item: usize, dice: &mut Dice| {
        let others: Vec<u32> = (0..ITEMS as u32).filter(|&other| other as usize != item).collect();
        let similarity = |other| (dice.below(3) == 0).then(|| (other, dice.below(100) as f32 / 70.0));
        others.into_iter().filter_map(similarity).collect()
    };
    let neighbours: Vec<Vec<(u32, f32)>> = (0..ITEMS).map(|item| neighbours(item, dice)).collect();
    let ranker = |group: ItemGroup, calibrated: bool, dice: &mut Dice| RankerWeights {
        group,
        sides: Sides::Both,
        features: FEATURES.iter().map(|&name| name.to_owned()).collect(),
        weights: FEATURES.iter().map(|_| dice.signed() * 0.3).collect(),
        bias: -1.5,
        means: FEATURES.iter().map(|_| dice.signed().abs()).collect(),
        scales: FEATURES.iter().map(|_| 0.5 + dice.signed().abs()).collect(),
        calibration: [0.9, -0.1],
        calibrated,
        push_shift: 0.0,
        dispersion: None,
    };
    let rankers = vec![ranker(ItemGroup::Articles, false, dice), ranker(ItemGroup::Activities, true, dice)];
    let segment = |name: &str| Segment { name: name.into(), topics: vec![0], centre: vec![0.25; 4], size: 20 };
    Model {
        name: "blend".into(),
        popularity,
        preferences,
        segments: vec![segment("亲子家庭"), segment("读书人")],
        factors: Some(Factors {
            rank: RANK as u32,
            members: member_vectors,
            items: item_vectors,
            item_is_warm: vec![true; ITEMS],
            gram,
            unobserved_weight: 0.1,
            regularisation: 0.05,
            frequency_exponent: 1.0,
            band_means: (0..RANK * bands).map(|at| (at * 7 % 11) as f32 / 20.0 - 0.25).collect(),
            prior_weight: 1.5,
        }),
        neighbours: SparseRows::from_rows(neighbours),
        rankers,
        ..Model::default()
    }
}
