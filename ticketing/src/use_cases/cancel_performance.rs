//! Cancels a performance, and tells first what that would mean, if asked. Nothing is sold from that moment on, and what was held or
//! ordered and not paid ends; who has paid is told by [`super::carry_out_cancellation`], and gets back what was paid, as
//! money or as credit, or an equal ticket.

use foundation::{
    Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{CancellationId, PerformanceId, ShowId},
};
use serde_json::json;

use super::add_performance::performance_event;
use crate::{
    rules::{
        cancellation::{Cancellation, Impact, Plan, Remedy},
        choice::ChoiceState,
        owner::takes_place,
        performance::{Performance, PerformanceState},
    },
    store::{cancellations, performances, reschedulings, shows},
};

/// Says what it means and, unless it is a dry run, does it. What it means is counted before anything is locked, so nobody waits for that; a
/// dry run only reads.
///
/// # Errors
/// `not_found`, `invalid_field`, `performance_archived`, `performance_cancelled`, `performance_over`. A dry run is refused as the cancellation itself would be.
pub async fn cancel_performance(
    tx: &mut TenantTx,
    id: PerformanceId,
    plan: &Plan,
    dry_run: bool,
) -> Result<(Impact, Option<Cancellation>)> {
    let seen = performances::get(tx, id).await?;
    let planned = planned(tx, &seen, plan).await?;
    let impact = impacts(tx, seen.show, std::slice::from_ref(&planned)).await?.pop();
    let impact = impact.ok_or_else(|| Refusal::missing("performance"))?;
    if dry_run {
        return Ok((impact, None));
    }
    // Exclusive: what is in flight is waited for, and what comes after sees that nothing is sold.
    performances::lock(tx, &[id], true).await?;
    let performance = performances::get(tx, id).await?;
    let cancellation = cancel(tx, performance, plan).await?;
    Ok((Impact { decide_by: cancellation.decide_by, ..impact }, Some(cancellation)))
}

/// The cancellation that a performance would have by this plan, if it can be cancelled.
pub(super) async fn planned(tx: &mut TenantTx, performance: &Performance, plan: &Plan) -> Result<Cancellation> {
    performances::not_archived(performance.archived_at)?;
    let now = tx.now().await?;
    takes_place(performance, now)?;
    let starts_at = replacement_starts_at(tx, performance, plan, now).await?;
    let (default, decide_by) = plan.check(starts_at, now)?;
    Ok(Cancellation {
        id: CancellationId::new(),
        performance: performance.id,
        state: ChoiceState::Telling,
        offered: plan.offered.clone(),
        default,
        replacement: plan.replacement,
        decide_by,
        created_at: now,
        version: 1,
    })
}

/// Cancels a performance that is locked.
pub(super) async fn cancel(tx: &mut TenantTx, mut performance: Performance, plan: &Plan) -> Result<Cancellation> {
    let cancellation = planned(tx, &performance, plan).await?;
    cancellations::insert(tx, &cancellation).await?;
    reschedulings::end(tx, performance.id).await?;
    performance.state = PerformanceState::Cancelled;
    performance.checkouts_ended_at = cancellation.created_at;
    performance.version = performances::update(tx, &performance).await?;
    let mut told = performance_event("performance.cancelled", &performance);
    told.data["cancellation_id"] = json!(cancellation.id);
    told.data["offered"] = json!(cancellation.offered);
    told.data["default"] = json!(cancellation.default);
    told.data["decide_by"] = json!(cancellation.decide_by);
    told.data["replacement_performance_id"] = json!(cancellation.replacement);
    event::append(tx, &[told]).await?;
    Ok(cancellation)
}

/// When the performance starts whose tickets are the replacement, if there is one and it can be.
async fn replacement_starts_at(
    tx: &mut TenantTx,
    of: &Performance,
    plan: &Plan,
    now: Instant,
) -> Result<Option<Instant>> {
    let Some(id) = plan.replacement else { return Ok(None) };
    let wrong = |detail: &str| Err(Refusal::field("/replacement_performance_id", detail).into());
    let replacement = match performances::get(tx, id).await {
        Ok(replacement) => replacement,
        Err(Error::Refused(_)) => return wrong("there is none in this show"),
        Err(error) => return Err(error),
    };
    if replacement.show != of.show {
        return wrong("there is none in this show");
    }
    if replacement.id == of.id {
        return wrong("is the performance that is to be cancelled");
    }
    if takes_place(&replacement, now).is_err() || replacement.times.starts_at <= now {
        return wrong("must be one that is still to come");
    }
    Ok(Some(replacement.times.starts_at))
}

/// Whom and what each of these cancellations of a show's performances is about, all of them carried out.
pub(super) async fn impacts(tx: &mut TenantTx, show: ShowId, all: &[Cancellation]) -> Result<Vec<Impact>> {
    let currency = shows::get(tx, show).await?.currency;
    let now = tx.now().await?;
    let ids: Vec<PerformanceId> = all.iter().map(|of| of.performance).collect();
    let counted = reschedulings::concerned(tx, &ids, now).await?;
    let mut impacts = Vec::with_capacity(all.len());
    for (of, concerned) in all.iter().zip(counted) {
        let replaceable = match of.replacement {
            Some(to) if of.offered.contains(&Remedy::Replacement) => {
                Some(cancellations::replaceable(tx, of.performance, to, now).await?)
            }
            _ => None,
        };
        impacts.push(Impact {
            orders: concerned.orders,
            tickets: concerned.tickets,
            refundable: Money::rounded(concerned.paid, currency),
            disputed_orders: concerned.disputed_orders,
            used_tickets: concerned.used_tickets,
            unpaid_orders: concerned.unpaid_orders,
            holds: concerned.holds,
            replaceable,
            default: of.default,
            decide_by: of.decide_by,
        });
    }
    Ok(impacts)
}
