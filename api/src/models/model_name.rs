//! Distinguishes personal models from baselines by name.

/// Whether a model of this name is personal. Baselines are named `popular` and `rules`.
pub(crate) fn is_personal(name: &str) -> bool {
    !matches!(name, "" | "popular" | "rules")
}
