//! Specifications of blends, and fitting a blend with given or learnt weights.

use super::model_name::ModelName;
use super::part_name::PartName;
use super::spec::ModelSpec;
use crate::evaluation::blend_weights::learn_blend_weights;
use crate::evaluation::split::test_users;
use crate::evaluation::validation::{ValidationCut, validation_part};
use crate::recommenders::blend::Blend;
use crate::training_data::TrainingData;
use crate::{ModelError, Recommender};

/// The parts of a blend without weights: different families that need only interactions and fit in seconds.
const DEFAULT_PARTS: [ModelName; 3] = [ModelName::GfCf, ModelName::Rp3beta, ModelName::UserKnn];
const HELD_OUT: f64 = 0.1;
const CUTOFF: usize = 20;
const MAX_MEMBERS: usize = 4000;

/// One part of a blend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) spec: ModelSpec,
    pub(crate) weight: f64,
    /// Added to the seed of the blend, so that two parts of one family with equal settings differ.
    pub(crate) seed: u64,
}

pub(crate) fn fit(spec: &ModelSpec, data: &TrainingData, seed: u64) -> Result<Box<dyn Recommender>, ModelError> {
    let given = parts(spec)?;
    let weighed = if given.is_empty() { learn(spec, data, seed)? } else { given };
    let fitted = weighed.into_iter().map(|part| Ok((part.spec.fit(data, seed + part.seed)?, part.weight as f32)));
    let fitted: Vec<(Box<dyn Recommender>, f32)> = fitted.collect::<Result<_, ModelError>>()?;
    let fallback: Box<dyn Recommender> = match &data.segments {
        Some(segments) => Box::new(segments.clone()),
        None => ModelSpec::new(ModelName::Popular).fit(data, seed)?,
    };
    Ok(Box::new(Blend::new(fitted)?.with_fallback(fallback)?))
}

/// Specifies a blend of `parts`. Parts of one family are numbered in their order.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(crate) fn of_parts(parts: &[Part]) -> Result<ModelSpec, ModelError> {
    let mut blend = ModelSpec::new(ModelName::Blend);
    for (at, part) in parts.iter().enumerate() {
        let family = part.spec.name();
        let before = parts[..at].iter().filter(|other| other.spec.name() == family).count();
        let name = PartName { family, number: before as u64 + 1 };
        blend.set(&name.to_string(), part.weight)?;
        for (parameter, &value) in part.spec.params() {
            blend.set(&format!("{name}.{parameter}"), value)?;
        }
    }
    Ok(blend)
}

/// Specifies a blend of a single recommender. It ranks items like the recommender, and ranks by popularity for members
/// whom the recommender cannot score.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(crate) fn of_single(spec: &ModelSpec) -> Result<ModelSpec, ModelError> {
    of_parts(&[Part { spec: spec.clone(), weight: 1.0, seed: 0 }])
}

/// Returns the parts with a weight, each with its own specification, in the order of their names.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(crate) fn parts(spec: &ModelSpec) -> Result<Vec<Part>, ModelError> {
    let weights = spec.params().iter().filter(|&(_, &weight)| weight != 0.0);
    let named = weights.filter_map(|(name, &weight)| Some((PartName::parse(name)?, weight)));
    named.map(|(name, weight)| Ok(Part { spec: part(spec, name)?, weight, seed: name.number - 1 })).collect()
}

fn learn(spec: &ModelSpec, data: &TrainingData, seed: u64) -> Result<Vec<Part>, ModelError> {
    let cut = if data.predicts_future() { ValidationCut::Future } else { ValidationCut::Random };
    let (train, split) = validation_part(data, cut, HELD_OUT, seed)?;
    let specs = DEFAULT_PARTS.map(|family| part(spec, PartName { family, number: 1 }));
    let specs: Vec<ModelSpec> = specs.into_iter().collect::<Result<_, _>>()?;
    let models: Vec<Box<dyn Recommender>> =
        specs.iter().map(|spec| spec.fit(&train, seed)).collect::<Result<_, _>>()?;
    let users = test_users(&split.test, MAX_MEMBERS, seed);
    let models: Vec<&dyn Recommender> = models.iter().map(AsRef::as_ref).collect();
    let learnt = learn_blend_weights(&models, &split, &users, CUTOFF);
    // All weights are zero if nothing could be held out. All parts then get equal weights.
    let nothing = learnt.weights.iter().all(|&weight| weight == 0.0);
    let weighed = specs.into_iter().zip(learnt.weights).filter(|&(_, weight)| nothing || weight != 0.0);
    let part = |(spec, weight): (ModelSpec, f32)| Part {
        spec,
        weight: if nothing { 1.0 } else { f64::from(weight) },
        seed: 0,
    };
    Ok(weighed.map(part).collect())
}

/// The specification of one part, from the parameters named `part.parameter`.
fn part(spec: &ModelSpec, name: PartName) -> Result<ModelSpec, ModelError> {
    let mut part = ModelSpec::new(name.family);
    for (key, &value) in spec.params() {
        if let Some((owner, parameter)) = key.split_once('.')
            && PartName::parse(owner) == Some(name)
        {
            part.set(parameter, value)?;
        }
    }
    Ok(part)
}
