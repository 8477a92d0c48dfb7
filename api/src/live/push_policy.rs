//! What the home decided about pushes, besides the caps.

use zhihui_engine::audience::{QuietTime, StandingHoldOut};

/// Hold-outs over all lists, quiet hours, and whether a member may be in two lists.
#[derive(Debug, Clone, PartialEq)]
pub struct PushPolicy {
    /// Members to whom no list pushes for a while.
    pub standing_hold_outs: Vec<StandingHoldOut>,
    /// When nothing is sent.
    pub quiet: Option<QuietTime>,
    /// Whether audiences leave out members of other lists, unless the request says otherwise.
    pub one_list_at_a_time: bool,
    /// Another list counts for this many days.
    pub one_list_days: u32,
}

impl Default for PushPolicy {
    fn default() -> Self {
        Self { standing_hold_outs: Vec::new(), quiet: None, one_list_at_a_time: false, one_list_days: 7 }
    }
}
