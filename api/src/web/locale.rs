//! Says things in one of two languages.

use zhihui_engine::Language;
use zhihui_engine::report::Sentence;

/// One of the two languages, as templates use it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tongue(pub(super) Language);

impl Tongue {
    /// The words of this language.
    pub(super) fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// The sentence of this language.
    pub(super) fn of<'a>(&self, sentence: &'a Sentence) -> &'a str {
        self.say(&sentence.zh, &sentence.en)
    }

    /// The value of the attribute `lang`.
    pub(super) fn tag(&self) -> &'static str {
        self.say("zh-CN", "en")
    }

    /// The other language's code in addresses.
    pub(super) fn other(&self) -> &'static str {
        self.say("en", "zh")
    }
}
