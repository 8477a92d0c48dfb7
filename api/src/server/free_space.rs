//! Room on the volume of the home, as it was last told: with too little of it nothing new can be kept.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Free bytes below which the volume counts as full: room for the log of some thousand events and for its checkpoint.
const FLOOR: u64 = 16 << 20;
/// Free bytes from which it counts as free again; in between it stays what it was, so that readiness does not flap.
const ENOUGH: u64 = 2 * FLOOR;

/// Room until something else is told.
#[derive(Debug)]
pub(crate) struct FreeSpace {
    bytes: AtomicU64,
    is_full: AtomicBool,
}

impl Default for FreeSpace {
    fn default() -> Self {
        Self { bytes: AtomicU64::new(u64::MAX), is_full: AtomicBool::new(false) }
    }
}

impl FreeSpace {
    /// Takes in how many bytes are free.
    pub(crate) fn note(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        if bytes < FLOOR {
            self.is_full.store(true, Ordering::Relaxed);
        } else if bytes >= ENOUGH {
            self.is_full.store(false, Ordering::Relaxed);
        }
    }

    /// Refuses what would not leave enough room on the volume.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<(), String> {
        const MB: f64 = 1e6;
        let free = self.bytes.load(Ordering::Relaxed);
        if free.saturating_sub(bytes) >= ENOUGH {
            return Ok(());
        }
        let (free, needed) = (free as f64 / MB, bytes.saturating_add(ENOUGH) as f64 / MB);
        Err(format!("the disk has {free:.0} MB free and {needed:.0} MB are needed; free some and send it again"))
    }

    /// What to say of a full volume; `None` while there is room.
    pub(crate) fn complaint(&self) -> Option<String> {
        const MB: f64 = 1e6;
        let free = self.bytes.load(Ordering::Relaxed) as f64 / MB;
        let told = || {
            format!(
                "the disk is full ({free:.1} MB free): events cannot be kept and lists are answered from what is in memory; \
                 free {:.0} MB or more, and all goes on by itself",
                ENOUGH as f64 / MB
            )
        };
        self.is_full.load(Ordering::Relaxed).then(told)
    }
}
