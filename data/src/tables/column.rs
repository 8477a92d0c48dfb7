//! A column of a contract table.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnKind {
    /// An identifier: text, never a number, never a float.
    Id,
    /// Free text.
    Text,
    /// An instant, stored in UTC.
    Time,
    /// A calendar day.
    Date,
    /// A whole number within the bounds, both included.
    Integer {
        /// Smallest value accepted.
        min: i64,
        /// Largest value accepted.
        max: i64,
    },
    /// A finite number within the bounds, both included.
    Real {
        /// Smallest value accepted.
        min: f64,
        /// Largest value accepted.
        max: f64,
    },
    /// Yes or no.
    Flag,
    /// A list of texts; `;` separates them in text files.
    List,
    /// One word of a closed vocabulary, with the foreign words that mean it.
    Choice(&'static [(&'static str, &'static [&'static str])]),
}

/// One column of a contract table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its contract name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether a row without it is rejected. "`member_id` or `openid`" is a rule of the table: see [`Table::needs_actor`].
    pub required: bool,
    /// Whether rejects keep only the shape of its values, and statistics leave it out.
    pub personal: bool,
    /// Whether the column is read but not stored: other columns are derived from it.
    pub transient: bool,
    /// What it means, in one line, for the data dictionary.
    pub meaning: &'static str,
}
