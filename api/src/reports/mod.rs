//! Reports as JSON, as a memo, as a page with everything, and as files.

pub(crate) mod cell;
pub(crate) mod export;
pub(crate) mod file;
pub(crate) mod filters;
pub(crate) mod links;
pub(crate) mod memo;
pub(crate) mod notes;
pub(crate) mod page;
pub(crate) mod picture;
pub(crate) mod routes;
pub(crate) mod row_name;
pub(crate) mod schema;
pub(crate) mod source;
pub(crate) mod table;
pub(crate) mod tile;
pub(crate) mod view;
