//! How much memory the queries of a build or a report may take.

use std::fs::read_to_string;

/// Where the machine does not say: enough for some hundred thousand members.
const UNTOLD: usize = 2 << 30;
/// Sorts and aggregations that need more spill to disk; joins cannot, so that less than this would stop small unions too.
const LEAST: usize = 1 << 30;

/// Half of the machine's memory or of the limit that this process is under, in bytes, but at least 1 GB.
pub(crate) fn for_work() -> usize {
    let total = read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let limit = read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    total.into_iter().chain(limit).min().map_or(UNTOLD, |bytes: usize| (bytes / 2).max(LEAST))
}

/// The line `MemTotal: … kB`, in bytes.
fn total(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found_among_the_other_lines() {
        assert_eq!(total("MemFree:  12 kB\nMemTotal:       24576 kB\n"), Some(24576 * 1024));
        assert_eq!(total("MemTotal: much\n"), None);
        assert_eq!(total(""), None);
    }
}
