//! Gives tickets' money back. The books, the tickets and the stock change when the refund is accepted; then the provider is
//! asked, under a key derived from the refund; its word, now or later, ends it.

use std::time::Duration;

use accounting::{AmountRefund, LatePayment, Refund as PostedRefund};
use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{OrderId, RefundId, ResellerId},
};
use rust_decimal::Decimal;
use serde_json::json;

use super::{
    refund_amount,
    refund_parts::{Giving, Left, credit_left, give, left_of_order, tax_back, tax_of},
    settle::{order_event, refund_event, sold_item, tickets},
    tell_buyer,
};
use crate::{
    inventory::Inventory,
    provider::{Provider, ProviderError, RefundWord, major},
    rules::{
        credit::GivenAs,
        letter::{News, ReturnReason},
        order::{Credential, HeldTicket, Order, OrderItem, OrderState, RefundPolicy},
        payment::{Dispute, DisputeState, Refund, RefundState},
    },
    store::{
        claims::{self, Change, Owner},
        disputes, orders, owners, payments, refunds, stock,
    },
};

/// A refund that a request has just accepted is sent by that request; the worker takes it up after this time.
pub(super) const REFUND_PATIENCE: Duration = Duration::from_secs(30);

/// Which tickets to give back, and why.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// The order.
    pub order: OrderId,
    /// Items by number; none: all that can be.
    pub items: Option<Vec<i16>>,
    /// In the reseller's words, for its own books.
    pub reason: String,
}

/// Accepts a refund in the caller's transaction: the tickets are void and on sale again, the money is owed to the buyer.
///
/// # Errors
/// `not_found`, `order_not_paid`, `payment_disputed`, `nothing_to_refund`, `invalid_field` for an item that cannot be given back.
pub async fn accept_refund(tx: &mut TenantTx, inventory: &Inventory, new: &NewRefund) -> Result<(Refund, Vec<Change>)> {
    accept_refund_as(tx, inventory, new, GivenAs::Money).await
}

/// The same, and the buyer gets credit instead of the money.
///
/// # Errors
/// As [`accept_refund`].
pub async fn refund_as_credit(
    tx: &mut TenantTx,
    inventory: &Inventory,
    new: &NewRefund,
) -> Result<(Refund, Vec<Change>)> {
    accept_refund_as(tx, inventory, new, GivenAs::Credit).await
}

async fn accept_refund_as(
    tx: &mut TenantTx,
    inventory: &Inventory,
    new: &NewRefund,
    given_as: GivenAs,
) -> Result<(Refund, Vec<Change>)> {
    check_reason(&new.reason)?;
    let before = orders::get(tx, new.order).await?;
    let mut order = lock_with_claims(tx, &before, &[]).await?;
    let now = tx.now().await?;
    if order.state != OrderState::Paid {
        return Err(Refusal::new(Code::OrderNotPaid, "Only a paid order can be refunded.").into());
    }
    not_disputed(tx, order.id).await?;
    let items = refundable(&order, new.items.as_deref())?;
    let left = left_of_order(tx, &order).await?;
    let giving = Giving::of(&items, order.refund_policy, given_as, &new.reason);
    refund_items(tx, inventory, &mut order, &items, (&left, &giving), now).await
}

/// Locks an order after its claims, and others with those: all of them at once, in the one order.
pub(super) async fn lock_with_claims(tx: &mut TenantTx, before: &Order, others: &[HeldTicket]) -> Result<Order> {
    let held = tickets(before);
    let all: Vec<HeldTicket> = held.iter().chain(others).copied().collect();
    claims::lock(tx, &all, Owner::Order(before.id)).await?;
    let order = orders::lock(tx, before.id).await?;
    if tickets(&order) == held { Ok(order) } else { Err(being_changed().into()) }
}

/// Somebody else changes the order between two looks at it.
pub(super) fn being_changed() -> Refusal {
    let detail = "The order is being changed at the same time; try again with the same key.";
    Refusal::new(Code::Busy, detail).with_retry_after(Duration::from_secs(1))
}

