//! The result of training on a town: probabilities that match the responses, and a model card that reports how well.

use serde_json::Value;
use zhihui_data::snapshot::{EventKind, LoggedPlace, Model, NO_TIME, Propensities, Snapshot, encode};
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::{Engine, Language, Overlay};
use zhihui_pipeline::build::snapshot_before;
use zhihui_pipeline::publish::PublishedFolder;
use zhihui_pipeline::train::{TrainOptions, Trained, train};

use super::town::{AS_OF, DAY, MEMBERS, town, town_with};

fn trained(town: Snapshot, previous: Option<&Snapshot>) -> Trained {
    let options = TrainOptions { train_every_days: 0, ..TrainOptions::default() };
    let trained = train(town, previous, &snapshot_before, &options, &mut |_| true, &|_| {}).expect("trained");
    encode(&trained.snapshot).expect("a valid snapshot");
    trained
}

fn card(trained: &Trained) -> Value {
    serde_json::from_str(&trained.snapshot.model.card).expect("a card")
}

/// The probabilities in the lists of all members with events, highest first.
fn listed(snapshot: &Snapshot) -> Vec<Vec<f64>> {
    let engine = Engine::new(snapshot.clone());
    let list = |member: usize| {
        let request = RecommendRequest {
            who: Who::Member(&engine.snapshot().members.id[member]),
            n: usize::MAX,
            kind: Some(zhihui_data::ItemKind::Article),
            topic: None,
            exclude: &[],
            general: false,
            now: AS_OF,
            language: Language::Zh,
        };
        let list = engine.recommend(&Overlay::default(), &request);
        let mut probabilities: Vec<f64> = list.items.iter().filter_map(|item| item.probability).collect();
        probabilities.sort_by(|left, right| right.total_cmp(left));
        probabilities
    };
    (0..MEMBERS * 9 / 10).map(list).collect()
}

#[test]
fn without_exposures_probabilities_match_the_observed_responses() {
    let trained = trained(town(0.0, 1), None);
    assert!(trained.gate.as_ref().is_some_and(|gate| gate.accepted), "{:?}", trained.gate);
    assert!(trained.snapshot.model.rankers.iter().all(|ranker| !ranker.calibrated && ranker.calibration[0] > 0.0));
    let report = &card(&trained)["rankers"]["articles"];
    assert_eq!((&report["calibrated"], &report["judged_on"]), (&Value::from(false), &Value::from("lists")));
    assert_eq!((&report["exposures"], &report["fitted_on_exposures"]), (&Value::from(0), &Value::from(false)));
    for bin in report["reliability"].as_array().expect("bins") {
        let (predicted, observed) =
            (bin["predicted"].as_f64().expect("a share"), bin["observed"].as_f64().expect("a share"));
        assert!((predicted - observed).abs() < 0.02 + 0.5 * observed, "{bin}");
    }
    assert!(report["brier"].as_f64() < report["brier_of_base_rate"].as_f64(), "{report}");
    // Members read 8 % of the new articles that they like. The highest probability must not be far above.
    let lists = listed(&trained.snapshot);
    let best = lists.iter().filter_map(|list| list.first()).copied().fold(0.0, f64::max);
    assert!(best < 0.5, "the highest probability is {best}");
    let limits = card(&trained)["limits"].to_string();
    assert!(limits.contains("articles_uncalibrated") && limits.contains("silent_members"), "{limits}");
}

#[test]
fn missing_publication_dates_do_not_teach_the_model_to_avoid_popular_items() {
    // More articles than candidates of a list, each read for two days, without publication dates.
    let mut log = town_with(0.0, 5, 2_000);
    log.items.published_at.fill(NO_TIME);
    let gate = trained(log, None).gate.expect("judged");
    assert!(gate.value > 0.8 * gate.baseline, "{gate:?}");
}

