//! A cell: one PostgreSQL database with everything its resellers need, and the only ways into it.
//!
//! A use case gets a [`TenantTx`] and so sees one tenant. What goes over tenants (sequencer, dispatcher, sweeper) gets a
//! transaction of the worker role, which has rights on a few tables only. Neither role may pass row-level security.

use std::{str::FromStr, time::Duration};

use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    id::ResellerId,
    refusal::{Error, Result},
    seal::Sealer,
    time::Instant,
};

/// An environment of an account; each is a tenant of its own, so nothing filters by it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Mode {
    /// Real money.
    Live,
    /// The payment sandbox and a clock that can be moved.
    Test,
}

impl Mode {
    /// `live` or `test`, as in keys and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "live" => Ok(Self::Live),
            "test" => Ok(Self::Test),
            _ => Err(()),
        }
    }
}

/// Who the platform is in a region before the law: whoever issues its invoices.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalEntity {
    /// The full name.
    pub name: String,
    /// The address.
    pub address: String,
    /// Where it is established (ISO 3166-1, two letters).
    pub country: String,
    /// Its VAT or other tax number.
    pub tax_id: String,
}

/// Where a cell is and how many connections a process may have to it.
#[derive(Clone)]
pub struct CellSettings {
    /// The cell's name, unique among the cells served.
    pub name: String,
    /// The region it belongs to (`eu`).
    pub region: String,
    /// Who issues the invoices of the region; none: nobody does.
    pub legal_entity: Option<LegalEntity>,
    /// The login of the restricted application role.
    pub database_url: String,
    /// The login of the worker role.
    pub worker_database_url: String,
    /// Connections for requests.
    pub request_connections: u32,
    /// Connections for combined holds.
    pub lane_connections: u32,
    /// Connections for what runs in the background.
    pub worker_connections: u32,
    /// Seals the cell's secrets at rest.
    pub sealing_key: [u8; 32],
    /// Opens what was sealed before the key was changed.
    pub previous_sealing_key: Option<[u8; 32]>,
}

/// An open cell. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cell {
    name: std::sync::Arc<str>,
    region: std::sync::Arc<str>,
    legal_entity: Option<std::sync::Arc<LegalEntity>>,
    requests: PgPool,
    lanes: PgPool,
    workers: PgPool,
    sealer: Sealer,
}

/// How long a request waits for a connection before it is told to come again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a transaction waits for what others have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As long as any request's.
    OfARequest,
    /// It gives way to others rather than wait for them: for work on which others wait.
    Little,
}

impl Patience {
    /// What is said where the transaction begins.
    fn limits(self) -> &'static str {
        match self {
            Self::OfARequest => "",
            Self::Little => {
                "; set local lock_timeout = '100ms'; set local statement_timeout = '2s'; \
                 set local idle_in_transaction_session_timeout = '2s'"
            }
        }
    }
}

impl Cell {
    /// Opens the pools. Connections are made as they are needed, so a cell whose database is down does not keep the others
    /// from starting.
    ///
    /// # Errors
    /// If a database address cannot be read.
    pub fn open(settings: &CellSettings) -> Result<Self, sqlx::Error> {
        let pool = |url: &str, connections: u32, purpose: &str| {
            let options = PgConnectOptions::from_str(url)?.application_name(&format!("stagedoor {purpose}")).options([
                ("idle_in_transaction_session_timeout", "10s"),
                ("statement_timeout", "30s"),
                ("lock_timeout", "5s"),
                // A process that was killed in the middle of a statement leaves it waiting, with all its locks, for nobody.
                ("client_connection_check_interval", "1s"),
                // A plan is kept with its statement. One that was made while a table was small would go on reading all of it
                // while it grows; every statement here has an index that leads to its tenant's rows.
                ("enable_seqscan", "off"),
                // Statements name their tables in the order in which they lead to each other. To search for a better one took up to
                // 75 ms of each of the first five uses on a connection where nine tables all have the tenant in common; 2 ms so.
                ("join_collapse_limit", "4"),
                ("jit", "off"),
            ]);
            let pool = PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                // A ping per acquisition costs a quarter of the throughput; a dead connection shows itself at first use.
                .test_before_acquire(false)
                .connect_lazy_with(options);
            Ok::<_, sqlx::Error>(pool)
        };
        Ok(Self {
            name: settings.name.as_str().into(),
            region: settings.region.as_str().into(),
            legal_entity: settings.legal_entity.clone().map(std::sync::Arc::new),
            requests: pool(&settings.database_url, settings.request_connections, "requests")?,
            lanes: pool(&settings.database_url, settings.lane_connections, "lanes")?,
            workers: pool(&settings.worker_database_url, settings.worker_connections, "workers")?,
            sealer: Sealer::new(&settings.sealing_key).opening(settings.previous_sealing_key.as_ref()),
        })
    }

