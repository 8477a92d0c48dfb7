//! The raw rows of a small union with everything that builds read, from a seed.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use zhihui_data::Table;

use super::home::Home;

/// The instant whose state is built.
pub(crate) const AS_OF: &str = "2026-08-01T00:00:00Z";
const MEMBERS: u32 = 300;
const TOPICS: [&str; 6] = ["tea", "films", "badminton", "法律", "亲子", "健康"];

/// A lake with eight months of events, so that each table of events has more than six files.
pub(crate) async fn filled() -> Home {
    let home = Home::new().await;
    let mut random = ChaCha8Rng::seed_from_u64(16);
    let members: Vec<Value> = (0..MEMBERS).map(|member| member_row(member, &mut random)).collect();
    home.add(Table::Members, &members).await;
    let unions = (0..12).map(|union| json!({"union_id": format!("u{union}"), "name": format!("Union {union}")}));
    home.add(Table::Unions, &unions.collect::<Vec<_>>()).await;
    let clubs = (0..40).map(|row| json!({"member_id": format!("m{}", row * 7), "union_id": "u11"}));
    home.add(Table::Memberships, &clubs.collect::<Vec<_>>()).await;
    let articles: Vec<Value> = (0..60_usize)
        .map(|article| {
            let topics = [TOPICS[article % 6], TOPICS[(article / 6) % 6]];
            json!({"article_id": format!("a{article}"), "topics": topics, "published_at": at(&mut random)})
        })
        .collect();
    home.add(Table::Articles, &articles).await;
    let activities = (0..15_usize).map(|activity| {
        json!({"activity_id": format!("v{activity}"), "topics": [TOPICS[activity % 6]], "capacity": 20,
               "starts_at": "2026-09-01T02:00:00Z"})
    });
    home.add(Table::Activities, &activities.collect::<Vec<_>>()).await;
    let reads: Vec<Value> = (0..6_000).map(|row| read_row(row, &mut random)).collect();
    home.add(Table::Reads, &reads).await;
    let shares: Vec<Value> = (0..300)
        .map(|_| json!({"member_id": member(&mut random), "item_id": article(&mut random), "shared_at": at(&mut random)}))
        .collect();
    home.add(Table::Shares, &shares).await;
    let statuses = ["registered", "attended", "cancelled", "waitlisted"];
    let sign_ups: Vec<Value> = (0..400_usize)
        .map(|row| {
            let (signed_up_at, activity) = (at(&mut random), random.gen_range(0..15));
            json!({"member_id": member(&mut random), "activity_id": format!("v{activity}"),
                   "signed_up_at": signed_up_at, "status": statuses[row % 4], "tickets": 1 + row % 3})
        })
        .collect();
    home.add(Table::SignUps, &sign_ups).await;
    let pushes: Vec<Value> = (0..800_usize)
        .map(|row| {
            let (push, arm) = (row % 8, if row % 10 == 0 { "hold_out" } else { "push" });
            json!({"push_id": format!("p{push}"), "member_id": member(&mut random), "item_id": format!("a{push}"),
                   "sent_at": format!("2026-0{}-10T02:00:00Z", 1 + push % 7), "arm": arm})
        })
        .collect();
    home.add(Table::Pushes, &pushes).await;
    let shown: Vec<Value> = (0..900)
        .map(|_| {
            json!({"member_id": member(&mut random), "item_id": article(&mut random), "shown_at": at(&mut random),
                   "propensity": 0.25, "explored": true})
        })
        .collect();
    home.add(Table::Shown, &shown).await;
    let events: Vec<Value> = (0..60_usize)
        .map(|row| {
            let event = ["follow", "unfollow", "opt_out", "opt_in"][row % 4];
            json!({"member_id": member(&mut random), "event": event, "at": at(&mut random), "sequence": row})
        })
        .collect();
    home.add(Table::MemberEvents, &events).await;
    home
}

fn member_row(member: u32, random: &mut ChaCha8Rng) -> Value {
    let union = format!("u{}", member % 12);
    let year = random.gen_range(1955..2006);
    let openid = (!member.is_multiple_of(5)).then(|| format!("o{member}"));
    json!({"member_id": format!("m{member}"), "openid": openid, "union_id": union,
           "birth_date": format!("{year}-03-05"), "gender": if member.is_multiple_of(2) { "male" } else { "female" },
           "home_district": "静安", "followed_at": "2025-12-01T00:00:00Z"})
}

/// Half of the reads name the openid, some of them one that nobody has.
fn read_row(row: u32, random: &mut ChaCha8Rng) -> Value {
    let mut read = json!({"article_id": article(random), "read_at": at(random), "read_fraction": random.gen_range(0.0..1.0),
                          "dwell_seconds": random.gen_range(1.0..300.0)});
    let member = random.gen_range(0..MEMBERS + 20);
    if row.is_multiple_of(2) {
        read["openid"] = json!(format!("o{member}"));
    } else {
        read["member_id"] = json!(format!("m{member}"));
    }
    read
}

fn member(random: &mut ChaCha8Rng) -> String {
    format!("m{}", random.gen_range(0..MEMBERS))
}

fn article(random: &mut ChaCha8Rng) -> String {
    format!("a{}", random.gen_range(0..60))
}

/// An instant of the first seven months of 2026, some days of it after [`AS_OF`].
fn at(random: &mut ChaCha8Rng) -> String {
    let first: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
    (first + Duration::seconds(random.gen_range(0..215 * 86_400))).to_rfc3339_opts(SecondsFormat::Secs, true)
}
