//! What the rows of a report's table are called: by title or name, with the id beside it.

use serde_json::Value;
use zhihui_engine::report::ReportTable;

use super::cell::text_of;
use crate::web::locale::Locale;

/// The columns that name a row.
pub(crate) struct RowName {
    /// Column of the id, if there is a title as well.
    id: Option<usize>,
    /// Column of the title.
    pub(crate) title: usize,
    /// A further column without which rows have the same name.
    further: Option<usize>,
    /// Columns that repeat the name in another form.
    omitted: Vec<usize>,
}

impl RowName {
    /// Finds the columns by their names.
    pub(crate) fn of(table: &ReportTable, t: Locale) -> Self {
        let column = |name: &str| table.columns.iter().position(|known| known == name);
        if let (Some(zh), Some(en)) = (column("label_zh"), column("label_en")) {
            let (title, other) = if t.is_english() { (en, zh) } else { (zh, en) };
            return Self { id: None, title, further: None, omitted: vec![0, other] };
        }
        let is_id = table.columns.first().is_some_and(|name| name.ends_with("_id"));
        if let Some(title) = column("title").or_else(|| column("name")).filter(|_| is_id) {
            return Self { id: Some(0), title, further: None, omitted: vec![0] };
        }
        let further = column("age_band").or_else(|| column("work_district")).filter(|&at| at > 0);
        Self { id: None, title: 0, further, omitted: Vec::new() }
    }

    /// Whether the table has this column on a page.
    pub(crate) fn is_shown(&self, column: usize) -> bool {
        !self.omitted.contains(&column)
    }

    /// The name of a row.
    pub(crate) fn text(&self, row: &[Value], units: &[&str], t: Locale) -> String {
        let text =
            |at: usize| text_of(row.get(at).unwrap_or(&Value::Null), units.get(at).copied().unwrap_or("text"), t);
        let title = text(self.title);
        self.further.map_or_else(|| title.clone(), |at| format!("{title} · {}", text(at)))
    }

    /// The id of a row; empty if its name is the id or if it has none.
    pub(crate) fn id(&self, row: &[Value]) -> String {
        let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
        self.id.map(text).filter(|id| *id != text(self.title)).unwrap_or_default().to_owned()
    }
}
