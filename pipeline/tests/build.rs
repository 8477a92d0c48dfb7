//! Builds and reports over a real lake in a temporary folder.

#[path = "build/building.rs"]
mod building;
#[path = "build/reporting.rs"]
mod reporting;
#[path = "build/home.rs"]
mod home;
