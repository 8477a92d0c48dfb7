//! Which callers may use a route.

use super::role::Role;

/// Who may use a route. Admins may use every route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, signed in or not.
    Open,
    /// Whoever has the secret of the address: a page that is not indexed, and whose address is not passed on.
    Link,
    /// Programs on this machine, and admins.
    LocalOrAdmin,
    /// These roles.
    Roles(&'static [Role]),
    /// Like `Roles`, for a page: signed-out visitors are redirected to the sign-in page.
    Page(&'static [Role]),
    /// Like `Page`, for data about members of every union: callers limited to one union are refused.
    AllUnionsPage(&'static [Role]),
}

impl Access {
    /// Whether a caller of this role may use the route.
    pub(crate) fn admits(self, role: Role) -> bool {
        match self {
            Self::Open | Self::Link => true,
            Self::LocalOrAdmin => role == Role::Admin,
            Self::Roles(roles) | Self::Page(roles) | Self::AllUnionsPage(roles) => {
                role == Role::Admin || roles.contains(&role)
            }
        }
    }

    /// Whether the route is a page for browsers.
    pub(crate) fn is_page(self) -> bool {
        matches!(self, Self::Link | Self::Page(_) | Self::AllUnionsPage(_))
    }

    /// Whether callers limited to one union are refused.
    pub(crate) fn needs_all_unions(self) -> bool {
        matches!(self, Self::AllUnionsPage(_))
    }

    /// Names of the admitted roles, for the OpenAPI document. Empty for an open route.
    pub(crate) fn role_names(self) -> Vec<&'static str> {
        match self {
            Self::Open | Self::Link => Vec::new(),
            _ => Role::ALL.iter().filter(|&&role| self.admits(role)).map(|role| role.as_str()).collect(),
        }
    }
}
