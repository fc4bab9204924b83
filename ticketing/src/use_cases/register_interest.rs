//! Registers somebody's interest in what is not on sale yet, and erases it when it is withdrawn.

use foundation::{
    Code, Refusal, Result, TenantTx,
    id::{InterestId, ShowId},
};

use super::tell_waiting::{forget_letters, tell_interest};
use crate::{
    rules::{
        interest::{Interest, NewInterest},
        invitation::Call,
        limit::Subject,
        performance::{PerformanceState, on_sale},
    },
    store::{interests, performances, shows},
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
            let (state, times) = (performance.state, performance.times);
            if matches!(state, PerformanceState::Closed | PerformanceState::Cancelled) || times.off_sale_at <= now {
                return Err(Refusal::new(Code::NotOnSale, "The performance is not going to be on sale.").into());
            }
            on_sale(of.state, state, times.on_sale_at, times.off_sale_at, now).is_ok()
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
        buyer: new.buyer,
        created_at: now,
        told_at: None,
    };
    let mark = Subject::email(tx.sealer(), tx.reseller(), interest.buyer.email.as_deref().unwrap_or_default()).mark();
    interests::insert(tx, &interest, mark.unwrap_or_default()).await?;
    let about = match interest.performance {
        Some(performance) => Some(performance),
        None => interests::next_of_show(tx, show, now).await?,
    };
    tell_interest(tx, &interest, about, Call::InterestRegistered).await?;
    Ok(interest)
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
