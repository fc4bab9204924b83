//! What one order gets for its tickets of a performance that does not take place: all that was paid for them, as money or as credit, or
//! equal tickets.

use foundation::{
    Code, Error, Instant, Refusal, Result, TenantTx,
    id::{CancellationId, OrderId, ResellerId, TicketId},
};

use super::{
    exchange_ticket::{self, Replacement},
    keep_equal::kept_tickets,
    own_ticket,
    refund::{being_changed, fees_cut, lock_with_claims, not_disputed, refund_items, void},
    refund_amount::give_amount,
    refund_parts::{Giving, Left, left_of_order},
};
use crate::{
    inventory::Inventory,
    rules::{
        cancellation::{Cancellation, OrderRemedy, Remedy},
        choice::ChoiceState,
        credit::GivenAs,
        order::{Credential, HeldTicket, Order, OrderItem, RefundPolicy},
        owner::takes_place,
        payment::Refund,
    },
    store::{
        cancellations,
        choices::{self, Process},
        claims::{self, Change, Owner},
        orders, performances, stock,
    },
};

/// The reason of the refunds of a cancellation.
const CANCELLED: &str = "cancelled";

/// What was decided, and what follows from it.
#[derive(Debug)]
pub struct Decided {
    /// As it is written.
    pub decision: OrderRemedy,
    /// The refund, accepted and to be sent.
    pub refund: Option<Refund>,
    /// What memory is to learn once that is committed.
    pub changes: Vec<Change>,
}

/// Does what a buyer has chosen, in the caller's transaction. It is final.
///
/// # Errors
/// `not_found`; `already_decided` for an order that has its outcome; `invalid_field` for what is not offered; `performance_cancelled` for a
/// replacement that does not take place either; `expired` after the deadline;
/// `not_enough_tickets` where no equal tickets are kept for the order; `ticket_void` where none of its tickets is good any more; what else a refund or an exchange is refused for.
pub async fn decide_cancellation(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: CancellationId,
    order: OrderId,
    remedy: Remedy,
) -> Result<Decided> {
    // One after the other: two of one buyer would want the same places in its limits.
    choices::lock(tx, Process::Cancellation(id)).await?;
    let of = cancellations::get(tx, id).await?;
    let now = tx.now().await?;
    if remedy == Remedy::Replacement && of.replacement.is_some() && !of.offered.contains(&remedy) {
        let detail =
            "The performance that was offered instead does not take place either; choose from what else is offered.";
        return Err(Refusal::new(Code::PerformanceCancelled, detail).into());
    }
    if !of.offered.contains(&remedy) {
        return Err(Refusal::field("/decision", "is not offered").into());
    }
    let open = matches!(of.state, ChoiceState::Telling | ChoiceState::Deciding);
    if !open || now >= of.decide_by {
        let detail = if of.offered.len() == 1 {
            "There is nothing to choose; what the order got is under the cancellation's orders.".to_owned()
        } else {
            format!("The time to choose ended at {}.", of.decide_by)
        };
        return Err(Refusal::new(Code::Expired, detail).into());
    }
    let before = orders::get(tx, order).await?;
    carry_out(tx, inventory, &of, &before, remedy, false).await
}

/// The order's tickets of the performance that are good.
pub(super) fn good<'a>(order: &'a Order, of: &'a Cancellation) -> impl Iterator<Item = &'a OrderItem> {
    let of_it = order.items.iter().filter(|item| item.held.performance == of.performance);
    of_it.filter(|item| matches!(item.credential, Credential::Issued | Credential::Suspended))
}

fn decided() -> Error {
    let detail = "The order has its outcome; read it under the cancellation's orders.";
    Refusal::new(Code::AlreadyDecided, detail).into()
}

