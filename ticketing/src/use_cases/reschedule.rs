//! Moves a performance to another time though tickets of it are sold, and tells first what that would mean, if asked. What was
//! held or ordered for the old time and not paid ends; who has paid is told by [`super::carry_out_rescheduling`] and may choose.

use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{PerformanceId, ReschedulingId},
    refusal::FieldErrors,
};
use serde_json::json;

use super::{
    add_performance::performance_event,
    keep_apart::{keep_apart, lock_layout},
};
use crate::{
    rules::{
        choice::ChoiceState,
        performance::{Performance, PerformanceState},
        rescheduling::{Decision, Impact, Rescheduling, deadline},
        times::{GivenTimes, Times},
    },
    store::{performances, reschedulings, shows},
};

/// What is to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The new times; what is not said stays as far from the start as it was.
    pub times: GivenTimes,
    /// Until when buyers may choose; two weeks, or until the new start, unless said.
    pub decide_by: Option<Instant>,
    /// What becomes of the tickets of who does not.
    pub default: Decision,
}

/// Says what it means and, unless it is a dry run, does it.
///
/// # Errors
/// `not_found`, `performance_archived`, `performance_over`, `invalid_field`, `local_time_missing`, `local_time_ambiguous`,
/// `not_on_sale` for a cancelled performance,
/// `rescheduling_under_way`, `performances_overlap`. A dry run is refused as the rescheduling itself would be.
pub async fn reschedule(
    tx: &mut TenantTx,
    id: PerformanceId,
    plan: &Plan,
    dry_run: bool,
) -> Result<(Impact, Option<Rescheduling>)> {
    lock_layout(tx, id).await?;
    // Exclusive: what is in flight is waited for, and what comes after sees the new times.
    performances::lock_to_change(tx, id).await?;
    let mut performance = performances::get(tx, id).await?;
    if performance.state == PerformanceState::Cancelled {
        return Err(Refusal::new(Code::NotOnSale, "The performance is cancelled; add an extra date instead.").into());
    }
    let now = tx.now().await?;
    if now >= performance.times.ends_at {
        // Its money may be the reseller's already.
        let detail = format!("The performance ended at {}; add an extra date instead.", performance.times.ends_at);
        return Err(Refusal::new(Code::PerformanceOver, detail).into());
    }
    let (after, decide_by) = check(&performance, plan, now)?;
    keep_apart(tx, &Performance { times: after, ..performance.clone() }, "").await?;
    let impact = impact(tx, &performance, after, decide_by, now).await?;
    let rescheduling = Rescheduling {
        id: ReschedulingId::new(),
        performance: id,
        state: ChoiceState::Telling,
        starts_before: performance.times.starts_at,
        starts_at: after.starts_at,
        decide_by,
        default: plan.default,
        created_at: now,
        version: 1,
    };
    // Written in a dry run too, so that it is refused for the same reasons; the caller then does not commit.
    reschedulings::insert(tx, &rescheduling).await?;
    if dry_run {
        return Ok((impact, None));
    }
    performance.times = after;
    performance.checkouts_ended_at = now;
    performance.version = performances::update(tx, &performance).await?;
    let mut moved = performance_event("performance.rescheduled", &performance);
    moved.data["rescheduling_id"] = json!(rescheduling.id);
    moved.data["starts_before"] = json!(rescheduling.starts_before);
    moved.data["decide_by"] = json!(decide_by);
    moved.data["default"] = json!(plan.default);
    event::append(tx, &[moved]).await?;
    Ok((impact, Some(rescheduling)))
}

fn check(performance: &Performance, plan: &Plan, now: Instant) -> Result<(Times, Instant)> {
    let mut fields = FieldErrors::default();
    let before = performance.times;
    let after = plan.times.rescheduled(before, &mut fields, "", &performance.time_zone, now);
    let starts_at = after.map_or(before.starts_at, |after| after.starts_at);
    let decide_by = deadline(&mut fields, plan.decide_by, starts_at, now);
    fields.check(
        after.is_none_or(|after| after.moved_from(&before)),
        "/starts_at",
        "is what it was: nothing would move",
    );
    fields.done()?;
    let after = after.ok_or_else(|| Error::Inconsistent("times without a slip are none".to_owned()))?;
    Ok((after, decide_by))
}

async fn impact(
    tx: &mut TenantTx,
    performance: &Performance,
    after: Times,
    decide_by: Instant,
    now: Instant,
) -> Result<Impact> {
    let currency = shows::get(tx, performance.show).await?.currency;
    let counted = reschedulings::concerned(tx, &[performance.id], now).await?;
    let concerned = counted.first().ok_or_else(|| Refusal::missing("performance"))?;
    Ok(Impact {
        before: performance.times,
        after,
        decide_by,
        orders: concerned.orders,
        tickets: concerned.tickets,
        refundable: Money::rounded(concerned.refundable, currency),
        unpaid_orders: concerned.unpaid_orders,
        holds: concerned.holds,
    })
}