#[test]
fn shown_events_calibrate_and_the_card_reports_the_calibration() {
    let trained = trained(town(0.6, 2), None);
    let card = card(&trained);
    let report = &card["rankers"]["articles"];
    assert_eq!((&report["calibrated"], &report["judged_on"]), (&Value::from(true), &Value::from("exposures")));
    assert!(report["brier"].as_f64() < report["brier_of_base_rate"].as_f64(), "{report}");
    assert!(report["calibration_error"].as_f64() < Some(0.03), "{report}");
    let bins = report["reliability"].as_array().expect("bins");
    let examples: u64 = bins.iter().filter_map(|bin| bin["examples"].as_u64()).sum();
    assert_eq!(Some(examples), report["exposures"].as_u64());
    // Few activities were shown in the three days whose response time is over, which is too few to calibrate.
    let few = &card["rankers"]["activities"];
    assert_eq!((&few["calibrated"], &few["judged_on"]), (&Value::from(false), &Value::from("lists")));
    assert!(few["exposures"].as_u64() > Some(0) && few["calibrated_on"] == 0, "{few}");
    let limits = card["limits"].to_string();
    assert!(limits.contains("activities_uncalibrated") && !limits.contains("articles_uncalibrated"), "{limits}");
    let data = &card["data"];
    assert_eq!(data["members_with_history"], MEMBERS * 9 / 10);
    let rows: u64 = data["rows"].as_object().expect("rows").values().filter_map(Value::as_u64).sum();
    assert_eq!(Some(rows), card["events"].as_u64());
    assert!(data["rows"]["shown"].as_u64() > Some(10_000), "{data}");
    assert_eq!(card["parameters"]["propensity"]["power"], 0.5);
}

#[test]
fn the_card_compares_with_popularity_by_slice() {
    let trained = trained(town(0.2, 3), None);
    let card = card(&trained);
    let comparison = &card["comparison"];
    let names: Vec<&str> =
        comparison["rankings"].as_array().expect("rankings").iter().filter_map(|one| one["ranking"].as_str()).collect();
    assert_eq!(names, ["personal", "popular", "popular_in_age_band"]);
    let gate = trained.gate.expect("judged");
    assert!((comparison["rankings"][0]["ndcg"].as_f64().expect("a number") - gate.value).abs() < 1e-12);
    let slices = comparison["slices"].as_array().expect("slices");
    let members = |by: &str| {
        slices.iter().filter(|slice| slice["by"] == by).filter_map(|slice| slice["members"].as_u64()).sum::<u64>()
    };
    assert_eq!(members("union_size"), gate.members as u64);
    for by in ["age_band", "history"] {
        assert!((gate.members as u64 - 40..=gate.members as u64).contains(&members(by)), "{by}: {comparison}");
    }
    assert!(slices.iter().all(|slice| slice["members"].as_u64() >= Some(10)), "{comparison}");
    let articles = slices.iter().find(|slice| slice["key"] == "articles").expect("articles");
    assert!(
        articles["interval"][0].as_f64() > Some(0.0),
        "interests differ, so the model beats popularity: {articles}"
    );
    for segment in card["segments"].as_array().expect("segments") {
        let ages = segment["ages"].as_array().expect("ages");
        let n_members: u64 = ages.iter().filter_map(|age| age["members"].as_u64()).sum();
        assert!(
            n_members <= segment["members"].as_u64().expect("a number") && ages.iter().all(|age| age["members"] != 0)
        );
    }
}

#[test]
fn logged_propensities_give_off_policy_estimates_and_their_absence_is_a_limit() {
    let mut logged = town(0.2, 2);
    let history = &logged.history;
    let shown = |member: usize| history.of(member).filter(|&at| history.kind(at) == EventKind::Shown);
    let place = |member: usize, at: usize| LoggedPlace {
        member: member as u32,
        item: history.item(at),
        at: history.at(at),
        // About twenty articles are new at a time, and a fifth of the members is shown them regardless of interest.
        propensity: if member.is_multiple_of(5) { 1.0 } else { 0.05 },
        explored: !member.is_multiple_of(5),
    };
    let places = (0..MEMBERS).flat_map(|member| shown(member).map(move |at| (member, at)));
    logged.propensities = Propensities::from_rows(places.map(|(member, at)| place(member, at)));
    let trained_on_log = card(&trained(logged, None));
    let off_policy = &trained_on_log["off_policy"];
    let of = |policy: &str| {
        let estimates = off_policy["estimates"].as_array().expect("estimates").iter();
        let mut found = estimates.filter(|one| one["policy"] == policy && one["group"] == "articles");
        found.next().unwrap_or_else(|| panic!("no {policy}: {off_policy}")).clone()
    };
    let number = |value: &Value| value.as_f64().expect("a number");
    // A quarter of the members likes an article, so that 0.25 · 0.35 + 0.75 · 0.04 of those who are shown it read it.
    for policy in ["personal", "explored"] {
        let (low, high) = (number(&of(policy)["interval"][0]), number(&of(policy)["interval"][1]));
        assert!(low < 0.1175 && 0.1175 < high, "{policy}: {off_policy}");
    }
    let (challenger, explored) = (of("challenger"), of("explored"));
    assert!(number(&challenger["interval"][0]) > number(&explored["interval"][1]), "{off_policy}");
    assert!(number(&challenger["effective_sample_size"]) >= 30.0);
    assert!(number(&challenger["displays"]) < 0.3 * number(&explored["displays"]), "{off_policy}");
    assert!(!trained_on_log["limits"].to_string().contains("no_propensities"));
    let without = card(&trained(town(0.2, 2), None));
    assert_eq!(without["off_policy"], Value::Null);
    assert!(without["limits"].to_string().contains("no_propensities"));
}

