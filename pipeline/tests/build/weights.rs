//! A read has the same weight in a file before the snapshot and as a live event after it.

use proptest::prelude::*;
use serde_json::{Value, json};
use zhihui_data::Table;
use zhihui_data::snapshot::{
    EventKind, EventWeight, Factors, History, ItemGroup, Preferences, RankerWeights, Snapshot, SparseRows,
};
use zhihui_engine::answer::Who;
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Explanation, FeatureContribution, Overlay};
use zhihui_pipeline::build::assemble;

use super::home::{Home, options, time};

const AS_OF: &str = "2026-03-10T00:00:00Z";
const ARTICLES: usize = 6;

/// Article, fraction read and seconds, if known.
type Read = (usize, Option<f64>, Option<f64>);

fn read() -> impl Strategy<Value = Read> {
    (0..ARTICLES, prop::option::of(0.0..=1.0), prop::option::of(0.0..600.0))
}

fn second(place: usize) -> i64 {
    time(AS_OF).timestamp() - 3_600 + place as i64
}

/// A snapshot built from files, with a factor model and a ranker over factors and topics.
async fn from_files(reads: &[Read]) -> Snapshot {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "m1"})]).await;
    let article = |at: usize| json!({"article_id": format!("a{at}"), "topics": [format!("t{}", at % 3)]});
    home.add(Table::Articles, &(0..ARTICLES).map(article).collect::<Vec<Value>>()).await;
    let row = |(place, &(at, share, seconds)): (usize, &Read)| {
        let read_at = chrono::DateTime::from_timestamp(second(place), 0).expect("a time").to_rfc3339();
        json!({"member_id": "m1", "article_id": format!("a{at}"), "read_at": read_at,
               "read_fraction": share, "dwell_seconds": seconds})
    };
    home.add(Table::Reads, &reads.iter().enumerate().map(row).collect::<Vec<Value>>()).await;
    home.build(AS_OF).await.expect("built");
    let mut snapshot = assemble(&home.lake, &options(AS_OF)).await.expect("assembled");
    let value = |at: usize| ((at * 7 + 3) % 11) as f32 / 11.0 - 0.4;
    snapshot.model.factors = Some(Factors {
        rank: 3,
        members: vec![0.0; 3],
        items: (0..3 * ARTICLES).map(value).collect(),
        item_is_warm: vec![true; ARTICLES],
        gram: vec![1.0, 0.7, 0.4],
        unobserved_weight: 0.1,
        regularisation: 0.05,
        frequency_exponent: 1.0,
        band_means: Vec::new(),
        prior_weight: 0.0,
    });
    let bands = snapshot.age_bands.count();
    snapshot.model.popularity.overall = vec![0.0; ARTICLES];
    snapshot.model.popularity.by_band = vec![0.0; ARTICLES * bands];
    snapshot.model.preferences = Preferences {
        evidence: evidence(&snapshot),
        band_shares: vec![1.0 / 3.0; 3 * bands],
        prior_weight: vec![2.0; bands],
        overall_shares: vec![1.0 / 3.0; 3],
        half_life_days: 30.0,
    };
    snapshot.model.rankers = vec![RankerWeights {
        sides: zhihui_data::snapshot::Sides::Both,
        group: ItemGroup::Articles,
        features: ["factors", "topic_lift"].map(str::to_owned).to_vec(),
        weights: vec![1.0; 2],
        bias: 0.0,
        means: vec![0.0; 2],
        scales: vec![1.0; 2],
        calibration: [1.0, 0.0],
        calibrated: false,
        push_shift: 0.0,
        dispersion: None,
    }];
    snapshot
}

/// The member's evidence by topic without decay.
fn evidence(snapshot: &Snapshot) -> SparseRows {
    let mut sums = [0.0; 3];
    for event in snapshot.history.of(0) {
        let topic = snapshot.items.topics.row(snapshot.history.item(event) as usize)[0];
        sums[topic as usize] +=
            zhihui_engine::attention_weight(snapshot.history.kind(event), snapshot.history.weight_of(event));
    }
    SparseRows::from_rows([(0..3).map(|topic| (topic, sums[topic as usize])).collect::<Vec<_>>()])
}

/// Explains the member's probability for every article after one share.
fn explained(engine: &Engine, live: &[Read]) -> Vec<Explanation> {
    let mut overlay = Overlay::default();
    let mut apply = |item: usize, at: i64, what: LiveKind<'_>| {
        let id = format!("a{item}");
        overlay.apply(engine, &LiveEvent { who: Who::Member("m1"), item_id: Some(&id), at, what });
    };
    for (place, &(item, share, seconds)) in live.iter().enumerate() {
        apply(item, second(place), LiveKind::ReadTo(EventWeight::of_read(share, seconds)));
    }
    apply(0, time(AS_OF).timestamp(), LiveKind::Share);
    let explain = |item: usize| {
        engine.explain(&overlay, Who::Member("m1"), &format!("a{item}"), time(AS_OF).timestamp() + 1).expect("ranked")
    };
    (0..ARTICLES).map(explain).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_read_has_the_same_weight_from_a_file_and_as_an_event(reads in prop::collection::vec(read(), 1..12)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let stored = runtime.block_on(from_files(&reads));
        let mut empty = stored.clone();
        empty.history = History::without_events(1);
        empty.model.preferences.evidence = SparseRows::from_rows([Vec::new()]);
        let by_file = explained(&Engine::new(stored), &[]);
        let by_event = explained(&Engine::new(empty), &reads);
        for (file, event) in by_file.iter().zip(&by_event) {
            let weighed = |part: &&FeatureContribution| ["factors", "topic_lift"].contains(&part.feature);
            for (left, right) in file.parts.iter().filter(weighed).zip(event.parts.iter().filter(weighed)) {
                prop_assert!((left.value - right.value).abs() < 1e-5, "{}: {} {}", left.feature, left.value, right.value);
            }
        }
    }
}

#[tokio::test]
async fn a_complete_read_weighs_more_and_without_fractions_all_weigh_the_same() {
    let snapshot = from_files(&[(0, Some(0.0), None), (1, Some(1.0), None), (2, None, None)]).await;
    let factors: Vec<f32> = (0..3).map(|event| snapshot.history.weight_of(event).factor()).collect();
    assert_eq!(factors, [0.5, 1.0, 1.0]);
    assert_eq!([0, 1, 2].map(|event| snapshot.history.kind(event)), [EventKind::Read; 3]);
    let plain = from_files(&[(0, None, None), (1, None, None)]).await;
    let weights = [0, 1].map(|event| plain.history.weight_of(event));
    assert_eq!(weights, [EventWeight::NEUTRAL; 2], "neutral if no read has a fraction");
}
