//! A second program: this test binary itself, told by its environment what to do. It is there to be killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use local_postgres::{Cluster, Scratch, Settings};

const ROLE: &str = "LOCAL_POSTGRES_TEST_ROLE";
const HOME: &str = "LOCAL_POSTGRES_TEST_HOME";
const PORT: &str = "LOCAL_POSTGRES_TEST_PORT";

/// A running child, and what it said when it was ready.
pub(crate) struct Program {
    child: Child,
    pub(crate) said: String,
}

impl Program {
    pub(crate) fn scratch() -> Self {
        Self::start(command("scratch"))
    }

    pub(crate) fn cluster(home: &Path, port: u16) -> Self {
        let mut command = command("cluster");
        command.env(HOME, home).env(PORT, port.to_string());
        Self::start(command)
    }

    /// A child that tries to have a cluster with the server programs of `programs`; gives what it said.
    pub(crate) fn cluster_with_programs(home: &Path, port: u16, programs: &Path) -> String {
        let mut command = command("cluster");
        command.env(HOME, home).env(PORT, port.to_string()).env("STAGEDOOR_POSTGRES_BIN", programs);
        Self::start(command).said.clone()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no code of the child runs any more.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the child is killed");
        self.child.wait().expect("the child is dead");
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("this test binary");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let said = lines.find_map(|line| line.ok()?.split_once("CHILD ").map(|(_, said)| said.to_owned()));
        Self { child, said: said.expect("a word of the child") }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this test binary"));
    command.args(["--exact", "child::plays_its_role", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
#[ignore = "the other tests run it as a program of its own"]
fn plays_its_role() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    match variable(ROLE).as_str() {
        "scratch" => {
            let scratch = Scratch::start().expect("a scratch server");
            say_and_wait(&format!("{} {}", scratch.directory().display(), scratch.port()));
        }
        "cluster" => {
            let port = variable(PORT).parse().expect("a port");
            let cluster = Cluster::ensure(Settings { home: variable(HOME).into(), port });
            match &cluster {
                Ok(_) => say_and_wait("ready"),
                Err(trouble) => say_and_wait(&trouble.to_string()),
            }
        }
        _ => {}
    }
}

fn say_and_wait(said: &str) {
    let _ = writeln!(std::io::stdout(), "\nCHILD {said}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
