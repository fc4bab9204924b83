//! `make bench`: measures what the platform does beside what the machine can do and beside what most people would write, in
//! one run, and writes the figures as ratios to `target/bench/report.json`.
//!
//! Load generator, server and PostgreSQL share the machine, so absolute figures are this machine's; the ratios are what to
//! compare. PostgreSQL is durable here (`fsync` and `synchronous_commit` on), as in production.
#![expect(clippy::print_stdout, reason = "a person watches a benchmark")]
#![expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "rates and ratios; no money here")]

mod books;
mod choosing;
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
/// Connections of a rush.
const RUSH: usize = 256;

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
    // `cargo run --release -p bench -- webhooks` measures those alone, and so do `settlements` and `money`; `books` is measured in no
    // other way.
    let report = match std::env::args().nth(1).as_deref() {
        Some("webhooks") => platform.webhooks().await.map(Report::new),
        Some("settlements") => settlements::measure(&platform).await.map(Report::new),
        Some("money") => money(&platform).await.map(Report::new),
        Some("books") => books::measure(&platform).await.map(Report::new),
        _ => measure(&platform, &directory).await,
    };
    platform.stop().await?;
    let report = report?;
    report.print();
    let path = directory.join("report.json");
    report.write(&path)?;
    println!("\nWritten to {}.", shown(&path));
    Ok(())
}

fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// Journals and purchases.
async fn money(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    println!("Whole purchases …");
    let mut figures = purchases::measure(platform).await?;
    println!("Journals …");
    figures.extend(journals::measure(platform).await?);
    Ok(figures)
}

async fn measure(platform: &Platform, directory: &Path) -> anyhow::Result<Report> {
    let noop = Request::noop(platform);
    let hold = Request::hold(platform);
    let naive = Request::naive(platform);
    let (noop_get, availability) = (Request::noop_get(), Request::availability(platform));
    println!("Warming up …");
    for request in [&noop, &hold, &naive, &noop_get, &availability] {
        Load::rush(32, Duration::from_millis(500)).run(platform.address, request).await?;
    }
    let (mut noops, mut holds, mut naives, mut inserts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut noop_gets, mut reads) = (Vec::new(), Vec::new());
    let rush = Load::rush(RUSH, ROUND);
    for round in 1..=ROUNDS {
        println!("Round {round} of {ROUNDS} …");
        noops.push(rush.run(platform.address, &noop).await?);
        noop_gets.push(rush.run(platform.address, &noop_get).await?);
        reads.push(rush.run(platform.address, &availability).await?);
        holds.push(rush.run(platform.address, &hold).await?);
        naives.push(rush.run(platform.address, &naive).await?);
        inserts.push(naive::durable_inserts(&platform.owner_url, 32, ROUND).await?);
    }
    println!("A lone buyer …");
    let lone = Load::rush(1, ROUND).run(platform.address, &hold).await?;
    let money = money(platform).await?;
    println!("Payments at the sandbox …");
    let payment = Load::rush(32, ROUND).run(platform.sandbox, &Request::payment()).await?;
    println!("Choosing seats in a hall of twenty thousand …");
    let choices = choosing::measure(platform).await?;
    println!("Searching a hundred thousand shows …");
    let searches = search::measure(platform).await?;
    let layouts = layouts::measure(platform, directory).await?;
    let settlements = settlements::measure(platform).await?;
    let webhooks = platform.webhooks().await?;
    let (noop, hold, naive) = (load::median(&noops), load::median(&holds), load::median(&naives));
    let (noop_get, read) = (load::median(&noop_gets), load::median(&reads));
    inserts.sort_by(f64::total_cmp);
    let insert = inserts[inserts.len() / 2];
    let per_second = "holds/s over HTTP, one hot performance, 1 ticket, c=256";
    let mut figures = vec![
        Comparison::plain("no-op POST over HTTP, c=256", noop.rate, "requests/s"),
        Comparison::plain("single-row durable insert, c=32", insert, "rows/s"),
        Comparison::plain(
            "the same hold with one row lock and one transaction per request, c=256",
            naive.rate,
            "holds/s",
        ),
        Comparison::ratio(per_second, hold.rate, "holds/s", "no-op POST over HTTP, c=256", noop.rate, "≥ 0.5"),
        Comparison::ratio(
            per_second,
            hold.rate,
            "holds/s",
            "one row lock and one transaction per request",
            naive.rate,
            "≥ 20",
        ),
        Comparison::ratio(per_second, hold.rate, "holds/s", "single-row durable insert, c=32", insert, "≥ 1.0"),
        Comparison::plain("no-op GET over HTTP, c=256", noop_get.rate, "requests/s"),
        Comparison::ratio(
            "availability read by anyone, c=256",
            read.rate,
            "requests/s",
            "no-op GET over HTTP, c=256",
            noop_get.rate,
            "≥ 0.8",
        ),
        Comparison::latency("availability of those, p99", read.p99, "none set"),
        Comparison::latency("hold of that rush, p99", hold.p99, "none set"),
        Comparison::latency("hold of a lone buyer, p99", lone.p99, "< 2 ms"),
        Comparison::plain(
            "payments made and paid at the payment sandbox, state kept, callbacks sent, c=32",
            payment.rate,
            "payments/s",
        ),
        Comparison::latency("payment of those, p99", payment.p99, "none set"),
    ];
    figures.extend(money);
    figures.extend(choices);
    figures.extend(searches);
    figures.extend(layouts);
    figures.extend(settlements);
    figures.extend(webhooks);
    Ok(Report::new(figures))
}
