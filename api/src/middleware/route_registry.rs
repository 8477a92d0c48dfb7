//! Registers routes: each one with its access, its counters and its description in the OpenAPI document.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use tower_http::compression::CompressionLayer;
use utoipa::PartialSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};

use super::guard::{RouteGuard, guard};
use super::problem::{MEDIA_TYPE, ProblemDocument};
use crate::auth::access::Access;
use crate::service::Service;

/// OpenAPI extension with the roles that may use an operation; empty for everybody.
const ROLES: &str = "x-roles";
/// OpenAPI extension of operations closed to callers limited to one union.
const ALL_UNIONS: &str = "x-whole-account";

/// The routes registered so far.
pub(crate) struct RouteRegistry {
    service: Service,
    router: OpenApiRouter<Service>,
}

impl RouteRegistry {
    pub(crate) fn new(service: &Service) -> Self {
        let mut components = Components::new();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, created with `zhihui key add`."));
        components.add_security_scheme("key", SecurityScheme::Http(bearer.build()));
        let cookie = ApiKeyValue::with_description(crate::web::cookies::SESSION_COOKIE, "Set by `POST /login`.");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        components.schemas.insert("Problem".to_owned(), ProblemDocument::schema());
        let info = InfoBuilder::new().title("Zhihui 知会").version(env!("CARGO_PKG_VERSION")).description(Some(
            "Recommendations, audiences and reports for trade unions. Errors are `application/problem+json` (RFC 9457) \
                 with a stable `code`. `x-roles` lists the roles that may use a route; `x-whole-account` \
             marks routes closed to staff of one union.",
        ));
        let document = OpenApiBuilder::new().info(info.build()).components(Some(components)).build();
        Self { service: service.clone(), router: OpenApiRouter::with_openapi(document) }
    }

    /// Registers the routes of one path.
    pub(crate) fn add(self, access: Access, routes: UtoipaMethodRouter<Service>) -> Self {
        let time = self.service.settings.server.request_timeout;
        self.register(access, routes, time)
    }

    /// Registers an upload route, with its own limits of size and time.
    pub(crate) fn add_upload(self, access: Access, routes: UtoipaMethodRouter<Service>) -> Self {
        let limits = &self.service.settings.limits;
        let (time, bytes) = (limits.upload_time, usize::try_from(limits.upload_bytes).unwrap_or(usize::MAX));
        // The rest of the form is short.
        let max_bytes = bytes.saturating_add(1 << 20);
        let (schemas, paths, methods) = routes;
        self.register(access, (schemas, paths, methods.layer(DefaultBodyLimit::max(max_bytes))), time)
    }

    /// Registers routes whose body may be longer than others.
    pub(crate) fn add_with_body(
        self,
        access: Access,
        (schemas, paths, methods): UtoipaMethodRouter<Service>,
        max_bytes: usize,
    ) -> Self {
        let time = self.service.settings.server.request_timeout;
        self.register(access, (schemas, paths, methods.layer(DefaultBodyLimit::max(max_bytes))), time)
    }

    fn register(
        mut self,
        access: Access,
        (schemas, mut paths, methods): UtoipaMethodRouter<Service>,
        time: Duration,
    ) -> Self {
        let mut registered = Vec::new();
        let mut template = String::new();
        for (path, item) in &mut paths.paths {
            template.clone_from(path);
            for (method, operation) in operations(item) {
                describe(operation, &access);
                registered.push(method);
            }
        }
        let metrics = self.service.telemetry.route_metrics(&template, &registered);
        let is_for_people = access.is_page() || template.starts_with("/assets/");
        let route_guard =
            Arc::new(RouteGuard { service: self.service.clone(), access, route: template, metrics, time });
        let routes = (schemas, paths, methods).map(|methods| {
            let methods = methods.route_layer(from_fn_with_state(route_guard, guard));
            // Compression shrinks pages and scripts to a quarter. Programs on the same network gain nothing from it.
            if is_for_people { methods.layer(CompressionLayer::new()) } else { methods }
        });
        self.router = self.router.routes(routes);
        self
    }

    /// The router and its OpenAPI document.
    pub(crate) fn finish(self) -> (Router<Service>, OpenApi) {
        self.router.split_for_parts()
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let entries = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::DELETE, &mut item.delete),
    ];
    entries.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

fn describe(operation: &mut Operation, access: &Access) {
    // A page may have the same name as the route whose data it shows.
    if let (true, Some(id)) = (access.is_page(), &mut operation.operation_id) {
        id.insert_str(0, "page_");
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            "The response.".clone_into(&mut response.description);
        }
    }
    let roles = access.role_names();
    if !roles.is_empty() {
        let none: [&str; 0] = [];
        operation.security =
            Some(vec![SecurityRequirement::new("key", none), SecurityRequirement::new("session", none)]);
    }
    let extensions = operation.extensions.get_or_insert_with(Extensions::default);
    extensions.insert(ROLES.to_owned(), serde_json::json!(roles));
    if access.needs_all_unions() {
        extensions.insert(ALL_UNIONS.to_owned(), true.into());
    }
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut refusal =
        ResponseBuilder::new().description("A problem, identified by its `code`.").content(MEDIA_TYPE, problem);
    if access.is_page() {
        // Browsers receive a page, clients that accept JSON the problem itself.
        refusal = refusal.content("text/html", ContentBuilder::new().build());
    }
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal.build()));
}
