//! Comparing recommenders: on plain interaction files, or on the lake with cuts in time.

mod comparison;
mod data;
mod files;
mod lake;
mod measured;
mod question;
mod report;

use std::collections::BTreeMap;

use thiserror::Error;
use zhihui_models::catalogue::{ModelName, ModelSpec, Setting};
use zhihui_models::evaluation::{Outcome, TuneOptions, tune};

use comparison::Comparison;
pub use data::{Data, Window};
pub use files::FileError;
use measured::CUT;
pub use report::{EvaluateReport, ModelReport, SliceReport, TrialReport, WindowReport};
pub use zhihui_models::ModelError;
pub use zhihui_models::evaluation::{Progress, Trial};

/// Why recommenders were not compared.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A model or parameter is wrong, or there is too little data.
    #[error(transparent)]
    Model(#[from] ModelError),
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
    /// Seed of everything random.
    pub seed: u64,
}

/// Fits and measures. `seconds` is a clock; `keep_going` hears of every trial of tuning and says whether there is time for
/// another; `say` hears what is being done.
///
/// # Errors
/// [`EvaluateError`] for an unknown name or parameter; a recommender that the data do not allow is left out with a word
/// where all are asked for, and an error where it was named.
pub fn evaluate(
    data: &Data,
    options: &EvaluateOptions,
    seconds: &dyn Fn() -> f64,
    keep_going: &mut dyn FnMut(&Progress<'_>) -> bool,
    say: &dyn Fn(&str),
) -> Result<EvaluateReport, EvaluateError> {
    let settings: Vec<Setting> = options.settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let named: Vec<ModelName> = options.models.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let names = if named.is_empty() { ModelName::ALL.to_vec() } else { named.clone() };
    let mut ks = options.ks.clone();
    if !ks.contains(&CUT) {
        ks.push(CUT);
    }
    let mut report = outline(data);
    let mut comparison = Comparison::new(data, options.seed, &ks, seconds, say)?;
    if options.tune {
        let Some(first) = data.windows.first() else { return Ok(report) };
        let started = seconds();
        let tune_options = TuneOptions { cut: data.cut, ..TuneOptions::new(options.seed) };
        let tuned = tune(&first.training, &names, &tune_options, seconds, keep_going)?;
        report.trials = tuned.trials.iter().map(trial_report).collect();
        comparison.add_winner(&tuned.spec, tuned.model, tuned.validation_ndcg, seconds() - started)?;
    } else {
        for name in names {
            let fitted = ModelSpec::with_settings(name, &settings).and_then(|spec| comparison.add(&spec));
            match fitted {
                Ok(()) => {}
                Err(error)
                    if named.is_empty()
                        && !matches!(error, ModelError::Unknown { .. } | ModelError::BadParameter { .. }) =>
                {
                    report.left_out.insert(name.to_string(), error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    say("comparing");
    report.models = comparison.reports(options.tune || named.is_empty())?;
    Ok(report)
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
    }
}

fn trial_report(trial: &Trial) -> TrialReport {
    let why = match &trial.outcome {
        Outcome::Refused { why } => Some(why.clone()),
        Outcome::Measured { .. } => None,
    };
    TrialReport { model: trial.spec.name().to_string(), params: trial.spec.params().clone(), ndcg: trial.ndcg(), why }
}
