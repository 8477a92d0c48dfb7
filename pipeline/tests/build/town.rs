//! A synthetic town in memory: 600 members with one of four interests, 180 articles and 20 activities in 60 days.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_data::snapshot::{
    AgeBands, EventColumns, EventKind, Items, Lists, Members, NO_TIME, NONE, SignUps, Snapshot, SparseRows, Unions,
};
use zhihui_data::{ItemKind, SignUpStatus};

pub(crate) const AS_OF: i64 = 1_795_233_600;
pub(crate) const DAY: i64 = 86_400;
pub(crate) const MEMBERS: usize = 600;
const ACTIVITIES: usize = 20;
const ARTICLES: usize = 180;
const TOPICS: usize = 8;

/// Time, kind and item of one event of a member.
type MemberEvent = (i64, EventKind, u32);

/// The town as a snapshot without a model. `shown` is the share of items that a member is shown. Members respond far more often to
/// items that they are shown.
pub(crate) fn town(shown: f64, seed: u64) -> Snapshot {
    town_with(shown, seed, ARTICLES)
}

/// The town with another number of articles in its 60 days.
pub(crate) fn town_with(shown: f64, seed: u64, articles: usize) -> Snapshot {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let items = items(articles);
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    let mut sign_ups = SignUps { starts: vec![0], ..SignUps::default() };
    for member in 0..MEMBERS {
        let mut events = events_of(member, shown, &items, &mut rng);
        events.sort_unstable();
        for (at, kind, item) in events {
            history.item.push(item);
            history.kind.push(kind);
            history.at.push(at);
            if kind == EventKind::SignUp {
                sign_ups.item.push(item);
                sign_ups.status.push(SignUpStatus::Registered);
                sign_ups.tickets.push(1);
                sign_ups.children.push(0);
            }
        }
        history.starts.push(history.item.len() as u64);
        sign_ups.starts.push(sign_ups.item.len() as u64);
    }
    Snapshot {
        version: "v1".into(),
        as_of: AS_OF,
        topics: (0..TOPICS).map(|topic| format!("主题{topic}")).collect(),
        unions: Unions {
            id: vec!["U0".into(), "U1".into()],
            name: vec!["一厂".into(), "二厂".into()],
            district: vec![NONE; 2],
            parent: vec![NONE; 2],
        },
        members: members(),
        items,
        history: history.into(),
        sign_ups,
        ..Snapshot::default()
    }
}

/// The events of one member. The last tenth of the members has none.
fn events_of(member: usize, shown: f64, items: &Items, rng: &mut ChaCha8Rng) -> Vec<MemberEvent> {
    let mut events = Vec::new();
    for item in 0..items.id.len() {
        let from = if items.kind[item] == ItemKind::Article { items.published_at[item] } else { items.opens_at[item] };
        let likes = items.topics.row(item)[0] as usize % 4 == member % 4;
        let is_article = items.kind[item] == ItemKind::Article;
        let at = from + rng.gen_range(0..2 * DAY);
        let is_shown = rng.gen_bool(shown);
        let share = match (is_shown, likes) {
            (true, true) => 0.35,
            (true, false) => 0.04,
            (false, true) => 0.08,
            (false, false) => 0.008,
        };
        let responds = rng.gen_bool(if is_article { share } else { share / 2.0 });
        let (delay, is_silent) = (rng.gen_range(60..6 * 3600), member >= MEMBERS * 9 / 10);
        if is_silent || at + delay >= AS_OF {
            continue;
        }
        if is_shown {
            events.push((at, EventKind::Shown, item as u32));
        }
        if responds {
            events.push((at + delay, if is_article { EventKind::Read } else { EventKind::SignUp }, item as u32));
        }
    }
    events
}

fn members() -> Members {
    let bands = AgeBands::default();
    let age: Vec<u32> = (0..MEMBERS as u32).map(|member| 20 + member / 4 % 45).collect();
    Members {
        id: (0..MEMBERS).map(|member| format!("M{member:04}")).collect(),
        openid: (0..MEMBERS).map(|member| format!("o{member:04}")).collect(),
        union: (0..MEMBERS as u32).map(|member| member / 300).collect(),
        memberships: Lists::from_rows(vec![Vec::<u32>::new(); MEMBERS]),
        age_band: age.iter().map(|&age| bands.band_of(age)).collect(),
        age,
        gender: vec![0; MEMBERS],
        home_district: vec![NONE; MEMBERS],
        work_district: vec![NONE; MEMBERS],
        joined_at: vec![NO_TIME; MEMBERS],
        follows: vec![true; MEMBERS],
        personalised: vec![true; MEMBERS],
        team_match: vec![false; MEMBERS],
        lifecycle: vec![0; MEMBERS],
        segment: vec![NONE; MEMBERS],
    }
}

fn items(articles: usize) -> Items {
    let n = ACTIVITIES + articles;
    let interval = 60 * DAY / articles as i64;
    let is_article = |item: usize| item >= ACTIVITIES;
    let begin = AS_OF - 60 * DAY;
    let when = |item: usize| {
        if is_article(item) { begin + (item - ACTIVITIES) as i64 * interval } else { begin + item as i64 * 3 * DAY }
    };
    let times = |articles: bool, after: i64| {
        (0..n).map(|item| if is_article(item) == articles { when(item) + after } else { NO_TIME }).collect::<Vec<i64>>()
    };
    let id = |item: usize| if is_article(item) { format!("N{item:04}") } else { format!("A{item:04}") };
    Items {
        id: (0..n).map(id).collect(),
        kind: (0..n).map(|item| if is_article(item) { ItemKind::Article } else { ItemKind::Activity }).collect(),
        title: (0..n).map(|item| format!("第{item}项")).collect(),
        topics: Lists::from_rows((0..n).map(|item| vec![(item % TOPICS) as u32])),
        published_at: times(true, 0),
        opens_at: times(false, 0),
        closes_at: times(false, 12 * DAY),
        starts_at: times(false, 13 * DAY),
        ends_at: times(false, 14 * DAY),
        union: vec![NONE; n],
        capacity: vec![NONE; n],
        per_union_cap: vec![NONE; n],
        per_member_cap: vec![NONE; n],
        child_tickets: vec![NONE; n],
        own_session_at: vec![NONE; n],
        team_size: vec![NONE; n],
        min_age: vec![NONE; n],
        max_age: vec![NONE; n],
        gender: vec![0; n],
        limited_to_unions: vec![false; n],
        open_to_unions: Lists::from_rows(vec![Vec::<u32>::new(); n]),
        limited_to_districts: vec![false; n],
        open_to_districts: Lists::from_rows(vec![Vec::<u32>::new(); n]),
        district: vec![NONE; n],
        price: vec![-1.0; n],
        urgent: vec![false; n],
        announces: vec![NONE; n],
        seats_taken: vec![0; n],
        seats_by_union: SparseRows::from_rows(vec![Vec::new(); n]),
    }
}
