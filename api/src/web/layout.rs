//! What surrounds every page: language, signed-in person, navigation, and a warning if the data are old.

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::Deserialize;
use zhihui_engine::Language;

use super::assets::{AssetUrls, asset_urls};
use super::cookies::session_of;
use super::locale::{Locale, language_named, language_of};
use super::numbers::local_minute;
use crate::auth::caller::{Caller, SignedInUser};
use crate::auth::csrf::token_for;
use crate::auth::role::Role;
use crate::service::Service;

/// The layout of a page. Templates extend `web/layout.html` and hold this struct as `layout`.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Language and message catalogue.
    pub(crate) t: Locale,
    /// Name of the signed-in person. `None` for API keys and signed-out visitors.
    pub(crate) user: Option<String>,
    /// Role of the caller.
    pub(crate) role: Option<Role>,
    /// Whether the caller may see the members of every union.
    pub(crate) sees_all_unions: bool,
    /// CSRF token of the page's forms. Empty for API keys and signed-out visitors.
    pub(crate) csrf: String,
    /// Path of this page.
    pub(crate) path: String,
    /// URL of this page in the other language.
    pub(crate) other_language_url: String,
    /// Whether the URL chooses the language.
    pub(crate) language_chosen: bool,
    /// Warning above the page, such as old data.
    pub(crate) banner: Option<String>,
    pub(crate) assets: &'static AssetUrls,
}

/// An entry of the navigation.
#[derive(Debug)]
pub(crate) struct NavigationEntry {
    pub(crate) url: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_current: bool,
}

#[derive(Deserialize)]
struct LanguageQuery {
    lang: Option<String>,
}

impl Layout {
    /// A layout without a person, for error pages and the sign-in page.
    pub(crate) fn anonymous(language: Language, uri: &Uri) -> Self {
        let t = Locale::new(language);
        Self {
            t,
            user: None,
            role: None,
            sees_all_unions: false,
            csrf: String::new(),
            path: uri.path().to_owned(),
            other_language_url: with_language(uri, t.other_code()),
            language_chosen: false,
            banner: None,
            assets: asset_urls(),
        }
    }

    /// Whether the caller may choose audiences and open member pages.
    pub(crate) fn is_staff(&self) -> bool {
        matches!(self.role, Some(Role::Staff | Role::Admin))
    }

    /// Whether the caller may read reports.
    pub(crate) fn reads_reports(&self) -> bool {
        self.role.is_some_and(|role| role != Role::Backend)
    }

    /// The pages the caller may open; none for signed-out visitors.
    pub(crate) fn navigation(&self) -> Vec<NavigationEntry> {
        let (everybody, staff) = (self.reads_reports(), self.is_staff());
        let pages = [
            ("/", self.t.common_home(), everybody),
            ("/items", self.t.common_items(), everybody),
            ("/audiences", self.t.common_audiences(), staff),
            ("/push-lists", self.t.common_push_lists(), staff),
            ("/members", self.t.common_members(), staff),
            ("/reports", self.t.common_reports(), everybody),
            ("/data", self.t.common_data(), staff),
            ("/models", self.t.common_models(), everybody && self.sees_all_unions),
        ];
        let is_current = |url: &str| self.path == url || (url.len() > 1 && self.path.starts_with(&format!("{url}/")));
        let allowed = pages.into_iter().filter(|&(_, _, allowed)| allowed);
        allowed.map(|(url, label, _)| NavigationEntry { url, label, is_current: is_current(url) }).collect()
    }

    fn banner(t: Locale, service: &Service) -> Option<String> {
        let Some(now) = service.staleness() else { return Some(t.common_nothing_published().to_owned()) };
        let since = local_minute(now.info.as_of, now.info.zone);
        now.stale.then(|| t.common_stale_data(since))
    }
}

impl FromRequestParts<Service> for Layout {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Self::Rejection> {
        let query = Query::<LanguageQuery>::try_from_uri(&parts.uri).ok().and_then(|query| query.0.lang);
        let chosen = query.as_deref().and_then(language_named);
        let mut layout = Self::anonymous(chosen.unwrap_or_else(|| language_of(&parts.headers)), &parts.uri);
        layout.language_chosen = chosen.is_some();
        layout.banner = Self::banner(layout.t, service);
        let user = parts.extensions.get::<SignedInUser>().map(|user| &user.0);
        layout.user = user.map(|user| user.name.clone());
        let caller = parts.extensions.get::<Caller>();
        layout.role = caller.map(|caller| caller.role);
        layout.sees_all_unions = caller.is_some_and(Caller::sees_all_unions);
        layout.csrf = user.and_then(|_| session_of(&parts.headers)).map(token_for).unwrap_or_default();
        Ok(layout)
    }
}

/// The same URL in another language.
fn with_language(uri: &Uri, code: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let mut query: Vec<String> = kept.map(str::to_owned).collect();
    query.push(format!("lang={code}"));
    format!("{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_switch_keeps_the_other_parameters() {
        let uri: Uri = "/reports?from=2026-11-01&lang=en&district=%E6%9C%9D%E9%98%B3".parse().expect("an address");
        assert_eq!(with_language(&uri, "zh"), "/reports?from=2026-11-01&district=%E6%9C%9D%E9%98%B3&lang=zh");
    }
}
