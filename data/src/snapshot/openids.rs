//! By which claim an openid belongs to its member.

use serde::{Deserialize, Serialize};

use super::missing::NO_TIME;

/// Claims on openids. An openid belongs to the member of its latest claim; only that claim is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Openids {
    /// By member: the instant of the claim on [`Members::openid`](super::Members::openid), microseconds since 1970 in UTC;
    /// [`NO_TIME`](super::NO_TIME) for an undated claim and without an openid. Empty where no claim is dated.
    pub since: Vec<i64>,
    /// By member: whether that claim is a bind; the others are of a roster. Empty where all are of rosters.
    pub by_bind: Vec<bool>,
    /// Openids of members who have a later one, ascending.
    pub further: Vec<FurtherOpenid>,
}

/// An openid of a member who has a later one as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherOpenid {
    /// The openid.
    pub openid: String,
    /// Index of the member.
    pub member: u32,
    /// The instant of the claim, as in [`Openids::since`].
    pub since: i64,
    /// Whether the claim is a bind.
    pub by_bind: bool,
}

impl Openids {
    /// The further openid of this text.
    #[must_use]
    pub fn find(&self, openid: &str) -> Option<&FurtherOpenid> {
        let at = self.further.binary_search_by(|known| known.openid.as_str().cmp(openid)).ok()?;
        self.further.get(at)
    }

    /// Instant and kind of the claim on the openid of a member's column.
    #[must_use]
    pub fn claim_of(&self, member: usize) -> (i64, bool) {
        let since = self.since.get(member).copied().unwrap_or(NO_TIME);
        (since, self.by_bind.get(member).copied().unwrap_or(false))
    }

    /// Whether the columns fit so many members, and the further openids ascend.
    pub(super) fn is_sound(&self, n_members: usize) -> bool {
        let fits = |length: usize| length == 0 || length == n_members;
        fits(self.since.len())
            && fits(self.by_bind.len())
            && self.further.windows(2).all(|pair| pair[0].openid < pair[1].openid)
            && self.further.iter().all(|known| (known.member as usize) < n_members)
    }
}
