//! A home that is gone after the test, together with the server that runs on it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use local_postgres::{Cluster, Settings, Trouble};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

static HOMES: AtomicU32 = AtomicU32::new(0);

/// A directory of its own for one test.
pub(crate) struct Workshop {
    pub(crate) root: PathBuf,
    pub(crate) port: u16,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let number = HOMES.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("local-postgres-it-{}-{number}", std::process::id()));
        fs::create_dir(&root).expect("a directory for the test");
        Self { root, port: free_port() }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn ensure(&self) -> Result<Cluster, Trouble> {
        Cluster::ensure(Settings { home: self.home(), port: self.port })
    }

    /// Where the cluster is: in the home, or where the home's note says.
    pub(crate) fn place(&self) -> PathBuf {
        let note = fs::read_to_string(self.home().join("postgres.location")).unwrap_or_default();
        note.lines().next().map_or_else(|| self.home().join("postgres"), PathBuf::from)
    }

    /// The server's process, as the data directory names it.
    pub(crate) fn pid(&self) -> Option<i32> {
        let lock = fs::read_to_string(self.place().join("data/postmaster.pid")).ok()?;
        lock.lines().next()?.trim().parse().ok()
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let place = self.place();
        if let Some(pid) = self.pid().filter(|pid| *pid != i32::try_from(std::process::id()).unwrap_or(0)) {
            signal(pid, Signal::QUIT);
            wait_until("the server is gone", || !lives(pid));
        }
        let _ = fs::remove_dir_all(place);
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Looks again and again, for at most half a minute.
pub(crate) fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::yield_now();
    }
}

pub(crate) fn signal(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).expect("a process id"), signal);
}

pub(crate) fn lives(pid: i32) -> bool {
    let dead = fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    !dead && test_kill_process(Pid::from_raw(pid).expect("a process id")).is_ok()
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

/// Runs one statement through `psql` and gives what it prints.
pub(crate) fn query(url: &str, sql: &str) -> String {
    let output = Command::new(psql()).args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, url]).output().expect("psql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn psql() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL").flatten();
    versions.map(|version| version.path().join("bin/psql")).find(|psql| Path::exists(psql)).expect("psql")
}
