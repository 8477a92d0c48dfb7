//! Push lists: audiences that are frozen, approved by a second person, sent, and measured.
//!
//! `freeze` selects the members once. `database` keeps the list and moves it through the states of `state`. `send_plan` says
//! for which item a list is sent, and leaves out whom it may not be sent to any more. `export` records both arms as events
//! and writes the file, `sending` sends the list through WeChat, and `responses` counts who responded, to each of the
//! `variants` if the list has any.

pub(crate) mod actions;
pub(crate) mod actor;
pub(crate) mod batches;
pub(crate) mod calibration;
pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod export;
pub(crate) mod freeze;
pub(crate) mod left_out;
pub(crate) mod list_page;
pub(crate) mod list_view;
pub(crate) mod members;
pub(crate) mod other_lists;
pub(crate) mod overlap;
pub(crate) mod page;
pub(crate) mod record;
pub(crate) mod resend;
pub(crate) mod responses;
pub(crate) mod responses_view;
pub(crate) mod routes;
pub(crate) mod schema;
pub(crate) mod send_plan;
pub(crate) mod sending;
pub(crate) mod sending_view;
pub(crate) mod sent_item;
pub(crate) mod shared_members;
pub(crate) mod state;
pub(crate) mod variant_responses;
pub(crate) mod variants;
pub(crate) mod variants_schema;
pub(crate) mod variants_view;