/// Gives back what is left for good items of a paid order that is locked with its claims and not disputed.
pub(super) async fn refund_items(
    tx: &mut TenantTx,
    inventory: &Inventory,
    order: &mut Order,
    items: &[OrderItem],
    (left, giving): (&Left, &Giving<'_>),
    now: Instant,
) -> Result<(Refund, Vec<Change>)> {
    if giving.amount.is_zero() {
        return Err(Refusal::new(Code::NothingToRefund, "These tickets were free.").into());
    }
    fees_not_cut(tx, order).await?;
    let mut given = give(tx, order, left, giving, now).await?.into_iter();
    let refund = given.next().ok_or_else(|| Error::Inconsistent(format!("{} gives nothing back", order.id)))?;
    let changes = give_back(tx, inventory, order, items, &refund).await?;
    for rest in given {
        event::append(tx, &[accepted(&rest)]).await?;
        accounting::post_amount_refund(tx, &posted_amount(&rest)).await?;
    }
    Ok((refund, changes))
}

/// The event of a refund that was just accepted. Credit is there at once.
pub(super) fn accepted(refund: &Refund) -> event::NewEvent {
    let kind = if refund.credit.is_some() { "refund.succeeded" } else { "refund.created" };
    refund_event(kind, refund)
}

pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.len() > 500 {
        return Err(Refusal::field("/reason", "must be at most 500 bytes"));
    }
    if ReturnReason::parse(reason).is_some() {
        let detail = "is the platform's own word for money that bought nothing; say it otherwise";
        return Err(Refusal::field("/reason", detail));
    }
    Ok(())
}

/// Whether fees of a locked order were returned for an amount: what they were of each ticket cannot be told any more.
pub(super) async fn fees_cut(tx: &mut TenantTx, order: &Order) -> Result<bool> {
    if order.refund_policy == RefundPolicy::FeesKept {
        return Ok(false);
    }
    let given = refunds::of_order(tx, order.id).await?;
    Ok(given.iter().any(|refund| {
        refund.items.is_empty() && refund.policy == RefundPolicy::FeesReturned && refund.state != RefundState::Failed
    }))
}

async fn fees_not_cut(tx: &mut TenantTx, order: &Order) -> Result<()> {
    if fees_cut(tx, order).await? {
        let detail =
            "Part of this order was given back by amount, and its fees with it; give the rest back by amount too.";
        return Err(Refusal::new(Code::NothingToRefund, detail).into());
    }
    Ok(())
}

/// Money that the buyer's bank has taken cannot be given back a second time.
pub(super) async fn not_disputed(tx: &mut TenantTx, order: OrderId) -> Result<()> {
    let disputed = disputes::list(tx, Some(order), None, 100).await?;
    // A verdict may be heard of before the money is back.
    let with_the_bank = |d: &Dispute| d.state.takes_the_money() || !d.money.withdrawn().is_zero();
    if disputed.iter().any(with_the_bank) {
        let detail = if disputed.iter().any(|d| d.state == DisputeState::Lost) {
            "The payment's dispute is lost: the buyer has the money back from the bank."
        } else {
            "The payment is disputed: its money is with the buyer's bank, which decides about it."
        };
        return Err(Refusal::new(Code::PaymentDisputed, detail).into());
    }
    Ok(())
}

/// The tickets are void and on sale again, and the refund is in the books.
async fn give_back(
    tx: &mut TenantTx,
    inventory: &Inventory,
    order: &mut Order,
    items: &[OrderItem],
    refund: &Refund,
) -> Result<Vec<Change>> {
    let changes = void(tx, inventory, order, items, (Some(refund), refund.created_at)).await?;
    accounting::post_refund(tx, &posted(order, refund)).await?;
    Ok(changes)
}

/// Makes tickets void and puts them on sale again, with the refund that is of them if one is. Their claims are locked.
pub(super) async fn void(
    tx: &mut TenantTx,
    inventory: &Inventory,
    order: &mut Order,
    items: &[OrderItem],
    (refund, now): (Option<&Refund>, Instant),
) -> Result<Vec<Change>> {
    let nos: Vec<i16> = items.iter().map(|item| item.no).collect();
    orders::set_credentials(tx, order, &nos, Credential::Voided).await?;
    let owners = owners::voided(tx, order.id, &nos, now).await?;
    let held: Vec<HeldTicket> = items.iter().map(|item| item.held).collect();
    let changes = claims::free_locked(tx, &held, Owner::Order(order.id)).await?;
    if changes.len() < held.len() {
        return Err(Error::Inconsistent(format!("{} does not own its sold tickets", order.id)));
    }
    orders::touch(tx, order).await?;
    let mut events = stock::changed(&changes, inventory.teller);
    events.extend(refund.map(accepted));
    events.push(order_event("order.updated", order));
    events.extend(items.iter().map(|item| ticket_voided(order, item, refund.map(|refund| refund.id))));
    event::append(tx, &events).await?;
    // The buyer is told when the money is there; whoever was given a ticket, that it is void.
    for (no, of) in &owners {
        if of.owner.email != order.buyer.email {
            tell_buyer::owner(tx, order, *no, &of.owner, News::TicketVoided, now).await?;
        }
    }
    Ok(changes)
}

