//! One layer to run statements on SQLite or PostgreSQL.
//!
//! A statement is the same text for both: placeholders are `$1`, `$2`…, instants and yes or no are integers, texts compare by
//! their bytes. The few texts that differ are written side by side, with [`Dialect::choose`].

pub(crate) mod column;
pub(crate) mod connection;
pub(crate) mod dialect;
pub(crate) mod insert;
pub(crate) mod parameter;
pub(crate) mod query;
pub(crate) mod row;
pub(crate) mod tables;

pub(crate) use connection::{Connection, Pool};
pub(crate) use dialect::Dialect;
pub(crate) use insert::insert_rows;
pub(crate) use parameter::{Parameter, ToParameter};
pub(crate) use query::{query, query_as, query_scalar};
pub(crate) use row::Row;
