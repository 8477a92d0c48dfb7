//! Finds all problems of the settings, not only the first: unknown keys and words with their line and the nearest known one.

use serde::Serialize;
use zhihui_data::nearest_name;

use super::{Config, ConfigError};

/// Maximum number of problems that are named.
const MAX_PROBLEMS: usize = 50;

/// A part of the settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsProblem {
    /// Line in the file, counted from 1. `None` for a value that is invalid together with others.
    pub line: Option<usize>,
    /// The unknown key or word, or the key of the invalid value.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// The known key or word that is most like an unknown one.
    pub nearest: Option<String>,
}

impl SettingsProblem {
    /// A line of text: where, what, and what was probably meant.
    #[must_use]
    pub fn text(&self, file: &str) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let nearest = self.nearest.as_ref().map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
        format!("{file}{line}: {}{nearest}", self.message)
    }
}

/// Returns the problems of the settings; none if they are valid.
#[must_use]
pub fn settings_problems(text: &str) -> Vec<SettingsProblem> {
    let mut problems = Vec::new();
    // Each part with a problem is blanked, so that the next one is found at its own line.
    let mut text = text.to_owned();
    while problems.len() < MAX_PROBLEMS {
        match Config::parse("", &text) {
            Ok(_) => break,
            Err(ConfigError::Value { key, why, .. }) => {
                problems.push(SettingsProblem {
                    line: None,
                    message: format!("{key}: {why}"),
                    key: Some(key),
                    nearest: None,
                });
                break;
            }
            Err(ConfigError::Syntax { source, .. }) => {
                let at = source.span().map(|span| span.start.min(text.len()));
                problems.push(problem(&source, at.map(|at| line_of(&text, at))));
                let without = at.and_then(|at| without_setting(&text, at)).filter(|rest| *rest != text);
                let Some(rest) = without else { break };
                text = rest;
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// The known name that an unknown key or word of an error most likely means.
pub(super) fn nearest_expected(message: &str) -> Option<String> {
    let (unknown, known) = unknown_and_known(message)?;
    nearest_name(unknown, known).map(str::to_owned)
}

/// The unknown name of a message of serde, and the expected ones.
fn unknown_and_known(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let (unknown, rest) = rest.split_once('`')?;
    Some((unknown, rest.split('`').skip(1).step_by(2).collect()))
}

fn problem(error: &toml::de::Error, line: Option<usize>) -> SettingsProblem {
    let message = error.message();
    let Some((unknown, known)) = unknown_and_known(message) else {
        return SettingsProblem { line, key: None, message: message.trim().to_owned(), nearest: None };
    };
    let nearest = nearest_name(unknown, known.iter().copied()).map(str::to_owned);
    let what = if message.starts_with("unknown field") { "key" } else { "word" };
    let expected = if nearest.is_some() { String::new() } else { format!("; known are {}", known.join(", ")) };
    let message = format!("unknown {what} {unknown:?}{expected}");
    SettingsProblem { line, key: Some(unknown.to_owned()), message, nearest }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// The text with blank lines instead of the setting or section at this place; `None` if it is not TOML without it.
fn without_setting(text: &str, at: usize) -> Option<String> {
    let lines: Vec<&str> = text.split('\n').collect();
    let first = line_of(text, at) - 1;
    let is_section = |line: &str| line.trim_start().starts_with('[');
    let blanked = |last: usize| {
        let kept =
            |(number, line): (usize, &&str)| if (first..=last).contains(&number) { "" } else { *line }.to_owned();
        lines.iter().enumerate().map(kept).collect::<Vec<_>>().join("\n")
    };
    if is_section(lines.get(first)?) {
        let next = (first + 1..lines.len()).find(|&line| is_section(lines[line])).unwrap_or(lines.len());
        return Some(blanked(next - 1));
    }
    // A value may go on in further lines.
    let ends = (first..lines.len().min(first + 200)).map(blanked);
    ends.into_iter().find(|rest| toml::from_str::<toml::Table>(rest).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        settings_problems(text).iter().map(|problem| problem.text("zhihui.toml")).collect()
    }

    #[test]
    fn all_unknown_keys_are_named_with_line_and_nearest_key() {
        let text = "zon = \"Asia/Shanghai\"\n[serv]\npublic_url = \"x\"\n[push]\nper_mont = 3\nsalmon = [\n 1,\n 2,\n]\n\
                    [inbox]\nafter_ingest = \"mov\"\n[train]\nials = { factor = 3 }\n\n[[source]]\nname = \"a\"\n\
                    match = \"a.csv\"\ntable = \"reads\"\ncolums = { read_at = \"x\" }\n";
        let found = problems(text);
        let expected = [
            "zhihui.toml:1: unknown key \"zon\"; did you mean \"zone\"?",
            "zhihui.toml:2: unknown key \"serv\"; did you mean \"serve\"?",
            "zhihui.toml:5: unknown key \"per_mont\"; did you mean \"per_month\"?",
            "zhihui.toml:11: unknown word \"mov\"; did you mean \"move\"?",
            "zhihui.toml:13: unknown key \"factor\"; did you mean \"factors\"?",
            "zhihui.toml:19: unknown key \"colums\"; did you mean \"columns\"?",
        ];
        for line in expected {
            assert!(found.iter().any(|found| found == line), "{line} is not in {found:#?}");
        }
        let foreign = found.iter().find(|line| line.contains("salmon")).expect("named");
        assert!(foreign.starts_with("zhihui.toml:6: unknown key \"salmon\"; known are per_month"), "{foreign}");
        assert_eq!(found.len(), 7, "{found:#?}");
    }

    #[test]
    fn other_problems_are_named_too() {
        assert_eq!(problems("zone = \"Asia/Shanghai\"\n"), Vec::<String>::new());
        assert!(
            problems("age_bands = 3\n")[0].starts_with("zhihui.toml:1: invalid type"),
            "{:?}",
            problems("age_bands = 3\n")
        );
        assert!(problems("[push\n")[0].starts_with("zhihui.toml:1: "));
        assert_eq!(
            problems("age_bands = [30, 20]\n"),
            ["zhihui.toml: age_bands: lower bounds must ascend, as in [0, 18, 25, 35]"]
        );
        assert_eq!(problems("zon = 1\n[recommend]\nexplore_share = 1.5\n").len(), 2);
    }
}
