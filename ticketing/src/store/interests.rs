//! The SQL of interest in what is not on sale yet.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{InterestId, PerformanceId, SaleRoundId, ShowId},
    mail::Language,
    refusal::OnConstraint,
    seal::Mark,
};

use crate::rules::{
    interest::{INTERESTS_MAX, Interest},
    order::Buyer,
};

#[derive(sqlx::FromRow)]
struct Row {
    interest_id: InterestId,
    show_id: ShowId,
    performance_id: Option<PerformanceId>,
    sale_round_id: Option<SaleRoundId>,
    buyer_name: Option<String>,
    buyer_email: String,
    language: Option<Language>,
    created_at: Instant,
    told_at: Option<Instant>,
}

impl Row {
    fn interest(self) -> Interest {
        Interest {
            id: self.interest_id,
            show: self.show_id,
            performance: self.performance_id,
            round: self.sale_round_id,
            buyer: Buyer { name: self.buyer_name, email: Some(self.buyer_email), language: self.language },
            created_at: self.created_at,
            told_at: self.told_at,
        }
    }
}

/// Counts one more that waits for a show. Gives whether there is room for it.
///
/// # Errors
/// The database's.
pub async fn count_in(tx: &mut TenantTx, show: ShowId) -> Result<bool> {
    let reseller = tx.reseller();
    let counted = sqlx::query(
        "insert into interest_lists as l (reseller_id, show_id, waiting, most) values ($1, $2, 1, $3)
         on conflict (reseller_id, show_id) do update set waiting = l.waiting + 1, most = excluded.most
             where l.waiting < excluded.most",
    )
    .bind(reseller)
    .bind(show)
    .bind(INTERESTS_MAX)
    .execute(tx.conn())
    .await?;
    Ok(counted.rows_affected() == 1)
}

async fn count_out(tx: &mut TenantTx, show: ShowId, many: usize) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update interest_lists set waiting = waiting - $3 where reseller_id = $1 and show_id = $2")
        .bind(reseller)
        .bind(show)
        .bind(i32::try_from(many).unwrap_or(i32::MAX))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes an interest; of an address there is one at a time in the same.
///
/// # Errors
/// `interest_twice`, or the database's.
pub async fn insert(tx: &mut TenantTx, interest: &Interest, mark: Mark) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into interests (reseller_id, interest_id, show_id, performance_id, of_id, buyer_name, buyer_email, buyer_mark,
                                language, created_at, forget_at, sale_round_id)
         values ($1, $2, $3, $4, coalesce($10, $4, $3), $5, $6, $7, $8, $9, $9 + interval '400 days', $10)",
    )
    .bind(reseller)
    .bind(interest.id)
    .bind(interest.show)
    .bind(interest.performance)
    .bind(&interest.buyer.name)
    .bind(&interest.buyer.email)
    .bind(mark.as_slice())
    .bind(interest.buyer.language)
    .bind(interest.created_at)
    .bind(interest.round)
    .execute(tx.conn())
    .await
    .on_constraint("interests_once_key", || {
        Refusal::new(Code::InterestTwice, "This address is told already when it opens.")
    })?;
    Ok(())
}

/// Whether a performance of a show is on sale now, or without one named, any of them.
///
/// # Errors
/// The database's.
pub async fn on_sale(
    tx: &mut TenantTx,
    show: ShowId,
    performance: Option<PerformanceId>,
    now: Instant,
) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select exists (select from performances p join shows s on s.reseller_id = $1 and s.show_id = p.show_id
                        where p.reseller_id = $1 and p.show_id = $2 and s.state = 'published' and p.state = 'open'
                          and p.sells_from <= $3 and p.sells_until > $3 and ($4::uuid is null or p.performance_id = $4))",
    )
    .bind(reseller)
    .bind(show)
    .bind(now)
    .bind(performance)
    .fetch_one(tx.conn())
    .await?)
}

/// The next performance of a show that is to come.
///
/// # Errors
/// The database's.
pub async fn next_of_show(tx: &mut TenantTx, show: ShowId, now: Instant) -> Result<Option<PerformanceId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select performance_id from performances
         where reseller_id = $1 and show_id = $2 and starts_at > $3 and state <> 'cancelled'
         order by starts_at, performance_id limit 1",
    )
    .bind(reseller)
    .bind(show)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?)
}

