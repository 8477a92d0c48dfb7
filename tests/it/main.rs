//! Integration tests: run the real program and check the source code.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on should stop"
)]

mod accessibility;
mod accounts;
mod audience_plan;
mod audit;
mod backtest;
mod bad_files;
mod concurrent_load;
mod consent;
mod data_checks;
mod error_workbook;
mod evaluate;
mod events;
mod exclusions;
mod explain;
mod faults;
mod history;
mod homes;
mod ingest;
mod journey;
mod mail_server;
mod module_graph;
mod nightly;
mod notebook;
mod pages;
mod private_files;
mod profiles;
mod program;
mod punctuation;
mod push_lists;
mod report_check;
mod report_files;
mod reporting;
mod restore;
mod rights;
mod rules;
mod sample;
mod scheduled_reports;
mod schemathesis;
mod sending;
mod service;
mod sql;
mod structure;
mod teams;
mod unknown_files;
mod wechat_clients;
mod wechat_sim;
mod wechat_statistics;
