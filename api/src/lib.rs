//! HTTP and pages over the engine.
//!
//! What answers is a published state in memory ([`Answering`]); reports come through a trait that the program fills
//! ([`Reports`]); keys, accounts and sessions lie in `zhihui.db` ([`Store`]). This crate reads no flag, no environment and
//! no time of day: settings and a [`Clock`] are handed in.
//!
//! A request comes in through [`server`](serve), passes the gate of its route ([`router`]) and reaches a handler by noun in
//! `routes` or `pages`.

mod access;
mod answering;
mod clock;
mod events;
mod explanation;
mod free_space;
mod heavy;
mod inbox;
mod member_files;
mod pages;
mod problem;
mod published;
mod reporting;
mod routes;
pub mod schema;
mod server;
mod service;
mod settings;
mod showing;
mod store;
mod telemetry;
mod whole;
mod workshop;

pub use access::{KeyRing, Network, Role};
pub use answering::{Answering, Facts, PopularRequest, PreviewBody, SimilarRequest, Unanswerable};
pub use clock::Clock;
pub use events::overlay_above;
pub use heavy::Stop;
pub use inbox::Verdict as EventVerdict;
pub use inbox::{Ahead, Appended, Inbox, InboxStatus, Numbered};
pub use member_files::{MemberFiles, MemberFilesError};
pub use pages::{reject_reason, render_report};
pub use problem::{Code, Problem};
pub use published::Published;
pub use reporting::{Moment, NoReports, ReportQuery, Reports, ReportsError};
pub use routes::router;
pub use server::{ServeError, serve};
pub use service::{Service, Staleness};
pub use settings::{Freshness, Limits, ProxySettings, ServerSettings, SessionSettings, Settings};
pub use showing::{Choices, Showing, TakeAudience};
pub use store::{
    Audit, AuditEntry, AuditHead, Deed, Erasure, Held, KeyInfo, Keys, LOCAL, NewKey, Note, Rights, Store, StoreError,
    UserInfo, Users,
};
pub use workshop::{
    Check, ListFormat, RejectedFile, RunEntry, RunFile, RunGate, RunStep, WaitingFile, Workshop, WorkshopError,
};
