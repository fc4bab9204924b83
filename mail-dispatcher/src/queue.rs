//! The SQL of the outbox's reading side: finding what is due, claiming it, recording what came of it.
//!
//! What is due is found as the worker role, which sees ids and times only; everything else happens tenant by tenant. A claim
//! moves a letter's `due_at` to the claim's end, and only who still finds it there may record: so a process that stops in the
//! middle delays a letter by a claim, and one that was merely slow cannot overwrite what another did since.

use std::time::Duration;

use foundation::{
    Cell, Error, Instant, Result, TenantTx,
    id::{CreditId, LetterId, ResellerId},
    mail::Language,
};
use serde_json::Value;
use ticketing::store::credits;

use crate::post::Verdict;

/// Letters that are due, fairly: every reseller's first before anyone's second.
pub(crate) async fn due(cell: &Cell, now: Instant, limit: usize) -> Result<Vec<(ResellerId, LetterId)>> {
    // By a walk over the index that touches each reseller once and no backlog.
    Ok(sqlx::query_as(
        "with recursive waiting as (
             (select o.reseller_id, o.due_at from mail_outbox o where o.state = 'pending'
              order by o.reseller_id, o.due_at limit 1)
             union all
             select n.reseller_id, n.due_at from waiting w cross join lateral (
                 select o.reseller_id, o.due_at from mail_outbox o where o.state = 'pending' and o.reseller_id > w.reseller_id
                 order by o.reseller_id, o.due_at limit 1) n)
         select w.reseller_id, d.letter_id
         from waiting w
         cross join lateral (
             select o.letter_id, row_number() over (order by o.due_at) as nth from mail_outbox o
             where o.reseller_id = w.reseller_id and o.state = 'pending' and o.due_at <= $1
             order by o.due_at limit $2) d
         where w.due_at <= $1
         order by d.nth, w.due_at limit $2",
    )
    .bind(now)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(cell.workers())
    .await?)
}

/// A letter claimed, with all that sending it takes.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Claimed {
    pub(crate) letter_id: LetterId,
    pub(crate) recipient: String,
    pub(crate) recipient_name: Option<String>,
    pub(crate) language: Option<Language>,
    pub(crate) data: Value,
    pub(crate) created_at: Instant,
    /// Which try this is, from 1.
    pub(crate) attempts: i32,
    /// The claim, by which the record knows it.
    pub(crate) due_at: Instant,
    /// Whether what it tells is still so, by the tenant's clock.
    pub(crate) useful: bool,
    /// Whether it goes to the reseller itself.
    pub(crate) to_reseller: bool,
}

/// Claims those of these letters that are still due and nobody else's.
pub(crate) async fn claim(
    tx: &mut TenantTx,
    letters: &[LetterId],
    now: Instant,
    until: Instant,
) -> Result<Vec<Claimed>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "with mine as materialized (
             select letter_id from mail_outbox
             where reseller_id = $1 and letter_id = any($2) and state = 'pending' and due_at <= $3
             order by letter_id for update skip locked)
         update mail_outbox o set due_at = $4, attempts = o.attempts + 1
         from mine
         where o.reseller_id = $1 and o.letter_id = mine.letter_id
         returning o.letter_id, o.recipient, o.recipient_name, o.language, o.data, o.created_at, o.attempts, o.due_at,
                   o.to_reseller,
                   o.useful_until > $3 + coalesce((select c.ahead from test_clocks c where c.reseller_id = $1), interval '0')
                       as useful",
    )
    .bind(reseller)
    .bind(letters)
    .bind(now)
    .bind(until)
    .fetch_all(tx.conn())
    .await?)
}

/// Puts the code into a letter about credit: it is nowhere in the outbox, and opened only for who sends it. A code that does not open
/// leaves the letter without one, and its reseller tells it.
pub(crate) async fn put_code_in(tx: &mut TenantTx, letter: &mut Claimed) -> Result<()> {
    let Some(news) = letter.data.get_mut("news").filter(|news| news["kind"] == "credit_given") else { return Ok(()) };
    let Ok(credit) = serde_json::from_value::<CreditId>(news["credit"].clone()) else { return Ok(()) };
    match credits::code(tx, credit).await {
        Ok(code) => news["code"] = code.text().into(),
        Err(Error::Refused(_) | Error::Inconsistent(_)) => {
            tracing::error!(letter = %letter.letter_id, "the code of a credit does not open; its letter goes without");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The mail server has it.
    Sent,
    /// To be tried again then.
    Again(Instant),
    /// Refused, or tried to the end.
    Failed,
    /// No longer worth sending.
    Outdated,
    /// Its reseller has switched mail off.
    Withheld,
}

impl Outcome {
    /// The word for it, in tables and metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Again(_) => "pending",
            Self::Failed => "failed",
            Self::Outdated => "outdated",
            Self::Withheld => "withheld",
        }
    }
}

/// Ends a claim without a try. Gives whether the claim was still ours.
pub(crate) async fn close(tx: &mut TenantTx, letter: &Claimed, outcome: Outcome) -> Result<bool> {
    let reseller = tx.reseller();
    let due_at = if let Outcome::Again(at) = outcome { at } else { letter.due_at };
    let closed = sqlx::query(
        "update mail_outbox set state = $4, due_at = $5
         where reseller_id = $1 and letter_id = $2 and state = 'pending' and due_at = $3",
    )
    .bind(reseller)
    .bind(letter.letter_id)
    .bind(letter.due_at)
    .bind(outcome.word())
    .bind(due_at)
    .execute(tx.conn())
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// Records a try, if its claim is still ours.
pub(crate) async fn record(
    tx: &mut TenantTx,
    letter: &Claimed,
    at: Instant,
    took: Duration,
    verdict: &Verdict,
    outcome: Outcome,
) -> Result<()> {
    if !close(tx, letter, outcome).await? {
        return Ok(());
    }
    let reseller = tx.reseller();
    sqlx::query(
        "insert into mail_attempts (reseller_id, letter_id, attempt, at, duration_ms, outcome, answer)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(reseller)
    .bind(letter.letter_id)
    .bind(letter.attempts)
    .bind(at)
    .bind(i32::try_from(took.as_millis()).unwrap_or(i32::MAX))
    .bind(verdict.word())
    .bind(verdict.answer())
    .execute(tx.conn())
    .await?;
    Ok(())
}
