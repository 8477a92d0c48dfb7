//! Memory limit of the queries of a build or a report.

use std::fs::read_to_string;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

/// Default if the memory of the machine is unknown: enough for some hundred thousand members.
const DEFAULT_BYTES: usize = 2 << 30;
/// Minimum: with less, sorts and joins would write very small files to disk.
const MIN_BYTES: usize = 256 << 20;
/// The folder of cgroups.
const CGROUPS: &str = "/sys/fs/cgroup";

/// Returns half of the memory of the machine, of the limit of a cgroup or of the address space, in bytes, but at least 256 MB.
pub(crate) fn query_memory() -> usize {
    let total = read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let cgroup = read_to_string("/proc/self/cgroup").ok().and_then(|text| cgroup_limit(Path::new(CGROUPS), &text));
    let address_space = getrlimit(Resource::As).current.and_then(|bytes| usize::try_from(bytes).ok());
    let limits = total.into_iter().chain(cgroup).chain(address_space);
    limits.min().map_or(DEFAULT_BYTES, |bytes| (bytes / 2).max(MIN_BYTES))
}

fn total(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

/// The smallest limit of the process's cgroup and those above it. `cgroups` is the text of `/proc/self/cgroup`, of version 1 or 2.
fn cgroup_limit(root: &Path, cgroups: &str) -> Option<usize> {
    let limits = cgroups.lines().filter_map(|line| {
        let (kind, own) = line.split_once(':')?.1.split_once(":/")?;
        let (root, file) = match kind {
            "" => (root.to_owned(), "memory.max"),
            "memory" => (root.join("memory"), "memory.limit_in_bytes"),
            _ => return None,
        };
        let own = root.join(own);
        let folders = own.ancestors().take_while(|folder| folder.starts_with(&root));
        folders.filter_map(|folder| read_to_string(folder.join(file)).ok()?.trim().parse().ok()).min()
    });
    limits.min()
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

    #[test]
    fn the_smallest_limit_of_the_cgroups_above_counts() {
        let root = tempfile::tempdir().expect("a folder");
        let own = root.path().join("system.slice/zhihui.service");
        std::fs::create_dir_all(&own).expect("a folder");
        let limit = || cgroup_limit(root.path(), "1:name=other:/\n0::/system.slice/zhihui.service\n");
        assert_eq!(limit(), None);
        std::fs::write(own.join("memory.max"), "max\n").expect("written");
        std::fs::write(root.path().join("system.slice/memory.max"), "4000\n").expect("written");
        std::fs::write(root.path().join("memory.max"), "9000\n").expect("written");
        assert_eq!(limit(), Some(4000));
        std::fs::write(own.join("memory.max"), "2000\n").expect("written");
        assert_eq!(limit(), Some(2000));
        assert_eq!(cgroup_limit(root.path(), "0::/\n"), Some(9000), "in a container");
        std::fs::create_dir_all(root.path().join("memory/zhihui")).expect("a folder");
        std::fs::write(root.path().join("memory/zhihui/memory.limit_in_bytes"), "3000\n").expect("written");
        assert_eq!(cgroup_limit(root.path(), "4:memory:/zhihui\n2:cpu:/\n"), Some(3000), "version 1");
    }
}
