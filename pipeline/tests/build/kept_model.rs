//! The model of an earlier night: it is kept with new features while little has changed, and trained anew otherwise.

use std::cell::RefCell;

use serde_json::Value;
use zhihui_data::snapshot::{Snapshot, encode};
use zhihui_pipeline::build::snapshot_before;
use zhihui_pipeline::train::{TrainOptions, Trained, train};

use super::town::{AS_OF, DAY, town};

/// A town on the day before its last one, and on the last one. The last day has less than 5 % of the events.
fn nights() -> [Snapshot; 2] {
    let today = town(0.1, 6);
    [snapshot_before(&today, AS_OF - DAY), today]
}

fn options() -> TrainOptions {
    TrainOptions { search_seconds: 0, ..TrainOptions::default() }
}

/// Trains, and returns the phases as well.
fn trained(town: Snapshot, previous: Option<&Snapshot>, options: &TrainOptions) -> (Trained, Vec<String>) {
    let phases = RefCell::new(Vec::new());
    let on_progress = |phase: &str| phases.borrow_mut().push(phase.to_owned());
    let trained = train(town, previous, &snapshot_before, options, &mut |_| true, &on_progress).expect("trained");
    (trained, phases.into_inner())
}

fn card(snapshot: &Snapshot) -> Value {
    serde_json::from_str(&snapshot.model.card).expect("a card")
}

#[test]
fn a_model_is_kept_on_the_next_day_and_its_features_are_new() {
    let [yesterday, today] = nights();
    let (first, _) = trained(yesterday, None, &options());
    let (second, phases) = trained(today.clone(), Some(&first.snapshot), &options());
    assert_eq!((first.kept_from, second.kept_from), (None, Some(AS_OF - DAY)));
    assert_eq!(phases, ["updating the features of the kept model"]);
    let [before, after] = [&first.snapshot, &second.snapshot];
    assert_eq!((&after.model.rankers, &after.model.name), (&before.model.rankers, &before.model.name));
    assert_eq!(after.model.rankers_as_of, before.model.rankers_as_of);
    encode(after).expect("a valid snapshot");
    // The features are those of a training of today.
    let (anew, _) = trained(today, None, &options());
    let model = &anew.snapshot.model;
    assert_eq!(
        (&after.model.popularity, &after.model.preferences, &after.model.factors, &after.model.neighbours),
        (&model.popularity, &model.preferences, &model.factors, &model.neighbours)
    );
    assert_ne!(after.model.popularity, before.model.popularity);

    let [before, after] = [before, after].map(card);
    assert_eq!(after["trained_as_of"], before["as_of"]);
    assert_ne!(after["as_of"], before["as_of"]);
    assert!(after["events"].as_u64() > before["events"].as_u64());
    // Numbers that are read from a card may differ in the last digit.
    let as_read = |value: &Value| serde_json::from_str::<Value>(&value.to_string()).expect("a value");
    for of_training in ["gate", "sides", "windows", "audiences", "rankers", "limits", "serving"] {
        assert!(!before[of_training].is_null(), "{of_training}");
        assert_eq!(after[of_training], as_read(&before[of_training]), "{of_training}");
    }
    assert_eq!(second.gate, serde_json::from_value(before["gate"].clone()).ok());
    // The third night refers to the training, too.
    let mut again = anew.snapshot;
    (again.model, again.as_of) = (second.snapshot.model, AS_OF);
    let (third, _) = trained(nights()[1].clone(), Some(&again), &options());
    assert_eq!(third.kept_from, Some(AS_OF - DAY));
}

#[test]
fn a_model_is_trained_anew_when_it_is_due() {
    let [yesterday, today] = nights();
    let (first, _) = trained(yesterday, None, &options());
    let kept = |options: &TrainOptions| trained(today.clone(), Some(&first.snapshot), options).0.kept_from;
    assert_eq!(kept(&TrainOptions { train_every_days: 2, ..options() }), Some(AS_OF - DAY));
    assert_eq!(kept(&TrainOptions { train_every_days: 1, ..options() }), None);
    assert_eq!(kept(&TrainOptions { neighbours: 20, ..options() }), None, "other settings");
    assert_eq!(kept(&TrainOptions { conditions: "another program".to_owned(), ..options() }), None);
    assert_eq!(kept(&TrainOptions { anew: true, ..options() }), None);
    let five_days_ago = snapshot_before(&today, AS_OF - 5 * DAY);
    let (earlier, _) = trained(five_days_ago, None, &options());
    assert_eq!(trained(today.clone(), Some(&earlier.snapshot), &options()).0.kept_from, None, "8 % more events");
    let (later, _) = trained(today.clone(), None, &options());
    let before = snapshot_before(&today, AS_OF - DAY);
    assert_eq!(trained(before, Some(&later.snapshot), &options()).0.kept_from, None, "a model of later data");
}

#[test]
fn a_model_without_a_verdict_or_with_unknown_features_is_not_kept() {
    let [yesterday, today] = nights();
    let (mut first, _) = trained(yesterday, None, &options());
    let mut unknown = first.snapshot.clone();
    unknown.model.rankers[0].features[0] = "a feature of another release".to_owned();
    assert_eq!(trained(today.clone(), Some(&unknown), &options()).0.kept_from, None);
    let mut without_verdict = card(&first.snapshot);
    without_verdict["gate"] = Value::Null;
    first.snapshot.model.card = without_verdict.to_string();
    assert_eq!(trained(today, Some(&first.snapshot), &options()).0.kept_from, None);
}
