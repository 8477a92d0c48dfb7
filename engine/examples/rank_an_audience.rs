//! Selects the members to push an activity to, ranks them, and explains the first of them.
//!
//! `cargo run --release -p zhihui-engine --example rank_an_audience`

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;

use serde_json::json;
use zhihui_data::ItemKind;
use zhihui_data::snapshot::{
    AgeBands, EventColumns, EventKind, ItemGroup, Items, Lists, Members, Model, NO_TIME, NONE, Popularity, Preferences,
    RankerWeights, Sides, SignUps, Snapshot, SparseRows, Unions, encode,
};
use zhihui_engine::answer::{Language, Who};
use zhihui_engine::audience::{AudienceRequest, ExperimentArm, Rule, Target};
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Overlay};

/// 2026-11-21 12:00 in Shanghai, in seconds since 1970. The engine reads no clock.
const NOW: i64 = 1_795_233_600;
const DAY: i64 = 86_400;
const MEMBERS: usize = 60;
/// The row of the hike. The other two items are articles.
const HIKE: u32 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    // In production, the pipeline builds a snapshot and `decode` loads it. Encoding checks that the columns fit.
    let snapshot = snapshot();
    encode(&snapshot)?;
    let engine = Engine::new(snapshot);
    let mut overlay = Overlay::default();

    // Who may be invited: members under 60. At most 8 are pushed, and a quarter is held out to measure the effect.
    let request = AudienceRequest {
        rule: Some(Rule::parse(&json!({"field": "age", "at_most": 59}))?),
        limit: Some(8),
        hold_out: 0.25,
        salt: "a secret of the installation".to_owned(),
        sample: 3,
        language: Language::En,
        ..AudienceRequest::new(Target::Item("HIKE".to_owned()), NOW)
    };
    // The last argument finds saved audiences by id. This rule refers to none.
    let audience = engine.audience(&overlay, &request, &|_| None)?;
    println!("{}\n", audience.preview.sentence.en);

    // Each step of the selection, with the number of members left after it.
    for step in &audience.preview.funnel {
        println!("{:>14} {:>3}", step.step, step.left);
    }

    // Both arms, ranked by the probability to sign up within 7 days.
    for row in &audience.rows {
        let arm = if row.arm == ExperimentArm::Push { "push" } else { "hold out" };
        println!("{:>3}. {} {:.3} {arm}", row.rank, engine.snapshot().members.id[row.member], row.probability);
    }
    for member in &audience.preview.sample {
        let reasons: Vec<&str> = member.reasons.iter().map(|reason| reason.text.as_str()).collect();
        println!("{}: {}", member.member_id, reasons.join("; "));
    }

    // The explanation of a probability: log odds of an average pair, plus a contribution of each feature.
    let best = audience.preview.sample.first().ok_or("the audience is empty")?.member_id.clone();
    let explanation = engine.explain(&overlay, Who::Member(&best), "HIKE", NOW).ok_or("no ranker ranks the item")?;
    println!("\n{best}: base {:+.3}", explanation.base);
    for part in explanation.parts.iter().filter(|part| part.contribution != 0.0) {
        println!("  {:+.3} {} = {:.3}", part.contribution, part.feature, part.value);
    }

    // A live sign-up takes effect immediately: the member is no longer invited.
    let what = LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false };
    overlay.apply(&engine, &LiveEvent { who: Who::Member(&best), item_id: Some("HIKE"), at: NOW, what });
    let later = engine.audience(&overlay, &request, &|_| None)?;
    println!("\nafter {best} signed up: {:?} excluded", later.preview.excluded.get("already_signed_up"));
    Ok(())
}

