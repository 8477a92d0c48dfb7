//! Every route and page, each with the roles that may use it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::routes;

use crate::auth::access::Access;
use crate::auth::role::Role;
use crate::middleware::fallback;
use crate::middleware::route_registry::RouteRegistry;
use crate::service::Service;
use crate::{
    allocations, audiences, auth, data, events, exclusions, home, items, members, models, push_lists, recommendations,
    reports, server, teams, web, wechat,
};

const OPEN: Access = Access::Open;
const LINK: Access = Access::Link;
const METRICS: Access = Access::LocalOrAdmin;
const BACKEND: Access = Access::Roles(&[Role::Backend]);
const STAFF: Access = Access::Roles(&[Role::Staff]);
const LEADERS: Access = Access::Roles(&[Role::Leader, Role::Staff]);
const STAFF_PAGE: Access = Access::Page(&[Role::Staff]);
const LEADERS_PAGE: Access = Access::Page(&[Role::Leader, Role::Staff]);
/// Pages about members of every union. Callers limited to one union are refused.
const STAFF_PAGE_ALL_UNIONS: Access = Access::AllUnionsPage(&[Role::Staff]);
const LEADERS_PAGE_ALL_UNIONS: Access = Access::AllUnionsPage(&[Role::Leader, Role::Staff]);

/// Maximum length of an exclusion list in bytes: a million ids of 32 characters, with quotes and commas.
const MAX_EXCLUSION_BYTES: usize = 40 << 20;

