//! The preferred language of API callers, by their `Accept-Language` header.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use zhihui_engine::Language;

/// The supported language that the caller prefers; Chinese if the header names neither.
pub(crate) struct AcceptLanguage(pub(crate) Language);

impl<S: Sync> FromRequestParts<S> for AcceptLanguage {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self(header.map_or(Language::Zh, preferred)))
    }
}

/// The first of the languages with the highest weight (RFC 9110, 12.5.4).
fn preferred(header: &str) -> Language {
    let mut best = (0.0, Language::Zh);
    for range in header.split(',') {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let language = match primary.as_str() {
            "zh" => Language::Zh,
            "en" => Language::En,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supported_language_with_the_highest_weight_is_preferred() {
        assert_eq!(preferred("en"), Language::En);
        assert_eq!(preferred("zh-CN,zh;q=0.9,en;q=0.8"), Language::Zh);
        assert_eq!(preferred("fr, en;q=0.5, zh;q=0.4"), Language::En);
        assert_eq!(preferred("en;q=0.3, zh-Hans;q=0.7"), Language::Zh);
        assert_eq!(preferred("fr, de"), Language::Zh);
        assert_eq!(preferred("en;q=nonsense"), Language::Zh);
    }
}
