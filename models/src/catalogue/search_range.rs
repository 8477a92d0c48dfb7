//! Ranges that a search draws parameters from.

/// The range of one parameter in a search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) name: &'static str,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) scale: Scale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
    /// Integers on a logarithmic scale.
    LogarithmicInteger,
}
