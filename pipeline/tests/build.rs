//! Builds and reports over a real lake in a temporary folder.

#[path = "build/any_cut.rs"]
mod any_cut;
#[path = "build/building.rs"]
mod building;
#[path = "build/home.rs"]
mod home;
#[path = "build/reporting.rs"]
mod reporting;
