//! Builds and reports over a real lake in a temporary folder, and training on a town in memory.

#[path = "build/any_cut.rs"]
mod any_cut;
#[path = "build/building.rs"]
mod building;
#[path = "build/consent.rs"]
mod consent;
#[path = "build/home.rs"]
mod home;
#[path = "build/reporting.rs"]
mod reporting;
#[path = "build/searching.rs"]
mod searching;
#[path = "build/town.rs"]
mod town;
#[path = "build/training.rs"]
mod training;