    /// The cell's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region it belongs to.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Who issues the invoices of the region; none: nobody does.
    #[must_use]
    pub fn legal_entity(&self) -> Option<&LegalEntity> {
        self.legal_entity.as_deref()
    }

    /// Seals and opens the cell's secrets.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// A transaction that sees this tenant only, for a request.
    ///
    /// # Errors
    /// If no connection can be had.
    pub async fn tenant(&self, reseller: ResellerId) -> Result<TenantTx> {
        TenantTx::begin(&self.requests, reseller, &self.sealer, "begin", "").await.map_err(Error::from)
    }

    /// The same with this patience.
    ///
    /// # Errors
    /// If no connection can be had.
    pub async fn patient(&self, reseller: ResellerId, patience: Patience) -> Result<TenantTx> {
        let limits = patience.limits();
        TenantTx::begin(&self.requests, reseller, &self.sealer, "begin", limits).await.map_err(Error::from)
    }

    /// A transaction that sees this tenant only and reads only: all its statements see one moment, so that what is put
    /// together from several of them is never half of a change.
    ///
    /// # Errors
    /// If no connection can be had.
    pub async fn snapshot(&self, reseller: ResellerId) -> Result<TenantTx> {
        const BEGIN: &str = "begin isolation level repeatable read read only";
        TenantTx::begin(&self.requests, reseller, &self.sealer, BEGIN, "").await.map_err(Error::from)
    }

    /// A transaction that sees this tenant only, all its statements one moment; what it writes must not have been changed since.
    ///
    /// # Errors
    /// If no connection can be had.
    pub async fn moment(&self, reseller: ResellerId, patience: Patience) -> Result<TenantTx> {
        const BEGIN: &str = "begin isolation level repeatable read";
        TenantTx::begin(&self.requests, reseller, &self.sealer, BEGIN, patience.limits()).await.map_err(Error::from)
    }

    /// A transaction that sees this tenant only, for combined holds: its own connections, and short patience, so that one
    /// stopped process cannot freeze a performance for the others.
    ///
    /// # Errors
    /// The database's own, because the caller must tell a lost connection from an answer.
    pub async fn lane(&self, reseller: ResellerId) -> Result<TenantTx, sqlx::Error> {
        TenantTx::begin(&self.lanes, reseller, &self.sealer, "begin", Patience::Little.limits()).await
    }

    /// A transaction of the worker role, which goes over tenants but has rights on few tables.
    ///
    /// # Errors
    /// If no connection can be had.
    pub async fn worker(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.workers.begin().await?)
    }

    /// The worker role's connections, for single statements and for listening.
    #[must_use]
    pub fn workers(&self) -> &PgPool {
        &self.workers
    }

    /// Connections for single statements on tables that are no tenant's.
    pub(crate) fn requests(&self) -> &PgPool {
        &self.requests
    }

    /// Which environment a tenant of this cell is; none if it does not live here.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn mode_of(&self, reseller: ResellerId) -> Result<Option<Mode>> {
        Ok(sqlx::query_scalar("select mode from tenants where reseller_id = $1")
            .bind(reseller)
            .fetch_optional(&self.requests)
            .await?)
    }

    /// The cell's clock, without any tenant's offset.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn clock(&self) -> Result<Instant> {
        Ok(sqlx::query_scalar("select clock_timestamp()").fetch_one(&self.requests).await?)
    }

    /// Whether the cell's database answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.requests).await?;
        Ok(())
    }

    /// Closes all connections after what is under way.
    pub async fn close(&self) {
        self.lanes.close().await;
        self.requests.close().await;
        self.workers.close().await;
    }
}

/// A transaction in which one tenant's rows are all there is. Dropped without [`TenantTx::commit`], nothing has happened.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    reseller: ResellerId,
    sealer: Sealer,
}

impl TenantTx {
    async fn begin(
        pool: &PgPool,
        reseller: ResellerId,
        sealer: &Sealer,
        begin: &'static str,
        more: &'static str,
    ) -> Result<Self, sqlx::Error> {
        // In one round trip, and from the id's own type only: there is no text of a caller in it.
        let begin = format!("{begin}; set local app.tenant = '{}'{more}", reseller.uuid());
        let tx = pool.begin_with(AssertSqlSafe(begin)).await?;
        Ok(Self { tx, reseller, sealer: sealer.clone() })
    }

    /// Whose transaction it is; every statement names it besides.
    #[must_use]
    pub fn reseller(&self) -> ResellerId {
        self.reseller
    }

    /// Seals and opens the tenant's secrets.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The connection to run a statement on.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// The cell's clock, with a test environment's offset.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn now(&mut self) -> Result<Instant> {
        Ok(sqlx::query_scalar("select cell_now()").fetch_one(self.conn()).await?)
    }

    /// Makes everything so, at once.
    ///
    /// # Errors
    /// The database's own: after a lost connection the outcome is not known.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }
}
