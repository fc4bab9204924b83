//! A place for one test: a directory of its own and ports of its own. Nothing that ran there may outlive it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A directory that is removed when this is dropped, after the PostgreSQL that was started in it has been killed.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("stagedoor-e2e-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&path).unwrap();
        // PostgreSQL's own user must get to its data in it.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The home of `stagedoor start` in here.
    pub(crate) fn home(&self) -> PathBuf {
        self.0.join("home")
    }

    /// The process id of the PostgreSQL that runs in the home.
    pub(crate) fn postgres(&self) -> Option<i32> {
        let data = self.postgres_directory().join("data");
        let lock = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let pid = lock.lines().next()?.trim().parse().ok()?;
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        command.contains(data.to_str()?).then_some(pid)
    }

    /// What still runs with a word of this place on its command line.
    pub(crate) fn still_running(&self) -> Vec<String> {
        let mine = self.0.to_str().unwrap();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let commands = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
        commands.filter(|command| command.contains(mine)).map(|command| command.replace('\0', " ")).collect()
    }

    fn postgres_directory(&self) -> PathBuf {
        let elsewhere = fs::read_to_string(self.home().join("postgres.location")).ok();
        let elsewhere = elsewhere.and_then(|note| note.lines().next().map(PathBuf::from));
        elsewhere.unwrap_or_else(|| self.home().join("postgres"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pid) = self.postgres() {
            let process = Pid::from_raw(pid).unwrap();
            // Its sessions end by themselves when they miss it.
            let _ = kill_process(process, Signal::QUIT);
            let began = Instant::now();
            while self.postgres().is_some() && began.elapsed() < Duration::from_secs(10) {
                thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = fs::remove_dir_all(self.postgres_directory());
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A free port of 127.0.0.1, below those that the kernel gives to outgoing connections: none can take it before the program
/// that is told of it does.
pub(crate) fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(rand::random_range(10_000..30_000)));
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 32_000, "no free port was found");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
