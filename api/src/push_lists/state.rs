//! The states of a push list and the steps between them.

use serde::Serialize;

use crate::web::locale::Locale;

/// The state of a push list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListState {
    /// Frozen and not submitted, or rejected.
    Draft,
    /// Waits for approval by another person.
    Submitted,
    /// May be sent.
    Approved,
    /// Sent: both arms are recorded as pushes.
    Exported,
    /// Ended. Nothing can be done with it any more.
    Closed,
}

/// A step in the life of a push list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStep {
    /// Asks for approval.
    Submit,
    /// Approves the list.
    Approve,
    /// Returns the list to its author.
    Reject,
    /// Sends the list, or writes its file again.
    Export,
    /// Ends the list.
    Close,
}

impl ListState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Draft, Self::Submitted, Self::Approved, Self::Exported, Self::Closed];

    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Exported => "exported",
            Self::Closed => "closed",
        }
    }

    /// The name on pages.
    pub(crate) fn label(self, t: Locale) -> &'static str {
        match self {
            Self::Draft => t.push_lists_state_draft(),
            Self::Submitted => t.push_lists_state_submitted(),
            Self::Approved => t.push_lists_state_approved(),
            Self::Exported => t.push_lists_state_exported(),
            Self::Closed => t.push_lists_state_closed(),
        }
    }

    /// Parses the name of a state.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }

    /// The state after a step, or `None` if this state does not allow the step.
    #[must_use]
    pub fn after(self, step: ListStep) -> Option<Self> {
        match (self, step) {
            (Self::Draft, ListStep::Submit) => Some(Self::Submitted),
            (Self::Submitted, ListStep::Approve) => Some(Self::Approved),
            (Self::Submitted, ListStep::Reject) => Some(Self::Draft),
            (Self::Approved | Self::Exported, ListStep::Export) => Some(Self::Exported),
            (Self::Draft | Self::Submitted | Self::Approved | Self::Exported, ListStep::Close) => Some(Self::Closed),
            _ => None,
        }
    }
}

impl ListStep {
    /// The name in messages and in the path of the route.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Export => "export",
            Self::Close => "close",
        }
    }

    /// The names of the states that allow this step.
    #[must_use]
    pub fn allowed_in(self) -> Vec<&'static str> {
        ListState::ALL.iter().filter(|state| state.after(self).is_some()).map(|state| state.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_approved_lists_are_sent_and_closed_lists_stay_closed() {
        let sent_from: Vec<ListState> =
            ListState::ALL.iter().copied().filter(|state| state.after(ListStep::Export).is_some()).collect();
        assert_eq!(sent_from, [ListState::Approved, ListState::Exported]);
        for step in [ListStep::Submit, ListStep::Approve, ListStep::Reject, ListStep::Export, ListStep::Close] {
            assert_eq!(ListState::Closed.after(step), None);
        }
        assert_eq!(ListStep::Approve.allowed_in(), ["submitted"]);
    }

    #[test]
    fn every_state_is_parsed_from_its_name() {
        for &state in ListState::ALL {
            assert_eq!(ListState::parse(state.as_str()), Some(state));
        }
    }
}
