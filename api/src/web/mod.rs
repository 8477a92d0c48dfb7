//! Building blocks of pages and JSON responses: layout, locale, charts, forms, extractors, assets.

pub(crate) mod accept;
pub(crate) mod accept_language;
pub(crate) mod assets;
pub(crate) mod chart;
pub(crate) mod cookies;
pub(crate) mod error_page;
pub(crate) mod extract;
pub(crate) mod html;
pub(crate) mod ids;
pub(crate) mod json;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod locale;
pub(crate) mod numbers;
pub(crate) mod serde_integer;
pub(crate) mod url;
