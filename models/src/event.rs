//! Timed interactions.

/// One interaction with its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Row of the member.
    pub user: u32,
    /// Column of the item.
    pub item: u32,
    /// Weight, zero or more.
    pub weight: f32,
    /// Time, in any ordered unit.
    pub at: i64,
}
