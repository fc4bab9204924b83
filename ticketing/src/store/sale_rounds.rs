//! The SQL of sale rounds, with their prices and with the marks of whom they are for.

use std::collections::HashSet;

use foundation::{
    Currency, Instant, Money, Refusal, Result, TenantTx,
    id::{OfferId, PerformanceId, SaleRoundId},
    refusal::{Code, OnConstraint},
    seal::Mark,
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::sale_round::{Access, SaleRound};

#[derive(sqlx::FromRow)]
struct Row {
    sale_round_id: SaleRoundId,
    performance_id: PerformanceId,
    name: String,
    opens_at: Option<Instant>,
    closes_at: Option<Instant>,
    capacity: Option<i32>,
    access: String,
    tickets_per_code: i32,
    version: i64,
    currency: String,
    offer_ids: Vec<OfferId>,
    prices: Vec<Decimal>,
}

impl Row {
    fn round(self) -> Result<SaleRound> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        let prices = self.prices.into_iter().map(|price| Money::rounded(price, currency));
        Ok(SaleRound {
            id: self.sale_round_id,
            performance: self.performance_id,
            name: self.name,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            capacity: self.capacity,
            access: known("a round's access", &self.access, Access::parse(&self.access))?,
            tickets_per_code: self.tickets_per_code,
            prices: self.offer_ids.into_iter().zip(prices).collect(),
            version: self.version,
        })
    }
}

/// The sale rounds of performances, in their order.
///
/// # Errors
/// The database's.
pub async fn of_performances(tx: &mut TenantTx, performances: &[PerformanceId]) -> Result<Vec<SaleRound>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select r.sale_round_id, r.performance_id, r.name, r.opens_at, r.closes_at, r.capacity, r.access, r.tickets_per_code,
                r.version, s.currency, of.offer_ids, of.prices
         from sale_rounds r
         join performances p on p.reseller_id = $1 and p.performance_id = r.performance_id
         join shows s on s.reseller_id = $1 and s.show_id = p.show_id
         cross join lateral (
             select array_agg(o.offer_id order by o.offer_id) as offer_ids, array_agg(o.price order by o.offer_id) as prices
             from sale_round_prices o
             where o.reseller_id = $1 and o.performance_id = r.performance_id and o.sale_round_id = r.sale_round_id) of
         where r.reseller_id = $1 and r.performance_id = any($2) order by r.performance_id, r.position",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::round).collect()
}

/// The round of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, performance: PerformanceId, id: SaleRoundId) -> Result<SaleRound> {
    let rounds = of_performances(tx, &[performance]).await?;
    rounds.into_iter().find(|round| round.id == id).ok_or_else(|| Refusal::missing("sale round").into())
}

/// Writes a new round as the last of its performance.
///
/// # Errors
/// `name_taken`, or the database's.
pub async fn insert(tx: &mut TenantTx, round: &SaleRound) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into sale_rounds (reseller_id, performance_id, sale_round_id, name, position, opens_at, closes_at, capacity, access,
                                  tickets_per_code, created_at)
         select $1, $2, $3, $4, coalesce(max(position), 0) + 1, $5, $6, $7, $8, $9, cell_now()
         from sale_rounds where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(round.performance)
    .bind(round.id)
    .bind(&round.name)
    .bind(round.opens_at)
    .bind(round.closes_at)
    .bind(round.capacity)
    .bind(round.access.as_str())
    .bind(round.tickets_per_code)
    .execute(tx.conn())
    .await
    .on_constraint("sale_rounds_name_key", name_taken)?;
    insert_prices(tx, round).await?;
    keep_window(tx, round.performance).await
}

/// Writes a round anew, on its locked performance. Gives its new version.
///
/// # Errors
/// `name_taken`, or the database's.
pub async fn update(tx: &mut TenantTx, round: &SaleRound) -> Result<i64> {
    let reseller = tx.reseller();
    let version = sqlx::query_scalar(
        "update sale_rounds set name = $4, opens_at = $5, closes_at = $6, capacity = $7, version = version + 1
         where reseller_id = $1 and performance_id = $2 and sale_round_id = $3 returning version",
    )
    .bind(reseller)
    .bind(round.performance)
    .bind(round.id)
    .bind(&round.name)
    .bind(round.opens_at)
    .bind(round.closes_at)
    .bind(round.capacity)
    .fetch_one(tx.conn())
    .await
    .on_constraint("sale_rounds_name_key", name_taken)?;
    insert_prices(tx, round).await?;
    keep_window(tx, round.performance).await?;
    Ok(version)
}

