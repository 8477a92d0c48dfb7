//! Access to the parameters of each family by name, as numbers.

use std::collections::BTreeMap;

use super::model_name::ModelName;
use crate::ModelError;
use crate::recommenders::bpr::BprParams;
use crate::recommenders::content::ContentParams;
use crate::recommenders::ease::EaseParams;
use crate::recommenders::gf_cf::GfCfParams;
use crate::recommenders::ials::IalsParams;
use crate::recommenders::item_knn::{ItemKnnParams, Weighting};
use crate::recommenders::popularity::PopularityParams;
use crate::recommenders::rp3beta::Rp3BetaParams;
use crate::recommenders::sequence_knn::SequenceKnnParams;
use crate::recommenders::slim::SlimParams;
use crate::recommenders::user_knn::UserKnnParams;

/// Parameters that can be listed and set by name.
pub(crate) trait Parameters: Default {
    /// Names and values, in the order of declaration.
    fn named(&self) -> Vec<(&'static str, f64)>;

    /// Sets a field. Returns the accepted values as an error, and ignores an unknown name.
    fn assign(&mut self, name: &str, value: f64) -> Result<(), &'static str>;
}

/// The parameters given for a family, by name. All others have their defaults.
pub(crate) struct GivenParameters {
    pub(crate) family: ModelName,
    pub(crate) values: BTreeMap<String, f64>,
}

impl GivenParameters {
    /// Converts the parameters to the family's own type.
    pub(crate) fn read<P: Parameters>(&self) -> Result<P, ModelError> {
        let mut params = P::default();
        for (name, &value) in &self.values {
            params
                .assign(name, value)
                .map_err(|bounds| ModelError::bad_parameter(format!("{}.{name}", self.family), value, bounds))?;
        }
        Ok(params)
    }
}

/// A field that has a numeric form.
trait ParameterValue: Sized {
    const EXPECTED: &'static str;
    fn to_number(&self) -> f64;
    fn from_number(value: f64) -> Option<Self>;
}

impl ParameterValue for f64 {
    const EXPECTED: &'static str = "a finite number";

    fn to_number(&self) -> f64 {
        *self
    }

    fn from_number(value: f64) -> Option<Self> {
        value.is_finite().then_some(value)
    }
}

impl ParameterValue for f32 {
    const EXPECTED: &'static str = "a finite number";

    /// Converts through the shortest decimal form, so that 0.1 is listed as 0.1.
    fn to_number(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::from(*self))
    }

    fn from_number(value: f64) -> Option<Self> {
        (value as f32).is_finite().then_some(value as f32)
    }
}

impl ParameterValue for usize {
    const EXPECTED: &'static str = "a whole number of 0 or more";

    fn to_number(&self) -> f64 {
        *self as f64
    }

    fn from_number(value: f64) -> Option<Self> {
        (value.fract() == 0.0 && (0.0..=9e15).contains(&value)).then_some(value as usize)
    }
}

impl ParameterValue for Weighting {
    const EXPECTED: &'static str = "0 (cosine), 1 (tf_idf) or 2 (bm25)";

    fn to_number(&self) -> f64 {
        f64::from(*self as u8)
    }

    fn from_number(value: f64) -> Option<Self> {
        [Self::Cosine, Self::TfIdf, Self::Bm25].into_iter().find(|weighting| weighting.to_number() == value)
    }
}

/// Words that stand for numbers in settings.
pub(crate) const VALUE_NAMES: [(&str, f64); 5] =
    [("cosine", 0.0), ("tf_idf", 1.0), ("bm25", 2.0), ("false", 0.0), ("true", 1.0)];

macro_rules! parameters {
    ($params:ty: $($field:ident)*) => {
        impl Parameters for $params {
            fn named(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($field), self.$field.to_number())),*]
            }

            fn assign(&mut self, name: &str, value: f64) -> Result<(), &'static str> {
                $(if name == stringify!($field) {
                    self.$field = accept(value)?;
                })*
                Ok(())
            }
        }
    };
}

fn accept<F: ParameterValue>(value: f64) -> Result<F, &'static str> {
    F::from_number(value).ok_or(F::EXPECTED)
}

parameters!(PopularityParams: by_weight half_life_days);
parameters!(ItemKnnParams: neighbours weighting shrink history_cap);
parameters!(UserKnnParams: neighbours shrink rarity);
parameters!(Rp3BetaParams: neighbours alpha beta normalise history_cap);
parameters!(EaseParams: l2 items memory_mb);
parameters!(SlimParams: l1 l2 features sweeps history_cap);
parameters!(GfCfParams: vectors alpha softness degree_exponent memory_mb);
parameters!(IalsParams: factors sweeps regularisation unobserved_weight frequency_exponent init_scale);
parameters!(BprParams: factors epochs learning_rate regularisation);
parameters!(SequenceKnnParams: neighbours window decay backward damping recency);
parameters!(ContentParams: rarity);
