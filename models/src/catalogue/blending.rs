//! Fitting a blend: its parts by their own specs, its weights as given or learnt.

use crate::catalogue::{ModelName, ModelSpec, TrainingData, families, family};
use crate::evaluation::{ValidationCut, learn_weights, test_users, validation_part};
use crate::recommenders::blend::Blend;
use crate::{ModelError, Recommender};

/// What a blend without weights is made of: families that need only interactions, differ, and fit in seconds.
const USUAL: [ModelName; 3] = [ModelName::GfCf, ModelName::Rp3beta, ModelName::UserKnn];
const HELD_OUT: f64 = 0.1;
const CUT: usize = 20;
const MOST_MEMBERS: usize = 4000;

/// Accepts `family` (a weight) and `family.parameter`.
pub(crate) fn check_name(name: &str) -> Result<(), ModelError> {
    let (part, parameter) = name.split_once('.').map_or((name, None), |(part, parameter)| (part, Some(parameter)));
    let known = part.parse().ok().filter(|&part| family(part).is_some());
    let Some(part) = known else {
        let names: Vec<&str> = families().iter().map(|family| family.name.as_str()).collect();
        return Err(ModelError::Unknown { what: "part of a blend", name: part.to_owned(), known: names.join(" ") });
    };
    parameter.map_or(Ok(()), |parameter| ModelSpec::new(part).set(parameter, 0.0))
}

pub(crate) fn fit(spec: &ModelSpec, data: &TrainingData, seed: u64) -> Result<Box<dyn Recommender>, ModelError> {
    let given: Vec<(ModelName, f32)> = spec
        .params()
        .iter()
        .filter_map(|(name, &weight)| Some((name.parse().ok()?, weight as f32)))
        .filter(|&(_, weight)| weight != 0.0)
        .collect();
    let weighed = if given.is_empty() { learn(spec, data, seed)? } else { given };
    let parts = weighed.into_iter().map(|(name, weight)| Ok((part(spec, name)?.fit(data, seed)?, weight)));
    let parts: Vec<(Box<dyn Recommender>, f32)> = parts.collect::<Result<_, ModelError>>()?;
    let fallback: Box<dyn Recommender> = match &data.segments {
        Some(segments) => Box::new(segments.clone()),
        None => ModelSpec::new(ModelName::Popular).fit(data, seed)?,
    };
    Ok(Box::new(Blend::new(parts)?.with_fallback(fallback)?))
}

/// A blend of one: the same order of items, and popularity for members whom the model cannot serve.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(crate) fn of_one(spec: &ModelSpec) -> Result<ModelSpec, ModelError> {
    let mut blend = ModelSpec::new(ModelName::Blend);
    blend.set(spec.name().as_str(), 1.0)?;
    for (name, &value) in spec.params() {
        blend.set(&format!("{}.{name}", spec.name()), value)?;
    }
    Ok(blend)
}

/// The parts with a weight, each by its own spec.
///
/// # Errors
/// As [`ModelSpec::set`].
pub(crate) fn parts(spec: &ModelSpec) -> Result<Vec<ModelSpec>, ModelError> {
    let weights = spec.params().iter().filter(|&(_, &weight)| weight != 0.0);
    weights.filter_map(|(name, _)| name.parse().ok()).map(|name| part(spec, name)).collect()
}

fn learn(spec: &ModelSpec, data: &TrainingData, seed: u64) -> Result<Vec<(ModelName, f32)>, ModelError> {
    let cut = if data.looks_ahead() { ValidationCut::Future } else { ValidationCut::Random };
    let (train, split) = validation_part(data, cut, HELD_OUT, seed)?;
    let mut models: Vec<Box<dyn Recommender>> = Vec::new();
    for name in USUAL {
        models.push(part(spec, name)?.fit(&train, seed)?);
    }
    let users = test_users(&split.test, MOST_MEMBERS, seed);
    let models: Vec<&dyn Recommender> = models.iter().map(AsRef::as_ref).collect();
    let learnt = learn_weights(&models, &split, &users, CUT);
    let weighed = USUAL.into_iter().zip(learnt.weights).filter(|&(_, weight)| weight != 0.0);
    let weighed: Vec<(ModelName, f32)> = weighed.collect();
    // Where nothing could be held out, nothing tells the parts apart.
    Ok(if weighed.is_empty() { USUAL.map(|name| (name, 1.0)).to_vec() } else { weighed })
}

/// The spec of one part, from the parameters written `part.parameter`.
fn part(spec: &ModelSpec, name: ModelName) -> Result<ModelSpec, ModelError> {
    let mut part = ModelSpec::new(name);
    for (key, &value) in spec.params() {
        if let Some((owner, parameter)) = key.split_once('.')
            && owner == name.as_str()
        {
            part.set(parameter, value)?;
        }
    }
    Ok(part)
}
