//! The event inbox, `inbox.db`: stores each accepted event once, under a sequence number, before it is acknowledged.
//!
//! It is a separate database so that bursts of events do not delay sign-ins, and sign-ins do not delay events.

pub(crate) mod append;
pub(crate) mod database;
pub(crate) mod future_events;
pub(crate) mod member_events;
pub(crate) mod rows;
