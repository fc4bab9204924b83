//! `stagedoor start` in a place of its own, as the README's first command starts it.

use std::{fs, process::Command, time::Duration};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    place::{Place, free_port},
    program::{Program, stagedoor},
    shop::Shop,
};

/// How long a stop may take: what is under way is finished and PostgreSQL is shut down.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// Addresses and directory of one platform, which may run or not.
pub(crate) struct Platform {
    pub(crate) place: Place,
    pub(crate) api_port: u16,
    pub(crate) admin_port: u16,
    pub(crate) sandbox_port: u16,
    pub(crate) postgres_port: u16,
}

impl Platform {
    pub(crate) fn new() -> Self {
        Self {
            place: Place::new(),
            api_port: free_port(),
            admin_port: free_port(),
            sandbox_port: free_port(),
            postgres_port: free_port(),
        }
    }

    /// The call of one of the program's commands with this platform's settings.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = stagedoor(self.place.path());
        command.arg(name);
        for (key, value) in [
            ("api.listen", format!("127.0.0.1:{}", self.api_port)),
            ("admin.listen", format!("127.0.0.1:{}", self.admin_port)),
            ("sandbox.listen", format!("127.0.0.1:{}", self.sandbox_port)),
            ("postgres.port", self.postgres_port.to_string()),
            ("postgres.home", self.place.home().display().to_string()),
        ] {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        command
    }

    /// Starts it; returns when it sells.
    pub(crate) fn start(&self) -> Program {
        let program = Program::start(self.command("start"));
        program.tells("Ctrl-C stops it");
        program
    }

    /// Stops it as Ctrl-C does; then nothing of it runs.
    pub(crate) fn stop(&self, program: Program) {
        program.stops_within(Signal::INT, STOPS_WITHIN);
        assert_eq!(self.place.still_running(), Vec::<String>::new());
    }

    pub(crate) fn api(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    pub(crate) fn sandbox(&self) -> String {
        format!("http://127.0.0.1:{}", self.sandbox_port)
    }

    /// What the demo is, as the program has written it down.
    pub(crate) fn demo(&self) -> Value {
        serde_json::from_slice(&fs::read(self.place.home().join("demo.json")).unwrap()).unwrap()
    }

    /// The demo reseller's test environment in the region `eu`.
    pub(crate) fn demo_shop(&self) -> Shop {
        let demo = self.demo();
        Shop::new(self.api(), demo["regions"]["eu"]["test"]["secret_key"].as_str().unwrap().to_owned())
    }
}