/// Gives an order, as it was looked at, its outcome, all of it or nothing.
pub(super) async fn carry_out(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: &Cancellation,
    before: &Order,
    remedy: Remedy,
    by_default: bool,
) -> Result<Decided> {
    let told = cancellations::lock_order(tx, of.id, before.id).await?;
    let told = told.ok_or_else(|| Refusal::missing("order of this cancellation"))?;
    if told.decision.is_some() {
        return Err(decided());
    }
    // A default of equal tickets is for whom such are kept.
    let remedy = if by_default && told.kept.is_empty() { of.default_for(false) } else { remedy };
    let kept = kept_tickets(of, before, &told.kept);
    let replacements = match remedy {
        Remedy::Replacement => replacements(tx, inventory, of, before, &told).await?,
        Remedy::Refund | Remedy::Credit => Vec::new(),
    };
    let order = lock_with_claims(tx, before, &kept).await?;
    let now = tx.now().await?;
    let (refund, changes) = match remedy {
        Remedy::Refund => give_back(tx, inventory, of, order, (&kept, GivenAs::Money), now).await?,
        Remedy::Credit => give_back(tx, inventory, of, order, (&kept, GivenAs::Credit), now).await?,
        Remedy::Replacement => (None, replace(tx, inventory, of, order, replacements, &kept, now).await?),
    };
    let decision = OrderRemedy {
        decision: Some(remedy),
        by_default,
        refund: refund.as_ref().map(|refund| refund.id),
        problem: None,
        decided_at: Some(now),
        kept: Vec::new(),
        ..told
    };
    if !cancellations::decide(tx, of.id, &decision).await? {
        return Err(decided());
    }
    Ok(Decided { decision, refund, changes })
}

/// Gives all that was paid for the tickets back, fees and all, as money or credit; tickets that were free are void.
async fn give_back(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: &Cancellation,
    mut order: Order,
    (kept, given_as): (&[HeldTicket], GivenAs),
    now: Instant,
) -> Result<(Option<Refund>, Vec<Change>)> {
    let mut changes = claims::free_locked(tx, kept, Owner::BlockOf(order.id)).await?;
    stock::tell(tx, &changes, inventory.teller).await?;
    let items: Vec<OrderItem> = good(&order, of).cloned().collect();
    if items.is_empty() {
        // Given back or made void since the buyer was told: there is nothing left to give back.
        return Ok((None, changes));
    }
    let giving = Giving::of(&items, RefundPolicy::FeesReturned, given_as, CANCELLED);
    let left = if giving.amount.is_zero() { None } else { left(tx, &order).await? };
    let (refund, more) = match left {
        Some(left) if fees_cut(tx, &order).await? => {
            // The tickets' fees cannot be told one by one any more: what is left goes back by amount, and of the fees as much with it.
            let giving = Giving { items: Vec::new(), ..giving };
            // What is posted comes last: it holds up everybody's balance.
            let changes = void(tx, inventory, &mut order, &items, (None, now)).await?;
            (Some(give_amount(tx, &order, &left, &giving, now).await?), changes)
        }
        Some(left) => {
            let given = refund_items(tx, inventory, &mut order, &items, (&left, &giving), now).await?;
            (Some(given.0), given.1)
        }
        None => (None, void(tx, inventory, &mut order, &items, (None, now)).await?),
    };
    changes.extend(more);
    Ok((refund, changes))
}

/// What of a locked order's money is left to give back, if any is: all of it may have gone back before, for no ticket in particular.
async fn left(tx: &mut TenantTx, order: &Order) -> Result<Option<Left>> {
    // What the buyer's bank has taken is left to nobody, and is for a person to see to.
    not_disputed(tx, order.id).await?;
    match left_of_order(tx, order).await {
        Ok(left) => Ok(Some(left)),
        Err(Error::Refused(refusal)) if refusal.code == Code::NothingToRefund => Ok(None),
        Err(error) => Err(error),
    }
}

