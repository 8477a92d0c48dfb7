//! The served model in `evaluate`, its baselines, and the budget without tuning.

use std::cell::Cell;

use zhihui_pipeline::evaluate::{Data, EvaluateOptions, EvaluateReport, ModelReport, ServedLists, evaluate};
use zhihui_pipeline::train::TrainOptions;

use super::town::{DAY, town};

fn options(models: &[&str]) -> EvaluateOptions {
    EvaluateOptions {
        models: models.iter().map(|&name| name.to_owned()).collect(),
        ks: vec![20],
        settings: Vec::new(),
        tune: false,
        max_trials: 5,
        warm_start: Vec::new(),
        seconds: None,
        seed: 7,
    }
}

fn row<'r>(report: &'r EvaluateReport, name: &str) -> &'r ModelReport {
    report.models.iter().find(|model| model.model == name).expect("a row")
}

#[test]
fn the_served_model_is_compared_with_tuned_popularity_for_each_night() {
    let town = town(0.1, 6);
    let data = Data::of_nights(&town, 1, 2, 7).expect("windows");
    assert_eq!(data.windows.len(), 3, "three times two days in a week");
    for window in &data.windows {
        let [from, until] = window.span.expect("a span");
        assert_eq!(until - from, 2 * DAY);
    }
    let training = TrainOptions::default();
    let served = ServedLists::new(&town, &training);
    let report =
        evaluate(&data, Some(&served), &options(&["served"]), &|| 0.0, &mut |_| true, &|_| {}).expect("a report");
    let service = row(&report, "served");
    assert_eq!(service.served, report.test_users, "every test user is served");
    let ndcg = |name: &str| row(&report, name).metrics["ndcg@20"];
    let best = ndcg("popular").max(ndcg("segment_popular"));
    assert_eq!(ndcg(&report.baseline), best);
    assert!(ndcg("served") > best, "{} against {best}", ndcg("served"));
    let gain = service.gain_over_popular.expect("a gain");
    assert!((gain[0] - (ndcg("served") - best)).abs() < 1e-9 && gain[1] <= gain[0] && gain[0] <= gain[2]);
    assert!(data.half_life_days.is_none_or(|days| days > 0.0));
}

#[test]
fn events_after_a_window_do_not_change_its_result() {
    let all = town(0.1, 6);
    let data = Data::of_nights(&all, 1, 3, 7).expect("windows");
    let first = &data.windows[0];
    let from = first.span.expect("a span")[0];
    let training = TrainOptions::default();
    let report = |town: &zhihui_data::snapshot::Snapshot| {
        let mut one = Data::of_nights(&all, 1, 3, 7).expect("windows");
        one.windows.truncate(1);
        let served = ServedLists::new(town, &training);
        let report = evaluate(&one, Some(&served), &options(&["served"]), &|| 0.0, &mut |_| true, &|_| {});
        row(&report.expect("a report"), "served").metrics.clone()
    };
    let mut other = all.clone();
    let later: Vec<usize> = other.history.places().filter(|&row| other.history.at(row) >= from).collect();
    let items: Vec<u32> = later.iter().map(|&row| other.history.item(row)).collect();
    other.history.edit(|events| {
        later.iter().enumerate().for_each(|(at, &row)| events.item[row] = items[(at + 1) % items.len()]);
    });
    assert_eq!(report(&all), report(&other));
}

#[test]
fn a_budget_without_tuning_leaves_out_recommenders_that_would_exceed_it() {
    let town = town(0.1, 6);
    let data = Data::from_snapshot(&town, 1, 7).expect("windows");
    let clock = Cell::new(0.0);
    let seconds = || {
        clock.set(clock.get() + 1.0);
        clock.get()
    };
    let models = ["popular", "item_knn", "rp3beta", "user_knn"];
    let bounded = EvaluateOptions { seconds: Some(12.0), ..options(&models) };
    let report = evaluate(&data, None, &bounded, &seconds, &mut |_| true, &|_| {}).expect("a report");
    let fitted: Vec<&str> = report.models.iter().map(|model| model.model.as_str()).collect();
    assert!(!fitted.is_empty() && fitted.len() < models.len(), "{fitted:?}");
    assert_eq!(fitted, models[..fitted.len()], "in the order in which they were named");
    assert_eq!(report.left_out.len(), models.len() - fitted.len());
    assert!(report.left_out.values().all(|why| why.contains("--budget")), "{:?}", report.left_out);
    let files_only = evaluate(&data, None, &options(&["served"]), &|| 0.0, &mut |_| true, &|_| {});
    assert!(files_only.is_err(), "the served model needs a snapshot");
}
