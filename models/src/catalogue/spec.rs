//! The specification of a recommender: its name and the parameters that differ from the defaults.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::families::{families, family};
use super::model_name::ModelName;
use super::parameters::{GivenParameters, VALUE_NAMES};
use super::part_name::PartName;
use super::{blend_spec, trends};
use crate::training_data::TrainingData;
use crate::{ModelError, Recommender};

/// One parameter in its text form `ials.factors=64`.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The family the parameter belongs to.
    pub model: ModelName,
    /// The name of the parameter within the family.
    pub name: String,
    /// The value. Words such as `bm25` are converted to their number.
    pub value: f64,
}

impl FromStr for Setting {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let refuse = |bounds: &str| ModelError::BadParameter {
            name: text.split('=').next().unwrap_or(text).to_owned(),
            value: text.split_once('=').map_or("", |(_, value)| value).to_owned(),
            bounds: bounds.to_owned(),
        };
        let form = "written as model.parameter=value, for example gf_cf.vectors=256";
        let (key, value) = text.split_once('=').ok_or_else(|| refuse(form))?;
        let (model, name) = key.trim().split_once('.').ok_or_else(|| refuse(form))?;
        let value = value.trim();
        let word = VALUE_NAMES.iter().find(|(word, _)| *word == value).map(|&(_, number)| number);
        let number = word.or_else(|| value.parse().ok()).filter(|number| number.is_finite());
        let setting = Self {
            model: model.parse()?,
            name: name.to_owned(),
            value: number.ok_or_else(|| refuse("a finite number"))?,
        };
        ModelSpec::new(setting.model).set(&setting.name, setting.value)?;
        Ok(setting)
    }
}

/// A family and its parameters.
///
/// The parameters of a blend are the weights of its parts (`gf_cf`) and the parameters of the parts (`gf_cf.vectors`).
/// A blend without weights learns them on entries held out from its training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSpec {
    name: ModelName,
    params: BTreeMap<String, f64>,
}

impl ModelSpec {
    /// Creates a specification with the family's defaults.
    #[must_use]
    pub fn new(name: ModelName) -> Self {
        Self { name, params: BTreeMap::new() }
    }

    /// Creates a specification with those `settings` that belong to the family. A blend also takes the settings of its
    /// parts.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn with_settings(name: ModelName, settings: &[Setting]) -> Result<Self, ModelError> {
        let mut spec = Self::new(name);
        for setting in settings {
            if setting.model == name {
                spec.set(&setting.name, setting.value)?;
            } else if name == ModelName::Blend {
                spec.set(&format!("{}.{}", setting.model, setting.name), setting.value)?;
            }
        }
        Ok(spec)
    }

    /// The family.
    #[must_use]
    pub fn name(&self) -> ModelName {
        self.name
    }

    /// Sets one parameter.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] with the known parameters; [`ModelError::BadParameter`] if the type of the parameter
    /// cannot hold the value. Bounds are checked when the model is fitted.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), ModelError> {
        if self.name == ModelName::Blend {
            check_blend_parameter(name)?;
        } else {
            check_parameter(self.name, name)?;
        }
        if !value.is_finite() {
            return Err(ModelError::bad_parameter(format!("{}.{name}", self.name), value, "a finite number"));
        }
        self.params.insert(name.to_owned(), value);
        Ok(())
    }

    /// The parameters that were set, without defaults.
    #[must_use]
    pub fn params(&self) -> &BTreeMap<String, f64> {
        &self.params
    }

    /// All parameters of the family with their set or default values.
    #[must_use]
    pub fn resolved(&self) -> BTreeMap<String, f64> {
        let defaults = self.defaults().into_iter().map(|(name, value)| (name.to_owned(), value));
        defaults.chain(self.params.clone()).collect()
    }

    /// All parameters that apply to these data, including those of trends. Reports show these.
    #[must_use]
    pub fn resolved_on(&self, data: &TrainingData) -> BTreeMap<String, f64> {
        let trends = trends::defaults(self.name, data).into_iter().map(|(name, value)| (name.to_owned(), value));
        trends.chain(self.resolved()).collect()
    }

    /// Fits the model.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if the data lack an input of the family; [`ModelError::BadParameter`] for a
    /// parameter out of bounds; and the errors of the family's own fit.
    pub fn fit(&self, data: &TrainingData, seed: u64) -> Result<Box<dyn Recommender>, ModelError> {
        if data.interactions.n_columns() == 0 {
            return Err(ModelError::NotEnoughData(format!("{} needs at least one item", self.name)));
        }
        if self.name == ModelName::Blend {
            return blend_spec::fit(self, data, seed);
        }
        let family = family(self.name).ok_or_else(|| ModelError::Unknown {
            what: "model",
            name: self.name.to_string(),
            known: family_names(),
        })?;
        let Some(trend) = trends::trend_of(self.name, &self.params, data)? else {
            return (family.fit)(&self.without_trend(), data, seed);
        };
        let ages = data.ages().ok_or_else(|| {
            ModelError::NotEnoughData(format!(
                "{} supports trends only if the data are used to predict the future",
                self.name
            ))
        })?;
        Ok(Box::new(trend.fit((family.fit)(&self.without_trend(), data, seed)?, ages)?))
    }

    /// The parameters without those of trends, which all families share.
    fn without_trend(&self) -> GivenParameters {
        let own = self.params.iter().filter(|(name, _)| !trends::NAMES.contains(&name.as_str()));
        GivenParameters { family: self.name, values: own.map(|(name, &value)| (name.clone(), value)).collect() }
    }

    fn defaults(&self) -> Vec<(&'static str, f64)> {
        defaults(self.name)
    }
}

fn defaults(name: ModelName) -> Vec<(&'static str, f64)> {
    family(name).map_or_else(Vec::new, |family| (family.defaults)())
}

fn family_names() -> String {
    families().iter().map(|family| family.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// Rejects a name that is not a parameter of `family`.
fn check_parameter(family: ModelName, name: &str) -> Result<(), ModelError> {
    let mut known: Vec<&str> = defaults(family).into_iter().map(|(name, _)| name).collect();
    if trends::supports_trends(family) {
        known.extend(trends::NAMES);
    }
    if known.contains(&name) {
        return Ok(());
    }
    Err(ModelError::Unknown { what: "parameter", name: format!("{family}.{name}"), known: known.join(" ") })
}

/// Accepts `family` (a weight), `family.parameter`, and both with `family:2` for another part of the family.
fn check_blend_parameter(name: &str) -> Result<(), ModelError> {
    let (part, parameter) = name.split_once('.').map_or((name, None), |(part, parameter)| (part, Some(parameter)));
    let Some(part) = PartName::parse(part).filter(|part| family(part.family).is_some()) else {
        return Err(ModelError::Unknown { what: "part of a blend", name: part.to_owned(), known: family_names() });
    };
    parameter.map_or(Ok(()), |parameter| check_parameter(part.family, parameter))
}
