//! Free space on the volume of the home. Without enough of it nothing can be stored.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Below this many free bytes the volume is full. They hold the log of some thousand events and its checkpoint.
const FULL_BELOW: u64 = 16 << 20;
/// From this many free bytes on the volume is no longer full. The gap keeps readiness from flapping.
const ENOUGH: u64 = 2 * FULL_BELOW;

/// The last measurement; unlimited before the first.
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
    /// Stores a measurement.
    pub(crate) fn set(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        if bytes < FULL_BELOW {
            self.is_full.store(true, Ordering::Relaxed);
        } else if bytes >= ENOUGH {
            self.is_full.store(false, Ordering::Relaxed);
        }
    }

    /// Refuses a write that would not leave enough free space.
    pub(crate) fn check_room(&self, bytes: u64) -> Result<(), String> {
        const MB: f64 = 1e6;
        let free = self.bytes.load(Ordering::Relaxed);
        if free.saturating_sub(bytes) >= ENOUGH {
            return Ok(());
        }
        let (free, needed) = (free as f64 / MB, bytes.saturating_add(ENOUGH) as f64 / MB);
        Err(format!("the disk has {free:.0} MB free and {needed:.0} MB are needed; free some space and send it again"))
    }

    /// The problem of a full volume, or `None`.
    pub(crate) fn problem(&self) -> Option<String> {
        const MB: f64 = 1e6;
        let free = self.bytes.load(Ordering::Relaxed) as f64 / MB;
        let message = || {
            format!(
                "the disk is full ({free:.1} MB free): events cannot be stored, lists are served from memory; \
                 free {:.0} MB or more, and the service recovers",
                ENOUGH as f64 / MB
            )
        };
        self.is_full.load(Ordering::Relaxed).then(message)
    }
}
