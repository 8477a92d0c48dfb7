//! Which follower received which message how often.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::followers::Followers;
use super::mass_sends::MassSends;

/// Counts by follower and message. A message is known by its content, so that it counts twice if it was sent under two
/// ids. Serialises as `{openid: {content: count}}`.
#[derive(Debug)]
pub(super) struct Received<'a> {
    followers: &'a Followers,
    /// Digests of messages.
    contents: Vec<&'a str>,
    /// Index of a follower and place in `contents`, once for each delivery, sorted.
    deliveries: Vec<(u32, u32)>,
}

impl<'a> Received<'a> {
    pub(super) fn count(mass_sends: &'a MassSends, followers: &'a Followers) -> Self {
        let digests = mass_sends.list().iter().map(|send| send.content.digest.as_str());
        let mut contents: Vec<&str> = digests.collect();
        contents.sort_unstable();
        contents.dedup();
        let mut deliveries = Vec::new();
        for send in mass_sends.list() {
            if let Ok(place) = contents.binary_search(&send.content.digest.as_str()) {
                deliveries.extend(send.delivered.iter().map(|index| (*index, place as u32)));
            }
        }
        deliveries.sort_unstable();
        Self { followers, contents, deliveries }
    }

    /// Returns how often the most repeated message was received by one follower.
    pub(super) fn most(&self) -> usize {
        self.deliveries.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or_default()
    }
}

impl Serialize for Received<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for of_follower in self.deliveries.chunk_by(|a, b| a.0 == b.0) {
            let openid = &self.followers.get(of_follower[0].0).openid;
            map.serialize_entry(openid, &OfFollower { contents: &self.contents, deliveries: of_follower })?;
        }
        map.end()
    }
}

/// The messages of one follower.
struct OfFollower<'a> {
    contents: &'a [&'a str],
    deliveries: &'a [(u32, u32)],
}

impl Serialize for OfFollower<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for of_content in self.deliveries.chunk_by(|a, b| a == b) {
            map.serialize_entry(self.contents[of_content[0].1 as usize], &of_content.len())?;
        }
        map.end()
    }
}
