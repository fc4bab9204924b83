//! The provider on its own: reads arguments or a TOML file, listens, serves until interrupted.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use stripe_sandbox::{Account, Config, Fee};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// A payment provider that speaks Stripe's HTTP API. No money moves.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A TOML file with everything; the other arguments are not looked at then.
    #[arg(long, env = "STRIPE_SANDBOX_CONFIG")]
    config: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:12111")]
    listen: SocketAddr,
    /// The account's secret key.
    #[arg(long, default_value = "sk_test_sandbox")]
    secret_key: String,
    /// The account's publishable key.
    #[arg(long, default_value = "pk_test_sandbox")]
    publishable_key: String,
    /// Where events are sent.
    #[arg(long)]
    callback_url: Option<String>,
    /// The key that signs them.
    #[arg(long, default_value = "whsec_sandbox")]
    callback_secret: String,
    /// Where state is kept across restarts.
    #[arg(long)]
    state_file: Option<PathBuf>,
    /// The percentage kept of each payment, in hundredths of a percent.
    #[arg(long, default_value_t = 150)]
    fee_basis_points: u32,
    /// The fixed amount kept of each payment, in the currency's smallest unit.
    #[arg(long, default_value_t = 25)]
    fee_fixed: u32,
    /// Seconds from a capture to its balance transaction.
    #[arg(long, default_value_t = 5)]
    balance_transaction_delay: u64,
}

impl Arguments {
    fn into_config(self) -> Result<Config, Box<dyn Error>> {
        if let Some(file) = self.config {
            return Ok(toml::from_str(&std::fs::read_to_string(file)?)?);
        }
        Ok(Config {
            listen: self.listen,
            accounts: vec![Account {
                secret_key: self.secret_key,
                publishable_key: self.publishable_key,
                callback_url: self.callback_url,
                callback_secret: self.callback_secret,
            }],
            state_file: self.state_file,
            fee: Fee { basis_points: self.fee_basis_points, fixed: self.fee_fixed },
            balance_transaction_delay: Duration::from_secs(self.balance_transaction_delay),
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    // Only a second call could fail, and this is the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Arguments::parse().into_config()?;
    let listener = TcpListener::bind(config.listen).await?;
    tracing::info!(address = %listener.local_addr()?, accounts = config.accounts.len(), "listening");
    stripe_sandbox::serve(listener, config, stop()).await?;
    Ok(())
}

/// Waits for an interrupt or a request to terminate.
async fn stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
