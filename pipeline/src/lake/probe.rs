//! Checks that an object store honours conditional puts, without which two writers would overwrite each other's commits.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, UpdateVersion};

use super::LakeError;

/// An object that stays, so that later processes need only one request for each condition.
const OBJECT: &str = ".conditional-put";

/// Locations that passed in this process.
static PASSED: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// Checks a location once in a process: creating an object that exists, and replacing one by a wrong `ETag`, must both fail.
///
/// With credentials that may not write, nothing is checked, because nothing can be committed.
pub(super) async fn check(location: &str, store: &dyn ObjectStore) -> Result<(), LakeError> {
    let passed = || PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    if passed().contains(location) {
        return Ok(());
    }
    let refused = |header: &'static str| LakeError::NoConditionalPut { location: location.to_owned(), header };
    if !is_refused(location, store, &PutMode::Create, 2).await? {
        return Err(refused("If-None-Match"));
    }
    let wrong = UpdateVersion { e_tag: Some("\"0123456789abcdef0123456789abcdef\"".to_owned()), version: None };
    if !is_refused(location, store, &PutMode::Update(wrong), 1).await? {
        return Err(refused("If-Match"));
    }
    passed().insert(location.to_owned());
    Ok(())
}

/// Whether one of these attempts is refused because of its condition.
async fn is_refused(
    location: &str,
    store: &dyn ObjectStore,
    mode: &PutMode,
    attempts: usize,
) -> Result<bool, LakeError> {
    for _ in 0..attempts {
        match store.put_opts(&Path::from(OBJECT), "probe".into(), mode.clone().into()).await {
            Ok(_) => {}
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => return Ok(true),
            Err(Error::PermissionDenied { .. }) => return Ok(true),
            Err(Error::NotImplemented { .. }) => return Ok(false),
            Err(source) => {
                let table = format!("the lake at {location}");
                return Err(LakeError::Store { table, what: "checking conditional puts", source });
            }
        }
    }
    // Leaves nothing in a store that is not used.
    let _ = store.delete(&Path::from(OBJECT)).await;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    #[tokio::test]
    async fn a_store_with_conditional_puts_passes_and_its_object_stays() {
        let store = InMemory::new();
        check("memory://first", &store).await.expect("honoured");
        let before = store.head(&Path::from(OBJECT)).await.expect("an object").e_tag;
        check("memory://second", &store).await.expect("honoured");
        assert_eq!(store.head(&Path::from(OBJECT)).await.expect("an object").e_tag, before);
    }
}
