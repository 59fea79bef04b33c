//! A disk of a server's own, where the machine lets a test have one: an ext4 in an image file, mounted through a loop device. What
//! the server has written and not synced is in the kernel's memory and not in the image, so that a copy of the image is what a
//! power cut would leave.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::eventually;
use crate::support::server::signal;

/// How large the disk is; the image takes what is written.
const MIB: u64 = 512;
/// Nothing is written on the disk's own account for so long, in seconds: only what a program syncs is there.
const COMMIT_S: u32 = 300;

/// A mounted disk; unmounted when dropped.
pub(crate) struct Disk {
    /// The image and the folder that it is mounted on.
    folder: TempDir,
}

impl Disk {
    /// An empty disk; `None`, with the reason on standard output, where the machine forbids it.
    pub(crate) fn empty() -> Option<Self> {
        let disk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(disk.path()).unwrap();
        File::create(disk.image()).unwrap().set_len(MIB << 20).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", disk.image().to_str().unwrap()]).and_then(|()| disk.mount());
        if let Err(reason) = made {
            println!("skipped on a disk of its own, this machine forbids to make or to mount one: {reason}");
            // There is nothing to unmount, which says so.
            return None;
        }
        Some(disk)
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mount(&self) -> Result<(), String> {
        let options = format!("loop,noatime,noauto_da_alloc,commit={COMMIT_S}");
        run("mount", &["-o", &options, self.image().to_str().unwrap(), self.path().to_str().unwrap()])
    }

    /// Cuts the power under a process: what the disk holds at one instant is all there is from then on, on a disk that was never
    /// unmounted. The process is killed.
    pub(crate) fn cut_under(&self, pid: u32) -> Cut {
        signal(pid, "STOP");
        eventually("every thread stands still", || stands_still(pid).then_some(()));
        let next = tempfile::tempdir().unwrap();
        let copy = next.path().join("image");
        // The same before and after it was copied, so that there was an instant at which it was this.
        eventually("the image is copied at one instant", || {
            run("cp", &["--sparse=always", self.image().to_str().unwrap(), copy.to_str().unwrap()]).unwrap();
            are_equal(&self.image(), &copy).then_some(())
        });
        signal(pid, "KILL");
        Cut(next)
    }
}

/// What a power cut has left.
pub(crate) struct Cut(TempDir);

impl Cut {
    /// The disk when the power is back; the file system brings itself in order as it is mounted.
    pub(crate) fn power_on(self) -> Disk {
        let disk = Disk { folder: self.0 };
        std::fs::create_dir(disk.path()).unwrap();
        disk.mount().unwrap();
        disk
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A panic here would hide the one that the test ends with.
        if let Err(reason) = run("umount", &[self.path().to_str().unwrap_or_default()]) {
            eprintln!("{} is not unmounted: {reason}", self.path().display());
        }
    }
}

/// True when no thread of the process runs or waits for a disk.
fn stands_still(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap()).all(|stat| {
        // The state is the first word after the name, which stands in parentheses.
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    })
}

fn are_equal(one: &Path, other: &Path) -> bool {
    let (mut one, mut other) = (File::open(one).unwrap(), File::open(other).unwrap());
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    for _ in 0..MIB {
        one.read_exact(&mut a).unwrap();
        other.read_exact(&mut b).unwrap();
        if a != b {
            return false;
        }
    }
    true
}

fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let done = Command::new(program).args(args).output().map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()) }
}
