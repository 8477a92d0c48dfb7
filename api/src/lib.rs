//! HTTP and pages over the engine.
//!
//! What answers is a published state in memory ([`Answering`]); reports come through a trait that the program fills
//! ([`Reports`]); keys, accounts and sessions lie in `zhihui.db` ([`Store`]). This crate reads no flag, no environment and
//! no time of day: settings and a [`Clock`] are handed in.
//!
//! A request comes in through [`server`](serve), passes the gate of its route ([`router`]) and reaches a handler by noun in
//! `routes` or `pages`.

#[path = "auth/mod.rs"]
mod access;
#[path = "live/queries.rs"]
mod answering;
#[path = "clock.rs"]
mod clock;
#[path = "events/mod.rs"]
mod events;
#[path = "recommendations/explanation.rs"]
mod explanation;
#[path = "server/free_space.rs"]
mod free_space;
#[path = "computations.rs"]
mod heavy;
#[path = "store/inbox/database.rs"]
mod inbox;
#[path = "members/records.rs"]
mod member_files;
#[path = "web/mod.rs"]
mod pages;
#[path = "middleware/problem.rs"]
mod problem;
#[path = "live/published_engine.rs"]
mod published;
#[path = "reports/source.rs"]
mod reporting;
#[path = "router.rs"]
mod routes;
#[path = "schema.rs"]
pub mod schema;
#[path = "server/mod.rs"]
mod server;
#[path = "service.rs"]
mod service;
#[path = "settings.rs"]
mod settings;
#[path = "live/page_queries.rs"]
mod showing;
#[path = "store/database.rs"]
mod store;
#[path = "server/telemetry.rs"]
mod telemetry;
#[path = "web/serde_integer.rs"]
mod whole;
#[path = "data/jobs.rs"]
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