#[test]
fn the_card_reports_the_benefit_and_cost_of_exposure_floors() {
    let mut town = town(0.2, 3);
    // A tenth of the items belongs to the second union, whose members have no special interest in them.
    for item in (0..town.items.id.len()).step_by(10) {
        town.items.union[item] = 1;
    }
    let card = card(&trained(town, None));
    let floors = card["exposure_floor"]["floors"].as_array().expect("floors");
    assert_eq!(floors.iter().filter_map(|row| row["floor"].as_f64()).collect::<Vec<f64>>(), [0.0, 0.5, 1.0]);
    assert_eq!(floors[0]["lists_changed"], 0);
    let number = |value: &Value| value.as_f64().expect("a number");
    for (at, row) in floors.iter().enumerate() {
        assert!(number(&row["expected_responses"]) <= number(&floors[0]["expected_responses"]) + 1e-9, "{row}");
        for group in row["groups"].as_array().expect("groups") {
            assert!(group["members"].as_u64() >= Some(10), "{group}");
            let least = [0.0, 0.5, 1.0][at] * number(&group["offered"]);
            assert!(group["by"] != "union_size" || number(&group["exposed"]) >= least - 1e-9, "{group} under {least}");
        }
    }
    assert!(number(&floors[2]["lists_changed"]) > 0.0, "{floors:?}");
}

#[test]
fn segments_keep_their_names_a_week_later_and_with_a_new_topic() {
    let all = town(0.1, 4);
    let earlier = trained(snapshot_before(&all, AS_OF - 7 * DAY), None).snapshot;
    let names = |snapshot: &Snapshot| {
        let mut names: Vec<String> = snapshot.model.segments.iter().map(|segment| segment.name.clone()).collect();
        names.sort();
        names
    };
    assert!(earlier.model.segments.len() >= 4, "{:?}", names(&earlier));
    let mut later = all;
    // A topic that sorts before all others and has no items.
    later.topics.insert(0, "一个新主题".into());
    later.items.topics = zhihui_data::snapshot::Lists::from_rows(
        (0..later.items.id.len())
            .map(|item| later.items.topics.row(item).iter().map(|topic| topic + 1).collect::<Vec<_>>()),
    );
    let later = trained(later, Some(&earlier)).snapshot;
    assert_eq!(names(&earlier), names(&later));
    let moved = (0..MEMBERS).filter(|&member| {
        let segment = |snapshot: &Snapshot| {
            let at = snapshot.members.segment[member] as usize;
            snapshot.model.segments.get(at).map(|segment| segment.name.clone())
        };
        segment(&earlier).is_some() && segment(&earlier) != segment(&later)
    });
    assert!(moved.count() < MEMBERS / 20);
}

#[test]
fn the_same_town_gives_the_same_card_which_is_stored_with_the_snapshot() {
    let once = trained(town(0.1, 5), None);
    assert_eq!(once.snapshot.model.card, trained(town(0.1, 5), None).snapshot.model.card);
    let folder = tempfile::tempdir().expect("a folder");
    PublishedFolder::at(folder.path()).publish(&once.snapshot).expect("published");
    let file = std::fs::read_to_string(folder.path().join("v1").join("model-card.json")).expect("the card");
    assert_eq!(file, once.snapshot.model.card);
}

#[test]
fn the_model_of_a_published_snapshot_is_read_alone() {
    let trained = trained(town(0.1, 3), None).snapshot;
    let folder = tempfile::tempdir().expect("a folder");
    let published = PublishedFolder::at(folder.path());
    published.publish(&trained).expect("published");
    let (read, damage) = published.load_model().expect("a model");
    assert!(damage.is_none());
    assert_eq!((read.as_of, &read.topics), (trained.as_of, &trained.topics));
    let Model { factors, member_map, .. } = read.model.clone();
    assert!(factors.is_none() && member_map.is_empty());
    let Model { factors, member_map, .. } = trained.model.clone();
    assert!(factors.is_some() && !member_map.is_empty());
    assert_eq!(Model { factors, member_map, ..read.model }, trained.model);
}
