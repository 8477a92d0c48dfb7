//! Which recommenders exist, their parameters, and how to fit one by name.
//!
//! A new family is one line in `families`, one in [`ModelName`] and one list of its parameters in `parameters`.

pub(crate) mod blend_spec;
mod families;
pub(crate) mod fit_cost;
mod model_name;
mod parameters;
mod spec;
mod training_data;
pub(crate) mod trends;

pub use model_name::ModelName;
pub use spec::{ModelSpec, Setting};
pub use training_data::TrainingData;

pub(crate) use families::{Range, Scale, families, family};
