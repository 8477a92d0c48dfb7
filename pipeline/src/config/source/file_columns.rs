//! Which columns of a file a source reads, and what for.

use super::Source;
use super::expand::is_within;

/// A column of the file that a source names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileColumn<'a> {
    /// Name in the file, or a path such as `user.id`.
    pub name: &'a str,
    /// The key of the source that names it.
    pub key: &'static str,
    /// The contract column that it is for. `None` for `where` and `expand`.
    pub column: Option<&'a str>,
}

impl<'a> FileColumn<'a> {
    fn new(key: &'static str, column: &'a str, name: &'a str) -> Self {
        Self { name, key, column: Some(column) }
    }

    /// Whether its values are stored in a column of the table.
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self.key, "columns" | "first_of")
    }
}

impl Source {
    /// The columns of the file whose values are stored in a contract column.
    pub(crate) fn mapped_columns(&self) -> impl Iterator<Item = FileColumn<'_>> {
        let named = self.columns.iter().filter(|(_, name)| !name.is_empty());
        let first_of = self.first_of.iter().flat_map(|(column, names)| names.iter().map(move |name| (column, name)));
        named
            .map(|(column, name)| FileColumn::new("columns", column, name))
            .chain(first_of.map(|(column, name)| FileColumn::new("first_of", column, name)))
    }

    /// The first contract column in which a column of the file is stored.
    pub(crate) fn stored_as(&self, name: &str) -> Option<&str> {
        self.mapped_columns().find(|column| column.name == name).and_then(|column| column.column)
    }

    /// The columns of the file that the source names, except those of `expand`.
    pub(crate) fn file_columns(&self) -> impl Iterator<Item = FileColumn<'_>> {
        let cases = self.cases.iter().flat_map(|(column, cases)| {
            cases.iter().flat_map(|case| &case.when).map(move |condition| (column, condition.column.as_str()))
        });
        let conditions = self.conditions.iter();
        self.mapped_columns()
            .chain(self.lookup.iter().map(|(column, lookup)| FileColumn::new("lookup", column, &lookup.by)))
            .chain(cases.map(|(column, name)| FileColumn::new("cases", column, name)))
            .chain(conditions.map(|condition| FileColumn { name: &condition.column, key: "where", column: None }))
    }

    /// Whether the source names a column of the file.
    pub(crate) fn names(&self, header: &str) -> bool {
        self.file_columns().any(|column| column.name == header)
    }

    /// Whether a column of the file is expanded to rows.
    pub(crate) fn expands(&self, name: &str) -> bool {
        self.expand.as_ref().is_some_and(|expand| expand.covers(name))
    }

    /// The first column of the file that the source needs and `names` lacks. Does not look for required columns of the table.
    pub(crate) fn absent_column(&self, names: &[String]) -> Option<FileColumn<'_>> {
        let has = |name: &str| names.iter().any(|known| known.trim() == name);
        let is_required = |column: &str| self.table.column(column).is_some_and(|column| column.required);
        let may_miss = |column: &FileColumn<'_>| {
            column.column.is_some_and(|column| self.optional.contains(column) || is_required(column))
        };
        let absent_list = || {
            let mut lists = self.expand.iter().flat_map(|expand| &expand.columns);
            let list = lists.find(|list| !names.iter().any(|name| is_within(name.trim(), list)))?;
            Some(FileColumn { name: list, key: "expand", column: None })
        };
        self.file_columns().find(|column| !may_miss(column) && !has(column.name)).or_else(absent_list)
    }
}
