//! Pages for people: Chinese first, English at a switch, rendered here; every number is there without any script.

#[path = "assets.rs"]
pub(crate) mod assets;
#[path = "../audiences/page.rs"]
pub(crate) mod audiences;
#[path = "chart.rs"]
mod chart;
#[path = "cookies.rs"]
mod cookies;
#[path = "../items/reach_cache.rs"]
mod counted;
#[path = "../auth/csrf.rs"]
mod csrf;
#[path = "../data/page.rs"]
pub(crate) mod data;
#[path = "error_page.rs"]
mod failure;
#[path = "layout.rs"]
mod frame;
#[path = "../home/page.rs"]
pub(crate) mod home;
#[path = "../recommendations/page.rs"]
pub(crate) mod how_it_works;
#[path = "html.rs"]
mod html;
#[path = "../items/page.rs"]
pub(crate) mod items;
#[path = "../members/page.rs"]
pub(crate) mod members;
#[path = "../models/page.rs"]
pub(crate) mod models;
#[path = "../reports/view.rs"]
mod report;
#[path = "../reports/page.rs"]
pub(crate) mod reports;
#[path = "../auth/sign_in.rs"]
pub(crate) mod sign_in;
#[path = "locale.rs"]
mod tongue;
#[path = "labels.rs"]
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
