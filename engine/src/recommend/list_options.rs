//! Options for members' lists.

/// Options for members' lists. They belong to the service and not to the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListOptions {
    /// Share of positions for new items with few contacts, 0 to 1. 0 turns exploration off.
    pub explore_share: f64,
    /// Minimum attention of items of the member's own union, and of the member's age band, relative to their share
    /// among all candidates: 1 is proportional, 0 is no floor.
    pub exposure_floor: f64,
}

impl Default for ListOptions {
    /// A tenth of the positions for exploration, and no floor.
    fn default() -> Self {
        Self { explore_share: 0.1, exposure_floor: 0.0 }
    }
}
