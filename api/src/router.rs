//! Every route in one place, each with who may pass it.

#[path = "audiences/routes.rs"]
mod audiences;
#[path = "middleware/client.rs"]
mod client;
#[path = "server/openapi.rs"]
mod docs;
#[path = "middleware/guard.rs"]
mod edge;
#[path = "events/routes.rs"]
mod events;
#[path = "recommendations/explanation_routes.rs"]
mod explanation;
#[path = "server/health.rs"]
mod health;
#[path = "items/routes.rs"]
mod items;
#[path = "web/json.rs"]
mod json;
#[path = "recommendations/list_params.rs"]
mod list;
#[path = "members/routes.rs"]
mod members;
#[path = "recommendations/routes.rs"]
mod recommendations;
#[path = "reports/routes.rs"]
mod reports;
#[path = "middleware/route_registry.rs"]
mod table;
#[path = "web/extract.rs"]
mod take;
#[path = "middleware/fallback.rs"]
mod unmatched;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::routes;

pub(crate) use client::{Client, note_client};
pub(crate) use edge::{Caller, same_site};
pub(crate) use members::check_id;
pub(crate) use reports::{PeriodQuery, query_of, refusal};
pub(crate) use take::{FormBody, Parameters, read_at_most};

use crate::access::{Access, Role};
use crate::pages;
use crate::service::Service;
use table::Table;

const BACKEND: Access = Access::Roles(&[Role::Backend]);
const STAFF: Access = Access::Roles(&[Role::Staff]);
const REPORT_READERS: Access = Access::Roles(&[Role::Leader, Role::Staff]);
const REPORT_PAGE: Access = Access::Page(&[Role::Leader, Role::Staff]);
const ANY_PAGE: Access = Access::Page(&[Role::Leader, Role::Staff]);
const STAFF_PAGE: Access = Access::Page(&[Role::Staff]);
const WHOLE_PAGE: Access = Access::WholePage(&[Role::Leader, Role::Staff]);
const WHOLE_STAFF_PAGE: Access = Access::WholePage(&[Role::Staff]);

/// Every route of the service over its state.
pub fn router(service: &Service) -> Router {
    let (router, document) = Table::new(service)
        // For the WeChat backend
        .add(BACKEND, routes!(recommendations::recommend, recommendations::recommend_many))
        .add(BACKEND, routes!(events::take))
        .add(BACKEND, routes!(items::similar))
        .add(BACKEND, routes!(items::popular))
        // For staff and leaders
        .add(STAFF, routes!(audiences::preview))
        .add(REPORT_READERS, routes!(reports::report))
        // The members' rights
        .add(BACKEND, routes!(members::member, members::forget))
        .add(BACKEND, routes!(members::set_personalised))
        .add(BACKEND, routes!(members::delete_topic))
        .add(Access::Open, routes!(explanation::explanation))
        // For operators
        .add(Access::Open, routes!(health::livez))
        .add(Access::Open, routes!(health::readyz))
        .add(Access::LocalOrAdmin, routes!(health::metrics))
        .add(Access::Open, routes!(docs::document))
        // For people
        .add(ANY_PAGE, routes!(pages::home::home))
        .add(ANY_PAGE, routes!(pages::items::items))
        .add(ANY_PAGE, routes!(pages::items::one::item))
        .add(STAFF_PAGE, routes!(pages::audiences::audiences))
        .add(STAFF_PAGE, routes!(pages::audiences::file::list_file))
        .add(STAFF_PAGE, routes!(pages::members::ask, pages::members::look))
        .add(STAFF_PAGE, routes!(pages::members::member))
        .add(STAFF_PAGE, routes!(pages::members::switch))
        .add(STAFF_PAGE, routes!(pages::data::data))
        .add_upload(WHOLE_STAFF_PAGE, routes!(pages::data::upload::upload))
        .add(WHOLE_STAFF_PAGE, routes!(pages::data::begin_run))
        .add(WHOLE_STAFF_PAGE, routes!(pages::data::errors::workbook))
        .add(WHOLE_PAGE, routes!(pages::models::models))
        .add(WHOLE_PAGE, routes!(pages::models::card))
        .add(REPORT_PAGE, routes!(pages::reports::reports))
        .add(Access::Open, routes!(pages::how_it_works::how_it_works))
        .add(Access::Open, routes!(pages::sign_in::sign_in_form, pages::sign_in::sign_in))
        .add(Access::Open, routes!(pages::sign_in::sign_out))
        .add(Access::Open, routes!(pages::assets::asset))
        .finish();
    service.set_document(&document);
    router
        .merge(docs::viewer())
        .method_not_allowed_fallback(unmatched::wrong_method)
        .fallback(unmatched::nothing_here)
        .layer(DefaultBodyLimit::max(service.settings().limits.body_bytes))
        .with_state(service.clone())
}
