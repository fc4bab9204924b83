//! Sells what money has come for too late: after the order had ended its tickets may be free still, or others like them are good too.
//! Money that cannot buy what it was for, a second payment's or another amount, goes back at once.

use accounting::LatePayment;
use foundation::{Code, Error, Instant, Money, Result, TenantTx, event, id::PerformanceId};

use super::{
    refund::REFUND_PATIENCE,
    sell::sell,
    settle::{Settled, refund_event, tickets},
    tell_buyer,
};
use crate::{
    rules::{
        letter::ReturnReason,
        limit::Subject,
        order::{HeldTicket, Order, OrderState},
        payment::{Payment, Refund},
    },
    store::{
        blocks, cancellations,
        claims::{self, Change, Owner, Wanted, Which},
        holds, orders, performances, refunds,
        slots::{self, Starts},
        stock, terms,
    },
};

/// Sells a locked order to a payment of it that has just succeeded, if it still can; else the money goes back.
///
/// # Errors
/// The database's.
pub(super) async fn sell_late(
    tx: &mut TenantTx,
    order: &mut Order,
    payment: &Payment,
    now: Instant,
    teller: u64,
) -> Result<Settled> {
    let received = payment.received.unwrap_or(payment.amount);
    if received.amount() != order.by_payment() {
        tracing::error!(payment = %payment.id, received = %received.amount(), "the provider received another amount than the order's total");
        return send_back(tx, order, payment, received, now).await;
    }
    match claim_late(tx, order, now).await? {
        Some(changes) => {
            let changes: Vec<Change> = changes.into_iter().map(Change::sold).collect();
            stock::tell(tx, &changes, teller).await?;
            sell(tx, &mut [order], now).await?;
            Ok(Settled { changes, refund: None })
        }
        None => send_back(tx, order, payment, received, now).await,
    }
}

/// Makes the tickets the order's for ever though the money came late: they are free again, or others like them are, if the buyer has
/// agreed. None if the order is paid already or there are no such tickets.
async fn claim_late(tx: &mut TenantTx, order: &mut Order, now: Instant) -> Result<Option<Vec<Change>>> {
    let held = tickets(order);
    let performances: Vec<PerformanceId> = held.iter().map(|ticket| ticket.performance).collect();
    match order.state {
        OrderState::Paid => Ok(None),
        // Nobody buys what does not take place any more.
        _ if !cancellations::among(tx, &performances).await?.is_empty() => Ok(None),
        // Nor what is long over: what it is sold of is not there any more.
        OrderState::Expired | OrderState::Cancelled if performances::any_archived(tx, &performances).await? => Ok(None),
        // Its tickets were not all its own any more.
        OrderState::AwaitingPayment | OrderState::Processing => Ok(None),
        OrderState::Expired | OrderState::Cancelled => {
            if let Some(changes) = claim_again(tx, order, &held, now).await? {
                return Ok(Some(changes));
            }
            if !order.accepts_equivalents {
                return Ok(None);
            }
            let Some(others) = stock::equivalents(tx, order, now).await? else { return Ok(None) };
            let held: Vec<HeldTicket> = order
                .items
                .iter()
                .zip(&others)
                .map(|(item, (_, ticket, _))| HeldTicket { ticket: *ticket, ..item.held })
                .collect();
            let Some(changes) = claim_again(tx, order, &held, now).await? else { return Ok(None) };
            orders::replace_tickets(tx, order, &others).await?;
            Ok(Some(changes))
        }
    }
}

/// Claims free tickets for an order that had lost its own; all or none.
async fn claim_again(
    tx: &mut TenantTx,
    order: &Order,
    held: &[HeldTicket],
    now: Instant,
) -> Result<Option<Vec<Change>>> {
    // What was set aside for a seller meanwhile is nobody else's.
    if blocks::anothers(tx, held).await? || !within_limits(tx, order, held, now).await? {
        return Ok(None);
    }
    // Through a hold's claim, because taking what is free is the claims' one way of giving tickets.
    let wanted = |h: &HeldTicket| Wanted {
        hold: order.hold,
        performance: h.performance,
        ticket: h.ticket,
        until: Instant::NEVER,
    };
    let wanted: Vec<Wanted> = held.iter().map(wanted).collect();
    let got = claims::take(tx, &wanted, now).await?;
    if got.len() < held.len() {
        let partial: Vec<Wanted> =
            wanted.into_iter().filter(|w| got.iter().any(|(_, ticket)| *ticket == w.ticket)).collect();
        claims::undo(tx, &partial).await?;
        slots::free_all(tx, Owner::Order(order.id), held).await?;
        return Ok(None);
    }
    let (hold, owner) = (Owner::Hold(order.hold), Owner::Order(order.id));
    Ok(Some(claims::pass(tx, held, hold, owner, Instant::NEVER, Which::Any).await?))
}

/// Whom an order's tickets count for: by the reseller's reference, and by e-mail address.
pub(super) async fn buyers(tx: &mut TenantTx, order: &Order) -> Result<Vec<Subject>> {
    let reference = holds::find(tx, order.hold).await?.and_then(|hold| hold.buyer_reference);
    let (sealer, reseller) = (tx.sealer(), tx.reseller());
    let by_reference = reference.map(|text| Subject::reference(sealer, reseller, &text));
    let by_email = order.buyer.email.as_deref().map(|text| Subject::email(sealer, reseller, text));
    Ok(by_reference.into_iter().chain(by_email).collect())
}

/// Takes the slots of tickets that an order is to have again. Gives whether there were: what its buyer has bought meanwhile counts.
async fn within_limits(tx: &mut TenantTx, order: &Order, held: &[HeldTicket], now: Instant) -> Result<bool> {
    let buyers = buyers(tx, order).await?;
    let limited = terms::of_tickets(tx, held).await?.limits_again(held, &buyers);
    // Late money is rare: where it looks for slots matters to nobody.
    match slots::reserve(tx, &Starts::new(0), Owner::Order(order.id), &limited, (now, Instant::NEVER)).await {
        Err(Error::Refused(refusal)) if refusal.code != Code::Busy => Ok(false),
        other => other.map(|()| true),
    }
}

/// Money that cannot buy what it was for goes back at once.
async fn send_back(
    tx: &mut TenantTx,
    order: &Order,
    payment: &Payment,
    amount: Money,
    now: Instant,
) -> Result<Settled> {
    let reason = ReturnReason::of(order, amount);
    // It was for nothing that was sold: no tax goes back with it.
    let refund = Refund { payment: Some(payment.id), ..Refund::of(order, amount, reason.as_str(), now) };
    refunds::insert(tx, &refund, REFUND_PATIENCE).await?;
    event::append(tx, &[refund_event("payment.late_refunded", &refund)]).await?;
    tell_buyer::payment_returned(tx, order, &refund, reason).await?;
    let late = LatePayment { payment: payment.id, order: order.id, currency: order.currency, amount: amount.amount() };
    accounting::post_late_payment(tx, &late).await?;
    accounting::post_late_refund(tx, refund.id, &late).await?;
    Ok(Settled { changes: Vec::new(), refund: Some(refund.id) })
}
