//! Builds and reports on a lake in a temporary folder, and training on a town in memory.

#[path = "build/account.rs"]
mod account;
#[path = "build/arms.rs"]
mod arms;
#[path = "build/attacker.rs"]
mod attacker;
#[path = "build/attacks.rs"]
mod attacks;
#[path = "build/backtesting.rs"]
mod backtesting;
#[path = "build/building.rs"]
mod building;
#[path = "build/claims.rs"]
mod claims;
#[path = "build/columns.rs"]
mod columns;
#[path = "build/combined_tables.rs"]
mod combined_tables;
#[path = "build/consent.rs"]
mod consent;
#[path = "build/counting.rs"]
mod counting;
#[path = "build/day_attacks.rs"]
mod day_attacks;
#[path = "build/derived_figures.rs"]
mod derived_figures;
#[path = "build/differencing.rs"]
mod differencing;
#[path = "build/event_order.rs"]
mod event_order;
#[path = "build/history.rs"]
mod history;
#[path = "build/home.rs"]
mod home;
#[path = "build/judging.rs"]
mod judging;
#[path = "build/kept_model.rs"]
mod kept_model;
#[path = "build/list_attacks.rs"]
mod list_attacks;
#[path = "build/memo.rs"]
mod memo;
#[path = "build/memo_numbers.rs"]
mod memo_numbers;
#[path = "build/nights.rs"]
mod nights;
#[path = "build/owners.rs"]
mod owners;
#[path = "build/part_attacks.rs"]
mod part_attacks;
#[path = "build/priors.rs"]
mod priors;
#[path = "build/published.rs"]
mod published;
#[path = "build/random_town.rs"]
mod random_town;
#[path = "build/report_family.rs"]
mod report_family;
#[path = "build/reporting.rs"]
mod reporting;
#[path = "build/sampling.rs"]
mod sampling;
#[path = "build/searching.rs"]
mod searching;
#[path = "build/sections.rs"]
mod sections;
#[path = "build/served.rs"]
mod served;
#[path = "build/sources.rs"]
mod sources;
#[path = "build/town.rs"]
mod town;
#[path = "build/training.rs"]
mod training;
#[path = "build/weights.rs"]
mod weights;
