//! A month of a hundred thousand sales: how long its settlement takes to seal and to read over HTTP, and what a balance costs over it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use sqlx::{Connection as _, PgConnection};

use crate::{
    load::{Load, Request},
    platform::{Platform, registered},
    report::Comparison,
};

const SALES: i32 = 100_000;

/// A sale of one ticket, as the books have it, many times.
const WRITE: &str = "
    with sales as (
        select gen_random_uuid() as journal_id, gen_random_uuid() as order_id, gen_random_uuid() as ticket_id, nth
        from generate_series(1, $2) as nth),
    booked as (
        insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
        select $1, journal_id, 'sale:ord_' || replace(order_id::text, '-', ''), 'EUR',
               array['psp_clearing', 'reseller_pending', 'reseller_pending', 'rev_platform_fee', 'reseller_pending', 'tax_platform_vat'],
               array[50.00, -50.00, 2.80, -2.80, 0.59, -0.59],
               jsonb_build_object('order_id', 'ord_' || replace(order_id::text, '-', ''), 'items', jsonb_build_array(jsonb_build_object(
                   'item_no', 1, 'show_id', 'show_' || repeat('0', 31) || '1', 'performance_id', 'perf_' || repeat('0', 31) || '1',
                   'ticket_id', 'tkt_' || replace(ticket_id::text, '-', ''), 'ticket_type', 'adult', 'price_tier', 'stalls',
                   'face_value', '50.00', 'platform_fee', '2.80', 'platform_fee_tax', '0.59', 'buyer_fee', '0.00',
                   'refunded', '0', 'fee_returned', '0', 'fee_tax_returned', '0'))),
               now(), now()
        from sales order by nth),
    counted as (
        insert into account_balances (reseller_id, account, currency, balance)
        values ($1, 'reseller_pending', 'EUR', -46.61 * $2))
    insert into journal_inbox (reseller_id, journal_id) select $1, journal_id from sales order by nth";

/// Writes the sales, closes their period and reads it.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    println!("Settling a hundred thousand sales …");
    // Of a reseller that has sold nothing else.
    let registered = registered(&platform.cell).await?;
    let (reseller, key) = (registered.reseller.id, registered.secret_key.expose().to_owned());
    let mut owner = PgConnection::connect(&platform.owner_url).await?;
    let set = format!("set app.tenant = '{}'", reseller.uuid());
    sqlx::query(sqlx::AssertSqlSafe(set)).execute(&mut owner).await?;
    sqlx::query(WRITE).bind(reseller).bind(SALES).execute(&mut owner).await?;
    owner.close().await?;
    let begun = Instant::now();
    accounting::seal_tenant(&platform.cell, reseller).await?;
    let placed = begun.elapsed();
    let begun = Instant::now();
    // As the worker does, which no request's time limits.
    let mut tx = platform.cell.tenant(reseller).await?;
    let closed = accounting::close_period(&mut tx, &platform.cell, None).await?;
    tx.commit().await?;
    let sealed = begun.elapsed();
    let id = closed.first().context("nothing was closed")?.settlement_id;
    let begun = Instant::now();
    let rows = format!("http://{}/v1/settlements/{id}/rows?format=csv", platform.address);
    let rows = reqwest::Client::new().get(rows).bearer_auth(&key);
    let mut stream = rows.send().await?.error_for_status()?.bytes_stream();
    let mut lines = 0;
    while let Some(chunk) = stream.next().await {
        lines += chunk?.iter().filter(|byte| **byte == b'\n').count();
    }
    let read = begun.elapsed();
    ensure!(lines == 100_001, "{lines} lines came");
    let length = Duration::from_secs(2);
    let balance = Request::get(&key, "/v1/balance");
    let balance = Load::rush(4, length).run(platform.address, &balance).await?;
    Ok(vec![
        Comparison::latency("100,000 journals get their places in the books", placed, "none set"),
        Comparison::latency("a period of 100,000 rows is closed", sealed, "none set"),
        Comparison::latency("its 100,000 rows are read as CSV over HTTP", read, "< 5 s"),
        Comparison::latency("balance of a reseller with 100,000 sales, p99", balance.p99, "none set"),
    ])
}
