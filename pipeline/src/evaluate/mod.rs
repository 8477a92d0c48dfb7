//! Comparing recommenders: on plain interaction files, or on the lake with a cut in time.

mod data;
mod files;

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;
use zhihui_models::Recommender;
use zhihui_models::catalogue::{ModelName, ModelSpec, Setting};
use zhihui_models::evaluation::{Bootstrap, Evaluation, Metric, TuneOptions, evaluate as measure, tune};

pub use data::Data;
pub use files::FileError;
pub use zhihui_models::ModelError;
pub use zhihui_models::evaluation::Trial;

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

/// The comparison, in the form of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluateReport {
    /// The recommenders; with tuning the winner is first.
    pub models: Vec<ModelReport>,
    /// Users of the training data.
    pub users: usize,
    /// Items of the training data.
    pub items: usize,
    /// Training interactions.
    pub train: usize,
    /// Test interactions.
    pub test: usize,
    /// Users with at least one test item: those over whom means are taken.
    pub test_users: usize,
    /// Recommenders that the data do not allow, and why.
    pub left_out: BTreeMap<String, String>,
    /// What tuning tried, in order.
    pub trials: Vec<TrialReport>,
}

/// One recommender.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelReport {
    /// Its name.
    pub model: String,
    /// Means over test users.
    pub metrics: BTreeMap<String, f64>,
    /// What tuning saw on the validation part; null without tuning.
    pub validation: BTreeMap<String, Option<f64>>,
    /// Seconds to fit.
    pub fit_seconds: f64,
    /// Seconds to make and measure the lists of all test users.
    pub recommend_seconds: f64,
    /// All parameters.
    pub params: BTreeMap<String, f64>,
    /// 95 % interval of the mean NDCG, users resampled.
    pub interval: [f64; 2],
    /// Mean gain in NDCG over popularity, user by user, with its 95 % interval; null for popularity itself.
    pub gain_over_popular: Option<[f64; 3]>,
    /// NDCG and number of users by slice.
    pub slices: BTreeMap<String, BTreeMap<String, Slice>>,
}

/// One slice of the users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// Test users in it.
    pub users: usize,
    /// Their mean NDCG.
    pub ndcg: f64,
}

/// One trial of tuning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialReport {
    /// Its recommender.
    pub model: String,
    /// The parameters set.
    pub params: BTreeMap<String, f64>,
    /// NDCG on the validation part; null where it was refused.
    pub ndcg: Option<f64>,
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
    keep_going: &mut dyn FnMut(&Trial) -> bool,
    say: &dyn Fn(&str),
) -> Result<EvaluateReport, EvaluateError> {
    let settings: Vec<Setting> = options.settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let named: Vec<ModelName> = options.models.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let names = if named.is_empty() { ModelName::ALL.to_vec() } else { named.clone() };
    let mut report = EvaluateReport {
        models: Vec::new(),
        users: data.users,
        items: data.training.interactions.n_columns(),
        train: data.training.interactions.n_entries(),
        test: data.test.n_entries(),
        test_users: data.test.rows().filter(|row| !row.is_empty()).count(),
        left_out: BTreeMap::new(),
        trials: Vec::new(),
    };
    let bench = Bench { data, options, seconds };
    let popular = bench
        .measure(ModelName::Popular, ModelSpec::new(ModelName::Popular).fit(&data.training, options.seed)?.as_ref())?;
    let baseline = &popular.evaluation;
    if options.tune {
        let started = seconds();
        let tuned = tune(&data.training, &names, &TuneOptions::new(options.seed), keep_going)?;
        let fit_seconds = seconds() - started;
        report.trials = tuned.trials.iter().map(trial_report).collect();
        let measured = bench.measure(tuned.spec.name(), tuned.model.as_ref())?;
        let validation = Some(tuned.validation_ndcg);
        report.models.push(bench.report(&tuned.spec, &measured, baseline, fit_seconds, validation)?);
    } else {
        for name in names {
            say(&format!("fitting {name}"));
            let started = seconds();
            let fitted = ModelSpec::with_settings(name, &settings)
                .and_then(|spec| Ok((spec.fit(&data.training, options.seed)?, spec)));
            let (model, spec) = match fitted {
                Ok(fitted) => fitted,
                Err(error)
                    if named.is_empty()
                        && !matches!(error, ModelError::Unknown { .. } | ModelError::BadParameter { .. }) =>
                {
                    report.left_out.insert(name.to_string(), error.to_string());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let fit_seconds = seconds() - started;
            let measured = bench.measure(name, model.as_ref())?;
            report.models.push(bench.report(&spec, &measured, baseline, fit_seconds, None)?);
        }
    }
    Ok(report)
}

struct Bench<'a> {
    data: &'a Data,
    options: &'a EvaluateOptions,
    seconds: &'a dyn Fn() -> f64,
}

struct Measured {
    name: ModelName,
    evaluation: Evaluation,
    recommend_seconds: f64,
}

impl Bench<'_> {
    fn measure(&self, name: ModelName, model: &dyn Recommender) -> Result<Measured, ModelError> {
        let started = (self.seconds)();
        let attributes = self.data.training.item_attributes.as_ref();
        let mut ks = self.options.ks.clone();
        if !ks.contains(&20) {
            ks.push(20);
        }
        let evaluation = measure(model, &self.data.training.interactions, &self.data.test, &ks, attributes)?;
        Ok(Measured { name, evaluation, recommend_seconds: (self.seconds)() - started })
    }

    fn report(
        &self,
        spec: &ModelSpec,
        measured: &Measured,
        baseline: &Evaluation,
        fit_seconds: f64,
        validation: Option<f64>,
    ) -> Result<ModelReport, ModelError> {
        let bootstrap = Bootstrap::new(self.options.seed);
        let evaluation = &measured.evaluation;
        let interval = evaluation.interval(Metric::Ndcg, 20, bootstrap)?;
        let gain = evaluation.compare(baseline, Metric::Ndcg, 20, bootstrap)?;
        let mut slices = BTreeMap::new();
        for (name, labels) in &self.data.slices {
            let mut of_label = BTreeMap::new();
            for (label, slice) in evaluation.slices(labels) {
                of_label.insert(label, Slice { users: slice.users().len(), ndcg: slice.mean(Metric::Ndcg, 20)? });
            }
            slices.insert(name.clone(), of_label);
        }
        let popular = measured.name == ModelName::Popular;
        Ok(ModelReport {
            model: measured.name.to_string(),
            metrics: evaluation.summary(),
            validation: BTreeMap::from([("ndcg@20".to_owned(), validation)]),
            fit_seconds,
            recommend_seconds: measured.recommend_seconds,
            params: spec.resolved(),
            interval: [interval.low, interval.high],
            gain_over_popular: (!popular).then_some([gain.value, gain.low, gain.high]),
            slices,
        })
    }
}

fn trial_report(trial: &Trial) -> TrialReport {
    TrialReport { model: trial.spec.name().to_string(), params: trial.spec.params().clone(), ndcg: trial.ndcg() }
}
