//! What stands around every page: language, who is signed in, how fresh the numbers are.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;
use zhihui_engine::Language;

use super::assets::{Addresses, addresses};
use super::cookies::{LANGUAGE_COOKIE, cookie, session_of};
use super::csrf::token_for;
use super::tongue::Tongue;
use crate::access::{Asker, Role};
use crate::routes::Caller;
use crate::service::Service;

/// What stands around a page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(super) l: Tongue,
    /// Who is signed in; `None` for a key or nobody.
    pub(super) name: Option<String>,
    /// The role of who is signed in.
    pub(super) role: Option<Role>,
    /// Whether this person may see the members of every union.
    pub(super) sees_all: bool,
    /// Token that every form of this page carries; empty for a key or nobody.
    pub(super) csrf: String,
    /// Path of this page.
    pub(super) here: String,
    /// Address of this page in the other language.
    pub(super) other_address: String,
    /// Whether the language was chosen in this very address.
    pub(super) chosen: bool,
    /// What everybody must know first, such as old numbers.
    pub(super) band: Option<String>,
    pub(super) assets: &'static Addresses,
}

/// One destination of the side list.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) address: &'static str,
    pub(super) label: &'static str,
    pub(super) current: bool,
}

#[derive(Deserialize)]
struct Choice {
    lang: Option<String>,
}

/// The language that a browser has chosen before; Chinese otherwise.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    cookie(headers, LANGUAGE_COOKIE).and_then(language_named).unwrap_or_default()
}

fn language_named(code: &str) -> Option<Language> {
    match code {
        "zh" => Some(Language::Zh),
        "en" => Some(Language::En),
        _ => None,
    }
}

impl Frame {
    /// A frame without a person, for pages that come before or instead of signing in.
    pub(super) fn bare(language: Language, uri: &Uri) -> Self {
        let l = Tongue(language);
        let other_address = with_language(uri, l.other());
        let here = uri.path().to_owned();
        Self {
            l,
            name: None,
            role: None,
            sees_all: false,
            csrf: String::new(),
            here,
            other_address,
            chosen: false,
            band: None,
            assets: addresses(),
        }
    }

    /// Whether members may be chosen and looked at.
    pub(super) fn is_staff(&self) -> bool {
        matches!(self.role, Some(Role::Staff | Role::Admin))
    }

    /// Whether reports may be read.
    pub(super) fn reads_reports(&self) -> bool {
        self.role.is_some_and(|role| role != Role::Backend)
    }

    /// Where this person may go; nowhere before signing in.
    pub(super) fn destinations(&self) -> Vec<Destination> {
        let everybody = self.reads_reports();
        let staff = self.is_staff();
        let all = [
            ("/", self.l.say("首页", "Home"), everybody),
            ("/items", self.l.say("活动与文章", "Items"), everybody),
            ("/audiences", self.l.say("选受众", "Audiences"), staff),
            ("/members", self.l.say("会员", "Members"), staff),
            ("/reports", self.l.say("报告", "Reports"), everybody),
            ("/data", self.l.say("数据", "Data"), staff),
            ("/models", self.l.say("模型", "Models"), everybody && self.sees_all),
        ];
        let at = |address: &str| {
            self.here == address || (address.len() > 1 && self.here.starts_with(&format!("{address}/")))
        };
        let allowed = all.into_iter().filter(|&(_, _, allowed)| allowed);
        allowed.map(|(address, label, _)| Destination { address, label, current: at(address) }).collect()
    }

    fn band_of(l: Tongue, service: &Service) -> Option<String> {
        let Some(now) = service.staleness() else {
            let zh = "还没有发布任何数据。把文件放进收件箱,再运行 zhihui run。";
            return Some(
                l.say(zh, "Nothing has been published yet. Put files into the inbox and run zhihui run.").to_owned(),
            );
        };
        let since = super::report::local_minute(now.facts.as_of, now.facts.zone);
        let zh = format!("数据停在 {since},之后的变化还没有算进来。请检查夜间任务。");
        let en = format!("The numbers stop at {since}; what happened since is not in them. Check the nightly run.");
        now.stale.then(|| l.say(&zh, &en).to_owned())
    }
}

impl FromRequestParts<Service> for Frame {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Self::Rejection> {
        let choice = Query::<Choice>::try_from_uri(&parts.uri).ok().and_then(|query| query.0.lang);
        let chosen = choice.as_deref().and_then(language_named);
        let language = chosen.unwrap_or_else(|| language_of(&parts.headers));
        let mut frame = Self::bare(language, &parts.uri);
        frame.chosen = chosen.is_some();
        frame.band = Self::band_of(frame.l, service);
        let person = parts.extensions.get::<Caller>().map(|caller| &caller.0);
        frame.name = person.map(|person| person.name.clone());
        let asker = parts.extensions.get::<Asker>();
        frame.role = asker.map(|asker| asker.role);
        frame.sees_all = asker.is_some_and(|asker| asker.union_id.is_none());
        frame.csrf = person.and_then(|_| session_of(&parts.headers)).map(token_for).unwrap_or_default();
        Ok(frame)
    }
}

/// The same address with another language; everything else in it stays.
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
    fn the_switch_keeps_the_rest_of_the_address() {
        let uri: Uri = "/reports?from=2026-11-01&lang=en&district=%E6%9C%9D%E9%98%B3".parse().expect("an address");
        assert_eq!(with_language(&uri, "zh"), "/reports?from=2026-11-01&district=%E6%9C%9D%E9%98%B3&lang=zh");
    }
}
