//! Creates and revokes links to reports, and opens them.

use axum::http::{Extensions, HeaderMap, header};
use serde_json::json;

use super::database::{NewReportLink, ReportLinks};
use super::record::{MAX_LABEL, ReportLink, SharedReport, VALID_DAYS};
use crate::auth::caller::Caller;
use crate::auth::role::Role;
use crate::middleware::client::Client;
use crate::middleware::problem::{Code, Problem};
use crate::reports::routes::{PeriodQuery, report_problem, report_query};
use crate::service::Service;
use crate::store::audit::{LOCAL, NewAuditEntry};
use crate::store::audit_action::AuditAction;
use crate::store::error::StoreError;
use crate::web::locale::Locale;

/// Maximum number of valid links of one owner.
const MAX_LINKS: i64 = 100;
/// Path of the shared pages.
pub(crate) const SHARED: &str = "/shared";

/// Creates a link to a report of this period with these filters, and returns its path.
pub(crate) async fn create_link(
    service: &Service,
    caller: &Caller,
    period: &PeriodQuery,
    (days, label): (&str, &str),
) -> Result<String, Problem> {
    let days = days.parse().ok().filter(|days| VALID_DAYS.contains(days));
    let valid_days = days.ok_or_else(|| Problem::invalid("days", "must be 7, 30 or 90"))?;
    let label = label.trim();
    if label.chars().count() > MAX_LABEL || label.chars().any(char::is_control) {
        let wording = Locale::both(|t| t.report_links_bad_label(MAX_LABEL));
        let what = format!("must have at most {MAX_LABEL} characters and no control characters");
        return Err(Problem::invalid("label", what).worded(wording));
    }
    let mut query = report_query(period)?;
    query.union = caller.narrow(service, query.union).await?;
    let links = ReportLinks::new(&service.store);
    if links.count_valid(&caller.name, service.now()).await.map_err(StoreError::read_problem)? >= MAX_LINKS {
        let wording = Locale::both(|t| t.report_links_too_many(MAX_LINKS));
        let detail = format!("you have {MAX_LINKS} valid links; revoke one first");
        return Err(Problem::new(Code::TooManyReportLinks, detail).worded(wording));
    }
    let owner = links.owner(&caller.name).await.map_err(StoreError::read_problem)?;
    let owner = owner.ok_or_else(|| Problem::new(Code::Unauthenticated, "sign in at /login"))?;
    let report = service.ports.reports.names().first().copied().unwrap_or_default();
    let union = query.union.clone();
    let made = {
        let _permit = service.computations.acquire().await?;
        service.ports.reports.report(report, query).await.map_err(|error| report_problem(error, service))?
    };
    let mut filters = made.filters;
    filters.insert("union".to_owned(), union.into());
    let shows = SharedReport { report: report.to_owned(), from: made.from, to: made.to, filters };
    let link = NewReportLink { owner_since: owner.created_at, label: label.to_owned(), shows, valid_days };
    let entry = caller.audit_entry(service.now(), AuditAction::ReportLinkCreated, None, json!({}));
    let secret = links.create(&link, &entry).await.map_err(StoreError::write_problem)?;
    Ok(format!("{SHARED}/{}", secret.reveal()))
}

/// Revokes a link: one's own, or as an admin any.
pub(crate) async fn revoke_link(service: &Service, caller: &Caller, id: &str) -> Result<(), Problem> {
    let owner = (caller.role != Role::Admin).then_some(caller.name.as_str());
    let entry = caller.audit_entry(service.now(), AuditAction::ReportLinkRevoked, None, json!({}));
    let revoked = ReportLinks::new(&service.store).revoke(id, owner, "revoked", &entry).await;
    if revoked.map_err(StoreError::write_problem)? {
        return Ok(());
    }
    Err(Problem::new(Code::UnknownReportLink, "no such link of yours; /reports/links lists them"))
}

/// The link of a secret, whose use is recorded. A link whose owner may not read it any more ends for good.
pub(crate) async fn open_link(
    service: &Service,
    secret: &str,
    page: &str,
    source: &str,
) -> Result<ReportLink, Problem> {
    let (links, now) = (ReportLinks::new(&service.store), service.now());
    let found = links.find(secret).await.map_err(StoreError::read_problem)?;
    let unknown = || Problem::new(Code::UnknownReportLink, "no such link; ask for a new one");
    let link = found.ok_or_else(unknown)?;
    let ended = || Problem::new(Code::ReportLinkEnded, "the link has expired or was revoked; ask for a new one");
    if !link.is_valid(now) {
        return Err(ended());
    }
    let owner = links.owner(&link.owner).await.map_err(StoreError::read_problem)?;
    let live = service.live.current()?;
    if !link.is_covered(owner.as_ref(), |union, own| live.engine.is_union_within(union, own)) {
        let entry = NewAuditEntry {
            at: now,
            actor: "service",
            role: None,
            source: LOCAL,
            action: AuditAction::ReportLinkRevoked,
            member_id: None,
            detail: json!({}),
        };
        let why = "the owner may not read it any more";
        links.revoke(&link.id, None, why, &entry).await.map_err(StoreError::write_problem)?;
        return Err(ended());
    }
    service.link_views.take(&link.id, now).map_err(|seconds| {
        Problem::new(Code::RateLimited, "this link is opened too often; try again later").retry_after(seconds)
    })?;
    links.record_use(&link, page, source, now).await.map_err(StoreError::write_problem)?;
    Ok(link)
}

/// Scheme and host of this service, for addresses that are passed on.
pub(crate) fn origin(service: &Service, headers: &HeaderMap, extensions: &Extensions) -> String {
    if let Some(url) = &service.settings.proxies.public_url {
        return url.clone();
    }
    let is_encrypted = Client::of(extensions).is_encrypted || service.settings.sessions.secure_cookie;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.map_or_else(String::new, |host| format!("{}://{host}", if is_encrypted { "https" } else { "http" }))
}
