//! Followers of the account, by index, and how their number grew.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::error_code::ErrorCode;
use crate::simulator::calendar::{DAY, day_number, month_number};
use crate::simulator::seeded;

/// Maximum length of an openid. WeChat promises no length; the usual one is 28.
const MAX_OPENID_BYTES: usize = 64;
/// Days before the start over which generated followers came.
const HISTORY_DAYS: u64 = 400;
/// Days before its first use at which a learnt follower is assumed to have come.
const LEARNT_DAYS: i64 = 30;

/// One follower, or someone who has left.
#[derive(Debug, Clone)]
pub(crate) struct Follower {
    pub(crate) openid: Arc<str>,
    pub(crate) is_subscribed: bool,
    pub(crate) is_blacklisted: bool,
    /// Refuses messages of the account.
    pub(crate) refuses: bool,
    pub(crate) subscribe_time: i64,
    pub(crate) tags: Vec<u32>,
    month: i32,
    received_in_month: u8,
}

impl Follower {
    fn new(openid: Arc<str>, subscribe_time: i64) -> Self {
        Self {
            openid,
            is_subscribed: true,
            is_blacklisted: false,
            refuses: false,
            subscribe_time,
            tags: Vec::new(),
            month: 0,
            received_in_month: 0,
        }
    }

    /// Returns the number of mass messages in the month of an instant.
    pub(crate) fn received_in_month(&self, at: i64) -> u8 {
        if self.month == month_number(at) { self.received_in_month } else { 0 }
    }

    /// Counts a received mass message.
    pub(crate) fn receive(&mut self, at: i64) {
        self.received_in_month = self.received_in_month(at).saturating_add(1);
        self.month = month_number(at);
    }
}

/// All followers in the order in which they became known.
#[derive(Debug, Default)]
pub(crate) struct Followers {
    list: Vec<Follower>,
    by_openid: HashMap<Arc<str>, u32>,
    subscribed: u64,
    /// New followers and those who left, by day.
    growth: BTreeMap<i64, (u64, u64)>,
}

impl Followers {
    /// Makes followers from a seed.
    pub(super) fn generate(seed: u64, count: u32, now: i64) -> Self {
        let mut followers = Self::default();
        for number in 0..u64::from(count) {
            let openid = format!("o{}", seeded::text(seed, "openid", number, 27));
            let days = 1 + seeded::draw(seed, "follows since", number) % HISTORY_DAYS;
            let since = now - days as i64 * DAY;
            followers.add(Arc::from(openid), since);
            followers.growth.entry(day_number(since)).or_default().0 += 1;
        }
        followers
    }

    fn add(&mut self, openid: Arc<str>, subscribe_time: i64) -> u32 {
        let index = self.list.len() as u32;
        self.by_openid.insert(Arc::clone(&openid), index);
        self.list.push(Follower::new(openid, subscribe_time));
        self.subscribed += 1;
        index
    }

    /// Returns the index of an openid. With `accept_unknown` a new one becomes a follower.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_OPENID`] for a text that is not an openid, [`ErrorCode::OPENID_OF_OTHER_ACCOUNT`] for an
    /// unknown one.
    pub(crate) fn resolve(&mut self, openid: &str, accept_unknown: bool, now: i64) -> Result<u32, ErrorCode> {
        if let Some(index) = self.by_openid.get(openid) {
            return Ok(*index);
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if openid.is_empty() || openid.len() > MAX_OPENID_BYTES || !openid.bytes().all(is_allowed) {
            Err(ErrorCode::INVALID_OPENID)
        } else if accept_unknown {
            Ok(self.add(Arc::from(openid), now - LEARNT_DAYS * DAY))
        } else {
            Err(ErrorCode::OPENID_OF_OTHER_ACCOUNT)
        }
    }

    /// Returns the index of a known openid.
    pub(crate) fn find(&self, openid: &str) -> Option<u32> {
        self.by_openid.get(openid).copied()
    }

    /// Returns a follower. Indices come from this type only.
    pub(crate) fn get(&self, index: u32) -> &Follower {
        &self.list[index as usize]
    }

    /// Returns a follower to change. `is_subscribed` is changed by [`Self::subscribe`] and [`Self::unsubscribe`] only.
    pub(crate) fn get_mut(&mut self, index: u32) -> &mut Follower {
        &mut self.list[index as usize]
    }

    /// Returns all followers with their indices, including those who have left.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Follower)> {
        (0_u32..).zip(&self.list)
    }

    /// Returns the number of followers.
    pub(crate) fn subscribed(&self) -> u64 {
        self.subscribed
    }

    /// Lets someone follow the account. Returns whether they did not before.
    pub(crate) fn subscribe(&mut self, index: u32, now: i64) -> bool {
        let follower = self.get_mut(index);
        if std::mem::replace(&mut follower.is_subscribed, true) {
            return false;
        }
        follower.subscribe_time = now;
        self.subscribed += 1;
        self.growth.entry(day_number(now)).or_default().0 += 1;
        true
    }

    /// Lets someone leave. Returns whether they followed before.
    pub(crate) fn unsubscribe(&mut self, index: u32, now: i64) -> bool {
        if !std::mem::replace(&mut self.get_mut(index).is_subscribed, false) {
            return false;
        }
        self.subscribed -= 1;
        self.growth.entry(day_number(now)).or_default().1 += 1;
        true
    }

    /// Returns new followers and those who left on a day.
    pub(crate) fn growth(&self, day: i64) -> (u64, u64) {
        self.growth.get(&day).copied().unwrap_or_default()
    }

    /// Returns the number of followers at the end of a day.
    pub(crate) fn at_end_of(&self, day: i64) -> u64 {
        let later = self.growth.range(day + 1..).fold((0, 0), |sum, (_, (new, left))| (sum.0 + new, sum.1 + left));
        (self.subscribed + later.1).saturating_sub(later.0)
    }

    /// Returns up to `limit` openids after `after` that satisfy a condition. An unknown `after` begins at the start.
    pub(crate) fn page(&self, after: &str, limit: usize, condition: impl Fn(&Follower) -> bool) -> Vec<Arc<str>> {
        let start = self.find(after).map_or(0, |index| index as usize + 1);
        let matching = self.list[start..].iter().filter(|follower| condition(follower));
        matching.take(limit).map(|follower| Arc::clone(&follower.openid)).collect()
    }
}
