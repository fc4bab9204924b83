//! `make bench`: measures what the platform does beside what the machine can do and beside what most people would write, in
//! one run, and writes the figures as ratios to `target/bench/report.json`.
//!
//! Load generator, server and PostgreSQL share the machine, so absolute figures are this machine's; the ratios are what to
//! compare. PostgreSQL is durable here (`fsync` and `synchronous_commit` on), as in production.
#![expect(clippy::print_stdout, reason = "a person watches a benchmark")]
#![expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "rates and ratios; no money here")]

mod books;
mod choosing;
mod holds;
mod journals;
mod layouts;
mod load;
mod naive;
mod platform;
mod purchases;
mod report;
mod sandbox;
mod search;
mod settlements;
mod webhooks;

use std::{path::Path, time::Duration};

use anyhow::Context as _;

use load::{Load, Request};
use platform::Platform;
use report::{Comparison, Report};

/// Each measurement is the median of this many rounds; the rounds of what is compared alternate, so that a machine that
/// slows down slows both.
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    // A second installation would be a mistake of ours and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let directory = std::path::absolute("target/bench")?;
    println!("Preparing a durable PostgreSQL and a performance of {} places …", platform::PLACES);
    let platform = Platform::start(&directory.join("home")).await.context("the platform could not be started")?;
    // `cargo run --release -p bench -- webhooks` measures those alone, and so do `choosing`, `settlements` and `money`; `books` is
    // measured in no other way.
    let mut report = Report::default();
    let measured = match std::env::args().nth(1).as_deref() {
        Some("webhooks") => platform.webhooks().await.map(|figures| report.add(figures)),
        Some("choosing") => choosing::measure(&platform).await.map(|figures| report.add(figures)),
        Some("settlements") => settlements::measure(&platform).await.map(|figures| report.add(figures)),
        Some("money") => money(&platform, &mut report).await,
        Some("books") => books::measure(&platform).await.map(|figures| report.add(figures)),
        _ => measure(&platform, &directory, &mut report).await,
    };
    platform.stop().await?;
    let path = directory.join("report.json");
    report.write(&path)?;
    println!("\nWritten to {}.", shown(&path));
    measured
}

fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// Journals and purchases.
async fn money(platform: &Platform, report: &mut Report) -> anyhow::Result<()> {
    println!("Whole purchases …");
    report.add(purchases::measure(platform).await?);
    println!("Journals …");
    report.add(journals::measure(platform).await?);
    Ok(())
}

/// All but the books, one after the other.
async fn measure(platform: &Platform, directory: &Path, report: &mut Report) -> anyhow::Result<()> {
    report.add(holds::measure(platform).await?);
    money(platform, report).await?;
    println!("Payments at the sandbox …");
    let payment = Load::rush(32, ROUND).run(platform.sandbox, &Request::payment()).await?;
    report.add(vec![
        Comparison::plain(
            "payments made and paid at the payment sandbox, state kept, callbacks sent, c=32",
            payment.rate,
            "payments/s",
        ),
        Comparison::latency("payment of those, p99", payment.p99, "none set"),
    ]);
    println!("Choosing seats in a hall of twenty thousand …");
    report.add(choosing::measure(platform).await?);
    println!("Searching a hundred thousand shows …");
    report.add(search::measure(platform).await?);
    report.add(layouts::measure(platform, directory).await?);
    report.add(settlements::measure(platform).await?);
    report.add(platform.webhooks().await?);
    Ok(())
}
