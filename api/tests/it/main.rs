//! Integration tests of the service.
//!
//! `support` starts a service over a stub engine. `lists`, `reports` and `report_files` send valid requests, `problems` invalid ones. `roles`
//! covers every role, `unions` staff limited to one union, `access` sign-in and sign-out, `rights` the rights of members,
//! `audit` the audit log. `audience_form` fills in the form of the audience page, and `seat_plan` decides how many to push to.
//! `audience_days` counts saved audiences day by day over `town`. `saved_audiences`, `push_lists`, `topic_lists`, `variants`,
//! `rechecks`, `sending` and `wechat` follow an audience from its rule to the responses, `plans` plans several items and finds
//! look-alikes. `teams` matches members for an activity. `limits` exceeds limits, `sign_in_flood` sends wrong passwords.
//! `refusals` meets every refusal of the pages in Chinese, `exclusion_files` uploads files of excluded ids. `server` uses a
//! socket, `proxies` forwarded headers. `document` checks the OpenAPI document, `pages` the HTML,
//! `messages` the catalogue. `engine` uses the real engine over a tiny snapshot. `databases` compares the two databases, on the
//! server that `postgres` starts, and runs the tests of what they store once more on PostgreSQL.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may fail by panicking, and nothing is public here")]

mod access;
mod allocations;
mod answer;
mod audience_days;
mod audience_days_page;
mod audience_form;
mod audit;
mod databases;
mod document;
mod engine;
mod events;
mod exclusion_files;
mod exclusions;
mod large_lists;
mod limits;
mod lists;
mod mapping;
mod members_page;
mod memo;
mod messages;
mod pages;
mod plans;
#[allow(dead_code, reason = "the tests of the program also crash it")]
mod postgres;
mod problems;
mod proxies;
mod push_lists;
mod rechecks;
mod refusals;
mod report_files;
mod report_links;
mod report_notes;
mod reports;
mod rights;
mod roles;
mod saved_audiences;
mod seat_plan;
mod sending;
mod server;
mod sign_in_flood;
mod small_day_queries;
mod small_engine;
mod small_form_queries;
mod small_jobs;
mod small_plan_queries;
mod small_push_queries;
mod small_reports;
mod support;
mod teams;
mod topic_lists;
mod town;
mod unions;
mod uploads;
mod variants;
mod wechat;
