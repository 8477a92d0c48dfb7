//! Guesses which columns of a file are read into which columns of a table.

use zhihui_data::{Column, ColumnKind, Table, Zone};

use super::values::Values;
use super::vocabulary::fit;

/// The lowest fit of a header by its words.
const MIN_FIT: f64 = 0.3;
/// The fit from which a header is sure, if its values suit.
const SURE_FIT: f64 = 0.99;

/// What a table would get from a file.
#[derive(Debug)]
pub(super) struct Mapping<'a> {
    pub(super) table: Table,
    pub(super) guesses: Vec<Guess<'a>>,
    pub(super) unused: Vec<&'a str>,
    pub(super) missing: Vec<String>,
    /// Contract columns that ingest would find by their header, and that a person did not choose.
    pub(super) omitted: Vec<&'static str>,
}

/// One column.
#[derive(Debug)]
pub(super) struct Guess<'a> {
    pub(super) column: &'static Column,
    pub(super) header: &'a str,
    /// From 0 to 1.
    pub(super) fit: f64,
    pub(super) is_sure: bool,
    /// Why, for a comment.
    pub(super) why: &'static str,
    /// A `time` format, and whether it is the only possible one.
    pub(super) time: Option<(&'static str, bool)>,
    /// A factor for each value.
    pub(super) factor: Option<f64>,
    /// A separator of list elements.
    pub(super) split: Option<&'static str>,
    /// Words of the file and of the contract.
    pub(super) words: Vec<(String, &'static str)>,
    /// Words of the file without a meaning.
    pub(super) unknown_words: Vec<String>,
    /// A number to add.
    pub(super) add: Option<i64>,
    /// Whether no value comes twice.
    is_unique: bool,
}

impl<'a> Mapping<'a> {
    /// Guesses the mapping to a table. Each column is used once: the best pairs first.
    pub(super) fn guess(table: Table, columns: &'a [(&'a str, Values<'a>)], zone: Zone) -> Self {
        let mut pairs: Vec<(f64, usize, &'static Column)> = Vec::new();
        for (at, (header, values)) in columns.iter().enumerate() {
            let known = table.column_of_header(header).map(|column| column.name);
            for column in table.columns().iter().filter(|_| !header.is_empty()) {
                let mut found = fit(table, column.name, header);
                if known == Some(column.name) {
                    found = 2.0;
                } else if known.is_some() {
                    found *= 0.5;
                }
                // A key of few values is that of another table.
                if is_key(table, column) && !values.is_unique() && header.eq_ignore_ascii_case("id") {
                    found *= 0.5;
                }
                if found >= MIN_FIT && (found >= 2.0 || values.suits(column.kind, zone)) {
                    pairs.push((found, at, column));
                }
            }
        }
        pairs.sort_by(|left, right| right.0.total_cmp(&left.0));
        let mut guesses: Vec<Guess<'a>> = Vec::new();
        let mut is_used = vec![false; columns.len()];
        for (found, at, column) in pairs {
            if !is_used[at] && !guesses.iter().any(|guess| guess.column.name == column.name) {
                is_used[at] = true;
                guesses.push(guess(table, column, &columns[at], found, zone));
            }
        }
        let order = |guess: &Guess<'_>| table.columns().iter().position(|column| column.name == guess.column.name);
        guesses.sort_by_key(order);
        Self::of(table, columns, guesses)
    }

    /// The mapping that a person chose. Headers and columns that do not exist are left out.
    pub(super) fn chosen(
        table: Table,
        columns: &'a [(&'a str, Values<'a>)],
        chosen: &[(String, String)],
        zone: Zone,
    ) -> Self {
        let mut guesses: Vec<Guess<'a>> = Vec::new();
        for (header, name) in chosen {
            let found = columns.iter().find(|(known, _)| known == header).zip(table.column(name));
            let Some((found, column)) =
                found.filter(|(_, column)| guesses.iter().all(|guess| guess.column.name != column.name))
            else {
                continue;
            };
            guesses.push(Guess { is_sure: true, why: "as chosen", ..guess(table, column, found, 1.0, zone) });
        }
        let mut mapping = Self::of(table, columns, guesses);
        let known = mapping.unused.iter().filter_map(|header| table.column_of_header(header));
        let free = known.filter(|column| mapping.guesses.iter().all(|guess| guess.column.name != column.name));
        mapping.omitted = free.map(|column| column.name).collect();
        mapping.omitted.dedup();
        mapping
    }

    /// Whether rows of the same key come again, as in a log about members or items and not in a list of them.
    pub(super) fn repeats_its_key(&self) -> bool {
        self.guesses.iter().any(|guess| is_key(self.table, guess.column) && !guess.is_unique)
    }

    fn of(table: Table, columns: &'a [(&'a str, Values<'a>)], guesses: Vec<Guess<'a>>) -> Self {
        let has = |name: &str| guesses.iter().any(|guess| guess.column.name == name);
        let required = table.columns().iter().filter(|column| column.required && !has(column.name));
        let mut missing: Vec<String> = required.map(|column| column.name.to_owned()).collect();
        if table.needs_actor() && !has("member_id") && !has("openid") {
            missing.push("member_id or openid".to_owned());
        }
        let is_used = |header: &str| guesses.iter().any(|guess| guess.header == header);
        let unused = columns.iter().map(|(header, _)| *header).filter(|header| !header.is_empty() && !is_used(header));
        let unused = unused.collect();
        Self { table, unused, guesses, missing, omitted: Vec::new() }
    }
}

fn is_key(table: Table, column: &Column) -> bool {
    column.required && matches!(table, Table::Unions | Table::Members | Table::Articles | Table::Activities)
}

fn guess<'a>(
    table: Table,
    column: &'static Column,
    (header, values): &'a (&'a str, Values<'a>),
    found: f64,
    zone: Zone,
) -> Guess<'a> {
    let is_known = found >= 2.0;
    let is_exact = header.trim().eq_ignore_ascii_case(column.name);
    let why = match (is_exact, is_known) {
        (true, _) => "the name",
        (false, true) => "a known header",
        _ if found >= SURE_FIT => "a usual header, and its values suit",
        _ => "a part of the header",
    };
    let mut guess = Guess {
        column,
        header,
        fit: found.min(1.0),
        is_sure: (is_known || found >= SURE_FIT) && !values.is_empty(),
        why: if values.is_empty() { "without values" } else { why },
        time: None,
        factor: None,
        split: None,
        words: Vec::new(),
        unknown_words: Vec::new(),
        add: None,
        is_unique: values.is_unique(),
    };
    match column.kind {
        ColumnKind::Time | ColumnKind::Date if !values.is_empty() => {
            guess.time = values.time(zone, column.kind == ColumnKind::Date).flatten();
        }
        ColumnKind::Real { max, .. } if max <= 1.0 && values.are_percentages() => guess.factor = Some(0.01),
        ColumnKind::Real { .. } if column.name == "dwell_seconds" && fit_millis(header) => guess.factor = Some(0.001),
        ColumnKind::List => guess.split = values.list_separator(),
        ColumnKind::Choice(choices) => translate(&mut guess, values, choices, table),
        ColumnKind::Integer { .. } if column.name == "tickets" && header.to_lowercase().contains("guest") => {
            guess.add = Some(1);
        }
        _ => {}
    }
    guess
}

