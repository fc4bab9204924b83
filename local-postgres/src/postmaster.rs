//! Finds the running server of a data directory, by what the kernel says of the processes. It must never take a
//! process id from a file on trust: after a crash or a reboot the id may be another program's.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// The main process of a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pid: i32,
    /// Whether the data directory names this very process as its server; not so where the directory was removed
    /// or replaced beneath it.
    pub(crate) owns_data: bool,
    /// Whether it takes connections; it does not while it starts, recovers or stops.
    pub(crate) ready: bool,
}

impl Postmaster {
    /// The server that `uid` runs on `data`. Its command line names the directory, which every user may read.
    pub(crate) fn of(data: &Path, uid: u32) -> Option<Self> {
        let pid = fs::read_dir("/proc")
            .ok()?
            .flatten()
            .filter(|entry| entry.metadata().is_ok_and(|process| process.uid() == uid))
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .find(|pid| is_server_of(*pid, data))?;
        let lock = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let owns_data = lock.lines().next().and_then(|line| line.trim().parse().ok()) == Some(pid);
        let ready = owns_data && lock.lines().nth(7).is_some_and(|line| line.trim() == "ready");
        Some(Self { pid, owns_data, ready })
    }

    /// Ends the server at once. Only for one whose data directory is gone, so that there is nothing to save.
    pub(crate) fn end(self) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            // It may have ended by itself in the meantime, which is as good.
            let _ = kill_process(pid, Signal::QUIT);
        }
    }
}

fn is_server_of(pid: i32, data: &Path) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    names_server_of(&line, data)
}

/// Whether a command line (its words ended by zero bytes) is `postgres -D <data>`.
fn names_server_of(line: &[u8], data: &Path) -> bool {
    let mut words = line.split(|byte| *byte == 0);
    let program = words.next().map(|word| Path::new(OsStr::from_bytes(word)));
    program.and_then(Path::file_name) == Some(OsStr::new("postgres"))
        && words.next() == Some(b"-D")
        && words.next() == Some(data.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_of_this_directory_is_taken_for_it() {
        let of = |line: &[u8]| names_server_of(line, Path::new("/srv/data"));
        assert!(of(b"/usr/lib/postgresql/15/bin/postgres\0-D\0/srv/data\0"));
        assert!(!of(b"/usr/lib/postgresql/15/bin/postgres\0-D\0/srv/data2\0"));
        assert!(!of(b"postgres: walwriter \0"));
        assert!(!of(b"/usr/bin/vi\0-D\0/srv/data\0"));
        assert!(!of(b""));
    }
}
