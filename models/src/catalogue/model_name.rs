//! The names of the recommenders on the command line and in files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// A family of recommenders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelName {
    /// The most popular items for everybody.
    Popular,
    /// Items with overlapping readers.
    ItemKnn,
    /// Items of members with similar histories.
    UserKnn,
    /// Three-step random walks.
    Rp3beta,
    /// Closed-form linear item model.
    Ease,
    /// Sparse linear item model.
    Slim,
    /// Implicit alternating least squares.
    Ials,
    /// Bayesian personalised ranking.
    Bpr,
    /// Graph filtering.
    GfCf,
    /// Items read soon after those of the history.
    SequenceKnn,
    /// Items with the topics of the history.
    Content,
    /// A weighted sum of other recommenders.
    Blend,
}

impl ModelName {
    /// All names, in display order.
    pub const ALL: [Self; 12] = [
        Self::Popular,
        Self::ItemKnn,
        Self::UserKnn,
        Self::Rp3beta,
        Self::Ease,
        Self::Slim,
        Self::Ials,
        Self::Bpr,
        Self::GfCf,
        Self::SequenceKnn,
        Self::Content,
        Self::Blend,
    ];

    /// The name as written on the command line and in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Popular => "popular",
            Self::ItemKnn => "item_knn",
            Self::UserKnn => "user_knn",
            Self::Rp3beta => "rp3beta",
            Self::Ease => "ease",
            Self::Slim => "slim",
            Self::Ials => "ials",
            Self::Bpr => "bpr",
            Self::GfCf => "gf_cf",
            Self::SequenceKnn => "sequence_knn",
            Self::Content => "content",
            Self::Blend => "blend",
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ModelName {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or_else(|| ModelError::Unknown {
            what: "model",
            name: name.to_owned(),
            known: Self::ALL.map(Self::as_str).join(" "),
        })
    }
}
