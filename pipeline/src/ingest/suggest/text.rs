//! Writes a mapping as a `[[source]]` section, each line with a comment that says whether it is sure.

use chrono::NaiveDate;
use toml::Value;

use super::Suggestion;
use super::mapping::{Guess, Mapping};
use crate::config::FileFormat;
use crate::ingest::discover::uncompressed;

struct Lines {
    lines: Vec<(String, String)>,
    is_sure: bool,
}

impl Lines {
    fn add(&mut self, line: String, is_sure: bool, why: &str) {
        self.is_sure &= is_sure;
        self.lines.push((line, format!("# {}: {why}", if is_sure { "sure" } else { "unsure" })));
    }

    /// A setting that is not made, for a person to decide.
    fn remark(&mut self, text: &str) {
        self.lines.push((format!("# {text}"), String::new()));
    }
}

pub(super) fn suggestion(
    mapping: &Mapping<'_>,
    (name, format): (&str, Option<FileFormat>),
    is_table_sure: bool,
    age_day: Option<NaiveDate>,
) -> Suggestion {
    let plain = uncompressed(name);
    let pattern = pattern(plain);
    let mut lines = Lines { lines: Vec::new(), is_sure: true };
    let source = plain.split('.').next().unwrap_or(plain);
    lines.lines.push((format!("name = {}", quoted(source)), String::new()));
    if pattern == plain {
        lines.add(format!("match = {}", quoted(plain)), true, "this file only; use * for others");
    } else {
        lines.add(format!("match = {}", quoted(&pattern)), false, "files that differ in their digits");
    }
    let why = if is_table_sure { "as named" } else { "fits the columns best" };
    lines.add(format!("table = {}", quoted(mapping.table.name())), is_table_sure, why);
    if let Some(format) = format {
        let format = format!("{format:?}").to_lowercase();
        lines.add(format!("format = {}", quoted(&format)), true, "the name does not say it");
    }
    for guess in &mapping.guesses {
        add_guess(&mut lines, guess);
        if guess.column.name == "age" {
            let day = age_day.map_or_else(|| "2026-01-01".to_owned(), |day| day.to_string());
            lines.add(format!("age_as_of = {}", quoted(&day)), false, "the day on which these were the ages");
        }
    }
    for column in &mapping.omitted {
        lines.add(format!("columns.{column} = \"\""), true, "as chosen: not read");
    }
    for header in mapping.unused.iter().filter(|header| mapping.table.may_be_consent(header)) {
        lines.add(
            format!("columns.personalised = {}", quoted(header)),
            false,
            "looks like members' consent; \"\" if not",
        );
        if zhihui_data::Table::means_refusal(header) {
            let words = "values.personalised = { \"是\" = \"no\", \"否\" = \"yes\", \"1\" = \"no\", \"0\" = \"yes\" }";
            lines.add(words.to_owned(), false, "yes seems to mean refusal");
        }
    }
    for missing in &mapping.missing {
        lines.is_sure = false;
        lines.remark(&format!("missing: {missing}, which every row of {} needs", mapping.table));
    }
    if !mapping.unused.is_empty() {
        let unused: Vec<String> = mapping.unused.iter().map(|header| quoted(header)).collect();
        lines.remark(&format!("not used: {}", unused.join(", ")));
    }
    let width = lines.lines.iter().filter(|(_, why)| !why.is_empty()).map(|(line, _)| line.chars().count()).max();
    let width = width.unwrap_or_default().min(72);
    let mut toml = "[[source]]\n".to_owned();
    for (line, why) in &lines.lines {
        let gap = " ".repeat(if why.is_empty() { 0 } else { width.saturating_sub(line.chars().count()) + 2 });
        toml.push_str(&format!("{line}{gap}{why}\n"));
    }
    Suggestion {
        table: mapping.table,
        is_sure: lines.is_sure,
        toml,
        columns: Vec::new(),
        unused: mapping.unused.iter().map(|&header| header.to_owned()).collect(),
        missing: mapping.missing.clone(),
    }
}

fn add_guess(lines: &mut Lines, guess: &Guess<'_>) {
    let name = guess.column.name;
    lines.add(format!("columns.{name} = {}", quoted(guess.header)), guess.is_sure, guess.why);
    if let Some((format, is_only)) = guess.time {
        let why = if is_only { "the values" } else { "day and month could be the other way round" };
        lines.add(format!("time.{name} = {}", quoted(format)), is_only, why);
    }
    if let Some(factor) = guess.factor {
        let why = if factor < 0.005 { "milliseconds by the header" } else { "the values look like percentages" };
        lines.add(format!("factor.{name} = {factor}"), false, why);
    }
    if let Some(separator) = guess.split {
        lines.add(format!("split.{name} = {}", quoted(separator)), false, "elements come again in other rows");
    }
    if let Some(number) = guess.add {
        lines.add(format!("add.{name} = {number}"), false, "guests come with the member");
    }
    if !guess.words.is_empty() {
        let words = guess.words.iter().map(|(word, meaning)| format!("{} = {}", quoted(word), quoted(meaning)));
        let words = words.collect::<Vec<_>>().join(", ");
        lines.add(format!("values.{name} = {{ {words} }}"), false, "usual answers");
    }
    if !guess.unknown_words.is_empty() {
        lines.is_sure = false;
        let words: Vec<String> = guess.unknown_words.iter().map(|word| quoted(word)).collect();
        lines.remark(&format!(
            "words of {name} without a meaning: {}; translate them with values.{name}",
            words.join(", ")
        ));
    }
}

/// The file name with `*` for its groups of digits and the marks between them, if it has a date or a number.
fn pattern(name: &str) -> String {
    let Some((stem, ending)) = name.split_once('.') else { return name.to_owned() };
    let mut pattern = String::new();
    let mut digits = false;
    let letters: Vec<char> = stem.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let joins = matches!(letter, '-' | '_') && digits && letters.get(at + 1).is_some_and(char::is_ascii_digit);
        if letter.is_ascii_digit() || joins {
            if !digits {
                pattern.push('*');
            }
            digits = true;
        } else {
            digits = false;
            pattern.push(letter);
        }
    }
    if pattern == "*" { name.to_owned() } else { format!("{pattern}.{ending}") }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_file_names_become_wildcards() {
        assert_eq!(pattern("clicks_hour_000.csv"), "clicks_hour_*.csv");
        assert_eq!(pattern("reads-2026-11-21.csv"), "reads-*.csv");
        assert_eq!(pattern("events.csv"), "events.csv");
        assert_eq!(pattern("20261121.csv"), "20261121.csv");
    }
}
