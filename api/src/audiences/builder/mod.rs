//! The rule builder: a rule as a form of nested groups and conditions, which works without JavaScript.
//!
//! [`node`] is the tree that the form edits. `node_json` and `node_fields` convert it to a rule and to form fields, without
//! loss. `edit` applies a button of the form, `moves` moves a condition. `finish` leaves out conditions that are not filled
//! in. `view` and the templates render the tree.

pub(crate) mod describe;
pub(crate) mod edit;
pub(crate) mod field;
pub(crate) mod finish;
pub(crate) mod menu;
pub(crate) mod move_buttons;
pub(crate) mod moves;
pub(crate) mod node;
pub(crate) mod node_fields;
pub(crate) mod node_json;
pub(crate) mod node_key;
pub(crate) mod picker;
#[cfg(test)]
mod rule_strategy;
pub(crate) mod share;
pub(crate) mod view;
