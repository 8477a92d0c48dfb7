//! Events from outside: read and checked one by one, taken by one writer, seen by the next request.

mod checks;
mod intake;
mod live;
mod times;

pub(crate) use checks::check;
pub(crate) use intake::Intake;
pub use live::overlay_above;
