//! A cell and the processes that serve it, as an operator would run them: one database, any number of API processes, a
//! dispatcher, and a payment provider.

use std::{fs, time::Duration};

use stripe_sandbox::{Account, Config, Fee};
use testkit::Database;
use tokio::net::TcpListener;

use crate::{
    place::{Place, free_port},
    program::{Program, stagedoor},
};

/// A database with its configuration file and its provider. What runs on it is up to the test.
pub(crate) struct Line {
    pub(crate) database: Database,
    pub(crate) sandbox: String,
    place: Place,
    /// The port that the first API process listens on; the provider calls back there.
    first_port: u16,
}

/// An API process.
pub(crate) struct Api {
    pub(crate) program: Program,
    pub(crate) port: u16,
}

impl Api {
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Line {
    /// Makes the database, starts the provider, writes the configuration.
    pub(crate) async fn open() -> Self {
        Self::settling_after(Duration::from_secs(1)).await
    }

    /// The same with a provider that takes so long, by its own clock, over what it does later: fees, and slow payments.
    pub(crate) async fn settling_after(delay: Duration) -> Self {
        let line = Self {
            database: Database::create().await,
            sandbox: String::new(),
            place: Place::new(),
            first_port: free_port(),
        };
        let sandbox = sandbox(format!("http://127.0.0.1:{}/callbacks/stripe/eu-1", line.first_port), delay).await;
        fs::write(line.place.path().join("stagedoor.toml"), line.configuration(&sandbox)).unwrap();
        Self { sandbox, ..line }
    }

    fn configuration(&self, sandbox: &str) -> String {
        let cell = self.database.settings();
        format!(
            r#"
            [limits]
            key_requests_per_second = 1000000
            key_burst = 1000000
            [api]
            request_timeout_seconds = 20
            [webhooks]
            allow_private_addresses = true
            [regions.eu]
            base_url = "http://127.0.0.1:{port}"
            [[cells]]
            name = "{name}"
            region = "eu"
            database_url = "{database}"
            worker_database_url = "{worker}"
            request_connections = 12
            # 32 bytes, all of them 7, as the database's settings have it.
            sealing_key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
            operator_key = "an operator key of the tests, long enough"
            [cells.live_provider]
            base_url = "{sandbox}/"
            secret_key = "sk_test_live"
            publishable_key = "pk_test_live"
            callback_secret = "whsec_live"
            [cells.test_provider]
            base_url = "{sandbox}/"
            secret_key = "sk_test_test"
            publishable_key = "pk_test_test"
            callback_secret = "whsec_test"
            "#,
            port = self.first_port,
            name = cell.name,
            database = cell.database_url,
            worker = cell.worker_database_url,
        )
    }

    fn command(&self, role: &str) -> std::process::Command {
        let mut command = stagedoor(self.place.path());
        command.arg(role);
        command
    }

    /// Starts the API process that the provider calls back.
    pub(crate) fn first_api(&self) -> Api {
        self.first_api_with(&[])
    }

    /// The same with more arguments.
    pub(crate) fn first_api_with(&self, more: &[&str]) -> Api {
        self.api(self.first_port, more)
    }

    /// Starts another API process.
    pub(crate) fn another_api(&self) -> Api {
        self.api(free_port(), &[])
    }

    fn api(&self, port: u16, more: &[&str]) -> Api {
        let mut command = self.command("api");
        command.arg("--set").arg(format!("api.listen=127.0.0.1:{port}")).args(more);
        let program = Program::start(command);
        program.logs("serving");
        Api { program, port }
    }

    /// Starts what works in the background.
    pub(crate) fn dispatch(&self) -> Program {
        Program::start(self.command("dispatch"))
    }

    /// Runs `stagedoor verify`, which must find every invariant kept.
    #[track_caller]
    pub(crate) fn verified(&self) {
        let verified = self.command("verify").output().unwrap();
        let said = [verified.stdout, verified.stderr].concat();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}

async fn sandbox(callback_url: String, balance_transaction_delay: Duration) -> String {
    // Its client needs the process's provider for TLS, as the tests' own does.
    drop(crate::shop::http());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let account = |mode: &str| Account {
        secret_key: format!("sk_test_{mode}"),
        publishable_key: format!("pk_test_{mode}"),
        callback_url: Some(callback_url.clone()),
        callback_secret: format!("whsec_{mode}"),
    };
    let config = Config {
        listen: address,
        accounts: vec![account("live"), account("test")],
        state_file: None,
        fee: Fee::default(),
        balance_transaction_delay,
    };
    tokio::spawn(stripe_sandbox::serve(listener, config, std::future::pending()));
    format!("http://{address}")
}
