//! Memory limit of the queries of a build or a report.

use std::fs::read_to_string;

/// Default if the memory of the machine is unknown: enough for some hundred thousand members.
const DEFAULT_BYTES: usize = 2 << 30;
/// Minimum. Sorts and aggregations spill to disk, but joins cannot: with less even small unions would fail.
const MIN_BYTES: usize = 1 << 30;

/// Returns half of the memory of the machine or of the cgroup limit, in bytes, but at least 1 GB.
pub(crate) fn query_memory() -> usize {
    let total = read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let limit = read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    total.into_iter().chain(limit).min().map_or(DEFAULT_BYTES, |bytes: usize| (bytes / 2).max(MIN_BYTES))
}

fn total(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_parsed_from_meminfo() {
        assert_eq!(total("MemFree:  12 kB\nMemTotal:       24576 kB\n"), Some(24576 * 1024));
        assert_eq!(total("MemTotal: much\n"), None);
        assert_eq!(total(""), None);
    }
}
