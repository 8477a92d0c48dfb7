//! The families of recommenders, their parameters, and fitting by name.
//!
//! To add a family, add a variant to [`ModelName`], an entry to `families` and a list of its parameters to
//! `parameters`.

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
