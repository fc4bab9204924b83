//! Ten million entries of one reseller: how long a balance and a month's settlement take from what is kept current, how long the platform's
//! own books of a region take, which are summed from the entries, and whether a rebuild from all entries agrees to the last digit. By its own command (`bench books`), because it loads for minutes.

use std::time::{Duration, Instant};

use accounting::{BooksOf, books, close_period, post_all, reseller_positions, seal};
use foundation::{
    Instant as Time, Mode, TenantTx,
    id::{PerformanceId, SettlementId},
};
use rust_decimal::Decimal;
use sqlx::{Connection as _, PgConnection};

use crate::{
    journals::sale,
    load::{Load, Outcome, Request},
    platform::{Platform, registered},
    report::Comparison,
};

/// Entries of a sale.
const LINES: usize = 6;
/// Entries, unless the argument after `books` says another number.
const ENTRIES: usize = 10_000_000;
/// Journals of a statement.
const AT_ONCE: usize = 20_000;
const MONTHS: usize = 12;
const LENGTH: Duration = Duration::from_secs(3);
/// How often the platform's books are read, one after the other: of so few the slowest is what p99 would be.
const BOOKS_READ: usize = 10;

/// Sales like one that was posted by the code, the tables and the balance written as the code writes them, each at its own time of a
/// month. `$1` tenant, `$2` the sale and `$6` whose it is, `$3` how many, `$4` the month of `$5`.
const LOAD: &str = "
    with one as (select * from journals where reseller_id = $6 and source = $2),
    made as (
        select gen_random_uuid() as journal_id, replace(gen_random_uuid()::text, '-', '') as ord, n
        from generate_series(1, $3::bigint) n),
    posted as (
        insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
        select $1, m.journal_id, 'sale:ord_' || m.ord, one.currency, one.accounts, one.amounts,
               jsonb_set(one.about, '{order_id}', to_jsonb('ord_' || m.ord)), at, at
        from made m, one,
             lateral (select date_trunc('month', now()) - make_interval(months => $5 - $4)
                             + (m.n * interval '20 days' / $3) as at) t
        returning journal_id, currency, accounts, amounts, about),
    unplaced as (insert into journal_inbox (reseller_id, journal_id) select $1, journal_id from posted),
    shared as (
        insert into performance_money (reseller_id, order_id, performance_id, currency, sold, pending, released)
        select $1, replace(about ->> 'order_id', 'ord_', '')::uuid,
               replace(about -> 'items' -> 0 ->> 'performance_id', 'perf_', '')::uuid, currency, 50, 46.61, false
        from posted),
    balanced as (
        insert into account_balances (reseller_id, account, currency, balance)
        select $1, line.account, p.currency, sum(line.amount)
        from posted p, unnest(p.accounts, p.amounts) as line (account, amount)
        where line.account like 'reseller\\_%'
        group by line.account, p.currency
        on conflict (reseller_id, account, currency, part) do update set balance = account_balances.balance + excluded.balance)
    select count(*) from posted";

/// What is stored of each account beside the sum of its entries.
const REBUILD: &str = "
    with entries as (
        select line.account, j.currency, sum(line.amount) as balance, count(*) as lines
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1
        group by line.account, j.currency)
    select e.account, e.balance, b.balance, e.lines
    from entries e left join account_balances b on b.reseller_id = $1 and b.account = e.account and b.currency = e.currency
    order by e.account";

/// Loads them, and measures.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    let settlement = load(platform).await?;
    println!("Reading …");
    let lone = Load::rush(1, LENGTH);
    let read = async |path: String| -> anyhow::Result<Outcome> {
        lone.run(platform.address, &Request::get(&platform.key, &path)).await
    };
    let balance = read("/v1/balance".to_owned()).await?;
    let closed = read(format!("/v1/settlements/{settlement}")).await?;
    let listed = read("/v1/settlements?limit=20".to_owned()).await?;
    let (month, whole, positions) = platforms_books(platform).await?;
    let (rebuilt, lines) = rebuild(platform).await?;
    Ok(vec![
        Comparison::plain("entries in the books", lines as f64, "entries"),
        Comparison::latency("a balance over these over HTTP, p99", balance.p99, "< 200 ms"),
        Comparison::latency("a month's settlement, p99", closed.p99, "< 200 ms"),
        Comparison::latency("the list of all twelve, p99", listed.p99, "< 200 ms"),
        Comparison::latency("the platform's books of a region for a month, p99", month, "none set"),
        Comparison::latency("the same of all time, p99", whole, "none set"),
        Comparison::latency("every reseller's position in them, p99", positions, "none set"),
        Comparison::latency(
            "a rebuild of all balances from the entries, the same to the last digit",
            rebuilt,
            "none set",
        ),
    ])
}

