//! The four roles of keys and accounts.

use serde::{Deserialize, Serialize};

/// The role of an API key or an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The WeChat backend, which requests lists for members.
    Backend,
    /// Staff, who choose audiences.
    Staff,
    /// Leaders, who read reports.
    Leader,
    /// Operators, who may use every route.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Backend, Self::Staff, Self::Leader, Self::Admin];

    /// The name on the command line and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Staff => "staff",
            Self::Leader => "leader",
            Self::Admin => "admin",
        }
    }

    /// Parses the name of a role.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
