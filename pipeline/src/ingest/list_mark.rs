//! The separator of list values inside the text of one cell.

/// Separates list elements within a text. A control character that does not occur in texts.
pub(super) const LIST_MARK: char = '\u{1f}';