/// The event of a ticket that lets nobody in any more. What it lets in has no version of its own: the order has.
pub(super) fn ticket_voided(order: &Order, item: &OrderItem, refund: Option<RefundId>) -> event::NewEvent {
    let ticket = item.held.ticket;
    let data = json!({
        "id": ticket, "performance_id": item.held.performance, "order_id": order.id, "item_no": item.no,
        "refund_id": refund,
    });
    event::NewEvent { kind: "ticket.voided", object: "ticket", object_id: ticket.uuid(), version: None, data }
}

/// A refund of tickets as accounting knows it.
pub(super) fn posted(order: &Order, refund: &Refund) -> PostedRefund {
    let items = order.items.iter().filter(|item| refund.items.contains(&item.no));
    PostedRefund {
        refund: refund.id,
        order: order.id,
        currency: order.currency,
        items: items.map(sold_item).collect(),
        amount: refund.amount.amount(),
        fees_returned: refund.policy == RefundPolicy::FeesReturned,
        ticket_tax: refund.ticket_tax.unwrap_or_default(),
        credit: refund.credit,
    }
}

/// What is given back of credit beside tickets' money, as accounting knows it: the fees went with the tickets.
fn posted_amount(refund: &Refund) -> AmountRefund {
    AmountRefund {
        refund: refund.id,
        order: refund.order,
        currency: refund.amount.currency(),
        amount: refund.amount.amount(),
        fee_returned: Decimal::ZERO,
        hosting_fee_returned: Decimal::ZERO,
        fee_tax_returned: Decimal::ZERO,
        ticket_tax: refund.ticket_tax.unwrap_or_default(),
        credit: refund.credit,
    }
}

/// Notes a refund that somebody made at the provider itself, or how it now stands. If it gives back all that the order's tickets
/// have cost, they are void; else they stay good, and only the books change.
///
/// # Errors
/// `not_found` if the payment is not ours or never sold anything; the database's.
pub async fn note_refund(
    tx: &mut TenantTx,
    inventory: &Inventory,
    intent: Option<&str>,
    provider_refund: &str,
    word: &RefundWord,
) -> Result<Vec<Change>> {
    let payment = payments::of_intent(tx, intent.ok_or_else(|| Refusal::missing("payment"))?).await?;
    let before = orders::get(tx, payment.order).await?;
    let mut order = lock_with_claims(tx, &before, &[]).await?;
    payments::lock(tx, payment.id).await?;
    if let Some(known) = refunds::of_provider(tx, provider_refund).await? {
        settle_refund(tx, known, Some(provider_refund), word).await?;
        return Ok(Vec::new());
    }
    // Money that came late or twice is no ticket's: it leaves the order as it is.
    let late = accounting::bought_nothing(tx, payment.id).await?;
    if order.state != OrderState::Paid && !late {
        return Err(Refusal::missing("sale").into());
    }
    let amount = Money::rounded(major(word.amount, order.currency), order.currency);
    let good: Vec<OrderItem> = order.items.iter().filter(|item| may_go_back(item)).cloned().collect();
    let gives_all = !late && good.iter().map(|item| item.total).sum::<Decimal>() == amount.amount();
    let whole = gives_all && !fees_cut(tx, &order).await?;
    let items: Vec<i16> = if whole { good.iter().map(|item| item.no).collect() } else { Vec::new() };
    let price_left = disputes::left_of(tx, payment.id).await? + credit_left(tx, &order).await?;
    let of_tickets = whole.then(|| (tax_of(&order, &items), amount.amount()));
    let ticket_tax = if late { None } else { tax_back(tx, &order, (amount.amount(), price_left), of_tickets).await? };
    let reason = if late { ReturnReason::of(&order, amount).as_str() } else { "made at the payment provider" };
    let refund = Refund {
        payment: Some(payment.id),
        items,
        ticket_tax,
        provider_refund: Some(provider_refund.to_owned()),
        ..Refund::of(&order, amount, reason, tx.now().await?)
    };
    refunds::insert(tx, &refund, REFUND_PATIENCE).await?;
    let mut changes = Vec::new();
    if whole {
        changes = give_back(tx, inventory, &mut order, &good, &refund).await?;
    } else {
        event::append(tx, &[refund_event("refund.created", &refund)]).await?;
        if gives_all {
            changes = void(tx, inventory, &mut order, &good, (None, refund.created_at)).await?;
        }
        if late {
            let (amount, currency) = (amount.amount(), order.currency);
            let late = LatePayment { payment: payment.id, order: order.id, currency, amount };
            accounting::post_late_refund(tx, refund.id, &late).await?;
        } else {
            let posted = refund_amount::posted(tx, &order, &refund, order.total - price_left).await?;
            accounting::post_amount_refund(tx, &posted).await?;
        }
    }
    settle_refund(tx, refund.id, Some(provider_refund), word).await?;
    Ok(changes)
}

/// A ticket that is suspended by a fraud warning or an inquiry may go back: that is what averts a dispute.
fn may_go_back(item: &OrderItem) -> bool {
    matches!(item.credential, Credential::Issued | Credential::Suspended)
}

