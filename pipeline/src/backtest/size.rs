//! Size of a list: a number of members, or a share of the candidates.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Size of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ListSize {
    /// A number of members.
    Members(usize),
    /// A share of the candidates, above 0 and at most 1.
    Share(f64),
}

/// A text that cannot be parsed as the size of a list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid size {0:?}: use a share such as 1% or a number of members such as 200")]
pub struct SizeError(String);

impl ListSize {
    /// Returns the number of members on a list from this many candidates: at least one, at most all.
    #[must_use]
    pub fn of(self, candidates: usize) -> usize {
        let members = match self {
            Self::Members(members) => members,
            Self::Share(share) => (share * candidates as f64).round() as usize,
        };
        members.max(1).min(candidates)
    }
}

impl FromStr for ListSize {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || SizeError(text.to_owned());
        match text.trim().strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| error())?;
                (percent > 0.0 && percent <= 100.0).then_some(Self::Share(percent / 100.0)).ok_or_else(error)
            }
            None => {
                let members: usize = text.trim().parse().map_err(|_| error())?;
                (members > 0).then_some(Self::Members(members)).ok_or_else(error)
            }
        }
    }
}

impl fmt::Display for ListSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(members) => write!(f, "{members}"),
            // Shares are typed as percentages. The exact product would show additional digits.
            Self::Share(share) => write!(f, "{}%", (share * 1e8).round() / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_formatted_as_they_are_typed() {
        for text in ["1%", "0.5%", "7%", "100%", "200"] {
            assert_eq!(text.parse::<ListSize>().map(|size| size.to_string()).as_deref(), Ok(text));
        }
        for text in ["0%", "101%", "0", "many", "-3", "nan%"] {
            assert!(text.parse::<ListSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_has_at_least_one_member_and_at_most_all() {
        assert_eq!(ListSize::Share(0.01).of(40), 1);
        assert_eq!(ListSize::Share(0.05).of(1_000), 50);
        assert_eq!(ListSize::Members(200).of(120), 120);
        assert_eq!(ListSize::Members(200).of(0), 0);
    }
}
