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
        performance::{PerformanceState, on_sale},
    },
    store::{interests, performances, sale_rounds, shows},
};

/// Registers it: the address is told once, when the performance opens, or the first of the show.
///
/// # Errors
/// `not_found`, `invalid_field`, `on_sale_already`, `not_on_sale` for what will not open, `interest_twice`, `interest_full`.
pub async fn register_interest(tx: &mut TenantTx, show: ShowId, new: NewInterest) -> Result<Interest> {
    new.check()?;
    // Who tells that it is on sale waits for who registers, and sees them.
    shows::lock_shared(tx, show).await?;
    let of = shows::get(tx, show).await?;
    let now = tx.now().await?;
    let opened = match new.performance {
        Some(id) => {
            let performance = performances::get(tx, id).await?;
            if performance.show != show {
                return Err(Refusal::field("/performance_id", "is not one of the show's performances").into());
            }
            if let Some(round) = new.round {
                check_round(tx, id, round, now).await?;
            }
            let (state, times) = (performance.state, performance.times);
            if matches!(state, PerformanceState::Closed | PerformanceState::Cancelled) || times.off_sale_at <= now {
                return Err(Refusal::new(Code::NotOnSale, "The performance is not going to be on sale.").into());
            }
            // Of a round that is to come, whether others sell already makes no difference.
            new.round.is_none() && on_sale(of.state, state, times.on_sale_at, times.off_sale_at, now).is_ok()
        }
        None => interests::any_on_sale(tx, show, now).await?,
    };
    if opened {
        return Err(Refusal::new(Code::OnSaleAlready, "It is on sale now; there is nothing to wait for.").into());
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

/// Refuses a round that has opened, that is over, or of which nobody knows when it opens.
async fn check_round(tx: &mut TenantTx, performance: PerformanceId, id: SaleRoundId, now: Instant) -> Result<()> {
    let rounds = sale_rounds::of_performances(tx, &[performance]).await?;
    let Some(round) = rounds.iter().find(|round| round.id == id) else {
        return Err(Refusal::field("/sale_round_id", "is not one of the performance's sale rounds").into());
    };
    let Some(opens_at) = round.opens_at else {
        let detail =
            "opens when the round before it is over, and nobody knows when; register interest in the performance";
        return Err(Refusal::field("/sale_round_id", detail).into());
    };
    if round.closed(now) {
        return Err(Refusal::new(Code::NotOnSale, "The sale round is over.").into());
    }
    if opens_at <= now {
        return Err(Refusal::new(Code::OnSaleAlready, "The sale round is open; there is nothing to wait for.").into());
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
