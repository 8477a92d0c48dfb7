//! Ids of erased members, stored as salted hashes only.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// Salted hashes of the ids of erased members. Data of these members are dropped if they arrive again.
///
/// The salt prevents comparing the hashes of different installations. With the salt, ids are short enough to be found
/// by brute force, so the list needs the same protection as the installation itself.
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
    /// Creates a list with its salt.
    #[must_use]
    pub fn new(salt: Vec<u8>, hashes: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self { salt, hashes: hashes.into_iter().collect() }
    }

    /// The hash of a member id.
    #[must_use]
    pub fn hash_of_member(salt: &[u8], member_id: &str) -> [u8; 32] {
        hash(salt, b'm', member_id)
    }

    /// The hash of a `WeChat` id.
    #[must_use]
    pub fn hash_of_openid(salt: &[u8], openid: &str) -> [u8; 32] {
        hash(salt, b'o', openid)
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether the member with this id was erased.
    #[must_use]
    pub fn has_member(&self, member_id: &str) -> bool {
        !self.is_empty() && self.hashes.contains(&hash(&self.salt, b'm', member_id))
    }

    /// Whether the member with this `WeChat` id was erased.
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
    fn member_ids_and_openids_are_separate() {
        let salt = vec![7; 32];
        let list = ErasedIds::new(salt.clone(), [ErasedIds::hash_of_member(&salt, "m1")]);
        assert!(list.has_member("m1") && !list.has_member("m2") && !list.has_openid("m1"));
        assert!(!ErasedIds::new(vec![8; 32], [ErasedIds::hash_of_member(&salt, "m1")]).has_member("m1"));
        assert!(!ErasedIds::default().has_member("m1"));
    }
}