fn fit_millis(header: &str) -> bool {
    let header = header.to_lowercase();
    header.contains("milli") || header.ends_with("_ms") || header.ends_with("(ms)") || header.contains("毫秒")
}

/// Answers of other systems for the status of a sign-up.
const ANSWERS: &[(&str, &[&str])] = &[
    ("registered", &["yes", "y", "true", "1", "going", "confirmed", "accepted", "是"]),
    ("waitlisted", &["waitlist", "waiting", "pending"]),
    ("cancelled", &["no", "n", "false", "0", "not going", "declined", "否"]),
    ("attended", &["checked in", "present", "checkin"]),
    ("no_show", &["absent", "noshow"]),
];

fn translate(guess: &mut Guess<'_>, values: &Values<'_>, choices: &[(&'static str, &[&str])], table: Table) {
    for word in values.words() {
        let lower = word.to_lowercase();
        let is_accepted = choices.iter().any(|(name, words)| lower == *name || words.contains(&lower.as_str()));
        if is_accepted {
            continue;
        }
        let is_status = table == Table::SignUps && guess.column.name == "status";
        let answer = ANSWERS.iter().filter(|_| is_status).find(|(_, words)| words.contains(&lower.as_str()));
        match answer {
            Some((meaning, _)) => guess.words.push((word.to_owned(), *meaning)),
            None => guess.unknown_words.push(word.to_owned()),
        }
    }
}
