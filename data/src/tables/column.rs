//! A column of a contract table.

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnKind {
    /// An identifier. Always text, never a number.
    Id,
    /// Free text.
    Text,
    /// A point in time, stored in UTC.
    Time,
    /// A calendar day.
    Date,
    /// An integer within inclusive bounds.
    Integer {
        /// Smallest accepted value.
        min: i64,
        /// Largest accepted value.
        max: i64,
    },
    /// A finite number within inclusive bounds.
    Real {
        /// Smallest accepted value.
        min: f64,
        /// Largest accepted value.
        max: f64,
    },
    /// Yes or no.
    Flag,
    /// A list of texts, separated by `;` in text files.
    List,
    /// A name from a closed vocabulary, with its accepted synonyms.
    Choice(&'static [(&'static str, &'static [&'static str])]),
}

/// One column of a contract table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// The contract name.
    pub name: &'static str,
    /// The type.
    pub kind: ColumnKind,
    /// Whether rows without a value are rejected. Tables that need a `member_id` or an `openid` are listed in
    /// [`Table::needs_actor`](super::Table::needs_actor).
    pub required: bool,
    /// Whether values are personal: rejected rows keep only their shape, and statistics exclude them.
    pub personal: bool,
    /// Whether the column is read to derive other columns, but not stored.
    pub transient: bool,
    /// Whether the column is an optional measurement of a fact: a value that cannot be read becomes unknown, and the row is
    /// kept. Keyed tables have none, because an unknown value would clear the stored one, and a lost limit admits everybody.
    pub measurement: bool,
    /// One-line description for the data dictionary.
    pub meaning: &'static str,
}
