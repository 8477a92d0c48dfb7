//! Live events of the WeChat backend, as stored in the inbox and later loaded into the lake.

mod kind;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use kind::{EventType, ItemReference};

/// A valid event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The sender's event id. Without it, an event is identified by type, member, item and second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The type of the event.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// The member's id, or `None` if `openid` identifies the member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// The member's `WeChat` id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<String>,
    /// The article or activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// Time in microseconds since 1970 in UTC.
    pub at: i64,
    /// Type-specific details.
    #[serde(flatten)]
    pub details: EventDetails,
}

/// Details of some types of events. All are optional.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventDetails {
    /// Seconds spent on the article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dwell_seconds: Option<f64>,
    /// Share of the article read, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_fraction: Option<f64>,
    /// Where it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Position in the list that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Version of the snapshot that the list came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Probability with which the item got its position, as reported with the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propensity: Option<f64>,
    /// Whether the position was used for exploration, as reported with the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explored: Option<bool>,
    /// The sender's sign-up id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_up_id: Option<String>,
    /// Number of tickets; 1 if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<u32>,
    /// Number of accompanying children; 0 if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children: Option<u32>,
    /// Whether the member is on the waiting list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waitlisted: bool,
    /// From 1 (bad) to 5 (good).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<i64>,
    /// The member's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The push list of a push or a hold-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_id: Option<String>,
}

impl Event {
    /// Creates an event of a member without details.
    #[must_use]
    pub fn of_member(kind: EventType, member_id: impl Into<String>, at: i64) -> Self {
        Self {
            event_id: None,
            kind,
            member_id: Some(member_id.into()),
            openid: None,
            item_id: None,
            at,
            details: EventDetails::default(),
        }
    }

    /// Time in seconds since 1970 in UTC.
    #[must_use]
    pub fn second(&self) -> i64 {
        self.at.div_euclid(1_000_000)
    }

    /// The identity of the event. Two events are the same if they have equal event ids or, without ids, equal type,
    /// person, item and second.
    ///
    /// The value is the first half of a SHA-256 hash, so that it reveals nothing about the person.
    #[must_use]
    pub fn identity(&self) -> [u8; 16] {
        let mut hash = Sha256::new();
        let mut add = |part: Option<&str>| {
            // Length prefixes keep adjacent parts apart.
            let part = part.map_or(&[][..], str::as_bytes);
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        match &self.event_id {
            Some(id) => {
                add(Some("id"));
                add(Some(id));
            }
            None => {
                let binds = self.kind == EventType::Bind;
                add(Some(self.kind.as_str()));
                add(self.member_id.as_deref());
                add(self.openid.as_deref().filter(|_| binds || self.member_id.is_none()));
                add(self.item_id.as_deref());
                add(Some(&self.second().to_string()));
            }
        }
        let whole = hash.finalize();
        std::array::from_fn(|at| whole[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event_id: Option<&str>, at: i64) -> Event {
        Event {
            event_id: event_id.map(str::to_owned),
            item_id: Some("a1".into()),
            ..Event::of_member(EventType::Read, "m1", at)
        }
    }

    #[test]
    fn events_with_equal_id_or_second_are_the_same() {
        assert_eq!(read(Some("e"), 1).identity(), read(Some("e"), 9_000_000).identity());
        assert_ne!(read(Some("e"), 1).identity(), read(Some("f"), 1).identity());
        assert_eq!(read(None, 5_000_000).identity(), read(None, 5_999_999).identity());
        assert_ne!(read(None, 5_000_000).identity(), read(None, 6_000_000).identity());
        let shared = Event { kind: EventType::Share, ..read(None, 5_000_000) };
        assert_ne!(read(None, 5_000_000).identity(), shared.identity());
        let by_openid = Event { member_id: None, openid: Some("m1".into()), ..read(None, 5_000_000) };
        assert_ne!(read(None, 5_000_000).identity(), by_openid.identity());
    }

    #[test]
    fn event_round_trips_through_json() {
        let mut event = read(Some("e"), 5_000_001);
        event.details.dwell_seconds = Some(12.5);
        let text = serde_json::to_string(&event).expect("written");
        assert_eq!(serde_json::from_str::<Event>(&text).expect("read"), event);
        assert!(!text.contains("tickets"), "{text}");
    }
}
