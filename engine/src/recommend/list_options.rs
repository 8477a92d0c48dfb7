//! Settings of members' lists.

/// What can be chosen about members' lists. They are settings of the service and no part of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListOptions {
    /// Share of the places given to new items that hardly anybody has met, 0 to 1; 0 explores nothing.
    pub explore_share: f64,
    /// Least exposure of items of the member's own union, and of items of the member's age band, as a multiple of their share
    /// among what could be listed: 1 is in proportion, 0 is no floor.
    pub exposure_floor: f64,
}

impl Default for ListOptions {
    /// A tenth of the places explores; no floor.
    fn default() -> Self {
        Self { explore_share: 0.1, exposure_floor: 0.0 }
    }
}
