//! The families of recommenders, their parameters, and fitting by name.
//!
//! To add a family, add a variant to [`ModelName`], an entry to `families` and a list of its parameters to
//! `parameters`.

pub(crate) mod blend_spec;
pub(crate) mod families;
pub(crate) mod fit_cost;
pub(crate) mod model_name;
mod parameters;
mod part_name;
pub(crate) mod search_range;
pub(crate) mod spec;
pub(crate) mod trends;

pub use crate::training_data::TrainingData;
pub use model_name::ModelName;
pub use spec::{ModelSpec, Setting};
