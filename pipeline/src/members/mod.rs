//! Single members in the lake: everything that is held of one, and taking members out of it for good.
//!
//! Rows are found by the columns `member_id` and `openid` in any table, so that a new table needs no change here; rejected rows
//! by their value. A row that has a `member_id` is that member's, whatever its openid.

mod erase;
mod erased;
mod held;
mod matching;
mod openids;
mod scrub;

pub use erase::{ErasedRows, erase};
pub use erased::returned;
pub use held::held;
pub use openids::{Bind, OpenidClaims, openids};
pub use scrub::{Scrubbed, names_any, scrub_file};

/// A member, and the `WeChat` ids under which files may name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The member's id.
    pub member_id: String,
    /// The member's `WeChat` ids.
    pub openids: Vec<String>,
}
