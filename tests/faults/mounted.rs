//! A small file system in memory, where the machine lets a test have one.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A mounted file system; unmounted when dropped.
pub(crate) struct Mounted(TempDir);

impl Mounted {
    /// A file system of so many KiB; `None`, with the reason on standard output, where the machine forbids it.
    pub(crate) fn with_kib(kib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        match mount(&["-t", "tmpfs", "-o", &size, "none"], folder.path()) {
            Ok(()) => Some(Self(folder)),
            Err(reason) => {
                println!("skipped on a file system of its own, this machine forbids to mount one: {reason}");
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Nothing can be written from now on.
    pub(crate) fn make_read_only(&self) {
        mount(&["-o", "remount,ro"], self.path()).unwrap();
    }

    /// More room.
    pub(crate) fn grow_to_kib(&self, kib: u32) {
        mount(&["-o", &format!("remount,size={kib}k")], self.path()).unwrap();
    }
}

fn mount(args: &[&str], at: &Path) -> Result<(), String> {
    let done = Command::new("mount").args(args).arg(at).output().map_err(|error| error.to_string())?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()) }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let done = Command::new("umount").arg(self.path()).status();
        // A panic here would hide the one that the test ends with.
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.path().display());
        }
    }
}