/// A union with 60 members, two articles and a hike. Members differ by age and by the number of articles they read.
fn snapshot() -> Snapshot {
    let rows = 0..MEMBERS;
    let bands = AgeBands::default();
    let age: Vec<u32> = rows.clone().map(|row| 20 + row as u32).collect();
    let members = Members {
        id: rows.clone().map(|row| format!("M{row:02}")).collect(),
        openid: rows.clone().map(|row| format!("openid-{row:02}")).collect(),
        union: vec![0; MEMBERS],
        memberships: Lists::from_rows(vec![Vec::<u32>::new(); MEMBERS]),
        age_band: age.iter().map(|&age| bands.band_of(age)).collect(),
        age,
        gender: vec![0; MEMBERS],
        home_district: rows.clone().map(|row| (row % 2) as u32).collect(),
        work_district: vec![NONE; MEMBERS],
        joined_at: vec![NO_TIME; MEMBERS],
        // Every tenth member left the account and cannot be reached.
        follows: rows.clone().map(|row| row % 10 != 9).collect(),
        personalised: rows.clone().map(|row| row % 15 != 14).collect(),
        team_match: vec![false; MEMBERS],
        lifecycle: vec![0; MEMBERS],
        segment: vec![NONE; MEMBERS],
    };
    // Member r reads about hiking r % 4 times. Reads are decayed, so recent ones count more.
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    for row in rows.clone() {
        for read in 0..row % 4 {
            history.item.push((read % 2) as u32);
            history.kind.push(EventKind::Read);
            history.at.push(NOW - (4 - read as i64) * DAY);
        }
        history.starts.push(history.item.len() as u64);
    }
    let reads = |row: usize| (!row.is_multiple_of(4)).then_some((0, (row % 4) as f32));
    let n_bands = bands.count();
    let model = Model {
        name: "example".to_owned(),
        popularity: Popularity {
            half_life_days: [7.0, 14.0],
            overall: vec![30.0, 20.0, 5.0],
            by_band: vec![0.3; 3 * n_bands],
        },
        preferences: Preferences {
            evidence: SparseRows::from_rows(rows.map(|row| reads(row).into_iter().collect::<Vec<_>>())),
            band_shares: vec![0.5; n_bands],
            prior_weight: vec![2.0; n_bands],
            overall_shares: vec![0.4],
            half_life_days: 30.0,
        },
        neighbours: SparseRows::from_rows(vec![Vec::new(); 3]),
        rankers: vec![ranker()],
        ..Model::default()
    };
    Snapshot {
        version: "example".to_owned(),
        as_of: NOW,
        topics: vec!["hiking".to_owned()],
        districts: vec!["Chaoyang".to_owned(), "Haidian".to_owned()],
        unions: Unions {
            id: vec!["U1".to_owned()],
            name: vec!["Factory union".to_owned()],
            district: vec![NONE],
            parent: vec![NONE],
        },
        members,
        items: items(),
        history: history.into(),
        sign_ups: SignUps { starts: vec![0; MEMBERS + 1], ..SignUps::default() },
        model,
        ..Snapshot::default()
    }
}

/// Weights of three features. Training fits them to past responses; these are made up.
fn ranker() -> RankerWeights {
    RankerWeights {
        group: ItemGroup::Activities,
        sides: Sides::Both,
        features: ["topic_actions", "home_district", "recency"].map(str::to_owned).to_vec(),
        weights: vec![0.8, 0.4, 0.3],
        bias: -2.0,
        means: vec![0.7, 0.5, 0.2],
        scales: vec![0.5, 0.5, 0.2],
        calibration: [1.0, 0.0],
        calibrated: true,
        push_shift: 0.0,
        dispersion: Some(0.1),
    }
}

fn items() -> Items {
    let is_hike = |item: u32| item == HIKE;
    let only_hike = |time: i64| (0..3).map(|item| if is_hike(item) { time } else { NO_TIME }).collect::<Vec<_>>();
    Items {
        id: ["BOOTS", "CAMPS", "HIKE"].map(str::to_owned).to_vec(),
        kind: vec![ItemKind::Article, ItemKind::Article, ItemKind::Activity],
        title: ["How to choose boots", "Camps near Beijing", "Autumn hike"].map(str::to_owned).to_vec(),
        topics: Lists::from_rows(vec![vec![0_u32]; 3]),
        published_at: (0..3).map(|item| if is_hike(item) { NO_TIME } else { NOW - 10 * DAY }).collect(),
        opens_at: only_hike(NOW - DAY),
        closes_at: only_hike(NOW + 5 * DAY),
        starts_at: only_hike(NOW + 6 * DAY),
        ends_at: only_hike(NOW + 6 * DAY + 8 * 3_600),
        union: vec![0; 3],
        capacity: vec![NONE, NONE, 30],
        per_union_cap: vec![NONE; 3],
        per_member_cap: vec![NONE; 3],
        child_tickets: vec![NONE; 3],
        own_session_at: vec![NONE; 3],
        team_size: vec![NONE; 3],
        min_age: vec![NONE; 3],
        max_age: vec![NONE; 3],
        gender: vec![0; 3],
        limited_to_unions: vec![false; 3],
        open_to_unions: Lists::from_rows(vec![Vec::<u32>::new(); 3]),
        limited_to_districts: vec![false; 3],
        open_to_districts: Lists::from_rows(vec![Vec::<u32>::new(); 3]),
        district: vec![NONE, NONE, 0],
        price: vec![0.0; 3],
        urgent: vec![false; 3],
        announces: vec![NONE; 3],
        seats_taken: vec![0; 3],
        seats_by_union: SparseRows::from_rows(vec![Vec::new(); 3]),
    }
}
