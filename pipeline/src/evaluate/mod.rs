//! Compares recommenders on interaction files, or on the lake with cuts in time.

mod budget;
mod data;
mod files;
mod lake;
mod measurement;
mod recommender_comparison;
mod report;
mod served_lists;
mod test_setting;
mod warm_start;

use std::collections::BTreeMap;

use thiserror::Error;
use zhihui_models::catalogue::{ModelName, ModelSpec, Setting};
use zhihui_models::tuning::{TuneOptions, Tuned, tune};

use crate::train::TrainError;
use crate::trial::{Trial, ValidationReport};

use budget::Budget;
pub use data::{Data, Window};
pub use files::EvaluationFileError;
use measurement::CUTOFF;
use recommender_comparison::Comparison;
pub use report::{EvaluateReport, FinalistReport, ModelReport, SliceReport, WindowReport};
pub use served_lists::ServedLists;
pub use warm_start::warm_start;
pub use zhihui_models::ModelError;
pub use zhihui_models::tuning::TuneProgress;

/// Reasons why an evaluation failed.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] EvaluationFileError),
    /// A model or parameter is invalid, or there are too few data.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The service could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// Options of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateOptions {
    /// Names of recommenders. Empty for all that the data allow.
    pub models: Vec<String>,
    /// Lengths of the lists.
    pub ks: Vec<usize>,
    /// Parameters as typed, such as `ials.factors=64`.
    pub settings: Vec<String>,
    /// Whether to search parameters on a part of the training data.
    pub tune: bool,
    /// Maximum number of trials of tuning.
    pub max_trials: usize,
    /// Recommenders with settings that did well before. Tuning tries them early.
    pub warm_start: Vec<ModelSpec>,
    /// Without tuning: time after which no further recommender is fitted. The report names those left out. The first is
    /// always fitted.
    pub seconds: Option<f64>,
    /// Random seed.
    pub seed: u64,
}

/// Fits and measures recommenders.
///
/// `served` is the service, measured with all recommenders or if named `served`. `seconds` is a clock. `keep_going` is
/// called with each trial of tuning and returns whether there is time for another. `on_progress` is called with the
/// name of each phase.
///
/// # Errors
/// [`EvaluateError`] for an unknown name or parameter. A recommender that the data do not allow is left out if all are
/// requested, and an error if it was named.
pub fn evaluate(
    data: &Data,
    served: Option<&ServedLists<'_>>,
    options: &EvaluateOptions,
    seconds: &dyn Fn() -> f64,
    keep_going: &mut dyn FnMut(&TuneProgress<'_>) -> bool,
    on_progress: &dyn Fn(&str),
) -> Result<EvaluateReport, EvaluateError> {
    let settings: Vec<Setting> = options.settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let (services, recommenders): (Vec<&String>, Vec<&String>) =
        options.models.iter().partition(|name| *name == recommender_comparison::SERVED);
    let named: Vec<ModelName> = recommenders.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let all = options.models.is_empty();
    let names = if all || (options.tune && named.is_empty()) { ModelName::ALL.to_vec() } else { named };
    let mut ks = options.ks.clone();
    if !ks.contains(&CUTOFF) {
        ks.push(CUTOFF);
    }
    let mut report = outline(data);
    let mut comparison = Comparison::new(data, options.seed, &ks, seconds, on_progress)?;
    let mut budget = Budget::new(seconds, options.seconds.filter(|_| !options.tune));
    if options.tune {
        let Some(first) = data.windows.first() else { return Ok(report) };
        let started = seconds();
        let tune_options = TuneOptions {
            cut: data.cut,
            max_trials: options.max_trials,
            warm_start: options.warm_start.clone(),
            ..TuneOptions::new(options.seed)
        };
        let tuned = tune(&first.training, &names, &tune_options, seconds, keep_going)?;
        describe(&mut report, &tuned, first, data);
        comparison.add_winner(tuned, seconds() - started)?;
    } else {
        for name in names {
            if let Some(why) = budget.spent() {
                report.left_out.insert(name.to_string(), why);
                continue;
            }
            let mut spec = ModelSpec::with_settings(name, &settings)?;
            if name == ModelName::Popular && spec.params().is_empty() {
                spec = recommender_comparison::popularity(data)?;
            }
            match comparison.add(&spec) {
                Ok(()) => budget.fitted(),
                Err(error) if all && !matches!(error, ModelError::Unknown { .. } | ModelError::BadParameter { .. }) => {
                    report.left_out.insert(name.to_string(), error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    let measure_service = !services.is_empty() || (all && !options.tune && served.is_some());
    if measure_service && let Some(why) = budget.spent() {
        report.left_out.insert(recommender_comparison::SERVED.to_owned(), why);
    } else if measure_service {
        let nothing = || ModelError::NotEnoughData("the service can only be measured on the lake, not on files".into());
        comparison.add_served(served.ok_or_else(nothing)?)?;
    }
    on_progress("comparing");
    report.models = comparison.reports(options.tune || all || options.models.len() == services.len())?;
    comparison.baseline_name().clone_into(&mut report.baseline);
    Ok(report)
}

/// Adds the results of tuning to the report.
fn describe(report: &mut EvaluateReport, tuned: &Tuned, first: &Window, data: &Data) {
    report.trials = Trial::of_recommenders(&tuned.trials);
    let finalist = |finalist: &zhihui_models::tuning::Finalist| FinalistReport {
        trial: finalist.trial,
        model: finalist.spec.name().to_string(),
        params: finalist.spec.params().clone(),
        ndcg: finalist.ndcg.clone(),
        chosen: finalist.chosen,
    };
    report.finalists = tuned.finalists.iter().map(finalist).collect();
    report.validation = Some(ValidationReport {
        cut: data.cut.name_on(&first.training).to_owned(),
        members: tuned.members,
        from: None,
        until: first.span.map(|span| span[0]),
        fresh_cuts: tuned.finalists.first().map_or(0, |finalist| finalist.ndcg.len()),
    });
}

fn outline(data: &Data) -> EvaluateReport {
    let windows: Vec<WindowReport> = data
        .windows
        .iter()
        .map(|window| WindowReport {
            from: window.span.map(|span| span[0]),
            until: window.span.map(|span| span[1]),
            train: window.training.interactions.n_entries(),
            test: window.test.n_entries(),
            test_users: window.test.rows().filter(|row| !row.is_empty()).count(),
        })
        .collect();
    let last = data.windows.last();
    EvaluateReport {
        models: Vec::new(),
        users: last.map_or(0, |window| window.users),
        items: last.map_or(0, |window| window.training.interactions.n_columns()),
        train: windows.last().map_or(0, |window| window.train),
        test: windows.iter().map(|window| window.test).sum(),
        test_users: data.test_users(),
        windows,
        left_out: BTreeMap::new(),
        trials: Vec::new(),
        finalists: Vec::new(),
        validation: None,
        baseline: String::new(),
    }
}
