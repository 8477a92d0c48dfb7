//! Pages for people: Chinese first, English at a switch, rendered here, usable without any script.

pub(crate) mod assets;
mod cookies;
mod failure;
mod frame;
pub(crate) mod home;
pub(crate) mod how_it_works;
mod html;
mod report;
pub(crate) mod reports;
pub(crate) mod sign_in;
mod tongue;

pub(crate) use cookies::{SESSION_COOKIE, session_of};
pub(crate) use failure::failure;
pub(crate) use frame::language_of;
pub use report::render_report;
pub(crate) use sign_in::sign_in_address;
