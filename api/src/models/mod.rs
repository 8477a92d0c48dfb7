//! The model page: gate results, calibration, feature weights, segments and training record.

pub(crate) mod audiences;
pub(crate) mod format;
pub(crate) mod labels;
pub(crate) mod model_gate;
pub(crate) mod model_name;
pub(crate) mod page;
pub(crate) mod policies;
pub(crate) mod rankers;
pub(crate) mod runs;
pub(crate) mod search;
pub(crate) mod segments;
pub(crate) mod sides;
pub(crate) mod slices;
