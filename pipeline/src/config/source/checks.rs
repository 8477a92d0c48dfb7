//! Checks a source when the settings are loaded: known columns, fitting types, and keys that exclude one another.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use zhihui_data::{Column, ColumnKind, nearest_name};

use super::condition::Condition;
use super::{FileFormat, RowNumber, Source};

/// The key, and what is wrong with its value.
type Fault = (String, String);

impl Source {
    /// Checks that every key is a column of the table, that its type allows the mapping, and that no two keys contradict
    /// each other.
    pub(in crate::config) fn check(&self) -> Result<(), Fault> {
        self.check_names()?;
        self.check_origins()?;
        self.check_times_and_lists()?;
        self.check_numbers()?;
        self.check_lookups()?;
        self.check_first_of_and_optional()?;
        self.check_cases()?;
        self.check_rows()
    }

    fn column(&self, section: &str, name: &str) -> Result<&'static Column, Fault> {
        self.table.column(name).ok_or_else(|| {
            let names = self.table.columns().iter().map(|column| column.name);
            let hint = nearest_name(name, names).map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
            (format!("{section}.{name}"), format!("{} has no column {name}{hint}", self.table))
        })
    }

    fn check_names(&self) -> Result<(), Fault> {
        let sections: [(&str, Vec<&String>); 14] = [
            ("columns", self.columns.keys().collect()),
            ("values", self.values.keys().collect()),
            ("constant", self.constant.keys().collect()),
            ("lookup", self.lookup.keys().collect()),
            ("time", self.time.keys().collect()),
            ("split", self.split.keys().collect()),
            ("add", self.add.keys().collect()),
            ("optional", self.optional.iter().collect()),
            ("first_of", self.first_of.keys().collect()),
            ("cases", self.cases.keys().collect()),
            ("row_number", self.row_number.keys().collect()),
            ("middle", self.middle.iter().collect()),
            ("decimal", self.decimal.keys().collect()),
            ("scale", self.scale.keys().collect()),
        ];
        for (section, names) in sections {
            names.into_iter().try_for_each(|name| self.column(section, name).map(|_| ()))?;
        }
        Ok(())
    }

    /// Checks that each column has its values from one key.
    fn check_origins(&self) -> Result<(), Fault> {
        let mapped = |name: &str| self.columns.get(name).is_some_and(|header| !header.is_empty());
        for name in self.table.columns().iter().map(|column| column.name) {
            let keys: Vec<&str> = [
                ("columns", mapped(name)),
                ("first_of", self.first_of.contains_key(name)),
                ("cases", self.cases.contains_key(name)),
                ("lookup", self.lookup.contains_key(name)),
                ("row_number", self.row_number.contains_key(name)),
                ("constant", self.constant.contains_key(name)),
            ]
            .into_iter()
            .filter_map(|(key, is_given)| is_given.then_some(key))
            .collect();
            if let [first, second, ..] = keys.as_slice() {
                let why = format!("{name} also has its values from {first}; keep one of the two keys");
                return Err((format!("{second}.{name}"), why));
            }
        }
        Ok(())
    }

    fn check_times_and_lists(&self) -> Result<(), Fault> {
        for (name, format) in &self.time {
            if !matches!(self.column("time", name)?.kind, ColumnKind::Time | ColumnKind::Date) {
                return Err((format!("time.{name}"), format!("{name} is not a time")));
            }
            let is_misspelt_unit =
                format.starts_with("unix_") && !matches!(format.as_str(), "unix_s" | "unix_ms" | "unix_us" | "unix_ns");
            if is_misspelt_unit || StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
                let why = format!(
                    "{format:?} is not unix_s, unix_ms, unix_us, unix_ns, auto or a chrono format such as %Y-%m-%d %H:%M"
                );
                return Err((format!("time.{name}"), why));
            }
        }
        for (name, separator) in &self.split {
            if self.column("split", name)?.kind != ColumnKind::List || separator.is_empty() {
                let why = "must be a list column with a non-empty separator; for lists that become rows write \
                    expand = { columns = […], split = \"…\" }";
                return Err((format!("split.{name}"), why.to_owned()));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Fault> {
        for name in self.add.keys() {
            if !matches!(self.column("add", name)?.kind, ColumnKind::Integer { .. }) {
                return Err((format!("add.{name}"), format!("{name} is not a whole number")));
            }
        }
        let number = |section: &str, name: &str| {
            let kind = self.column(section, name)?.kind;
            if !matches!(kind, ColumnKind::Integer { .. } | ColumnKind::Real { .. }) {
                return Err((format!("{section}.{name}"), format!("{name} is not a number")));
            }
            if self.constant.contains_key(name) {
                let why = format!("{name} is a constant; write the constant as it should be");
                return Err((format!("{section}.{name}"), why));
            }
            Ok(())
        };
        for name in &self.middle {
            number("middle", name)?;
        }
        for (name, mark) in &self.decimal {
            number("decimal", name)?;
            if !matches!(mark, ',' | '.') {
                return Err((format!("decimal.{name}"), "must be \",\" or \".\"".to_owned()));
            }
        }
        for (name, factor) in &self.scale {
            number("scale", name)?;
            if !factor.is_finite() || *factor == 0.0 {
                return Err((format!("scale.{name}"), "must be a number other than 0, such as 0.01".to_owned()));
            }
        }
        Ok(())
    }

    fn check_lookups(&self) -> Result<(), Fault> {
        if self.format == Some(FileFormat::Replies) && self.table != zhihui_data::Table::AccountStatistics {
            return Err(("format".to_owned(), "replies are read into account_statistics only".to_owned()));
        }
        for (name, lookup) in &self.lookup {
            if lookup.file.contains(['/', '\\']) || lookup.file.starts_with('.') {
                return Err((
                    format!("lookup.{name}.file"),
                    "must be the name of a file in the same folder".to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn check_first_of_and_optional(&self) -> Result<(), Fault> {
        for (name, columns) in &self.first_of {
            if columns.len() < 2 || columns.iter().any(String::is_empty) {
                let why = "must name two or more columns of the file; for one column use columns".to_owned();
                return Err((format!("first_of.{name}"), why));
            }
        }
        for name in &self.optional {
            let column = self.column("optional", name)?;
            if column.required {
                let why = format!("every row of {} needs {name}, so that it cannot be optional", self.table);
                return Err((format!("optional.{name}"), why));
            }
            if !self.file_columns().any(|mapped| mapped.column == Some(name)) {
                let why = format!("{name} is not mapped; columns that are not mapped may be missing anyway");
                return Err((format!("optional.{name}"), why));
            }
        }
        Ok(())
    }

    fn check_cases(&self) -> Result<(), Fault> {
        for (name, cases) in &self.cases {
            let key = format!("cases.{name}");
            let Some((_, before)) = cases.split_last() else {
                return Err((
                    key,
                    "must have a case, such as { when = { column = \"a\", yes = true }, then = \"b\" }".to_owned(),
                ));
            };
            if before.iter().any(|case| case.when.is_empty()) {
                return Err((
                    key,
                    "only the last case may be without when, because later ones would never count".to_owned(),
                ));
            }
            for case in cases {
                case.when.iter().try_for_each(|condition| check_condition(&key, condition))?;
                if let ColumnKind::Choice(choices) = self.column("cases", name)?.kind {
                    let mut words = choices.iter().map(|(word, _)| *word);
                    if !case.then.is_empty() && !words.clone().any(|word| word == case.then) {
                        let hint = nearest_name(&case.then, words.clone())
                            .map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
                        let known = words.by_ref().collect::<Vec<_>>().join(", ");
                        return Err((key, format!("{:?} is none of {known}{hint}", case.then)));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_rows(&self) -> Result<(), Fault> {
        self.conditions.iter().try_for_each(|condition| check_condition("where", condition))?;
        if let Some(expand) = &self.expand {
            if expand.columns.is_empty() || expand.columns.iter().any(String::is_empty) {
                return Err(("expand".to_owned(), "must name a list column of the file".to_owned()));
            }
            if expand.split.as_ref().is_some_and(String::is_empty) {
                return Err(("expand.split".to_owned(), "must be a separator such as \"|\"".to_owned()));
            }
            for list in &expand.columns {
                let own = super::Expand { columns: vec![list.clone()], split: None };
                if !self.file_columns().any(|column| own.covers(column.name)) {
                    let why = format!(
                        "no column takes the elements of {list}; map it, as in columns = {{ article_id = {list:?} }}, or, if its \
                         elements are objects, by a path such as \"{list}.id\""
                    );
                    return Err(("expand".to_owned(), why));
                }
            }
        }
        for (name, number) in &self.row_number {
            let key = format!("row_number.{name}");
            if *number == RowNumber::Element {
                if self.expand.is_none() {
                    return Err((key, "elements are numbered with expand only".to_owned()));
                }
                if !matches!(self.column("row_number", name)?.kind, ColumnKind::Integer { .. }) {
                    return Err((key, format!("{name} is not a whole number; use \"content\" or \"name\"")));
                }
            } else if !matches!(name.as_str(), "event_id" | "sign_up_id") {
                return Err((key, "rows are numbered for event_id and sign_up_id only".to_owned()));
            }
        }
        Ok(())
    }
}

fn check_condition(key: &str, condition: &Condition) -> Result<(), Fault> {
    let fail = |why: &str| Err((format!("{key}: {}", condition.column), why.to_owned()));
    if condition.column.is_empty() {
        return Err((key.to_owned(), "a condition needs the column of the file that it tests".to_owned()));
    }
    let words = condition.is.iter().chain(&condition.is_not);
    let texts = words.clone().count() + usize::from(condition.yes.is_some()) + condition.bounds().count();
    if texts == 0 && condition.empty.is_none() {
        return fail("needs a test: is, is_not, empty, yes, above, at_least, below or at_most");
    }
    if texts > 0 && condition.empty.is_some() {
        return fail(
            "has empty beside another test; a value that passes another test is not empty: leave one of them out",
        );
    }
    if words.clone().any(Vec::is_empty) || words.flatten().any(|word| word.trim().is_empty()) {
        return fail("compares with an empty text; write empty = true or empty = false");
    }
    for (bound, text) in condition.bounds() {
        let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
        if !is_number && !is_time(text) {
            return fail(&format!("{bound} must be a number or a time such as 2026-11-21 or \"2026-11-21 08:30\""));
        }
    }
    Ok(())
}

fn is_time(text: &str) -> bool {
    let is_local = |format: &&str| NaiveDateTime::parse_from_str(text, format).is_ok();
    text.parse::<NaiveDate>().is_ok()
        || DateTime::parse_from_rfc3339(text).is_ok()
        || ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().any(is_local)
}
