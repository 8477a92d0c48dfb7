//! A sharded map whose clones share unchanged entries. A clone copies one pointer for each shard. Changing an entry of
//! the clone copies the pointers of one shard and that entry.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// With a million entries, a shard holds about a thousand pointers.
const SHARDS: usize = 1024;

/// A map that is cheap to clone. An empty map uses no memory.
#[derive(Debug, Clone)]
pub(super) struct Shards<K, V> {
    shards: Vec<Arc<HashMap<K, Arc<V>>>>,
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self { shards: Vec::new() }
    }
}

impl<K: Eq + Hash + Clone, V: Clone + Default> Shards<K, V> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        if self.shards.is_empty() {
            return None;
        }
        self.shards[shard_of(key)].get(key).map(Arc::as_ref)
    }

    /// All entries, in any order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.shards.iter().flat_map(|shard| shard.iter().map(|(key, value)| (key, value.as_ref())))
    }

    /// Returns the entry of a key for modification. Inserts a default value if there is none.
    pub(super) fn entry<Q>(&mut self, key: &Q) -> &mut V
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if self.shards.is_empty() {
            self.shards.resize_with(SHARDS, Arc::default);
        }
        let shard = Arc::make_mut(&mut self.shards[shard_of(key)]);
        if !shard.contains_key(key) {
            shard.insert(key.to_owned(), Arc::default());
        }
        Arc::make_mut(shard.entry(key.to_owned()).or_default())
    }

    /// Removes an entry.
    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get(key)?;
        let shard = Arc::make_mut(&mut self.shards[shard_of(key)]);
        shard.remove(key).map(Arc::unwrap_or_clone)
    }
}

fn shard_of<Q: Hash + ?Sized>(key: &Q) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (hasher.finish() as usize) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clone_is_independent_of_later_changes() {
        let mut map: Shards<u32, i64> = Shards::default();
        assert_eq!(map.get(&7), None);
        for key in 0..5_000 {
            *map.entry(&key) += i64::from(key);
        }
        assert_eq!(map.iter().map(|(key, value)| i64::from(*key) - value).collect::<Vec<_>>(), vec![0; 5_000]);
        let before = map.clone();
        *map.entry(&7) += 1;
        assert_eq!(map.remove(&8), Some(8));
        assert_eq!((before.get(&7), before.get(&8)), (Some(&7), Some(&8)));
        assert_eq!((map.get(&7), map.get(&8), map.get(&4_999)), (Some(&8), None, Some(&4_999)));
    }
}