/// The kept tickets as the order's items, with the slots that they need in limits. Slots are taken before claims and orders are locked.
async fn replacements(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: &Cancellation,
    order: &Order,
    told: &OrderRemedy,
) -> Result<Vec<Replacement>> {
    let Some(to) = of.replacement else { return Err(none_left().into()) };
    let now = tx.now().await?;
    takes_place(&performances::get(tx, to).await?, now)?;
    if good(order, of).next().is_none() {
        let detail = "The order's tickets were given back or made void meanwhile; there is nothing left to replace.";
        return Err(Refusal::new(Code::TicketVoid, detail).into());
    }
    let kept = |item: &OrderItem| told.kept.iter().find(|(no, _)| *no == item.no).map(|(_, ticket)| *ticket);
    let items: Option<Vec<(&OrderItem, TicketId)>> = good(order, of).map(|item| Some((item, kept(item)?))).collect();
    let items = items.ok_or_else(none_left)?;
    exchange_ticket::kept(tx, inventory, order, (to, &items), now).await
}

fn none_left() -> Refusal {
    Refusal::new(Code::NotEnoughTickets, "There were no equal tickets left for this order; it can have its money back.")
}

/// Gives the kept tickets in the place of those of the cancelled performance. What was paid stays as it was.
async fn replace(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: &Cancellation,
    mut order: Order,
    replacements: Vec<Replacement>,
    kept: &[HeldTicket],
    now: Instant,
) -> Result<Vec<Change>> {
    let id = order.id;
    not_disputed(tx, id).await?;
    if !good(&order, of).map(|item| item.no).eq(replacements.iter().map(Replacement::no)) {
        return Err(being_changed().into());
    }
    let (mut changes, mut exchanges) = (Vec::new(), Vec::new());
    for replacement in replacements {
        let owned = own_ticket::of(tx, order, replacement.no(), now).await?;
        let (after, more, exchange) =
            exchange_ticket::carry_over(tx, inventory, owned, replacement, Some(Owner::BlockOf(id))).await?;
        order = after;
        changes.extend(more);
        exchanges.push(exchange);
    }
    // Of items that were given back since the buyer was told.
    let rest = claims::free_locked(tx, kept, Owner::BlockOf(id)).await?;
    stock::tell(tx, &rest, inventory.teller).await?;
    changes.extend(rest);
    for exchange in &exchanges {
        accounting::post_exchange(tx, exchange).await?;
    }
    Ok(changes)
}

/// Notes that an order gets nothing of what was offered, and why, and frees what is kept for it. Whoever has let the payment stand meanwhile
/// found nothing to open again: then this is tried once more instead.
pub(super) async fn give_up(
    inventory: &Inventory,
    reseller: ResellerId,
    of: &Cancellation,
    before: &Order,
    (tried, refusal): (Option<Remedy>, Refusal),
) -> Result<Vec<Change>> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let told = cancellations::lock_order(&mut tx, of.id, before.id).await?;
    // Somebody else was faster.
    let Some(told) = told.filter(|told| told.decision.is_none()) else { return Ok(Vec::new()) };
    let kept = kept_tickets(of, before, &told.kept);
    let order = lock_with_claims(&mut tx, before, &kept).await?;
    if refusal.code == Code::PaymentDisputed {
        match not_disputed(&mut tx, order.id).await {
            Ok(()) => return Err(being_changed().into()),
            Err(Error::Refused(still)) if still.code == Code::PaymentDisputed => {}
            Err(error) => return Err(error),
        }
    }
    let changes = claims::free_locked(&mut tx, &kept, Owner::BlockOf(order.id)).await?;
    stock::tell(&mut tx, &changes, inventory.teller).await?;
    let decided = OrderRemedy {
        decision: tried,
        by_default: true,
        refund: None,
        problem: Some(refusal.detail.into_owned()),
        kept: Vec::new(),
        decided_at: Some(tx.now().await?),
        ..told
    };
    cancellations::decide(&mut tx, of.id, &decided).await?;
    tx.commit().await?;
    Ok(changes)
}
