//! The settings search: its result, the data that it must not use, and its limits.

use serde_json::{Value, json};
use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_pipeline::build::snapshot_before;
use zhihui_pipeline::train::{TrainOptions, Trained, Trial, Windows, train};

use super::town::{MEMBERS, town};

fn trained(town: Snapshot, options: &TrainOptions, max_trials: usize) -> (Trained, Vec<Trial>) {
    let mut trials = Vec::new();
    let mut keep_searching = |trial: &Trial| {
        trials.push(trial.clone());
        trials.len() < max_trials
    };
    let trained = train(town, None, &snapshot_before, options, &mut keep_searching, &|_| {}).expect("trained");
    (trained, trials)
}

fn card(trained: &Trained) -> Value {
    serde_json::from_str(&trained.snapshot.model.card).expect("a card")
}

/// The change of a trial, and whether it was kept.
fn change_of(trial: &Value) -> Value {
    json!([trial["setting"], trial["value"], trial["taken"]])
}

#[test]
fn the_card_lists_every_trial_and_the_settings_that_were_kept() {
    let far_off = TrainOptions { popularity_half_life_days: [0.1, 0.1], ..TrainOptions::default() };
    let (trained, trials) = trained(town(0.0, 6), &far_off, usize::MAX);
    let card = card(&trained);
    let search = &card["search"];
    let in_card: Vec<Value> = search["trials"].as_array().expect("trials").iter().map(change_of).collect();
    assert_eq!(
        in_card,
        trials.iter().map(|trial| change_of(&serde_json::to_value(trial).expect("JSON"))).collect::<Vec<Value>>()
    );
    assert_eq!((trials[0].setting, trials[0].gain), (None, None), "the settings as configured come first");
    let taken: Vec<&Trial> = trials.iter().filter(|trial| trial.taken).collect();
    assert!(!taken.is_empty(), "{search}");
    let best = taken.last().expect("one");
    assert!(
        best.ndcg > trials[0].ndcg
            && trials
                .iter()
                .all(|trial| trial.taken || trial.gain.is_none_or(|gain| gain[0] <= gain[1] * (1.0 + 1e-9)))
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
    assert!(half_lives[0] > 0.1, "members read for days after publication: {half_lives:?}");
}

#[test]
fn the_search_continues_from_the_serving_settings_after_the_configured_ones() {
    let far_off =
        TrainOptions { popularity_half_life_days: [0.1, 0.1], train_every_days: 0, ..TrainOptions::default() };
    let (first, _) = trained(town(0.1, 6), &far_off, usize::MAX);
    let found = card(&first)["parameters"]["popularity_half_life_days"].clone();
    let mut trials = Vec::new();
    let mut keep_searching = |trial: &Trial| {
        trials.push(trial.clone());
        trials.len() < 2
    };
    let again = train(town(0.1, 6), Some(&first.snapshot), &snapshot_before, &far_off, &mut keep_searching, &|_| {});
    let again = again.expect("trained");
    let [configured, warm] = &trials[..] else { panic!("two trials: {trials:?}") };
    assert_eq!((configured.setting, warm.setting, warm.taken), (None, None, true));
    assert!(warm.ndcg > configured.ndcg, "{trials:?}");
    assert_eq!(card(&again)["parameters"]["popularity_half_life_days"], found);
    assert!(!card(&again)["search"]["warm_start"].as_object().expect("settings").is_empty());
    assert_eq!(card(&again)["search"]["validation"]["cut"], "future");
}

#[test]
fn the_search_ends_after_the_configured_number_of_trials() {
    let options = TrainOptions { search_trials: 3, ..TrainOptions::default() };
    let (_, some) = trained(town(0.1, 7), &options, usize::MAX);
    assert_eq!(some.len(), 3);
    assert_eq!(some.iter().map(|trial| trial.number).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn the_budget_ends_the_search_between_trials_without_changing_them() {
    let options = TrainOptions::default();
    let (_, all) = trained(town(0.1, 7), &options, usize::MAX);
    let (cut_short, some) = trained(town(0.1, 7), &options, 5);
    assert_eq!(some, all[..5]);
    assert_eq!(card(&cut_short)["search"]["trials"].as_array().map(Vec::len), Some(5));
}

#[test]
fn events_in_the_test_window_do_not_change_the_search() {
    let all = town(0.1, 8);
    let windows = Windows::of(&all).expect("a history");
    let (_, before) = trained(all.clone(), &TrainOptions::default(), 8);
    let mut other = all;
    let later: Vec<usize> = other.history.places().filter(|&row| other.history.at(row) >= windows.test_from).collect();
    // Shifts the items of the events in the test window, which the search must not see.
    let items: Vec<u32> = later.iter().map(|&row| other.history.item(row)).collect();
    other.history.edit(|events| {
        for (at, &row) in later.iter().enumerate() {
            events.item[row] = items[(at + 1) % items.len()];
        }
    });
    assert_eq!(Windows::of(&other), Some(windows));
    let (_, after) = trained(other, &TrainOptions::default(), 8);
    assert_eq!(before, after);
}

#[test]
fn there_is_no_search_with_too_few_members_or_without_time() {
    let mut quiet = town(0.0, 9);
    let loud: Vec<_> = (0..MEMBERS).filter(|member| member % 12 != 0).map(|member| quiet.history.of(member)).collect();
    quiet.history.edit(|events| loud.into_iter().for_each(|own| events.kind[own].fill(EventKind::Shown)));
    let (few, trials) = trained(quiet, &TrainOptions::default(), usize::MAX);
    assert!(trials.is_empty() && card(&few)["search"].is_null());
    let no_time = TrainOptions { search_seconds: 0, ..TrainOptions::default() };
    let (configured, trials) = trained(town(0.1, 9), &no_time, usize::MAX);
    assert!(trials.is_empty() && card(&configured)["search"].is_null());
}
