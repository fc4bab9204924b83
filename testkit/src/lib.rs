//! A real PostgreSQL for tests: one throw-away server per test process, one database per test, cloned from a migrated
//! template. The server and its files are gone when the process ends, however it ends.
//!
//! Tests work as the application's roles do: nothing here hands out the superuser except [`Database::as_owner`].
//!
//! Another process on it, to be killed: [`child`]. And a real browser, for what buyers see: [`browser`]; and rooms with real shapes to sell: [`shapes`].
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot have what it needs must stop at once")]

pub mod browser;
pub mod child;
pub mod shapes;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use foundation::{
    Cell,
    cell::{CellSettings, LegalEntity},
    id::{AccountId, ResellerId},
    schema,
};
use local_postgres::Scratch;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::OnceCell;

static SERVER: OnceCell<Scratch> = OnceCell::const_new();
static COUNTER: AtomicU32 = AtomicU32::new(0);
/// Databases whose tests have ended.
static ENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());
const TEMPLATE: &str = "stagedoor_template";

/// A migrated database of its own for one test.
#[derive(Debug)]
pub struct Database {
    cell: Cell,
    name: String,
    server: &'static Scratch,
}

impl Database {
    /// Makes one, in the region `eu`.
    pub async fn create() -> Self {
        Self::create_in("eu").await
    }

    /// Makes one in this region.
    pub async fn create_in(region: &str) -> Self {
        let server = SERVER.get_or_init(start).await;
        remove_ended(server).await;
        let name = format!("test_{}", COUNTER.fetch_add(1, Ordering::Relaxed));
        run(server, "postgres", format!("create database {name} template {TEMPLATE}")).await;
        let cell = Cell::open(&settings(server, &name, region)).expect("the test database's address is our own");
        Self { cell, name, server }
    }

    /// The cell, as a process that serves has it.
    #[must_use]
    pub fn cell(&self) -> &Cell {
        &self.cell
    }

    /// The same database as a second process would have it: pools of its own.
    #[must_use]
    pub fn second_cell(&self) -> Cell {
        Cell::open(&self.settings()).expect("the test database's address is our own")
    }

    /// How a process is configured for this database.
    #[must_use]
    pub fn settings(&self) -> CellSettings {
        settings(self.server, &self.name, self.cell.region())
    }

    /// A connection that owns the schema and passes row-level security: to look behind the curtain, or to break things.
    pub async fn as_owner(&self) -> PgConnection {
        PgConnection::connect(&self.server.url(&self.name)).await.expect("the test server answers")
    }

    /// A fresh reseller's test environment in EUR, with no fee rule and no key.
    pub async fn reseller(&self) -> ResellerId {
        let reseller = ResellerId::new();
        let mut owner = self.as_owner().await;
        let account = AccountId::new();
        sqlx::query("insert into tenants (reseller_id, account_id, mode) values ($1, $2, 'test')")
            .bind(reseller)
            .bind(account)
            .execute(&mut owner)
            .await
            .expect("a tenant can be written");
        sqlx::query(
            "insert into resellers (reseller_id, account_id, mode, name, email, country, currency, legal_name, address, created_at)
             values ($1, $2, 'test', 'Test', 'test@example.com', 'NL', 'EUR', 'Test BV', 'Street 1', clock_timestamp())",
        )
        .bind(reseller)
        .bind(account)
        .execute(&mut owner)
        .await
        .expect("a reseller can be written");
        reseller
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        ended().push(std::mem::take(&mut self.name));
    }
}

fn ended() -> std::sync::MutexGuard<'static, Vec<String>> {
    ENDED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what tests have left, so that a run has on its disk what is at work and not all that ever was. What is still
/// connected to is looked at again the next time.
async fn remove_ended(server: &Scratch) {
    let names = std::mem::take(&mut *ended());
    if names.is_empty() {
        return;
    }
    let mut conn = PgConnection::connect(&server.url("postgres")).await.expect("the test server answers");
    for name in names {
        let sql = "select exists (select from pg_stat_activity where datname = $1)";
        let connected: bool =
            sqlx::query_scalar(sql).bind(&name).fetch_one(&mut conn).await.expect("the statement runs");
        let removed =
            !connected && sqlx::query(AssertSqlSafe(format!("drop database {name}"))).execute(&mut conn).await.is_ok();
        if !removed {
            ended().push(name);
        }
    }
}

async fn start() -> Scratch {
    let server = tokio::task::spawn_blocking(Scratch::start).await.expect("the launcher does not panic");
    let server = server.unwrap_or_else(|trouble| panic!("{trouble}"));
    let mut conn = PgConnection::connect(&server.url("postgres")).await.expect("the test server answers");
    schema::ensure_roles(&mut conn, "test").await.expect("roles can be made");
    run(&server, "postgres", format!("create database {TEMPLATE}")).await;
    let mut conn = PgConnection::connect(&server.url(TEMPLATE)).await.expect("the template answers");
    schema::MIGRATOR.run(&mut conn).await.expect("the migrations run");
    conn.close().await.expect("the connection closes, so that the template can be cloned");
    server
}

async fn run(server: &Scratch, database: &str, statement: String) {
    let mut conn = PgConnection::connect(&server.url(database)).await.expect("the test server answers");
    sqlx::query(AssertSqlSafe(statement)).execute(&mut conn).await.expect("the statement runs");
    conn.close().await.expect("the connection closes");
}

fn settings(server: &Scratch, database: &str, region: &str) -> CellSettings {
    let url = |role: &str| format!("postgres://{role}:test@{}:{}/{database}", server.host(), server.port());
    configured(url(schema::APP_ROLE), url(schema::WORKER_ROLE), region)
}

fn configured(database_url: String, worker_database_url: String, region: &str) -> CellSettings {
    CellSettings {
        name: format!("{region}-1"),
        region: region.to_owned(),
        legal_entity: Some(LegalEntity {
            name: "Stagedoor Europe B.V.".to_owned(),
            address: "Herengracht 1, 1015 BA Amsterdam".to_owned(),
            country: "NL".to_owned(),
            tax_id: "NL800000000B01".to_owned(),
        }),
        database_url,
        worker_database_url,
        request_connections: 6,
        lane_connections: 3,
        worker_connections: 4,
        sealing_key: [7; 32],
        previous_sealing_key: None,
    }
}
