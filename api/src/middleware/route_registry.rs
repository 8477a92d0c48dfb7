//! Enters routes: a route exists only together with who may pass it, its counters and its description.

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

use super::edge::{Edge, pass};
use crate::access::Access;
use crate::problem::{MEDIA_TYPE, ProblemDocument};
use crate::service::Service;

/// Name under which the operations of a path say which roles may pass; empty for everybody.
const ROLES: &str = "x-roles";
/// Name under which they say that callers limited to a union are refused.
const WHOLE: &str = "x-whole-account";

/// The routes entered so far.
pub(super) struct Table {
    service: Service,
    router: OpenApiRouter<Service>,
}

impl Table {
    pub(super) fn new(service: &Service) -> Self {
        let mut components = Components::new();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A key of `zhihui key add`."));
        components.add_security_scheme("key", SecurityScheme::Http(bearer.build()));
        let cookie = ApiKeyValue::with_description(crate::pages::SESSION_COOKIE, "Set by `POST /login`.");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        components.schemas.insert("Problem".to_owned(), ProblemDocument::schema());
        let info = InfoBuilder::new().title("Zhihui 知会").version(env!("CARGO_PKG_VERSION")).description(Some(
            "Recommendations, audiences and reports for trade unions. Errors are `application/problem+json` (RFC 9457) \
                 with a stable `code`. `x-roles` names the roles that may pass a route; `x-whole-account` \
             marks those closed to staff of one union.",
        ));
        let document = OpenApiBuilder::new().info(info.build()).components(Some(components)).build();
        Self { service: service.clone(), router: OpenApiRouter::with_openapi(document) }
    }

    /// Enters the routes of one path.
    pub(super) fn add(self, access: Access, routes: UtoipaMethodRouter<Service>) -> Self {
        let time = self.service.settings().server.request_timeout;
        self.enter(access, routes, time)
    }

    /// Enters a route that takes files, which are long and may take long to come.
    pub(super) fn add_upload(self, access: Access, routes: UtoipaMethodRouter<Service>) -> Self {
        let limits = &self.service.settings().limits;
        let (time, bytes) = (limits.upload_time, usize::try_from(limits.upload_bytes).unwrap_or(usize::MAX));
        // What stands around the file in a form is short.
        let longest = bytes.saturating_add(1 << 20);
        let (schemas, paths, methods) = routes;
        self.enter(access, (schemas, paths, methods.layer(DefaultBodyLimit::max(longest))), time)
    }

    fn enter(
        mut self,
        access: Access,
        (schemas, mut paths, methods): UtoipaMethodRouter<Service>,
        time: Duration,
    ) -> Self {
        let mut taken = Vec::new();
        let mut template = String::new();
        for (path, item) in &mut paths.paths {
            template.clone_from(path);
            for (method, operation) in operations(item) {
                describe(operation, &access);
                taken.push(method);
            }
        }
        let meters = self.service.telemetry().meters(&template, &taken);
        let is_for_people = access.is_page() || template.starts_with("/assets/");
        let edge = Arc::new(Edge { service: self.service.clone(), access, template, meters, time });
        let routes = (schemas, paths, methods).map(|methods| {
            let methods = methods.route_layer(from_fn_with_state(edge, pass));
            // Pages and scripts shrink to a quarter; answers to programs on the same network do not gain.
            if is_for_people { methods.layer(CompressionLayer::new()) } else { methods }
        });
        self.router = self.router.routes(routes);
        self
    }

    /// The router and the document that describes it.
    pub(super) fn finish(self) -> (Router<Service>, OpenApi) {
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
    // A page may be called like the route whose data it shows.
    if let (true, Some(id)) = (access.is_page(), &mut operation.operation_id) {
        id.insert_str(0, "page_");
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            "The answer.".clone_into(&mut response.description);
        }
    }
    let roles = access.documented();
    if !roles.is_empty() {
        let none: [&str; 0] = [];
        operation.security =
            Some(vec![SecurityRequirement::new("key", none), SecurityRequirement::new("session", none)]);
    }
    let extensions = operation.extensions.get_or_insert_with(Extensions::default);
    extensions.insert(ROLES.to_owned(), serde_json::json!(roles));
    if access.is_whole() {
        extensions.insert(WHOLE.to_owned(), true.into());
    }
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut refusal =
        ResponseBuilder::new().description("A problem, named by its `code`.").content(MEDIA_TYPE, problem);
    if access.is_page() {
        // People see it as a page; who asks for JSON gets the problem itself.
        refusal = refusal.content("text/html", ContentBuilder::new().build());
    }
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal.build()));
}
