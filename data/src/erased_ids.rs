//! Who was erased and may not come back: salted hashes of ids, never the ids.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// Salted hashes of the ids of erased members. Empty by default, and then it costs nothing.
///
/// The salt keeps hashes of one home from being compared with those of another. Ids are few enough to be tried out by
/// somebody who has the salt, so the list is as worthy of protection as the home itself.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ErasedIds {
    salt: Vec<u8>,
    hashes: HashSet<[u8; 32]>,
}

impl std::fmt::Debug for ErasedIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErasedIds").field("hashes", &self.hashes.len()).finish_non_exhaustive()
    }
}

impl ErasedIds {
    /// The list with its salt.
    #[must_use]
    pub fn new(salt: Vec<u8>, hashes: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self { salt, hashes: hashes.into_iter().collect() }
    }

    /// The hash under which the id of a member is kept.
    #[must_use]
    pub fn hash_of_member(salt: &[u8], member_id: &str) -> [u8; 32] {
        hash(salt, b'm', member_id)
    }

    /// The hash under which a `WeChat` id is kept.
    #[must_use]
    pub fn hash_of_openid(salt: &[u8], openid: &str) -> [u8; 32] {
        hash(salt, b'o', openid)
    }

    /// Whether nobody was erased.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether the member of this id was erased.
    #[must_use]
    pub fn has_member(&self, member_id: &str) -> bool {
        !self.is_empty() && self.hashes.contains(&hash(&self.salt, b'm', member_id))
    }

    /// Whether the person behind this `WeChat` id was erased.
    #[must_use]
    pub fn has_openid(&self, openid: &str) -> bool {
        !self.is_empty() && self.hashes.contains(&hash(&self.salt, b'o', openid))
    }
}

fn hash(salt: &[u8], kind: u8, id: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update([kind]);
    hash.update(id.as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_as_what_it_was_erased_as() {
        let salt = vec![7; 32];
        let list = ErasedIds::new(salt.clone(), [ErasedIds::hash_of_member(&salt, "m1")]);
        assert!(list.has_member("m1") && !list.has_member("m2") && !list.has_openid("m1"));
        assert!(!ErasedIds::new(vec![8; 32], [ErasedIds::hash_of_member(&salt, "m1")]).has_member("m1"));
        assert!(!ErasedIds::default().has_member("m1"));
    }
}
