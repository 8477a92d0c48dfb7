//! What members asked for on one machine, for services on others: erasure, and the switch for personalised lists.
//!
//! The object `revocations` below `.published` of the lake has salted hashes of member ids, so that it names nobody. Every machine
//! adds its own by conditional puts, and finds those of others among the members of its snapshot.

use std::collections::BTreeMap;

use object_store::path::Path;
use object_store::{Error, GetOptions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zhihui_data::ErasedIds;

use super::shared::{SharedError, SharedSnapshots, failed, invalid, put_if};

const OBJECT: &str = "revocations";

/// What a member asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivacyRequest {
    /// To be erased, for good.
    Erased,
    /// No personalised lists.
    Refused,
    /// Personalised lists again.
    Allowed,
}

/// The latest request of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestRequest {
    /// What.
    pub request: PrivacyRequest,
    /// When it reached a machine, seconds since 1970 in UTC.
    pub at: i64,
}

/// The latest request of each member about personal data, from all machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocations {
    /// Hexadecimal.
    salt: String,
    /// By the hash of the member id in hexadecimal.
    members: BTreeMap<String, LatestRequest>,
}

impl Revocations {
    fn empty() -> Self {
        let salt = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self { salt, members: BTreeMap::new() }
    }

    /// Whether there are no requests.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What a member asked for last.
    #[must_use]
    pub fn of_member(&self, member_id: &str) -> Option<LatestRequest> {
        if self.is_empty() { None } else { self.members.get(&self.hash(member_id)).copied() }
    }

    /// Adds a request unless a later one is known. An erasure is final. Returns whether anything changed.
    fn add(&mut self, member_id: &str, asked: LatestRequest) -> bool {
        let hash = self.hash(member_id);
        let is_newer = self.members.get(&hash).is_none_or(|known| {
            let is_later = asked.at > known.at || (asked.at == known.at && asked.request == PrivacyRequest::Refused);
            known.request != asked.request
                && known.request != PrivacyRequest::Erased
                && (asked.request == PrivacyRequest::Erased || is_later)
        });
        if is_newer {
            self.members.insert(hash, asked);
        }
        is_newer
    }

    fn hash(&self, member_id: &str) -> String {
        hex::encode(ErasedIds::hash_of_member(self.salt.as_bytes(), member_id))
    }
}

impl SharedSnapshots {
    /// Returns the requests and their `ETag`; `None` if the `ETag` is still `known`, or if there are no requests.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn revocations(
        &self,
        known: Option<String>,
    ) -> Result<Option<(Revocations, Option<String>)>, SharedError> {
        let options = GetOptions { if_none_match: known, ..GetOptions::default() };
        let found = match self.store().get_opts(&Path::from(OBJECT), options).await {
            Ok(found) => found,
            Err(Error::NotFound { .. } | Error::NotModified { .. }) => return Ok(None),
            Err(source) => return Err(failed("asking for revocations")(source)),
        };
        let e_tag = found.meta.e_tag.clone();
        let bytes = found.bytes().await.map_err(failed("asking for revocations"))?;
        Ok(Some((serde_json::from_slice(&bytes).map_err(|error| invalid(OBJECT, &error))?, e_tag)))
    }

    /// Adds requests of members.
    ///
    /// # Errors
    /// If they cannot be written; add them again then.
    pub async fn add_revocations(&self, asked: &[(String, LatestRequest)]) -> Result<(), SharedError> {
        if asked.is_empty() {
            return Ok(());
        }
        loop {
            let found = self.revocations(None).await?;
            let (mut revocations, e_tag) = found.unwrap_or_else(|| (Revocations::empty(), None));
            let mut is_changed = false;
            for (member_id, asked) in asked {
                is_changed |= revocations.add(member_id, *asked);
            }
            let text = serde_json::to_vec(&revocations).map_err(|error| invalid(OBJECT, &error))?;
            if !is_changed || put_if(self.store(), OBJECT, text, e_tag).await? {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_request_counts_and_an_erasure_is_final() {
        let mut all = Revocations::empty();
        let asked = |request, at| LatestRequest { request, at };
        assert!(all.add("m1", asked(PrivacyRequest::Refused, 10)));
        assert!(!all.add("m1", asked(PrivacyRequest::Allowed, 9)), "earlier");
        assert!(all.add("m1", asked(PrivacyRequest::Allowed, 11)));
        assert!(!all.add("m1", asked(PrivacyRequest::Allowed, 12)), "the same again writes nothing");
        assert!(all.add("m1", asked(PrivacyRequest::Erased, 5)));
        assert!(!all.add("m1", asked(PrivacyRequest::Allowed, 99)));
        assert_eq!(all.of_member("m1").map(|asked| asked.request), Some(PrivacyRequest::Erased));
        assert_eq!(all.of_member("m2"), None);
        let text = serde_json::to_string(&all).expect("text");
        assert!(!text.contains("m1"), "{text}");
    }
}