/// Writes the sales month by month, seals them and closes each month. Gives the settlement of the one in the middle.
async fn load(platform: &Platform) -> anyhow::Result<SettlementId> {
    let entries = std::env::args().nth(2).map_or(Ok(ENTRIES), |text| text.parse())?;
    let journals = entries.div_ceil(LINES);
    let template = sale(PerformanceId::new())?;
    let other = registered(&platform.cell).await?.reseller.id;
    let mut tx = platform.cell.tenant(other).await?;
    post_all(&mut tx, std::slice::from_ref(&template)).await?;
    tx.commit().await?;
    let mut owner = PgConnection::connect(&platform.owner_url).await?;
    let (mut loaded, mut settlements) = (0, Vec::new());
    let began = Instant::now();
    for month in 0..MONTHS {
        while loaded < journals * (month + 1) / MONTHS {
            let now = AT_ONCE.min(journals * (month + 1) / MONTHS - loaded);
            let done: i64 = sqlx::query_scalar(LOAD)
                .bind(platform.reseller)
                .bind(template.source().to_string())
                .bind(i64::try_from(now)?)
                .bind(i32::try_from(month)?)
                .bind(i32::try_from(MONTHS)?)
                .bind(other)
                .fetch_one(&mut owner)
                .await?;
            loaded += usize::try_from(done)?;
        }
        sealed(platform).await?;
        settlements.push(closed(platform, &mut owner, month).await?);
        println!("Month {} of {MONTHS}: {loaded} journals after {:.0} s …", month + 1, began.elapsed().as_secs_f64());
    }
    sqlx::query("vacuum analyze").execute(&mut owner).await?;
    owner.close().await?;
    Ok(settlements[MONTHS / 2])
}

async fn sealed(platform: &Platform) -> anyhow::Result<()> {
    loop {
        let mut tx: TenantTx = platform.cell.tenant(platform.reseller).await?;
        let placed = seal(&mut tx).await?;
        tx.commit().await?;
        if placed == 0 {
            return Ok(());
        }
    }
}

/// Closes the month, at its end.
async fn closed(platform: &Platform, owner: &mut PgConnection, month: usize) -> anyhow::Result<SettlementId> {
    let end: Time = sqlx::query_scalar("select date_trunc('month', now()) - make_interval(months => $1)")
        .bind(i32::try_from(MONTHS - 1 - month)?)
        .fetch_one(owner)
        .await?;
    let mut tx = platform.cell.tenant(platform.reseller).await?;
    let closed = close_period(&mut tx, &platform.cell, Some(end)).await?;
    tx.commit().await?;
    let settlement = closed.first().map(|closed| closed.settlement_id);
    settlement.ok_or_else(|| anyhow::anyhow!("month {month} has no settlement"))
}

/// Reads the platform's books of the region: of a month in the middle, of all time, and every reseller's position. Gives the slowest of each,
/// as operators wait for it.
async fn platforms_books(platform: &Platform) -> anyhow::Result<(Duration, Duration, Duration)> {
    println!("Reading the platform's books …");
    let mut owner = PgConnection::connect(&platform.owner_url).await?;
    let month = "select date_trunc('month', now()) - make_interval(months => $1)";
    let begins = async |ago: usize, owner: &mut PgConnection| -> anyhow::Result<Time> {
        Ok(sqlx::query_scalar(month).bind(i32::try_from(ago)?).fetch_one(owner).await?)
    };
    let (from, to) = (begins(MONTHS / 2, &mut owner).await?, begins(MONTHS / 2 - 1, &mut owner).await?);
    owner.close().await?;
    let cells = [platform.cell.clone()];
    let of = |from, to| BooksOf { mode: Mode::Test, from, to };
    let mut slowest = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..BOOKS_READ {
        let began = Instant::now();
        let told = books(&cells, &of(Some(from), Some(to))).await?;
        slowest.0 = slowest.0.max(began.elapsed());
        anyhow::ensure!(told.iter().any(|books| !books.earned.result.amount().is_zero()), "the month earned nothing");
        let began = Instant::now();
        books(&cells, &of(None, None)).await?;
        slowest.1 = slowest.1.max(began.elapsed());
        let began = Instant::now();
        reseller_positions(&platform.cell, &of(None, None), None, 500).await?;
        slowest.2 = slowest.2.max(began.elapsed());
    }
    Ok(slowest)
}

/// Sums all entries anew, and compares. Gives how long that took, and how many entries there are.
async fn rebuild(platform: &Platform) -> anyhow::Result<(Duration, i64)> {
    let mut owner = PgConnection::connect(&platform.owner_url).await?;
    let began = Instant::now();
    let sums: Vec<(String, Decimal, Option<Decimal>, i64)> =
        sqlx::query_as(REBUILD).bind(platform.reseller).fetch_all(&mut owner).await?;
    let took = began.elapsed();
    owner.close().await?;
    for (account, entries, stored, _) in &sums {
        anyhow::ensure!(
            stored.is_none_or(|stored| stored == *entries) && stored.is_some() == account.starts_with("reseller_"),
            "{account}: stored {stored:?}, entries {entries}"
        );
        println!("{account}: {entries}");
    }
    Ok((took, sums.iter().map(|(.., lines)| lines).sum()))
}
