//! Team-mates for activities, by mutual consent: anonymous suggestions, invitations, teams and blocks.

pub(crate) mod actions;
pub(crate) mod blocks;
pub(crate) mod board;
#[cfg(test)]
mod board_laws;
pub(crate) mod database;
pub(crate) mod ended;
pub(crate) mod error;
mod member_request;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod settings;
pub(crate) mod state;
pub(crate) mod suggestions;
pub(crate) mod views;
