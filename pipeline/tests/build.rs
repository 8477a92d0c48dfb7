//! Builds and reports over a real lake in a temporary folder, and training on a town in memory.

#[path = "build/any_cut.rs"]
mod any_cut;
#[path = "build/building.rs"]
mod building;
#[path = "build/columns.rs"]
mod columns;
#[path = "build/consent.rs"]
mod consent;
#[path = "build/differencing.rs"]
mod differencing;
#[path = "build/history.rs"]
mod history;
#[path = "build/home.rs"]
mod home;
#[path = "build/judging.rs"]
mod judging;
#[path = "build/owners.rs"]
mod owners;
#[path = "build/reporting.rs"]
mod reporting;
#[path = "build/searching.rs"]
mod searching;
#[path = "build/town.rs"]
mod town;
#[path = "build/training.rs"]
mod training;
