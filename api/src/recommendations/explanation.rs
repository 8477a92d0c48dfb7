//! Explains to members how recommendations are made: which data are used, which are not, and how to opt out.

use serde::Serialize;

use crate::web::locale::Locale;

/// The explanation in one language.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    pub(crate) language: &'static str,
    pub(crate) title: &'static str,
    pub(crate) sections: Vec<Section>,
}

/// A question with its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) heading: &'static str,
    pub(crate) paragraphs: Vec<String>,
}

impl Explanation {
    /// The explanation. `sensitive_topics` are the sensitive topics of the published items.
    pub(crate) fn new(t: Locale, sensitive_topics: &[String]) -> Self {
        let section = |heading, paragraphs: &[&str]| Section {
            heading,
            paragraphs: paragraphs.iter().map(|&text| text.to_owned()).collect(),
        };
        let mut not_used = section(t.explanation_not_used(), &[t.explanation_not_used_list()]);
        if !sensitive_topics.is_empty() {
            let topics = sensitive_topics.join(t.common_list_separator());
            not_used.paragraphs.push(t.explanation_sensitive_topics(topics));
        }
        let ranking = [t.explanation_who_decides_ranking(), t.explanation_who_decides_eligibility()];
        let data = [t.explanation_data_used_list(), t.explanation_data_used_reasons()];
        let sections = vec![
            section(t.explanation_who_decides(), &ranking),
            section(t.explanation_data_used(), &data),
            not_used,
            section(t.explanation_teams(), &[t.explanation_teams_how()]),
            section(t.explanation_opt_out(), &[t.explanation_opt_out_how()]),
            section(t.explanation_rights(), &[t.explanation_rights_how()]),
        ];
        Self { language: t.code(), title: t.explanation_title(), sections }
    }
}
