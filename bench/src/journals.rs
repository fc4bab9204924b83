//! Journals posted: through the one way into the ledger, many in a transaction, beside what most people would write: a transaction per
//! transfer that inserts a journal and its entries and updates the balances. Same database, same number of connections.

use std::time::{Duration, Instant};

use accounting::{
    About, AboutItem, Account, Adjustment, FeeRule, Journal, Line, Pot, Reason, SoldItem, Source, post_all,
};
use foundation::{
    Cell, Currency,
    id::{AdjustmentId, OrderId, PerformanceId, ResellerId, ShowId, TicketId},
};
use rust_decimal::Decimal;
use sqlx::{PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::{ROUND, ROUNDS, platform::Platform, report::Comparison};

/// Connections of either side.
const WRITERS: u32 = 8;
/// Journals of a transaction of ours.
const AT_ONCE: usize = 512;

const TABLES: &str = "
    drop table if exists naive_entry, naive_journal, naive_balance;
    create table naive_journal (id uuid primary key, source text not null unique, at timestamptz not null);
    create table naive_entry (
        id bigint generated always as identity primary key, journal_id uuid not null references naive_journal, account text not null,
        amount numeric not null);
    create index naive_entry_account_idx on naive_entry (account);
    create table naive_balance (account text primary key, balance numeric not null);
    insert into naive_balance values ('available', 0), ('goodwill', 0)";

/// Both, in turn, and what they come to.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    let pool = PgPoolOptions::new().max_connections(WRITERS).test_before_acquire(false);
    let pool = pool.connect(&platform.owner_url).await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    let (mut transfers, mut sales, mut naives) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        transfers.push(ours(&platform.cell, platform.reseller, transfer).await?);
        sales.push(ours(&platform.cell, platform.reseller, sale).await?);
        naives.push(naive(&pool, ROUND).await?);
    }
    pool.close().await;
    let [transfers, sales, naives] = [transfers, sales, naives].map(median);
    let other = "one transaction per transfer: journal, two entries, two balances, 8 connections";
    Ok(vec![
        Comparison::plain(other, naives, "transfers/s"),
        Comparison::ratio(
            "transfers posted as journals, 512 in a transaction, 8 connections",
            transfers,
            "journals/s",
            other,
            naives,
            "≥ 20",
        ),
        Comparison::ratio(
            "sales posted as journals of six entries, with what is of which performance",
            sales,
            "journals/s",
            other,
            naives,
            "≥ 20",
        ),
    ])
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

type Made = fn(PerformanceId) -> anyhow::Result<Journal>;

async fn ours(cell: &Cell, reseller: ResellerId, made: Made) -> anyhow::Result<f64> {
    let began = Instant::now();
    let performance = PerformanceId::new();
    let writers: Vec<_> =
        (0..WRITERS).map(|_| tokio::spawn(write(cell.clone(), reseller, (made, performance), began + ROUND))).collect();
    let mut posted = 0;
    for writer in writers {
        posted += writer.await??;
    }
    Ok(posted as f64 / began.elapsed().as_secs_f64())
}

async fn write(
    cell: Cell,
    reseller: ResellerId,
    (made, performance): (Made, PerformanceId),
    until: Instant,
) -> anyhow::Result<usize> {
    let mut posted = 0;
    while Instant::now() < until {
        let journals: Vec<Journal> = (0..AT_ONCE).map(|_| made(performance)).collect::<Result<_, _>>()?;
        let mut tx = cell.tenant(reseller).await?;
        posted += post_all(&mut tx, &journals).await?.len();
        tx.commit().await?;
    }
    Ok(posted)
}

fn transfer(_: PerformanceId) -> anyhow::Result<Journal> {
    let of = Adjustment {
        adjustment: AdjustmentId::new(),
        order: None,
        currency: "EUR".parse()?,
        amount: Decimal::ONE,
        reason: Reason::Goodwill,
    };
    Ok(of.journal(Pot::Available)?)
}

/// The sale of an order of one ticket at 50.00 under the platform's own rule, as it is posted when it is paid.
pub(crate) fn sale(performance: PerformanceId) -> anyhow::Result<Journal> {
    let (order, currency): (_, Currency) = (OrderId::new(), "EUR".parse()?);
    let price = Decimal::new(5_000, 2);
    let fees = FeeRule::platform_default().for_tickets(&[price], currency).remove(0);
    let sold = SoldItem {
        item_no: 1,
        show: ShowId::from_uuid(Uuid::from_u128(1)),
        performance,
        ticket: TicketId::new(),
        ticket_type: "adult".to_owned(),
        price_tier: "floor".to_owned(),
        face_value: price,
        platform_fee: fees.platform_fee,
        platform_fee_tax: fees.platform_fee_tax,
        hosting_fee: Decimal::ZERO,
        hosting_fee_tax: Decimal::ZERO,
        buyer_fee: Decimal::ZERO,
        tax: None,
    };
    let moved =
        |debit, credit, amount: Decimal| [Line { account: debit, amount }, Line { account: credit, amount: -amount }];
    let lines = [
        moved(Account::PspClearing, Account::ResellerPending, price),
        moved(Account::ResellerPending, Account::RevPlatformFee, fees.platform_fee),
        moved(Account::ResellerPending, Account::TaxPlatformVat, fees.platform_fee_tax),
    ];
    let zero = Decimal::new(0, 2);
    let item = AboutItem { sold, refunded: zero, fee_returned: zero, fee_tax_returned: zero, tax_returned: zero };
    let about = About { items: vec![item], ..About::order(order) };
    Ok(Journal::new(Source::Sale(order), currency, lines.concat(), about)?)
}

async fn naive(pool: &PgPool, length: Duration) -> anyhow::Result<f64> {
    let began = Instant::now();
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(transfers(pool.clone(), began + length))).collect();
    let mut done = 0_u32;
    for writer in writers {
        done += writer.await??;
    }
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

async fn transfers(pool: PgPool, until: Instant) -> Result<u32, sqlx::Error> {
    let mut done = 0;
    while Instant::now() < until {
        let id = Uuid::new_v4();
        let mut tx = pool.begin().await?;
        sqlx::query("insert into naive_journal values ($1, $2, now())")
            .bind(id)
            .bind(format!("adjustment:{id}"))
            .execute(&mut *tx)
            .await?;
        for (account, amount) in [("available", -Decimal::ONE), ("goodwill", Decimal::ONE)] {
            sqlx::query("insert into naive_entry (journal_id, account, amount) values ($1, $2, $3)")
                .bind(id)
                .bind(account)
                .bind(amount)
                .execute(&mut *tx)
                .await?;
        }
        for (account, amount) in [("available", -Decimal::ONE), ("goodwill", Decimal::ONE)] {
            let _: Decimal = sqlx::query_scalar("select balance from naive_balance where account = $1 for update")
                .bind(account)
                .fetch_one(&mut *tx)
                .await?;
            sqlx::query("update naive_balance set balance = balance + $2 where account = $1")
                .bind(account)
                .bind(amount)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        done += 1;
    }
    Ok(done)
}
