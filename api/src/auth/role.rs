//! Who may do what, in four words.

use serde::{Deserialize, Serialize};

/// What a key or an account stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The WeChat backend: lists for members.
    Backend,
    /// Staff who choose audiences.
    Staff,
    /// Leaders who read reports.
    Leader,
    /// Operators: every route.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Backend, Self::Staff, Self::Leader, Self::Admin];

    /// The word on the command line and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Staff => "staff",
            Self::Leader => "leader",
            Self::Admin => "admin",
        }
    }

    /// The role of this word, `None` for any other.
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

/// Who may pass a route. Every route is entered in the table together with one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Open,
    /// Programs on this machine, and admins.
    LocalOrAdmin,
    /// These roles, and admins.
    Roles(&'static [Role]),
    /// As `Roles`, for a page: who is not signed in is sent to the sign-in page.
    Page(&'static [Role]),
    /// As `Page`, for what concerns members of every union: closed to callers who are limited to one.
    WholePage(&'static [Role]),
}

impl Access {
    /// Whether a caller of this role may pass.
    pub(crate) fn admits(self, role: Role) -> bool {
        match self {
            Self::Open => true,
            Self::LocalOrAdmin => role == Role::Admin,
            Self::Roles(roles) | Self::Page(roles) | Self::WholePage(roles) => {
                role == Role::Admin || roles.contains(&role)
            }
        }
    }

    /// Whether people look at it in a browser.
    pub(crate) fn is_page(self) -> bool {
        matches!(self, Self::Page(_) | Self::WholePage(_))
    }

    /// Whether callers who are limited to a union are refused.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::WholePage(_))
    }

    /// Roles as the OpenAPI document names them; empty for an open route.
    pub(crate) fn documented(self) -> Vec<&'static str> {
        match self {
            Self::Open => Vec::new(),
            _ => Role::ALL.iter().filter(|&&role| self.admits(role)).map(|role| role.as_str()).collect(),
        }
    }
}
