//! Sends an approved push list through WeChat, and continues after an interruption without sending anything twice.
//!
//! `begin` divides the list into batches once. `run` sends one batch after the other: it notes the attempt, calls WeChat,
//! notes the answer, and records the pushes. A process that dies in between repeats the request with the same
//! `clientmsgid`, which WeChat refuses if it has it already. A batch has members of one variant. `result` keeps what WeChat reports about a batch later.

pub(crate) mod begin;
pub(crate) mod database;
pub(crate) mod delivery;
pub(crate) mod record;
pub(crate) mod result;
pub(crate) mod run;
pub(crate) mod variant_messages;
