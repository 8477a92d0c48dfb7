//! The kind of an official account, which decides on its rights.

/// The kind of an official account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountKind {
    /// A verified service account (服务号): mass sends to lists of openids, four a month to each follower.
    #[default]
    Service,
    /// A verified subscription account (订阅号): one mass send a day, to all followers or one tag.
    Subscription,
}

impl AccountKind {
    /// Returns the name on the command line and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Subscription => "subscription",
        }
    }

    /// Finds a kind by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Service, Self::Subscription].into_iter().find(|kind| kind.as_str() == name)
    }
}
