//! The claims that assign openids to members.

use serde::{Deserialize, Serialize};

use super::missing::NO_TIME;

/// Claims on openids. An openid belongs to the member of its latest claim; earlier claims are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Openids {
    /// By member: time of the claim on [`Members::openid`](super::Members::openid), in microseconds since 1970 in UTC.
    /// [`NO_TIME`](super::NO_TIME) for an undated claim and without an openid. Empty if no claim is dated.
    pub since: Vec<i64>,
    /// By member: whether that claim is a bind event; all others come from a roster. Empty if all come from rosters.
    pub by_bind: Vec<bool>,
    /// Earlier openids of members, in ascending order.
    pub further: Vec<FurtherOpenid>,
}

/// An earlier openid of a member who has a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherOpenid {
    /// The openid.
    pub openid: String,
    /// Index of the member.
    pub member: u32,
    /// Time of the claim, as in [`Openids::since`].
    pub since: i64,
    /// Whether the claim is a bind event.
    pub by_bind: bool,
}

impl Openids {
    /// Finds an earlier openid.
    #[must_use]
    pub fn find(&self, openid: &str) -> Option<&FurtherOpenid> {
        let at = self.further.binary_search_by(|known| known.openid.as_str().cmp(openid)).ok()?;
        self.further.get(at)
    }

    /// Time of the claim on a member's current openid, and whether it is a bind event.
    #[must_use]
    pub fn claim_of(&self, member: usize) -> (i64, bool) {
        let since = self.since.get(member).copied().unwrap_or(NO_TIME);
        (since, self.by_bind.get(member).copied().unwrap_or(false))
    }

    /// Whether the columns have the right lengths and the earlier openids ascend.
    pub(super) fn is_sound(&self, n_members: usize) -> bool {
        let fits = |length: usize| length == 0 || length == n_members;
        fits(self.since.len())
            && fits(self.by_bind.len())
            && self.further.windows(2).all(|pair| pair[0].openid < pair[1].openid)
            && self.further.iter().all(|known| (known.member as usize) < n_members)
    }
}