/// Builds the router over the state of the service. Admins may use every route.
pub fn router(service: &Service) -> Router {
    let (router, document) = RouteRegistry::new(service)
        // WeChat backend
        .add(BACKEND, routes!(recommendations::routes::recommend, recommendations::routes::recommend_batch))
        .add(BACKEND, routes!(events::routes::accept))
        .add(BACKEND, routes!(items::routes::similar))
        .add(BACKEND, routes!(items::routes::popular))
        // Staff and leaders
        .add(STAFF, routes!(audiences::routes::preview))
        .add(STAFF, routes!(audiences::routes::seat_plan))
        .add(STAFF, routes!(audiences::plan_routes::band_plan))
        .add(STAFF, routes!(audiences::look_alike_routes::look_alikes))
        .add(STAFF, routes!(audiences::saved_routes::create, audiences::saved_routes::list))
        .add(
            STAFF,
            routes!(audiences::saved_routes::get, audiences::saved_routes::update, audiences::saved_routes::delete),
        )
        .add(STAFF, routes!(audiences::saved_routes::membership))
        .add(STAFF, routes!(audiences::days::routes::days))
        .add(STAFF, routes!(audiences::days::routes::members))
        .add(STAFF, routes!(push_lists::routes::create, push_lists::routes::list))
        .add(STAFF, routes!(push_lists::routes::get))
        .add(STAFF, routes!(push_lists::routes::submit))
        .add(STAFF, routes!(push_lists::routes::approve))
        .add(STAFF, routes!(push_lists::routes::reject))
        .add(STAFF, routes!(push_lists::routes::close))
        .add(STAFF, routes!(push_lists::routes::members))
        .add(STAFF, routes!(push_lists::routes::export))
        .add_with_body(STAFF, routes!(exclusions::routes::create, exclusions::routes::list), MAX_EXCLUSION_BYTES)
        .add(STAFF, routes!(exclusions::routes::delete))
        .add(LEADERS, routes!(reports::routes::report))
        .add(LEADERS, routes!(reports::export::export))
        // Rights of members
        .add(BACKEND, routes!(members::routes::export, members::routes::erase))
        .add(BACKEND, routes!(members::routes::set_personalised))
        .add(BACKEND, routes!(members::routes::set_team_match))
        .add(BACKEND, routes!(members::routes::delete_topic))
        // Team-mates by mutual consent
        .add(BACKEND, routes!(teams::routes::suggest))
        .add(BACKEND, routes!(teams::routes::invite, teams::routes::invitations))
        .add(BACKEND, routes!(teams::routes::accept))
        .add(BACKEND, routes!(teams::routes::decline))
        .add(BACKEND, routes!(teams::routes::withdraw))
        .add(BACKEND, routes!(teams::routes::list))
        .add(BACKEND, routes!(teams::routes::leave))
        .add(BACKEND, routes!(teams::routes::block, teams::routes::blocks))
        .add(BACKEND, routes!(teams::routes::unblock))
        .add(OPEN, routes!(recommendations::routes::explanation))
        .add(OPEN, routes!(wechat::routes::check, wechat::routes::receive))
        // Operators
        .add(OPEN, routes!(server::health::livez))
        .add(OPEN, routes!(server::health::readyz))
        .add(METRICS, routes!(server::health::metrics))
        .add(OPEN, routes!(server::openapi::document))
        // Pages
        .add(LEADERS_PAGE, routes!(home::page::home))
        .add(LEADERS_PAGE, routes!(items::page::items))
        .add(LEADERS_PAGE, routes!(items::item_page::item))
        .add(STAFF_PAGE_ALL_UNIONS, routes!(allocations::page::show, allocations::page::step))
        .add(STAFF_PAGE_ALL_UNIONS, routes!(allocations::file::file))
        .add(STAFF_PAGE, routes!(audiences::page::audiences, audiences::page::submit))
        .add(STAFF_PAGE, routes!(audiences::search::search))
        .add(STAFF_PAGE, routes!(audiences::plan_page::band_plan))
        .add(STAFF_PAGE, routes!(audiences::saved_page::saved, audiences::saved_page::save))
        .add(STAFF_PAGE, routes!(audiences::days::page::audience))
        .add(STAFF_PAGE, routes!(audiences::saved_page::delete))
        .add(STAFF_PAGE, routes!(audiences::saved_page::restore))
        .add(STAFF_PAGE, routes!(audiences::list_file::list_file))
        .add(STAFF_PAGE, routes!(push_lists::page::push_lists, push_lists::page::freeze))
        .add(STAFF_PAGE, routes!(push_lists::list_page::show, push_lists::list_page::step))
        .add_with_body(STAFF_PAGE, routes!(exclusions::page::exclusions, exclusions::page::add), MAX_EXCLUSION_BYTES)
        .add(STAFF_PAGE, routes!(exclusions::page::delete))
        .add(STAFF_PAGE, routes!(exclusions::page::restore))
        .add(STAFF_PAGE, routes!(members::page::look_up, members::page::open))
        .add(STAFF_PAGE, routes!(members::page::member))
        .add(STAFF_PAGE, routes!(members::page::switch))
        .add(STAFF_PAGE, routes!(members::page::switch_team_match))
        .add(STAFF_PAGE, routes!(data::page::data))
        .add_upload(STAFF_PAGE_ALL_UNIONS, routes!(data::upload::upload))
        .add(STAFF_PAGE_ALL_UNIONS, routes!(data::page::start_run))
        .add(STAFF_PAGE_ALL_UNIONS, routes!(data::error_workbook::workbook))
        .add(STAFF_PAGE_ALL_UNIONS, routes!(data::mapping_page::show, data::mapping_page::keep))
        .add(LEADERS_PAGE_ALL_UNIONS, routes!(models::page::models))
        .add(LEADERS_PAGE_ALL_UNIONS, routes!(models::page::card))
        .add(LEADERS_PAGE, routes!(reports::page::reports))
        .add(LEADERS_PAGE, routes!(reports::page::explore))
        .add(LEADERS_PAGE, routes!(reports::links::page::links, reports::links::page::create))
        .add(LEADERS_PAGE, routes!(reports::links::page::revoke))
        .add(STAFF_PAGE, routes!(reports::notes::actions::add))
        .add(STAFF_PAGE, routes!(reports::notes::actions::delete))
        .add(LINK, routes!(reports::links::shared_page::memo))
        .add(LINK, routes!(reports::links::shared_page::explore))
        .add(STAFF_PAGE, routes!(reports::comments::comments))
        .add(OPEN, routes!(recommendations::page::how_it_works))
        .add(OPEN, routes!(auth::sign_in::sign_in_form, auth::sign_in::sign_in))
        .add(OPEN, routes!(auth::sign_in::sign_out))
        .add(OPEN, routes!(web::assets::asset))
        .finish();
    if let Ok(text) = document.to_json() {
        service.openapi.get_or_init(|| text.into());
    }
    router
        .merge(server::openapi::viewer())
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .fallback(fallback::not_found)
        .layer(DefaultBodyLimit::max(service.settings.limits.body_bytes))
        .with_state(service.clone())
}
