//! What the two databases write differently.

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The text for this database.
    pub(crate) fn choose<T>(self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgres => postgres,
        }
    }

    /// A condition: the value of a column is in the list of integers or texts bound to `$place`.
    pub(crate) fn is_in(self, column: &str, place: usize) -> String {
        match self {
            Self::Sqlite => format!("{column} in (select value from json_each(${place}))"),
            Self::Postgres => format!("{column} = any(${place})"),
        }
    }
}
