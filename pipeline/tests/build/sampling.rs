//! Training on a sample of a long history.

use serde_json::Value;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::{Engine, Language, Overlay};
use zhihui_pipeline::build::snapshot_before;
use zhihui_pipeline::train::{TrainOptions, Trained, train};

use super::town::{AS_OF, MEMBERS, town};

fn trained(max_events: usize) -> (Trained, Value) {
    let options = TrainOptions { search_seconds: 0, max_events, ..TrainOptions::default() };
    let trained = train(town(0.0, 1), None, &snapshot_before, &options, &mut |_| true, &|_| {}).expect("trained");
    let card = serde_json::from_str(&trained.snapshot.model.card).expect("a card");
    (trained, card)
}

/// Share of liked articles among the first five of each list of members with events.
fn liked_share(snapshot: Snapshot) -> f64 {
    let engine = Engine::new(snapshot);
    let (mut liked, mut listed) = (0, 0);
    for member in 0..MEMBERS * 9 / 10 {
        let request = RecommendRequest {
            who: Who::Member(&engine.snapshot().members.id[member]),
            n: 5,
            kind: Some(zhihui_data::ItemKind::Article),
            topic: None,
            exclude: &[],
            general: false,
            now: AS_OF,
            language: Language::Zh,
        };
        for item in engine.recommend(&Overlay::default(), &request).items {
            let row = engine.item_row(&item.item_id).expect("a known item");
            liked += usize::from(engine.snapshot().items.topics.row(row)[0] as usize % 4 == member % 4);
            listed += 1;
        }
    }
    liked as f64 / f64::from(listed)
}

#[test]
fn of_a_long_history_a_sample_is_judged_and_all_members_are_served() {
    let (all, card_of_all) = trained(usize::MAX);
    assert!(card_of_all["training_sample"].is_null());
    let events = all.snapshot.history.n_events();
    let (sampled, card) = trained(events / 2);
    let size = &card["training_sample"];
    let (members, of_members) = (size["members"].as_u64().expect("a number"), size["of_members"].as_u64());
    assert!((240..360).contains(&members) && of_members == Some(MEMBERS as u64), "{size}");
    assert!(card["limits"].to_string().contains("training_sample"));
    assert!(sampled.gate.as_ref().is_some_and(|gate| gate.accepted), "{:?}", sampled.gate);

    // Counts of the service are those of all events.
    let (model, model_of_all) = (&sampled.snapshot.model, &all.snapshot.model);
    assert_eq!((&model.popularity, &model.preferences), (&model_of_all.popularity, &model_of_all.preferences));
    let factors = model.factors.as_ref().expect("factors");
    assert_eq!(factors.members.len(), MEMBERS * factors.rank as usize);
    let with_vector =
        factors.members.chunks_exact(factors.rank as usize).filter(|vector| vector.iter().any(|&v| v != 0.0));
    assert_eq!(with_vector.count(), MEMBERS);

    let shares = [sampled, all].map(|trained| liked_share(trained.snapshot));
    assert!(shares[0] > 0.9 * shares[1], "{shares:?}");
}

#[test]
fn features_of_a_sample_are_those_of_all_members() {
    let (all, _) = trained(usize::MAX);
    let (sampled, _) = trained(all.snapshot.history.n_events() / 3);
    let popularity_mean = |trained: &Trained| {
        let ranker = &trained.snapshot.model.rankers[0];
        let at = ranker.features.iter().position(|name| name == "popularity").expect("a feature");
        f64::from(ranker.means[at])
    };
    let means = [popularity_mean(&sampled), popularity_mean(&all)];
    assert!((means[0] - means[1]).abs() < 0.2, "{means:?}");
}