/// Keeps on the performance when its rounds first open and last close, as lists and workers look for it. A round without an opening
/// time opens no earlier than those before it, so that only the first one's matters. Where it does not sell for now because of
/// them, that it is on sale will have to be told.
async fn keep_window(tx: &mut TenantTx, performance: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update performances p
         set rounds_from = r.opens, rounds_until = r.closes,
             on_sale_told = p.on_sale_told and coalesce(r.opens <= cell_now(), true)
         from (select case when (array_agg(opens_at order by position))[1] is not null then min(opens_at) end as opens,
                      case when count(closes_at) = count(*) then max(closes_at) end as closes
               from sale_rounds where reseller_id = $1 and performance_id = $2) r
         where p.reseller_id = $1 and p.performance_id = $2
           and (p.rounds_from, p.rounds_until) is distinct from (r.opens, r.closes)",
    )
    .bind(reseller)
    .bind(performance)
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn name_taken() -> Refusal {
    Refusal::new(Code::NameTaken, "The performance has a sale round of this name.")
}

/// Writes the prices; what an offer has cost before is overwritten. No price is taken away, because a hold may have it.
async fn insert_prices(tx: &mut TenantTx, round: &SaleRound) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into sale_round_prices (reseller_id, performance_id, sale_round_id, offer_id, price)
         select $1, $2, $3, * from unnest($4::uuid[], $5::numeric[])
         on conflict (reseller_id, performance_id, sale_round_id, offer_id) do update set price = excluded.price",
    )
    .bind(reseller)
    .bind(round.performance)
    .bind(round.id)
    .bind(round.prices.iter().map(|(offer, _)| *offer).collect::<Vec<_>>())
    .bind(round.prices.iter().map(|(_, price)| price.amount()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts marks into a round's books. Gives how many were new.
///
/// # Errors
/// The database's.
pub async fn admit(tx: &mut TenantTx, round: &SaleRound, marks: &[Mark]) -> Result<u64> {
    let reseller = tx.reseller();
    let done = sqlx::query(
        "insert into sale_round_guests (reseller_id, performance_id, sale_round_id, mark)
         select $1, $2, $3, mark from unnest($4::bytea[]) as m (mark) on conflict do nothing",
    )
    .bind(reseller)
    .bind(round.performance)
    .bind(round.id)
    .bind(marks.iter().map(Mark::as_slice).collect::<Vec<&[u8]>>())
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Lets those into a round that was just made who are let into another one.
///
/// # Errors
/// The database's.
pub async fn copy_guests(
    tx: &mut TenantTx,
    (performance, from): (PerformanceId, SaleRoundId),
    to: &SaleRound,
) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into sale_round_guests (reseller_id, performance_id, sale_round_id, mark)
         select reseller_id, $4, $5, mark from (select * from sale_round_guests union all select * from archived_sale_round_guests) g
         where reseller_id = $1 and performance_id = $2 and sale_round_id = $3",
    )
    .bind(reseller)
    .bind(performance)
    .bind(from)
    .bind(to.performance)
    .bind(to.id)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which of these marks are in the books of which of these rounds.
///
/// # Errors
/// The database's.
pub async fn known_marks(
    tx: &mut TenantTx,
    rounds: &[SaleRound],
    marks: &[Mark],
) -> Result<HashSet<(SaleRoundId, Mark)>> {
    let rounds: Vec<&SaleRound> = rounds.iter().filter(|round| round.access != Access::Anyone).collect();
    if rounds.is_empty() || marks.is_empty() {
        return Ok(HashSet::new());
    }
    let reseller = tx.reseller();
    let rows: Vec<(SaleRoundId, Vec<u8>)> = sqlx::query_as(
        "select sale_round_id, mark from sale_round_guests
         where reseller_id = $1 and performance_id = any($2) and sale_round_id = any($3) and mark = any($4)",
    )
    .bind(reseller)
    .bind(rounds.iter().map(|round| round.performance).collect::<Vec<_>>())
    .bind(rounds.iter().map(|round| round.id).collect::<Vec<_>>())
    .bind(marks.iter().map(Mark::as_slice).collect::<Vec<&[u8]>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|(round, mark)| Some((round, Mark::try_from(mark).ok()?))).collect())
}
