//! Registers somebody's interest in what is not on sale yet, and erases it when it is withdrawn.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{InterestId, PerformanceId, SaleRoundId, ShowId},
};

use super::tell_waiting::{forget_letters, tell_interest};
use crate::{
    rules::{
        interest::{Interest, NewInterest},
        invitation::Call,
        limit::Subject,
        performance::PerformanceState,
        sale_round::{SaleRound, list},
    },
    store::{doors, interests, performances, sale_rounds, shows},
};

/// Registers it: the address is told once, when the performance opens, or the first of the show.
///
/// # Errors
/// `not_found`, `invalid_field`, `on_sale_already`, `not_on_sale` for what will not open, `interest_twice`, `interest_full`.
pub async fn register_interest(tx: &mut TenantTx, show: ShowId, new: NewInterest) -> Result<Interest> {
    new.check()?;
    // Who tells that it is on sale waits for who registers, and sees them.
    shows::lock_shared(tx, show).await?;
    shows::get(tx, show).await?;
    let now = tx.now().await?;
    if let Some(performance) = new.performance {
        check_performance(tx, show, performance, new.round, now).await?;
    }
    // Of a round that is to come, whether others sell already makes no difference.
    if new.round.is_none() && interests::on_sale(tx, show, new.performance, now).await? {
        let detail = "Its sale has begun: only a sale round that is to come (`sale_round_id`) can be waited for.";
        return Err(Refusal::new(Code::OnSaleAlready, detail).into());
    }
    if !interests::count_in(tx, show).await? {
        let detail = "As many addresses wait for this show as may; come again when it is on sale.";
        return Err(Refusal::new(Code::InterestFull, detail).into());
    }
    let interest = Interest {
        id: InterestId::new(),
        show,
        performance: new.performance,
        round: new.round,
        buyer: new.buyer,
        created_at: now,
        told_at: None,
    };
    let mark = Subject::email(tx.sealer(), tx.reseller(), interest.buyer.email.as_deref().unwrap_or_default()).mark();
    interests::insert(tx, &interest, mark.unwrap_or_default()).await?;
    if let (Some(performance), Some(round)) = (interest.performance, interest.round) {
        interests::round_waits(tx, performance, round, true).await?;
    }
    let about = match interest.performance {
        Some(performance) => Some(performance),
        None => interests::next_of_show(tx, show, now).await?,
    };
    tell_interest(tx, &interest, about, Call::InterestRegistered).await?;
    Ok(interest)
}

/// Refuses a performance that is of another show or will not be on sale, and a round of it for which nobody can wait.
async fn check_performance(
    tx: &mut TenantTx,
    show: ShowId,
    id: PerformanceId,
    round: Option<SaleRoundId>,
    now: Instant,
) -> Result<()> {
    let performance = performances::get(tx, id).await?;
    if performance.show != show {
        return Err(Refusal::field("/performance_id", "is not one of the show's performances").into());
    }
    let rounds = sale_rounds::of_performances(tx, &[id]).await?;
    if let Some(round) = round {
        check_round(tx, &rounds, round, (performance.times.on_sale_at, now)).await?;
    }
    let sold_no_more = matches!(performance.state, PerformanceState::Closed | PerformanceState::Cancelled);
    let rounds_over = !rounds.is_empty() && rounds.iter().all(|round| round.closed(now));
    if sold_no_more || rounds_over || performance.times.off_sale_at <= now {
        return Err(Refusal::new(Code::NotOnSale, "The performance is not going to be on sale.").into());
    }
    Ok(())
}

/// Refuses a round that has opened, that is over, or of which nobody knows when it opens.
async fn check_round(
    tx: &mut TenantTx,
    rounds: &[SaleRound],
    id: SaleRoundId,
    (on_sale_at, now): (Instant, Instant),
) -> Result<()> {
    let Some((round, opens_at)) = list::openings(rounds).find(|(round, _)| round.id == id) else {
        return Err(Refusal::field("/sale_round_id", "is not one of the performance's sale rounds").into());
    };
    if round.closed(now) {
        return Err(Refusal::new(Code::NotOnSale, "The sale round is over.").into());
    }
    let taken = doors::taken(tx, &rounds.iter().map(|round| round.id.uuid()).collect::<Vec<_>>(), now).await?;
    let sold_out = |round: &SaleRound| {
        let taken = taken.get(&round.id.uuid()).copied().unwrap_or(0);
        round.capacity.is_some_and(|capacity| usize::try_from(capacity).unwrap_or(0) <= taken)
    };
    if on_sale_at <= now && list::open(rounds, sold_out, now).any(|open| open.id == id) {
        return Err(Refusal::new(Code::OnSaleAlready, "The sale round is open; there is nothing to wait for.").into());
    }
    if opens_at.is_none() {
        let detail = "opens with the performance's sale, or when the round before it is sold out, and nobody knows when; \
                      register interest in the performance";
        return Err(Refusal::field("/sale_round_id", detail).into());
    }
    Ok(())
}

/// Erases an interest, whether it was told already or not. Gives what it was.
///
/// # Errors
/// `not_found`.
pub async fn withdraw_interest(tx: &mut TenantTx, show: ShowId, id: InterestId) -> Result<Interest> {
    let erased = interests::erase(tx, show, id).await?;
    forget_letters(tx, id).await?;
    Ok(erased)
}
