//! Pages for people: Chinese first, English at a switch, rendered here; every number is there without any script.

pub(crate) mod assets;
pub(crate) mod audiences;
mod chart;
mod cookies;
mod counted;
mod csrf;
pub(crate) mod data;
mod failure;
mod frame;
pub(crate) mod home;
pub(crate) mod how_it_works;
mod html;
pub(crate) mod items;
pub(crate) mod members;
pub(crate) mod models;
mod report;
pub(crate) mod reports;
pub(crate) mod sign_in;
mod tongue;
mod words;

pub(crate) use cookies::{SESSION_COOKIE, session_of};
pub(crate) use counted::Counted;
pub(crate) use data::upload::remove_parts;
pub(crate) use failure::failure;
pub(crate) use frame::language_of;
pub(crate) use members::Looks;
pub use report::render_report;
pub(crate) use sign_in::sign_in_address;
pub use words::why_rejected as reject_reason;
