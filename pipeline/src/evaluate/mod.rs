//! Comparing recommenders: on plain interaction files, or on the lake with cuts in time.

mod budget;
mod comparison;
mod data;
mod files;
mod lake;
mod measured;
mod question;
mod report;
mod served;
mod warm_start;

use std::collections::BTreeMap;

use thiserror::Error;
use zhihui_models::catalogue::{ModelName, ModelSpec, Setting};
use zhihui_models::tuning::{TuneOptions, Tuned, tune};

use crate::train::TrainError;
use crate::trial::{Trial, ValidationReport};

use budget::Budget;
use comparison::Comparison;
pub use data::{Data, Window};
pub use files::FileError;
use measured::CUT;
pub use report::{EvaluateReport, FinalistReport, ModelReport, SliceReport, WindowReport};
pub use served::Served;
pub use warm_start::warm_start;
pub use zhihui_models::ModelError;
pub use zhihui_models::tuning::TuneProgress;

/// Why recommenders were not compared.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A model or parameter is wrong, or there is too little data.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The service could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// What to compare.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluateOptions {
    /// Names of recommenders; empty: all that the data allow.
    pub models: Vec<String>,
    /// Lengths of the lists.
    pub ks: Vec<usize>,
    /// Parameters as typed: `ials.factors=64`.
    pub settings: Vec<String>,
    /// Whether parameters are searched on a part of the training data.
    pub tune: bool,
    /// Trials after which tuning ends.
    pub most_trials: usize,
    /// Recommenders with settings that did well before: tuning tries them early.
    pub warm_start: Vec<ModelSpec>,
    /// Without tuning: seconds by the clock after which no further recommender is fitted; the rest is left out, and the report says
    /// so. The first is always fitted.
    pub seconds: Option<f64>,
    /// Seed of everything random.
    pub seed: u64,
}

/// Fits and measures.
///
/// `served` is the service, where it is to be judged too (with all recommenders, or where it is named `served`). `seconds` is a
/// clock; `keep_going` is called with every trial of tuning and says whether there is time for another; `say` is called with
/// what is being done.
///
/// # Errors
/// [`EvaluateError`] for an unknown name or parameter; a recommender that the data do not allow is left out and reported
/// where all are asked for, and an error where it was named.
pub fn evaluate(
    data: &Data,
    served: Option<&Served<'_>>,
    options: &EvaluateOptions,
    seconds: &dyn Fn() -> f64,
    keep_going: &mut dyn FnMut(&TuneProgress<'_>) -> bool,
    say: &dyn Fn(&str),
) -> Result<EvaluateReport, EvaluateError> {
    let settings: Vec<Setting> = options.settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let (services, recommenders): (Vec<&String>, Vec<&String>) =
        options.models.iter().partition(|name| *name == comparison::SERVED);
    let named: Vec<ModelName> = recommenders.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let all = options.models.is_empty();
    let names = if all || (options.tune && named.is_empty()) { ModelName::ALL.to_vec() } else { named };
    let mut ks = options.ks.clone();
    if !ks.contains(&CUT) {
        ks.push(CUT);
    }
    let mut report = outline(data);
    let mut comparison = Comparison::new(data, options.seed, &ks, seconds, say)?;
    let mut budget = Budget::new(seconds, options.seconds.filter(|_| !options.tune));
    if options.tune {
        let Some(first) = data.windows.first() else { return Ok(report) };
        let started = seconds();
        let tune_options = TuneOptions {
            cut: data.cut,
            max_trials: options.most_trials,
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
                spec = comparison::popularity(data)?;
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
    let wanted = !services.is_empty() || (all && !options.tune && served.is_some());
    if wanted && let Some(why) = budget.spent() {
        report.left_out.insert(comparison::SERVED.to_owned(), why);
    } else if wanted {
        let nothing = || ModelError::NotEnoughData("the service is judged on the lake only, not on plain files".into());
        comparison.add_served(served.ok_or_else(nothing)?)?;
    }
    say("comparing");
    report.models = comparison.reports(options.tune || all || options.models.len() == services.len())?;
    comparison.baseline_name().clone_into(&mut report.baseline);
    Ok(report)
}

/// What tuning did.
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
