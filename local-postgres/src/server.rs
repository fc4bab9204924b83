//! One cluster on disk and its server: setting up, starting or adopting, stopping. It must never delete data.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::binaries::Binaries;
use crate::postmaster::Postmaster;
use crate::trouble::{recognised, telling_line};
use crate::{SUPERUSER, Trouble, conf};

/// How long a server may take to start or to stop; replaying 8 GB of log after a crash takes its time.
const PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_SECONDS: &str = "300";
const POLL: Duration = Duration::from_millis(50);

/// How long the sessions of a crashed server may take to end.
const LEFTOVERS: Duration = Duration::from_secs(30);

/// Beyond this the log is set aside at a start, so that it is bounded at about twice this.
const LARGEST_LOG: u64 = 16 * 1024 * 1024;

/// A cluster's directory, the programs that work on it, and the user that they run as.
#[derive(Debug)]
pub(crate) struct Server {
    directory: PathBuf,
    binaries: Binaries,
    account: Account,
}

impl Server {
    /// The cluster in `directory`, whether it is set up already or not.
    pub(crate) fn at(directory: PathBuf, account: Account) -> Result<Self, Trouble> {
        let major = fs::read_to_string(directory.join("data/PG_VERSION")).ok();
        let binaries = Binaries::find(major.and_then(|major| major.trim().parse().ok()))?;
        Ok(Self { directory, binaries, account })
    }

    pub(crate) fn is_set_up(&self) -> bool {
        self.data().join("PG_VERSION").exists()
    }

    /// Makes the cluster with this password for its superuser. It appears under its name only when it is
    /// complete, so that a kill half-way leaves nothing that would be taken for data.
    pub(crate) fn set_up(&self, password: &str) -> Result<(), Trouble> {
        self.remove_unfinished();
        let unfinished = self.directory.join(format!("unfinished.{}", std::process::id()));
        let secret = self.directory.join("unfinished.password");
        self.account.write(&secret, password).map_err(|error| not_writable(&secret, error))?;
        let mut initdb = self.account.command(&self.binaries.program("initdb"));
        initdb.args(conf::INITDB).arg("scram-sha-256").arg("--pwfile").arg(&secret).arg("-D").arg(&unfinished);
        let output = run(&mut initdb)?;
        // What fails to be removed here is removed by the next set-up.
        let _ = fs::remove_file(&secret);
        if !output.status.success() {
            return Err(self.not_set_up(&output));
        }
        let data = self.data();
        fs::rename(&unfinished, &data).map_err(|error| not_writable(&data, error))
    }

    /// Gives the superuser this password, through PostgreSQL's single-user mode, which asks for none.
    pub(crate) fn reset_password(&self, password: &str) -> Result<(), Trouble> {
        self.stop()?;
        let program = self.binaries.program("postgres");
        let mut single = self.account.command(&program);
        single.arg("--single").arg("-D").arg(self.data()).arg("postgres").stdin(Stdio::piped());
        let cannot_run = |source| Trouble::CannotRun { program: program.clone(), source };
        let mut child = single.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(cannot_run)?;
        if let Some(mut input) = child.stdin.take() {
            // A server that has ended already says in its output why.
            let _ = writeln!(input, "alter role {SUPERUSER} password '{password}'");
        }
        let output = child.wait_with_output().map_err(cannot_run)?;
        if output.status.success() && !said(&output).contains("ERROR:") {
            Ok(())
        } else {
            Err(self.not_set_up(&output))
        }
    }

    /// Adopts the running server if it has today's settings, otherwise starts one; returns when it is ready.
    pub(crate) fn bring_up(&self, port: u16) -> Result<(), Trouble> {
        let wanted = conf::lasting(port, &self.sockets(), self.has_lz4());
        let deadline = Instant::now() + PATIENCE;
        while let Some(running) = self.running() {
            let current = fs::read_to_string(self.conf()).unwrap_or_default();
            if running.ready && current == wanted {
                return Ok(());
            }
            if !running.owns_data {
                running.end();
            } else if running.ready {
                self.stop()?;
            }
            if Instant::now() > deadline {
                return Err(self.did_not_come_up(0));
            }
            thread::sleep(POLL);
        }
        self.start_once_free(&wanted, port)
    }

    /// Stops the server if there is one, letting no transaction finish but losing none that has.
    pub(crate) fn stop(&self) -> Result<(), Trouble> {
        if self.running().is_none() {
            return Ok(());
        }
        let output = run(self.pg_ctl("stop").args(["-m", "fast"]))?;
        if output.status.success() || self.running().is_none() {
            return Ok(());
        }
        Err(Trouble::DidNotStop { log: self.log(), last_line: telling_line(&said(&output)) })
    }