fn refundable(order: &Order, nos: Option<&[i16]>) -> Result<Vec<OrderItem>, Refusal> {
    let good = |item: &&OrderItem| may_go_back(item);
    let Some(nos) = nos else {
        let all: Vec<OrderItem> = order.items.iter().filter(good).cloned().collect();
        let nothing = || Refusal::new(Code::NothingToRefund, "Every ticket of the order is used or void already.");
        return if all.is_empty() { Err(nothing()) } else { Ok(all) };
    };
    if nos.is_empty() {
        return Err(Refusal::field("/items", "must name at least one item, or be left out for all"));
    }
    let mut items: Vec<OrderItem> = Vec::with_capacity(nos.len());
    for (i, no) in nos.iter().enumerate() {
        let pointer = format!("/items/{i}");
        let item = order.items.iter().find(|item| item.no == *no);
        let item = item.ok_or_else(|| Refusal::field(&pointer, format!("the order has no item {no}")))?;
        if items.iter().any(|other| other.no == *no) {
            return Err(Refusal::field(&pointer, format!("item {no} is named twice")));
        }
        if !may_go_back(item) {
            let why = match item.credential {
                Credential::CheckedIn => "; undo the check-in first, or give the money back by amount",
                _ => "",
            };
            let mut refusal = Refusal::field(&pointer, format!("item {no} is {}{why}", item.credential.as_str()));
            refusal.code = Code::NothingToRefund;
            return Err(refusal);
        }
        items.push(item.clone());
    }
    Ok(items)
}

/// Asks the provider for an accepted refund and writes its answer. May be called again any time: its key is the refund's.
///
/// # Errors
/// The provider's, when nothing is known; the refund then stays pending and the worker asks again.
pub async fn send(inventory: &Inventory, provider: &Provider, reseller: ResellerId, id: RefundId) -> Result<Refund> {
    let cell = inventory.cell();
    let mut tx = cell.tenant(reseller).await?;
    let refund = refunds::get(&mut tx, id).await?;
    let (RefundState::Pending, Some(of)) = (refund.state, refund.payment) else { return Ok(refund) };
    let payment = payments::get(&mut tx, of).await?;
    drop(tx);
    let intent =
        payment.provider_intent.ok_or_else(|| Error::Inconsistent(format!("{} was paid nowhere", payment.id)))?;
    let answer = match &refund.provider_refund {
        Some(known) => provider.refund(known).await,
        None => provider.create_refund(reseller, id, &intent, refund.amount).await,
    };
    let (object, word) = match answer {
        Ok(answer) => (Some(answer.id), answer.word),
        Err(ProviderError::Refused { code, message }) => {
            tracing::warn!(%id, code, message, "the provider refused a refund");
            (None, RefundWord { status: "failed".to_owned(), amount: 0, failure_reason: Some(code) })
        }
        Err(error) => return Err(error.into()),
    };
    let mut tx = cell.tenant(reseller).await?;
    settle_refund(&mut tx, id, object.as_deref(), &word).await?;
    let refund = refunds::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(refund)
}

/// Applies the provider's word on a refund.
///
/// # Errors
/// `not_found`; the database's.
pub async fn settle_refund(tx: &mut TenantTx, id: RefundId, object: Option<&str>, word: &RefundWord) -> Result<()> {
    let order = refunds::get(tx, id).await?.order;
    let order = orders::lock(tx, order).await?;
    let mut refund = refunds::lock(tx, id).await?;
    let to = match word.status.as_str() {
        "succeeded" => RefundState::Succeeded,
        "failed" | "canceled" => RefundState::Failed,
        _ => RefundState::Pending,
    };
    let (known, from) = (refund.provider_refund.is_some(), refund.state);
    if !known {
        refund.provider_refund = object.map(str::to_owned);
    }
    if !from.may_become(to) {
        return if known { Ok(()) } else { refunds::save(tx, &mut refund, from).await };
    }
    refund.state = to;
    refund.failure_reason = word.failure_reason.clone().filter(|_| to == RefundState::Failed);
    refunds::save(tx, &mut refund, from).await?;
    let kind = if to == RefundState::Succeeded { "refund.succeeded" } else { "refund.failed" };
    event::append(tx, &[refund_event(kind, &refund)]).await?;
    match to {
        RefundState::Succeeded => {
            tell_buyer::refunded(tx, &order, &refund).await?;
            accounting::post_refund_paid(tx, id, refund.amount.amount(), refund.amount.currency(), order.id).await
        }
        _ => {
            tell_buyer::refund_failed(tx, &order, &refund, from).await?;
            accounting::post_refund_failed(tx, id).await
        }
    }
}
