//! Values that are made once for each key, also when several threads ask for one at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock};

/// Values by key.
pub(super) struct OnceEach<K, V>(Mutex<HashMap<K, Arc<OnceLock<V>>>>);

impl<K, V> Default for OnceEach<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> OnceEach<K, V> {
    /// The value of a key. Waits for another thread that makes it.
    pub(super) fn get_or_make(&self, key: K, make: impl FnOnce() -> V) -> V {
        let cell = match self.0.lock() {
            Ok(mut cells) => Arc::clone(cells.entry(key).or_default()),
            Err(_) => return make(),
        };
        cell.get_or_init(make).clone()
    }
}