    /// Starts the server, waiting for what is left of a crashed one: its sessions notice the crash each in its own
    /// time, and PostgreSQL rightly refuses to start beside them.
    fn start_once_free(&self, conf: &str, port: u16) -> Result<(), Trouble> {
        let deadline = Instant::now() + LEFTOVERS;
        loop {
            match self.start(conf, port) {
                Err(Trouble::DidNotComeUp { last_line, .. })
                    if last_line.contains("is still in use") && Instant::now() < deadline =>
                {
                    thread::sleep(POLL);
                }
                outcome => return outcome,
            }
        }
    }

    fn start(&self, conf: &str, port: u16) -> Result<(), Trouble> {
        self.prepare(conf).map_err(|error| not_writable(&self.directory, error))?;
        let logged = fs::metadata(self.log()).map_or(0, |log| log.len());
        let output = run(self.pg_ctl("start").arg("-l").arg(self.log()))?;
        if output.status.success() {
            return Ok(());
        }
        let words = self.logged_since(logged) + &said(&output);
        Err(recognised(&words, &self.directory, port).unwrap_or_else(|| self.did_not_come_up(logged)))
    }

    /// Writes the settings and clears what a crash has left behind. Called only while no server runs.
    fn prepare(&self, conf: &str) -> io::Result<()> {
        self.account.write(&self.conf(), conf)?;
        match fs::remove_dir_all(self.sockets()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.account.make_directory(&self.sockets())?,
        }
        if fs::metadata(self.log()).is_ok_and(|log| log.len() > LARGEST_LOG) {
            fs::rename(self.log(), self.log().with_extension("log.1"))?;
        }
        self.disown_stale_lock()
    }

    /// Writes our own process id into the lock file that a crashed server has left behind. PostgreSQL refuses to
    /// start if that file's process lives, though it may be any program by now; it never takes the process that
    /// called `pg_ctl` for a server. The file itself stays: by it PostgreSQL sees whether processes of the crashed
    /// server still hold its memory.
    fn disown_stale_lock(&self) -> io::Result<()> {
        let path = self.data().join("postmaster.pid");
        let Ok(lock) = fs::read_to_string(&path) else {
            return Ok(());
        };
        let rest = lock.split_once('\n').map_or("", |(_, rest)| rest);
        self.account.write(&path, &format!("{}\n{rest}", std::process::id()))
    }

    /// Whether this build of PostgreSQL can compress its write-ahead log with lz4; the server itself is asked.
    fn has_lz4(&self) -> bool {
        let mut ask = self.account.command(&self.binaries.program("postgres"));
        ask.arg("-D").arg(self.data()).args(["-C", "wal_compression", "-c", "wal_compression=lz4"]);
        run(&mut ask).is_ok_and(|output| output.status.success())
    }

    fn running(&self) -> Option<Postmaster> {
        Postmaster::of(&self.data(), self.account.uid)
    }

    /// `pg_ctl` puts the server in a session of its own, so that it outlives us and no Ctrl-C reaches it.
    fn pg_ctl(&self, verb: &str) -> Command {
        let mut command = self.account.command(&self.binaries.program("pg_ctl"));
        command.args([verb, "-s", "-w", "-t", PATIENCE_SECONDS, "-D"]).arg(self.data());
        command
    }

    fn remove_unfinished(&self) {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("unfinished.")) {
            // Litter of a killed start: it may stay if an `initdb` is still writing to it.
            let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }

    fn not_set_up(&self, output: &Output) -> Trouble {
        let words = said(output);
        recognised(&words, &self.directory, 0)
            .unwrap_or_else(|| Trouble::NotSetUp { directory: self.directory.clone(), last_line: telling_line(&words) })
    }

    fn did_not_come_up(&self, logged: u64) -> Trouble {
        Trouble::DidNotComeUp { log: self.log(), last_line: telling_line(&self.logged_since(logged)) }
    }

    fn logged_since(&self, position: u64) -> String {
        let mut text = Vec::new();
        if let Ok(mut log) = fs::File::open(self.log()) {
            // A log that cannot be read has nothing to tell, and the start has failed already.
            let _ = log.seek(SeekFrom::Start(position)).and_then(|_| log.take(LARGEST_LOG).read_to_end(&mut text));
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn conf(&self) -> PathBuf {
        self.data().join("postgresql.conf")
    }

    fn sockets(&self) -> PathBuf {
        self.directory.join("sockets")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("postgresql.log")
    }
}

fn run(command: &mut Command) -> Result<Output, Trouble> {
    command.output().map_err(|source| Trouble::CannotRun { program: PathBuf::from(command.get_program()), source })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn not_writable(path: &Path, source: io::Error) -> Trouble {
    Trouble::HomeNotWritable { path: path.to_path_buf(), source }
}
