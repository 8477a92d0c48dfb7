//! The reference of `[[source]]`: every key with its meaning and an example. A test runs the examples and writes
//! `docs/mapping.md`.

mod columns;
mod rows;
mod values;

/// A key, or keys that are explained together.
#[derive(Debug, Clone, Copy)]
pub struct MappingKey {
    /// Names of the keys.
    pub names: &'static [&'static str],
    /// Meaning in Chinese.
    pub zh: &'static str,
    /// Meaning in English.
    pub en: &'static str,
    /// What goes in and what comes out.
    pub example: MappingExample,
}

/// Lines of a file, a source, and the rows that they give.
#[derive(Debug, Clone, Copy)]
pub struct MappingExample {
    /// Name of the file.
    pub file: &'static str,
    /// Its lines.
    pub lines: &'static str,
    /// Another file in the same folder, with its lines.
    pub other: Option<(&'static str, &'static str)>,
    /// The section without its first line, `[[source]]`.
    pub source: &'static str,
    /// The rows as `column=value`; times in UTC.
    pub rows: &'static [&'static str],
    /// What is said about other rows, as `rejected: row column reason value` or `filtered: number`.
    pub said: &'static [&'static str],
}

/// All keys in the order of the documentation.
pub const MAPPING_KEYS: &[&[MappingKey]] = &[columns::KEYS, rows::KEYS, values::KEYS];