/// A page of a show's interests in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, show: ShowId, after: Option<InterestId>, limit: i64) -> Result<Vec<Interest>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select interest_id, show_id, performance_id, sale_round_id, buyer_name, buyer_email, language, created_at, told_at from interests
         where reseller_id = $1 and show_id = $2 and ($3::uuid is null or interest_id > $3) order by interest_id limit $4",
    )
    .bind(reseller)
    .bind(show)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::interest).collect())
}

/// Erases an interest. Gives what it was.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn erase(tx: &mut TenantTx, show: ShowId, id: InterestId) -> Result<Interest> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "delete from interests where reseller_id = $1 and show_id = $2 and interest_id = $3
         returning interest_id, show_id, performance_id, sale_round_id, buyer_name, buyer_email, language, created_at, told_at",
    )
    .bind(reseller)
    .bind(show)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    let erased = row.ok_or_else(|| Refusal::missing("interest"))?.interest();
    if erased.told_at.is_none() {
        count_out(tx, show, 1).await?;
    }
    Ok(erased)
}

/// Has those who wait for this performance to open be told that it has, if anybody does.
///
/// # Errors
/// The database's.
pub async fn call(tx: &mut TenantTx, show: ShowId, performance: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into interest_calls (reseller_id, performance_id)
         select $1, $3 where exists (
             select from interests where reseller_id = $1 and show_id = $2 and told_at is null
                 and sale_round_id is null and (performance_id is null or performance_id = $3))
         on conflict (reseller_id, performance_id) do nothing",
    )
    .bind(reseller)
    .bind(show)
    .bind(performance)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks the call of a performance, unless another process is at it. Gives how many were told so far.
///
/// # Errors
/// The database's.
pub async fn lock_call(tx: &mut TenantTx, performance: PerformanceId) -> Result<Option<i32>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select told from interest_calls where reseller_id = $1 and performance_id = $2 for update skip locked",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_optional(tx.conn())
    .await?)
}

/// Takes so many of those who are to be told that this performance has opened, or this round of it, and notes that they are: each is
/// told once, and forgotten thirty days later.
///
/// # Errors
/// The database's.
pub async fn take_to_tell(
    tx: &mut TenantTx,
    show: ShowId,
    (performance, round): (PerformanceId, Option<SaleRoundId>),
    now: Instant,
    limit: i64,
) -> Result<Vec<Interest>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "with page as (
             select interest_id from interests
             where reseller_id = $1 and show_id = $2 and told_at is null and sale_round_id is not distinct from $6
               and (performance_id is null or performance_id = $3)
             order by interest_id limit $5 for update)
         update interests i set told_at = $4, forget_at = $4::timestamptz + interval '30 days'
         from page where i.reseller_id = $1 and i.interest_id = page.interest_id
         returning i.interest_id, i.show_id, i.performance_id, i.sale_round_id, i.buyer_name, i.buyer_email, i.language, i.created_at, i.told_at",
    )
    .bind(reseller)
    .bind(show)
    .bind(performance)
    .bind(now)
    .bind(limit)
    .bind(round)
    .fetch_all(tx.conn())
    .await?;
    count_out(tx, show, rows.len()).await?;
    Ok(rows.into_iter().map(Row::interest).collect())
}

/// Notes how many were told; the call is over when all were.
///
/// # Errors
/// The database's.
pub async fn note_told(tx: &mut TenantTx, performance: PerformanceId, told: i32, over: bool) -> Result<()> {
    let reseller = tx.reseller();
    let statement = if over {
        "delete from interest_calls where reseller_id = $1 and performance_id = $2 and told <= $3"
    } else {
        "update interest_calls set told = $3 where reseller_id = $1 and performance_id = $2"
    };
    sqlx::query(statement).bind(reseller).bind(performance).bind(told).execute(tx.conn()).await?;
    Ok(())
}

/// Notes whether somebody waits to be told that a round has opened.
///
/// # Errors
/// The database's.
pub async fn round_waits(tx: &mut TenantTx, performance: PerformanceId, round: SaleRoundId, waits: bool) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update sale_rounds set interest_waits = $4
         where reseller_id = $1 and performance_id = $2 and sale_round_id = $3 and interest_waits <> $4",
    )
    .bind(reseller)
    .bind(performance)
    .bind(round)
    .bind(waits)
    .execute(tx.conn())
    .await?;
    Ok(())
}
