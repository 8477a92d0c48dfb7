//! The shortcuts of the home page.

use crate::web::layout::Layout;

/// A link to a page with a description.
pub(crate) struct Shortcut {
    pub(crate) url: &'static str,
    pub(crate) label: &'static str,
    pub(crate) description: &'static str,
}

/// The pages the caller may open.
pub(crate) fn shortcuts(layout: &Layout) -> Vec<Shortcut> {
    let t = layout.t;
    let all = [
        ("/audiences", t.common_audiences(), t.home_about_audiences(), layout.is_staff()),
        ("/items", t.common_items(), t.home_about_items(), true),
        ("/reports", t.common_reports(), t.home_about_reports(), layout.reads_reports()),
        ("/data", t.common_data(), t.home_about_data(), layout.is_staff() && layout.sees_all_unions),
        ("/models", t.common_models(), t.home_about_models(), layout.sees_all_unions),
        ("/docs", t.home_api_docs(), t.home_about_api_docs(), true),
    ];
    let allowed = all.into_iter().filter(|&(.., allowed)| allowed);
    allowed.map(|(url, label, description, _)| Shortcut { url, label, description }).collect()
}
