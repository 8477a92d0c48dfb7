//! The HTTP API and the pages of Zhihui, over a published engine in memory.
//!
//! The program passes in the settings, a [`Clock`], the [`Store`] with keys and accounts, and [`Ports`] to the pipeline.
//! This crate reads no flags, no environment variables and no system clock.
//!
//! [`serve`] accepts requests, [`router`] lists all routes with their roles, and each noun has a module with its routes and
//! its page. `web`, `auth`, `middleware` and `store` know no noun.

mod allocations;
mod audiences;
mod auth;
mod clock;
mod computations;
mod data;
mod events;
mod exclusions;
mod home;
mod items;
mod live;
mod members;
mod middleware;
mod models;
mod ports;
mod push_lists;
mod recommendations;
mod reports;
mod router;
pub mod schema;
mod server;
mod service;
mod settings;
mod store;
mod teams;
mod web;
mod wechat;

pub use audiences::labels::funnel_step_label;
pub use audiences::list_writer::{ListFormat, ListWriter, ListWriterError};
pub use audiences::saved::{AudienceChanges, AudienceUse, AudienceVersion, SavedAudience, SavedAudiences};
pub use audiences::saved_error::SavedAudienceError;
pub use audiences::saved_rules::SavedRules;
pub use auth::key_ring::KeyRing;
pub use auth::network::Network;
pub use auth::role::Role;
pub use clock::Clock;
pub use computations::CancelFlag;
pub use data::jobs::{
    Check, DataJobs, FileNotes, JobError, NulledValues, RejectedFile, RunEntry, RunFile, RunGate, RunStep,
    UnknownColumn, WaitingFile,
};
pub use data::labels::{factor_hint_zh, reject_reason_zh};
pub use data::mapping::{FileMapper, MappedFile, MappingChoice};
pub use exclusions::applied::{find_exclusions, find_exclusions_of_items};
pub use exclusions::database::{ExclusionLists, WantedExclusions};
pub use exclusions::error::ExclusionError;
pub use exclusions::record::{ExclusionList, ExclusionListInfo, NamedMembers};
pub use exclusions::source::ExclusionSource;
pub use exclusions::workbook::{WorkbookError, WorkbookReader};
pub use live::audience_query::AudienceQuery;
pub use live::day_queries::DayQueries;
pub use live::overlay::overlay_above;
pub use live::plan_queries::{BandPlanQuery, LookAlikesQuery, PlanQueries, SeedQuery};
pub use live::publish::Staleness;
pub use live::published_engine::PublishedEngine;
pub use live::push_policy::PushPolicy;
pub use live::push_queries::{
    AudienceVisitor, ConditionResult, MemberResponse, PushQueries, Responses, Seats, TicketPool,
};
pub use live::queries::{
    AudienceChoices, EngineQueries, FormNames, FormQueries, FoundName, NameSearch, PageQueries, PopularRequest,
    SearchKind, SimilarRequest, SnapshotInfo,
};
pub use live::query_error::QueryError;
pub use live::team_queries::TeamQueries;
pub use live::variant_query::VariantQuery;
pub use members::records::{MemberRecords, MemberRecordsError};
pub use middleware::problem::{Code, Problem};
pub use models::labels::feature_label;
pub use ports::Ports;
pub use push_lists::actions::ExportedList;
pub use push_lists::actor::Actor;
pub use push_lists::calibration::CalibrationGroup;
pub use push_lists::database::PushLists;
pub use push_lists::error::PushListError;
pub use push_lists::export::{FileFormat, PreparedExport};
pub use push_lists::freeze::NewPushList;
pub use push_lists::members::{ListMember, MemberPage};
pub use push_lists::overlap::Overlap;
pub use push_lists::record::{ArmCounts, FrozenContent, PushList, Signature};
pub use push_lists::responses::{ActualResponses, ArmResponses, BandResponses, UpliftInterval};
pub use push_lists::sending::begin::{BatchSize, PlannedBatch, SendOptions, Unclear};
pub use push_lists::sending::database::Sendings;
pub use push_lists::sending::record::{AccountKind, Batch, BatchState, Message, Sending};
pub use push_lists::sending::run::SendReport;
pub use push_lists::sent_item::SentItem;
pub use push_lists::state::{ListState, ListStep};
pub use push_lists::variant_responses::{RateInterval, VariantResponses};
pub use push_lists::variants::ListVariant;
pub use reports::file::{ReportFormat, ReportWriter, ReportWriterError};
pub use reports::notes::database::{ReportNote, ReportNotes};
pub use reports::source::{MemberComment, NoReports, PeriodBound, ReportQuery, ReportSource, ReportSourceError};
pub use reports::view::render_report;
pub use router::router;
pub use server::listen::{ServeError, serve};
pub use service::Service;
pub use settings::{Freshness, Limits, ProxySettings, ServerSettings, SessionSettings, Settings};
pub use store::audit::{Audit, AuditEntry, AuditHead, LOCAL, NewAuditEntry};
pub use store::audit_action::AuditAction;
pub use store::consent::ConsentStore;
pub use store::database::Store;
pub use store::erasures::{Erasure, Erasures};
pub use store::error::StoreError;
pub use store::inbox::append::{AppendedEvents, EventReceipt};
pub use store::inbox::database::Inbox;
pub use store::inbox::rows::{ClockSkew, InboxEvent, InboxStatus};
pub use store::keys::{KeyInfo, Keys, NewKey};
pub use store::lock::StoreLock;
pub use store::member_rows::MemberRows;
pub use store::postgres::PostgresServer;
pub use store::server_status::ServerStatus;
pub use store::users::{UserInfo, Users};
pub use teams::settings::TeamSettings;
pub use wechat::settings::{ItemLinks, WechatSettings};
