//! The language of a page, and the message catalogue in it. The methods for messages are generated from `api/locales/`.

use axum::http::HeaderMap;
use zhihui_engine::Language;
use zhihui_engine::report::Sentence;
use zhihui_engine::wording::plural;

use super::cookies::{LANGUAGE_COOKIE, cookie};

/// The language of a page. `locale.items_closes()` is the message `closes` of `locales/items.toml` in that language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locale(Language);

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

impl Locale {
    pub(crate) const fn new(language: Language) -> Self {
        Self(language)
    }

    /// A text in both languages, where the language of the page is not known yet.
    pub(crate) fn both<T: Into<String>>(text: impl Fn(Self) -> T) -> Sentence {
        Sentence { zh: text(Self(Language::Zh)).into(), en: text(Self(Language::En)).into() }
    }

    pub(crate) fn language(self) -> Language {
        self.0
    }

    /// Picks the text of this language.
    pub(crate) fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// A sentence of the engine in this language.
    pub(crate) fn sentence(self, sentence: &Sentence) -> &str {
        self.pick(&sentence.zh, &sentence.en)
    }

    pub(crate) fn is_english(self) -> bool {
        self.0 == Language::En
    }

    /// Code of the language in URLs and JSON.
    pub(crate) fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// Code of the other language.
    pub(crate) fn other_code(self) -> &'static str {
        self.pick("en", "zh")
    }

    /// Value of the HTML attribute `lang`.
    pub(crate) fn html_lang(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// `html_lang` of the other language.
    pub(crate) fn other_html_lang(self) -> &'static str {
        self.pick("en", "zh-CN")
    }
}

/// The language chosen earlier in this browser; Chinese if none was.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    cookie(headers, LANGUAGE_COOKIE).and_then(language_named).unwrap_or_default()
}

/// The language of a code.
pub(crate) fn language_named(code: &str) -> Option<Language> {
    match code {
        "zh" => Some(Language::Zh),
        "en" => Some(Language::En),
        _ => None,
    }
}
