//! What follows the header of a snapshot, under a manifest that vouches for it: an inconsistent one is refused; of a whole one
//! an engine is made that answers, and it can be written again. Good seeds are `published/*/snapshot.bin` without 8 bytes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use zhihui_data::snapshot::{Manifest, Snapshot, SnapshotError, decode, encode};
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::{Engine, Language, Overlay};

/// Length of the magic number and the number of the format.
const HEADER: usize = 8;

static EMPTY: LazyLock<(Vec<u8>, Manifest)> = LazyLock::new(|| {
    let mut empty = Snapshot::default();
    empty.model.preferences.prior_weight = vec![0.0; empty.age_bands.count()];
    encode(&empty).expect("a snapshot of nobody is sound")
});

fuzz_target!(|body: &[u8]| {
    let (sound, manifest) = &*EMPTY;
    let bytes = [&sound[..HEADER], body].concat();
    let sha256 = match decode(&bytes, manifest) {
        Err(SnapshotError::Damaged { actual, .. }) => actual,
        _ => return,
    };
    // The checksum is right, so what is fuzzed is what lies behind it.
    let Ok(snapshot) = decode(&bytes, &Manifest { sha256, ..manifest.clone() }) else { return };
    encode(&snapshot).expect("a whole snapshot can be written");
    let (member, now) = (snapshot.members.id.first().cloned().unwrap_or_default(), snapshot.as_of);
    let engine = Engine::new(snapshot);
    for general in [true, false] {
        let request = RecommendRequest {
            who: Who::Member(&member),
            n: 10,
            kind: None,
            topic: None,
            exclude: &[],
            general,
            now,
            language: Language::Zh,
        };
        let _ = engine.recommend(&Overlay::default(), &request);
    }
});
