//! Snapshot bytes under a manifest that vouches for them: an inconsistent one is refused, a whole one is written as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zhihui_data::snapshot::{Manifest, Snapshot, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let Ok((_, manifest)) = encode(&Snapshot::default()) else { return };
    let expected = match decode(bytes, &manifest) {
        Err(zhihui_data::snapshot::SnapshotError::Damaged { actual, .. }) => actual,
        _ => return,
    };
    // The checksum is right, so what is fuzzed is what lies behind it.
    let manifest = Manifest { sha256: expected, ..manifest };
    if let Ok(snapshot) = decode(bytes, &manifest) {
        encode(&snapshot).expect("a whole snapshot can be written");
    }
});
