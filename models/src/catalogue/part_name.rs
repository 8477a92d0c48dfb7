//! Names of the parts of a blend.

use std::fmt;

use super::model_name::ModelName;

/// Name of a part of a blend: a family (`ials`), or another part of the same family (`ials:2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartName {
    pub(super) family: ModelName,
    /// 1 for the first part of its family.
    pub(super) number: u64,
}

impl PartName {
    /// Returns `None` for an invalid name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (family, number) = match name.split_once(':') {
            Some((family, number)) => (family, number.parse().ok().filter(|number| (2..100).contains(number))?),
            None => (name, 1),
        };
        Some(Self { family: family.parse().ok()?, number })
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => self.family.fmt(formatter),
            number => write!(formatter, "{}:{number}", self.family),
        }
    }
}
