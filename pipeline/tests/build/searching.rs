//! The search for settings: what it finds, what it may not see, and what ends it.

use serde_json::{Value, json};
use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_pipeline::build::restrict;
use zhihui_pipeline::train::{TrainOptions, Trained, Trial, Windows, train};

use super::town::{MEMBERS, town};

fn trained(town: Snapshot, options: &TrainOptions, most: usize) -> (Trained, Vec<Trial>) {
    let mut heard = Vec::new();
    let mut keep_searching = |trial: &Trial| {
        heard.push(trial.clone());
        heard.len() < most
    };
    let trained = train(town, None, &restrict, options, &mut keep_searching, &|_| {}).expect("trained");
    (trained, heard)
}

fn card(trained: &Trained) -> Value {
    serde_json::from_str(&trained.snapshot.model.card).expect("a card")
}

/// What was moved in a trial, and whether it stayed so.
fn moved(trial: &Value) -> Value {
    json!([trial["setting"], trial["value"], trial["taken"]])
}

#[test]
fn what_is_found_is_learnt_with_and_every_trial_stands_in_the_card() {
    let far_off = TrainOptions { popularity_half_life_days: [0.1, 0.1], ..TrainOptions::default() };
    let (trained, heard) = trained(town(0.0, 6), &far_off, usize::MAX);
    let card = card(&trained);
    let search = &card["search"];
    let told: Vec<Value> = search["trials"].as_array().expect("trials").iter().map(moved).collect();
    assert_eq!(
        told,
        heard.iter().map(|trial| moved(&serde_json::to_value(trial).expect("JSON"))).collect::<Vec<Value>>()
    );
    assert_eq!((heard[0].setting, heard[0].gain), (None, None), "the settings as configured come first");
    let taken: Vec<&Trial> = heard.iter().filter(|trial| trial.taken).collect();
    assert!(!taken.is_empty(), "{search}");
    let best = taken.last().expect("one");
    assert!(
        best.ndcg > heard[0].ndcg
            && heard.iter().all(|trial| trial.taken || trial.gain.is_none_or(|gain| gain[0] <= gain[1] * (1.0 + 1e-9)))
    );
    for (name, value) in search["taken"].as_object().expect("settings") {
        let learnt = match name.as_str() {
            "popularity_half_life_days.articles" => &card["parameters"]["popularity_half_life_days"][0],
            "popularity_half_life_days.activities" => &card["parameters"]["popularity_half_life_days"][1],
            name => name.split('.').fold(&card["parameters"], |at, part| &at[part]),
        };
        let same = match (learnt.as_f64(), value.as_f64()) {
            (Some(learnt), Some(value)) => (learnt - value).abs() < 1e-6,
            _ => learnt == value,
        };
        assert!(same, "{name}: {learnt} is not {value}");
    }
    let half_lives = &trained.snapshot.model.popularity.half_life_days;
    assert!(half_lives[0] > 0.1, "a town that reads for days is not a news site: {half_lives:?}");
}

#[test]
fn the_settings_that_serve_are_tried_after_the_configured_ones_and_gone_on_from() {
    let far_off = TrainOptions { popularity_half_life_days: [0.1, 0.1], ..TrainOptions::default() };
    let (first, _) = trained(town(0.1, 6), &far_off, usize::MAX);
    let found = card(&first)["parameters"]["popularity_half_life_days"].clone();
    let mut heard = Vec::new();
    let mut keep_searching = |trial: &Trial| {
        heard.push(trial.clone());
        heard.len() < 2
    };
    let again = train(town(0.1, 6), Some(&first.snapshot), &restrict, &far_off, &mut keep_searching, &|_| {});
    let again = again.expect("trained");
    let [configured, warm] = &heard[..] else { panic!("two trials: {heard:?}") };
    assert_eq!((configured.setting, warm.setting, warm.taken), (None, None, true));
    assert!(warm.ndcg > configured.ndcg, "{heard:?}");
    assert_eq!(card(&again)["parameters"]["popularity_half_life_days"], found);
    assert!(!card(&again)["search"]["warm_start"].as_object().expect("settings").is_empty());
    assert_eq!(card(&again)["search"]["validation"]["cut"], "future");
}

#[test]
fn the_search_ends_after_so_many_trials() {
    let options = TrainOptions { search_trials: 3, ..TrainOptions::default() };
    let (_, some) = trained(town(0.1, 7), &options, usize::MAX);
    assert_eq!(some.len(), 3);
    assert_eq!(some.iter().map(|trial| trial.number).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn the_budget_ends_the_search_between_trials_and_changes_none_of_them() {
    let options = TrainOptions::default();
    let (_, all) = trained(town(0.1, 7), &options, usize::MAX);
    let (cut_short, some) = trained(town(0.1, 7), &options, 5);
    assert_eq!(some, all[..5]);
    assert_eq!(card(&cut_short)["search"]["trials"].as_array().map(Vec::len), Some(5));
}

#[test]
fn nothing_of_the_test_window_is_looked_at() {
    let whole = town(0.1, 8);
    let windows = Windows::of(&whole).expect("a history");
    let (_, before) = trained(whole.clone(), &TrainOptions::default(), 8);
    let mut other = whole;
    let later: Vec<usize> =
        (0..other.history.at.len()).filter(|&row| other.history.at[row] >= windows.test_from).collect();
    // What members turned to in the test window goes round by one member: nothing of it may be known to the search.
    let items: Vec<u32> = later.iter().map(|&row| other.history.item[row]).collect();
    for (at, &row) in later.iter().enumerate() {
        other.history.item[row] = items[(at + 1) % items.len()];
    }
    assert_eq!(Windows::of(&other), Some(windows));
    let (_, after) = trained(other, &TrainOptions::default(), 8);
    assert_eq!(before, after);
}

#[test]
fn too_few_members_tell_no_settings_apart_and_none_are_tried_without_time() {
    let mut quiet = town(0.0, 9);
    for row in 0..quiet.history.at.len() {
        let member = (0..MEMBERS).find(|&member| quiet.history.of(member).contains(&row)).unwrap_or_default();
        if member % 12 != 0 {
            quiet.history.kind[row] = EventKind::Shown;
        }
    }
    let (few, heard) = trained(quiet, &TrainOptions::default(), usize::MAX);
    assert!(heard.is_empty() && card(&few)["search"].is_null());
    let no_time = TrainOptions { search_seconds: 0, ..TrainOptions::default() };
    let (configured, heard) = trained(town(0.1, 9), &no_time, usize::MAX);
    assert!(heard.is_empty() && card(&configured)["search"].is_null());
}
