//! What can go wrong, each told in one line that says what to do about it. It must never carry a password.

use std::io;
use std::path::{Path, PathBuf};

/// Why a server could not be had. The text of each is one line for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The server programs are not installed, or not in the version that the data needs.
    #[error(
        "PostgreSQL's server programs are not in {looked_in}: run `apt-get install {package}`, or name the directory that has them in STAGEDOOR_POSTGRES_BIN"
    )]
    BinariesMissing {
        /// The directory that was searched.
        looked_in: String,
        /// The Debian package that has them.
        package: String,
    },
    /// Another program listens on the port.
    #[error(
        "port {port} on 127.0.0.1 is taken by another program: stop that program, or set postgres.port to a free port"
    )]
    PortTaken {
        /// The port that was asked for.
        port: u16,
    },
    /// The disk is full.
    #[error(
        "no space left on the disk that holds {} ({free_mib} MiB free): make room there, or move the data to a larger disk with postgres.home", directory.display()
    )]
    DiskFull {
        /// The directory that PostgreSQL writes to.
        directory: PathBuf,
        /// Free space there now, in MiB; PostgreSQL has removed its unfinished files by then.
        free_mib: u64,
    },
    /// A file or directory of the home could not be made, written or read.
    #[error(
        "cannot write {}: {source}; make it writable for this user, or set postgres.home to another directory", path.display()
    )]
    HomeNotWritable {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The data was made by another user, and this one may not become that user.
    #[error(
        "{} belongs to the user with id {owner}: start as that user or as root, or set postgres.home to another directory", directory.display()
    )]
    OtherOwner {
        /// The directory of the cluster.
        directory: PathBuf,
        /// The id of the user that it belongs to.
        owner: u32,
    },
    /// A running program has the home.
    #[error(
        "{} is in use by a running program (process {pid}): stop that program, or set postgres.home to another directory", home.display()
    )]
    Locked {
        /// The home that was asked for.
        home: PathBuf,
        /// The process that holds it, as it has written it down.
        pid: String,
    },
    /// A new cluster could not be set up.
    #[error("PostgreSQL could not set up {}: {last_line}; put that right and start again", directory.display())]
    NotSetUp {
        /// The directory of the cluster.
        directory: PathBuf,
        /// What the program said last.
        last_line: String,
    },
    /// The server ended, or was not ready in time.
    #[error("PostgreSQL did not come up: {last_line}; see {} and start again", log.display())]
    DidNotComeUp {
        /// The server's log.
        log: PathBuf,
        /// Its last telling line.
        last_line: String,
    },
    /// The server was told to end, and did not.
    #[error("PostgreSQL did not stop: {last_line}; see {} and try again", log.display())]
    DidNotStop {
        /// The server's log.
        log: PathBuf,
        /// What the program said last.
        last_line: String,
    },
    /// A throw-away server could not be started.
    #[error(
        "the throw-away PostgreSQL in {} did not start: {last_line}; set TMPDIR to a directory that every user may write to if this one is not", directory.display()
    )]
    NoScratch {
        /// The directory that it was to have.
        directory: PathBuf,
        /// What was said last.
        last_line: String,
    },
    /// A program that is there could not be run.
    #[error("{} cannot be run: {source}; check that every user may run it", program.display())]
    CannotRun {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The troubles that PostgreSQL tells of in words: `None` when `said` names neither of them.
pub(crate) fn recognised(said: &str, directory: &Path, port: u16) -> Option<Trouble> {
    if said.contains("No space left on device") {
        let free_mib = free_mib(directory);
        return Some(Trouble::DiskFull { directory: directory.to_path_buf(), free_mib });
    }
    said.contains("Address already in use").then_some(Trouble::PortTaken { port })
}

/// The line that tells most: the last fatal one if there is any, otherwise the last.
pub(crate) fn telling_line(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines().rfind(|line| line.contains("FATAL:") || line.contains("PANIC:"));
    fatal.or_else(|| lines().next_back()).unwrap_or("it said nothing").to_owned()
}

/// Free space in MiB for an ordinary user on the disk of `directory` or of its nearest parent that exists.
fn free_mib(directory: &Path) -> u64 {
    let disk = directory.ancestors().find_map(|place| rustix::fs::statvfs(place).ok());
    disk.map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_names_the_directory_and_the_space() {
        let said = "initdb: error: could not write file: No space left on device\n";
        let trouble = recognised(said, Path::new("/tmp/not-there"), 1).expect("a trouble").to_string();
        assert!(trouble.contains("/tmp/not-there"), "{trouble}");
        assert!(trouble.contains("MiB free"), "{trouble}");
        assert!(trouble.contains("postgres.home"), "{trouble}");
    }

    #[test]
    fn the_fatal_line_tells_more_than_the_last() {
        let said = "LOG:  starting\nFATAL:  bogus data in lock file\nLOG:  database system is shut down\n\n";
        assert_eq!(telling_line(said), "FATAL:  bogus data in lock file");
        assert_eq!(telling_line("one\n two \n"), "two");
        assert_eq!(telling_line(""), "it said nothing");
    }

    #[test]
    fn ordinary_words_are_no_known_trouble() {
        assert!(recognised("FATAL:  could not open file", Path::new("/tmp"), 1).is_none());
    }
}
