//! Holds of one hot performance and reads of its availability over HTTP, beside calls that do nothing, the hold as most people would write
//! it, and what the database can write.

use std::time::Duration;

use crate::{
    ROUND, ROUNDS,
    load::{Load, Request, median},
    naive,
    platform::Platform,
    report::Comparison,
};

/// Connections of a rush.
const RUSH: usize = 256;

/// All of them, in turn.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    let (noop, hold, plain) = (Request::noop(platform), Request::hold(platform), Request::naive(platform));
    let (noop_get, availability) = (Request::noop_get(), Request::availability(platform));
    println!("Warming up …");
    for request in [&noop, &hold, &plain, &noop_get, &availability] {
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
        naives.push(rush.run(platform.address, &plain).await?);
        inserts.push(naive::durable_inserts(&platform.owner_url, 32, ROUND).await?);
    }
    println!("A lone buyer …");
    let lone = Load::rush(1, ROUND).run(platform.address, &hold).await?;
    let (noop, hold, naive) = (median(&noops), median(&holds), median(&naives));
    let (noop_get, read) = (median(&noop_gets), median(&reads));
    inserts.sort_by(f64::total_cmp);
    let insert = inserts[inserts.len() / 2];
    let per_second = "holds/s over HTTP, one hot performance, 1 ticket, c=256";
    let one_lock = "one row lock and one transaction per request";
    let inserted = "single-row durable insert, c=32";
    let (nothing, nothing_read) = ("no-op POST over HTTP, c=256", "no-op GET over HTTP, c=256");
    Ok(vec![
        Comparison::plain(nothing, noop.rate, "requests/s"),
        Comparison::plain(inserted, insert, "rows/s"),
        Comparison::plain(
            "the same hold with one row lock and one transaction per request, c=256",
            naive.rate,
            "holds/s",
        ),
        Comparison::ratio(per_second, hold.rate, "holds/s", nothing, noop.rate, "≥ 0.5"),
        Comparison::ratio(per_second, hold.rate, "holds/s", one_lock, naive.rate, "≥ 20"),
        Comparison::ratio(per_second, hold.rate, "holds/s", inserted, insert, "≥ 1.0"),
        Comparison::plain(nothing_read, noop_get.rate, "requests/s"),
        Comparison::ratio(
            "availability read by anyone, c=256",
            read.rate,
            "requests/s",
            nothing_read,
            noop_get.rate,
            "≥ 0.8",
        ),
        Comparison::latency("availability of those, p99", read.p99, "none set"),
        Comparison::latency("hold of that rush, p99", hold.p99, "none set"),
        Comparison::latency("hold of a lone buyer, p99", lone.p99, "< 2 ms"),
    ])
}
