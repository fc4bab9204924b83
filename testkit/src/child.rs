//! A test that starts itself as another process on its own database, to be killed (`kill -9`).

use std::{
    env,
    process::{Child, Command, Stdio},
};

use foundation::cell::CellSettings;

use crate::{Database, configured};

const APP: &str = "CHILD_APP_URL";
const WORKER: &str = "CHILD_WORKER_URL";

impl Database {
    /// Starts this very program as its test of this name, which has this database by [`given`].
    #[must_use]
    pub fn start_child(&self, test: &str) -> Child {
        let settings = self.settings();
        let program = env::current_exe().expect("this program is somewhere");
        let mut child = Command::new(program);
        child.args(["--exact", test, "--nocapture"]);
        child.env(APP, settings.database_url).env(WORKER, settings.worker_database_url);
        child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("this program starts once more")
    }
}

/// How a child is configured for the database that it was started for. None where nobody has started it: then it is no test, and passes.
#[must_use]
pub fn given() -> Option<CellSettings> {
    Some(configured(env::var(APP).ok()?, env::var(WORKER).ok()?, "eu"))
}
