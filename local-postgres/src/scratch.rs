//! A throw-away cluster for tests. It must leave neither a process nor a file behind, however the test process ends:
//! a small shell waits on a pipe from us, and removes everything when the kernel closes that pipe.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::account::Account;
use crate::binaries::Binaries;
use crate::trouble::{recognised, telling_line};
use crate::{HOST, SUPERUSER, Trouble, conf};

/// A free port may be taken by another program before PostgreSQL has it; then another one is tried.
const TRIES: u32 = 5;

/// More than `initdb` and a server that fails to start ever say.
const LONGEST_ANSWER: u64 = 256 * 1024;

/// A running server with an empty cluster, which trusts everyone on this machine. It ends with the value or with the
/// process, whichever comes first, `kill -9` included; a `static` is fine.
#[derive(Debug)]
pub struct Scratch {
    supervisor: Child,
    directory: PathBuf,
    port: u16,
}

impl Scratch {
    /// Starts one on a free port of 127.0.0.1, in the directory for temporary files. Blocks for about half a second.
    pub fn start() -> Result<Self, Trouble> {
        let mut tries = 1;
        loop {
            match Self::start_once() {
                Err(Trouble::PortTaken { .. }) if tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// The superuser's address of `database` (a plain name, put in as it is). Other roles need no password either.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@{HOST}:{}/{database}", self.port)
    }

    /// The address that the server listens on.
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's name.
    pub fn user(&self) -> &'static str {
        SUPERUSER
    }

    /// The directory with the data and the Unix socket; gone when the server is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn start_once() -> Result<Self, Trouble> {
        let binaries = Binaries::find(None)?;
        let directory = std::env::temp_dir().join(format!("stagedoor-{}", hex::encode(rand::random::<[u8; 6]>())));
        let no_scratch =
            |words: &str| Trouble::NoScratch { directory: directory.clone(), last_line: telling_line(words) };
        let port = free_port().map_err(|error| no_scratch(&error.to_string()))?;
        let mut supervisor = supervise(&binaries, &directory, port)?;
        let said = answer(&mut supervisor).unwrap_or_else(|error| error.to_string());
        if said == "ready\n" {
            return Ok(Self { supervisor, directory, port });
        }
        end(&mut supervisor);
        Err(recognised(&said, &directory, port).unwrap_or_else(|| no_scratch(&said)))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        end(&mut self.supervisor);
    }
}

fn supervise(binaries: &Binaries, directory: &Path, port: u16) -> Result<Child, Trouble> {
    let shell = Path::new("/bin/sh");
    let mut command = Account::unprivileged().command(shell);
    command.arg("-c").arg(include_str!("scratch.sh")).arg("scratch").arg(directory).arg(binaries.program(""));
    command.arg(conf::throw_away(port, directory)).args(conf::INITDB).args(["trust", "--no-sync"]);
    // A group of its own: Ctrl-C must reach the tests only, and the pipe then tells the supervisor.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().map_err(|source| Trouble::CannotRun { program: shell.to_path_buf(), source })
}

/// "ready" and a line's end, or all that was said instead.
fn answer(supervisor: &mut Child) -> io::Result<String> {
    let mut said = String::new();
    if let Some(output) = supervisor.stdout.take() {
        let mut output = BufReader::new(output.take(LONGEST_ANSWER));
        output.read_line(&mut said)?;
        if said != "ready\n" {
            output.read_to_string(&mut said)?;
        }
    }
    Ok(said)
}

/// Closes the pipe and waits until everything is removed.
fn end(supervisor: &mut Child) {
    drop(supervisor.stdin.take());
    // Nothing is left to do if the supervisor has ended already.
    let _ = supervisor.wait();
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((HOST, 0))?.local_addr()?.port())
}
