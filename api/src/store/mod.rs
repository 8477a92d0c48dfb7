//! The databases of a home: `zhihui.db` with accounts, keys, sessions, audit log and consent; `inbox.db` with events. They are
//! SQLite files, or two schemas on a PostgreSQL server.

pub(crate) mod audit;
pub(crate) mod audit_action;
pub(crate) mod change_watch;
pub(crate) mod consent;
mod copy;
pub(crate) mod database;
pub(crate) mod deleted_row;
pub(crate) mod erased_hashes;
pub(crate) mod erasures;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod inbox;
pub(crate) mod keys;
pub(crate) mod lock;
pub(crate) mod member_numbers;
pub(crate) mod member_rows;
pub(crate) mod migrations;
pub(crate) mod number_set;
mod packed_ids;
pub(crate) mod postgres;
pub(crate) mod salt;
pub(crate) mod server_status;
pub(crate) mod sessions;
pub(crate) mod sign_in_locks;
pub(crate) mod sql;
pub(crate) mod sqlite;
pub(crate) mod users;
