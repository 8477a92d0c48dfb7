//! Events from outside: read and checked one by one, taken by one writer, seen by the next request.

#[path = "validate.rs"]
mod checks;
#[path = "writer.rs"]
mod intake;
#[path = "../live/overlay.rs"]
mod live;
#[path = "times.rs"]
mod times;

pub(crate) use checks::check;
pub(crate) use intake::Intake;
pub use live::overlay_above;
