//! The private cells of `stagedoor start`: their server, databases, secrets and payment sandbox, under `postgres.home`.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use foundation::{cell::LegalEntity, schema};
use local_postgres::Cluster;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use stripe_sandbox::{Account, Config, Fee};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    commands::migrate::migrate,
    settings::{Cell, Mail, ProviderAccount, Region, SealingKey, Secret, Settings},
};

const REGIONS: [&str; 2] = ["eu", "us"];

/// What the private cells must remember between two starts. The file is readable by its owner only.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    /// The password of the two roles.
    database_password: String,
    cells: BTreeMap<String, CellSecrets>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CellSecrets {
    sealing_key: String,
    operator_key: String,
    live_provider: AccountSecrets,
    test_provider: AccountSecrets,
}

#[derive(Debug, Serialize, Deserialize)]
struct AccountSecrets {
    secret_key: String,
    publishable_key: String,
    callback_secret: String,
}

impl AccountSecrets {
    /// The account in the sandbox at this address.
    fn at(&self, sandbox: SocketAddr) -> ProviderAccount {
        ProviderAccount {
            base_url: format!("http://{sandbox}/"),
            secret_key: Secret::new(self.secret_key.clone()),
            publishable_key: self.publishable_key.clone(),
            callback_secret: Secret::new(self.callback_secret.clone()),
        }
    }
}

impl Remembered {
    fn fresh() -> Self {
        let secret = || hex::encode(rand::random::<[u8; 24]>());
        let account = |name: &str| AccountSecrets {
            secret_key: format!("sk_test_{name}{}", secret()),
            publishable_key: format!("pk_test_{name}{}", secret()),
            callback_secret: format!("whsec_{}", secret()),
        };
        let cell = |region: &str| CellSecrets {
            sealing_key: hex::encode(rand::random::<[u8; 32]>()),
            operator_key: secret(),
            live_provider: account(&format!("{region}live")),
            test_provider: account(&format!("{region}test")),
        };
        let cells = REGIONS.iter().map(|region| ((*region).to_owned(), cell(region))).collect();
        Self { database_password: secret(), cells }
    }

    fn path(home: &Path) -> PathBuf {
        home.join("secrets.json")
    }

