//! A random town whose members read, share and sign up on a few days, for attacks on its reports.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use zhihui_data::Table;

use super::home::Home;

pub(crate) const AS_OF: &str = "2026-03-20T02:00:00Z";
/// The days on which anybody does anything.
pub(crate) const DAYS: [&str; 9] = [
    "2026-01-06",
    "2026-01-20",
    "2026-01-31",
    "2026-02-02",
    "2026-02-03",
    "2026-02-11",
    "2026-02-18",
    "2026-02-19",
    "2026-02-27",
];
/// The union above each union.
pub(crate) const PARENTS: [Option<usize>; 4] = [None, Some(0), Some(0), None];
pub(crate) const DISTRICTS: [&str; 2] = ["朝阳", "怀柔"];
/// Age bands, with a year of birth of each.
pub(crate) const BANDS: [(&str, i32); 2] = [("25-34", 1998), ("35-44", 1985)];
/// Articles with their topics.
pub(crate) const ARTICLES: [(&str, &[&str]); 3] = [("a1", &["tea"]), ("a2", &["tea", "milk"]), ("a3", &["milk"])];
/// Activities with their topics.
pub(crate) const ACTIVITIES: [(&str, &[&str]); 2] = [("v1", &["tea"]), ("v2", &[])];

/// The active days of WeChat's figures of an article in a generation of its interfaces.
pub(crate) type Windows = BTreeMap<(&'static str, String), Vec<&'static str>>;

/// A town with the days of WeChat's figures.
pub(crate) struct Town {
    pub(crate) home: Home,
    pub(crate) windows: Windows,
}

/// What members rate; without an item, the account.
const RATED: [Option<&str>; 6] = [Some("a1"), Some("a2"), Some("a3"), Some("v1"), Some("v2"), None];

/// Makes the town of a seed and builds its tables.
pub(crate) async fn random_town(seed: u64) -> Town {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let home = Home::new().await;
    let union =
        |at: usize| json!({"union_id": format!("u{at}"), "parent_union_id": PARENTS[at].map(|at| format!("u{at}"))});
    home.add(Table::Unions, &(0..PARENTS.len()).map(union).collect::<Vec<Value>>()).await;
    let article = |(id, topics): (&str, &[&str])| json!({"article_id": id, "title": id, "topics": topics});
    home.add(Table::Articles, &ARTICLES.map(article)).await;
    let activity = |(id, topics): (&str, &[&str])| json!({"activity_id": id, "title": id, "topics": topics});
    home.add(Table::Activities, &ACTIVITIES.map(activity)).await;
    let (statistics, windows) = statistics(&mut rng);
    home.add(Table::AccountStatistics, &statistics).await;
    let mut rows: [Vec<Value>; 6] = Default::default();
    // On some days most read, on others few; some members read almost always, others once.
    let crowds: Vec<f64> = DAYS.iter().map(|_| [0.03, 0.1, 0.4, 0.7][rng.gen_range(0..4)]).collect();
    let likings: [f64; 3] = std::array::from_fn(|_| [0.05, 0.3, 1.0][rng.gen_range(0..3)]);
    for union in 0..PARENTS.len() {
        let (size, district, band) = ([4, 14, 30, 45][rng.gen_range(0..4)], rng.gen_range(0..2), rng.gen_range(0..2));
        let (is_mixed, eagerness) = (rng.gen_bool(0.6), [0.2, 1.0, 1.0][rng.gen_range(0..3)]);
        for at in 0..size {
            let id = format!("m{union}-{at:02}");
            let mut one_of_two = |usual: usize| if is_mixed && rng.gen_bool(0.4) { 1 - usual } else { usual };
            let (district, band) = (DISTRICTS[one_of_two(district)], BANDS[one_of_two(band)]);
            let elsewhere = DISTRICTS[usize::from(district == DISTRICTS[0])];
            // The district of reports is that of work where the home is not known.
            let (home_district, work_district) = match rng.gen_range(0..10) {
                0 => (None, district),
                1..4 => (Some(district), elsewhere),
                _ => (Some(district), district),
            };
            let personalised = rng.gen_bool(0.9);
            rows[0].push(json!({"member_id": id, "union_id": format!("u{union}"), "home_district": home_district,
                                "work_district": work_district, "birth_date": format!("{}-01-01", band.1),
                                "openid": rng.gen_bool(0.8).then(|| format!("o-{id}")), "personalised": personalised}));
            if rng.gen_bool(0.7) {
                let arm = if rng.gen_bool(0.8) { "push" } else { "hold_out" };
                rows[4].push(json!({"push_id": "p1", "member_id": id, "item_id": "a1", "arm": arm,
                                    "sent_at": "2026-02-03T00:30:00Z"}));
            }
            for (day, crowd) in DAYS.iter().zip(&crowds) {
                let time = |hour: usize| format!("{day}T{hour:02}:00:00Z");
                if rng.gen_bool(crowd * eagerness) {
                    let chosen: Vec<usize> =
                        (0..ARTICLES.len()).filter(|&article| rng.gen_bool(likings[article])).collect();
                    for article in chosen {
                        rows[1].push(json!({"member_id": id, "article_id": ARTICLES[article].0,
                                   "read_at": time(1 + article + rng.gen_range(0..2))}));
                    }
                }
                if rng.gen_bool(0.1 * crowd) {
                    rows[2].push(json!({"member_id": id, "item_id": "a1", "shared_at": time(5)}));
                }
            }
            for (at, item) in RATED.iter().enumerate() {
                if rng.gen_bool(likings[at % likings.len()] * 0.4) {
                    let day = DAYS[rng.gen_range(3..DAYS.len())];
                    rows[5].push(json!({"member_id": id, "item_id": item, "at": format!("{day}T{:02}:00:00Z", 7 + at),
                                        "rating": rng.gen_range(1..=5)}));
                }
            }
            for (activity, _) in ACTIVITIES {
                let (day, crowd) = (DAYS[rng.gen_range(0..DAYS.len())], crowds[union]);
                if rng.gen_bool(crowd) {
                    let status = ["attended", "attended", "attended", "registered", "waitlisted", "no_show"]
                        [rng.gen_range(0..6)];
                    rows[3].push(
                        json!({"member_id": id, "activity_id": activity, "signed_up_at": format!("{day}T06:00:00Z"),
                                        "status": status}),
                    );
                }
            }
        }
    }
    let tables = [Table::Members, Table::Reads, Table::Shares, Table::SignUps, Table::Pushes, Table::Feedback];
    for (table, rows) in tables.into_iter().zip(&rows) {
        home.add(table, rows).await;
    }
    home.build(AS_OF).await.expect("built");
    Town { home, windows }
}

/// WeChat's figures of the account on its days, and of articles: those of the first two until a day of either generation.
fn statistics(rng: &mut ChaCha8Rng) -> (Vec<Value>, Windows) {
    let mut windows = Windows::new();
    let mut rows: Vec<Value> = DAYS
        .iter()
        .map(|day| {
            json!({"generation": "new", "interface": "getbizsummary", "day": day, "read_users": rng.gen_range(60..90),
                   "share_users": rng.gen_range(5..9)})
        })
        .collect();
    for (article, published_on) in [("a1", "2026-02-02"), ("a2", "2026-02-03")] {
        for (generation, interface) in [("old", "getarticletotal"), ("new", "getarticletotaldetail")] {
            let last = DAYS[rng.gen_range(5..DAYS.len())];
            let window = DAYS.into_iter().filter(|day| (published_on..=last).contains(day)).collect();
            windows.insert((article, generation.to_owned()), window);
            rows.push(json!({"generation": generation, "interface": interface, "day": last, "msgid": article,
                             "cumulative": true, "published_on": published_on, "title": article,
                             "read_users": rng.gen_range(60..90), "share_users": rng.gen_range(5..9)}));
        }
    }
    let day = DAYS[rng.gen_range(3..DAYS.len())];
    windows.insert(("a3", "old".to_owned()), vec![day]);
    rows.push(json!({"generation": "old", "interface": "getarticlesummary", "day": day, "msgid": "a3",
                     "published_on": day, "title": "a3", "read_users": rng.gen_range(60..90)}));
    (rows, windows)
}
