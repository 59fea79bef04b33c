//! How much memory there is for runs: what the machine has, or what the control group that the program runs in may take, where that
//! is less. Owns where the system says so; what is made of it stands in the configuration.

use std::fs;
use std::path::{Path, PathBuf};

/// Share of the memory that runs may have, in per cent: the rest is for the store's cache, data sets that are being sent, results on
/// their way, and other programs.
const SHARE_PERCENT: u64 = 70;

/// Where Linux says what there is.
const PROC: &str = "/proc";
/// Where it shows control groups.
const CGROUPS: &str = "/sys/fs/cgroup";

/// What all runs together may take where nobody says, in bytes; `None` where the system does not tell what it has.
pub(crate) fn memory_for_runs() -> Option<u64> {
    memory_bytes(Path::new(PROC), Path::new(CGROUPS)).map(|bytes| bytes / 100 * SHARE_PERCENT)
}

/// The machine's memory, or the least that a control group of this process, or one that it is in, leaves of it.
fn memory_bytes(proc: &Path, cgroups: &Path) -> Option<u64> {
    let total = total_of(&fs::read_to_string(proc.join("meminfo")).ok()?)?;
    let groups = fs::read_to_string(proc.join("self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(limit_files).flat_map(|(root, group, file)| {
        // What is above a group limits it too. Within a container the group's own path may not be there; its root is.
        let root = cgroups.join(root);
        let folders: Vec<PathBuf> = Path::new(group).ancestors().map(|part| root.join(part)).collect();
        folders
            .into_iter()
            .filter_map(|folder| limit_of(&fs::read_to_string(folder.join(file)).ok()?))
            .collect::<Vec<_>>()
    });
    Some(limits.fold(total, u64::min))
}

/// The machine's memory by the text of `meminfo`, in bytes.
fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// A line of `self/cgroup`, where it is about memory: the folder of the hierarchy, the group within it, and the file with its limit.
fn limit_files(line: &str) -> Option<(&'static str, &str, &'static str)> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
    let group = group.trim_start_matches('/');
    match controllers {
        "" => Some(("", group, "memory.max")),
        controllers if controllers.split(',').any(|name| name == "memory") => {
            Some(("memory", group, "memory.limit_in_bytes"))
        }
        _ => None,
    }
}

/// What a limit's file says, in bytes; `None` for `max`.
fn limit_of(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:       16000000 kB\nMemFree:         1000 kB\n";

    /// A system that says this.
    fn system(cgroup: &str, limits: &[(&str, &str)]) -> Option<u64> {
        let folder = tempfile::tempdir().unwrap();
        let (proc, cgroups) = (folder.path().join("proc"), folder.path().join("cgroup"));
        fs::create_dir_all(proc.join("self")).unwrap();
        fs::write(proc.join("meminfo"), MEMINFO).unwrap();
        fs::write(proc.join("self/cgroup"), cgroup).unwrap();
        for (file, text) in limits {
            let file = cgroups.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        memory_bytes(&proc, &cgroups)
    }

    #[test]
    fn the_lowest_limit_counts() {
        let all = 16_000_000 << 10;
        assert_eq!(system("", &[]), Some(all));
        assert_eq!(system("0::/a/b\n", &[("a/b/memory.max", "max\n")]), Some(all));
        assert_eq!(system("0::/a/b\n", &[("a/b/memory.max", "9000\n"), ("a/memory.max", "8000\n")]), Some(8_000));
        // A container shows its own group as the root.
        assert_eq!(system("0::/a/b\n", &[("memory.max", "7000\n")]), Some(7_000));
        let first = "5:cpu,cpuacct:/x\n4:hugetlb,memory:/x/y\n";
        let limits = [("memory/x/y/memory.limit_in_bytes", "6000"), ("cpu/x/memory.limit_in_bytes", "1")];
        assert_eq!(system(first, &limits), Some(6_000));
        // More than there is, as the first hierarchy says where there is no limit.
        assert_eq!(system(first, &[("memory/x/y/memory.limit_in_bytes", "9223372036854771712")]), Some(all));
    }

    #[test]
    fn a_system_that_says_nothing_has_no_answer() {
        assert_eq!(memory_bytes(Path::new("/nowhere"), Path::new("/nowhere")), None);
        assert_eq!(total_of("MemFree: 5 kB"), None);
    }
}