    fn read(home: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(home);
        match fs::read(&path) {
            Ok(bytes) => {
                Ok(Some(serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Adds the private cells and their regions to the settings.
    fn extend(&self, settings: &mut Settings) -> anyhow::Result<()> {
        let api = settings.api.listen;
        let (host, port) = ("127.0.0.1", settings.postgres.port);
        // No mail leaves this machine: letters are files that a developer can open.
        let letters = Url::from_file_path(std::path::absolute(settings.postgres.home.join("mail"))?)
            .map_err(|()| anyhow::anyhow!("postgres.home: letters cannot be written below it"))?;
        for (region, secrets) in &self.cells {
            let url = |role: &str| {
                Secret::new(format!("postgres://{role}:{}@{host}:{port}/stagedoor_{region}", self.database_password))
            };
            let mut sealing_key = [0; 32];
            hex::decode_to_slice(&secrets.sealing_key, &mut sealing_key)
                .context("secrets.json: a sealing key is damaged")?;
            let sandbox = settings.sandbox.listen;
            settings.regions.insert(region.clone(), Region { base_url: format!("http://{api}") });
            settings.cells.push(Cell {
                name: format!("{region}-1"),
                region: region.clone(),
                // A name for the invoices of the demo; whoever runs a region configures its own.
                legal_entity: Some(LegalEntity {
                    name: format!("Stagedoor Demo {}", region.to_uppercase()),
                    address: "This machine".to_owned(),
                    country: if region == "us" { "US" } else { "NL" }.to_owned(),
                    tax_id: "DEMO".to_owned(),
                }),
                database_url: url(schema::APP_ROLE),
                worker_database_url: url(schema::WORKER_ROLE),
                owner_database_url: None,
                request_connections: 12,
                lane_connections: 4,
                worker_connections: 10,
                live_provider: secrets.live_provider.at(sandbox),
                test_provider: secrets.test_provider.at(sandbox),
                mail: Some(Mail {
                    smtp_url: Secret::new(letters.to_string()),
                    from: format!("tickets@{region}.stagedoor.example"),
                }),
                sealing_key: SealingKey::new(sealing_key),
                previous_sealing_key: None,
                operator_key: Secret::new(secrets.operator_key.clone()),
            });
        }
        Ok(())
    }
}

/// Writes what is to be found again, for the owner's eyes only; whole or not at all, whenever the power goes.
pub(super) fn keep(path: &Path, what: &impl Serialize) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let write = |bytes: &[u8]| {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write(&serde_json::to_vec_pretty(what)?).with_context(|| format!("{} cannot be written", path.display()))
}

/// The settings with the private cells of an earlier `start`, for the other subcommands; unchanged where cells are configured
/// or no start was made yet.
pub(crate) fn with_private_cells(mut settings: Settings) -> anyhow::Result<Settings> {
    if settings.cells.is_empty()
        && let Some(remembered) = Remembered::read(&settings.postgres.home)?
    {
        remembered.extend(&mut settings)?;
    }
    Ok(settings)
}

/// Starts the private server, or takes over the one that an earlier start has left running.
pub(super) async fn cluster(settings: &Settings) -> anyhow::Result<Cluster> {
    let home = std::path::absolute(&settings.postgres.home)?;
    let postgres = local_postgres::Settings { home, port: settings.postgres.port };
    Ok(tokio::task::spawn_blocking(move || Cluster::ensure(postgres)).await??)
}

/// Makes and migrates the databases on the private server. Gives the settings with the cells.
pub(super) async fn prepare(mut settings: Settings, cluster: &Cluster) -> anyhow::Result<Settings> {
    let remembered = match Remembered::read(&settings.postgres.home)? {
        Some(remembered) => remembered,
        None => {
            let fresh = Remembered::fresh();
            keep(&Remembered::path(&settings.postgres.home), &fresh)?;
            fresh
        }
    };
    let mut owner = PgConnection::connect(&cluster.url("postgres")).await?;
    schema::ensure_roles(&mut owner, &remembered.database_password).await?;
    for region in remembered.cells.keys() {
        let name = format!("stagedoor_{region}");
        let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(&name)
            .fetch_one(&mut owner)
            .await?;
        if !there {
            sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut owner).await?;
        }
        migrate(&cluster.url(&name)).await.with_context(|| format!("database {name}"))?;
    }
    owner.close().await?;
    remembered.extend(&mut settings)?;
    Ok(settings)
}

/// Runs the payment sandbox with two accounts per cell; here the live one moves no money either.
pub(super) async fn sandbox(
    socket: TcpListener,
    settings: Settings,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let account = |cell: &Cell, account: &ProviderAccount| Account {
        secret_key: account.secret_key.reveal().to_owned(),
        publishable_key: account.publishable_key.clone(),
        callback_url: Some(format!("http://{}/callbacks/stripe/{}", settings.api.listen, cell.name)),
        callback_secret: account.callback_secret.reveal().to_owned(),
    };
    let accounts = |cell: &Cell| [account(cell, &cell.live_provider), account(cell, &cell.test_provider)];
    let state_file = settings.postgres.home.join("sandbox.jsonl");
    let where_kept = format!("the payment sandbox, whose payments are in {}", state_file.display());
    let config = Config {
        listen: settings.sandbox.listen,
        accounts: settings.cells.iter().flat_map(accounts).collect(),
        state_file: Some(state_file),
        fee: Fee::default(),
        balance_transaction_delay: Duration::from_secs(2),
    };
    stripe_sandbox::serve(socket, config, shutdown.cancelled_owned()).await.context(where_kept)
}
