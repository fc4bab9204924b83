//! Queues the letters that tell a buyer what became of an order, in the transaction in which it happened. A buyer without an
//! e-mail address gets none.

use std::time::Duration;

use foundation::{
    Error, Instant, Result, TenantTx,
    id::Id,
    mail::{self, NewLetter},
};

use crate::{
    rules::{
        cancellation::Cancellation,
        credit::Credit,
        letter::{DeclineReason, Letter, News, PAYMENT_FAILED, PerformanceTold, ReturnReason},
        order::{Buyer, Credential, Order, OrderItem, OrderState},
        owner::TicketOwner,
        payment::{Payment, Refund, RefundState},
        rescheduling::Rescheduling,
    },
    store::{letters, payments, performances},
};

/// A declined buyer is mostly at it already: who has paid within this time is not told of the try that failed.
const SECOND_TRY: Duration = Duration::from_secs(120);
/// How long it is worth telling what money or tickets the buyer has.
const LASTING: Duration = Duration::from_secs(7 * 86_400);
/// How long it is worth telling that an order came to nothing.
const PASSING: Duration = Duration::from_secs(2 * 86_400);

/// The orders are paid: here are the tickets.
pub(super) async fn orders_confirmed(tx: &mut TenantTx, orders: &[&Order], now: Instant) -> Result<()> {
    let told: Vec<&Order> = orders.iter().copied().filter(|order| order.buyer.email.is_some()).collect();
    if told.is_empty() {
        return Ok(());
    }
    let performances = letters::of_orders(tx, &told).await?;
    let promotions = letters::promotions_of(tx, &told).await?;
    let mut all = Vec::with_capacity(told.len());
    for order in told {
        let theirs = PerformanceTold::of_order(&performances, order);
        let letter = Letter::of(order, theirs, News::OrderConfirmed).with_parts(order, &promotions);
        let once = name(order.id, order.version);
        all.extend(addressed(order, letter, &once, (Duration::ZERO, now.plus(LASTING)))?);
    }
    Ok(mail::queue(tx, &all).await?)
}

/// A try to pay was declined: why, and until when there can be another.
pub(super) async fn payment_failed(tx: &mut TenantTx, order: &Order, payment: &Payment) -> Result<()> {
    let code = payment.decline.as_ref().map_or("", |decline| decline.code.as_str());
    let news = News::PaymentFailed { reason: DeclineReason::of(code), pay_by: order.pay_by };
    tell(tx, order, news, name(payment.id, payment.version), SECOND_TRY, order.pay_by).await
}

/// The order ended unpaid.
pub(super) async fn order_ended(tx: &mut TenantTx, order: &Order) -> Result<()> {
    let news = if order.state == OrderState::Cancelled {
        News::OrderCancelled
    } else {
        let payments = payments::of_order(tx, order.id).await?;
        News::OrderExpired { payment_under_way: payments.iter().any(|payment| payment.state.is_open()) }
    };
    let until = tx.now().await?.plus(PASSING);
    tell(tx, order, news, name(order.id, order.version), Duration::ZERO, until).await
}

/// Money was given back. What was sent back because it could not be used was told when that was decided.
pub(super) async fn refunded(tx: &mut TenantTx, order: &Order, refund: &Refund) -> Result<()> {
    if ReturnReason::of_refund(refund).is_some() {
        return Ok(());
    }
    let (amount, items) = (refund.amount, refund.items.clone());
    let news = if items.is_empty() {
        let tickets_stay = order.items.iter().any(|item| item.credential == Credential::Issued);
        News::AmountRefunded { amount, tickets_stay }
    } else {
        News::TicketsRefunded { amount, items }
    };
    let until = tx.now().await?.plus(LASTING);
    tell(tx, order, news, name(refund.id, refund.version), Duration::ZERO, until).await
}

/// The buyer got credit for what was paid. Its code is not in the letter before that is sent.
pub(super) async fn credited(tx: &mut TenantTx, order: &Order, credit: &Credit, items: &[i16]) -> Result<()> {
    let news = News::CreditGiven { amount: credit.amount, credit: credit.id, code: None, items: items.to_vec() };
    let until = credit.created_at.plus(LASTING);
    tell(tx, order, news, name(credit.id, credit.version), Duration::ZERO, until).await
}

/// The provider could not give money back after all, which is told to whoever was told that it is on its way.
pub(super) async fn refund_failed(tx: &mut TenantTx, order: &Order, refund: &Refund, from: RefundState) -> Result<()> {
    if from != RefundState::Succeeded && ReturnReason::of_refund(refund).is_none() {
        return Ok(());
    }
    let until = tx.now().await?.plus(LASTING);
    let news = News::RefundFailed { amount: refund.amount, items: refund.items.clone() };
    tell(tx, order, news, name(refund.id, refund.version), Duration::ZERO, until).await
}

/// Money that came could not be used, for this reason, and goes back.
pub(super) async fn payment_returned(
    tx: &mut TenantTx,
    order: &Order,
    refund: &Refund,
    reason: ReturnReason,
) -> Result<()> {
    let until = tx.now().await?.plus(LASTING);
    let news = News::PaymentReturned { amount: refund.amount, reason };
    tell(tx, order, news, name(refund.id, refund.version), Duration::ZERO, until).await
}

/// A performance of the order was moved to another time: until when the buyer may choose, and what happens otherwise.
pub(super) async fn rescheduled(tx: &mut TenantTx, order: &Order, of: &Rescheduling, now: Instant) -> Result<()> {
    let title = letters::of_orders(tx, &[order]).await?.into_iter().find(|told| told.id == of.performance);
    let news = News::PerformanceRescheduled {
        title: title.map(|told| told.title).unwrap_or_default(),
        before: of.starts_before,
        starts_at: of.starts_at,
        decide_by: of.decide_by,
        default: of.default,
    };
    let until = of.decide_by.max(now.plus(PASSING));
    // Of the tickets that are good for the new time: what is void or disputed is promised to nobody.
    let good = |item: &&OrderItem| item.held.performance == of.performance && item.credential == Credential::Issued;
    let items: Vec<OrderItem> = order.items.iter().filter(good).cloned().collect();
    if items.is_empty() {
        return Ok(());
    }
    let theirs = Order { total: items.iter().map(|item| item.total).sum(), items, ..order.clone() };
    tell(tx, &theirs, news, format!("{}/{}", of.id, order.id), Duration::ZERO, until).await
}

/// A performance of these orders does not take place: what the buyer of each, for whom equal tickets are kept or not, may choose from, until
/// when, and what happens otherwise.
pub(super) async fn performance_cancelled(
    tx: &mut TenantTx,
    of: &Cancellation,
    orders: &[Order],
    kept: &[bool],
    now: Instant,
) -> Result<()> {
    let all = letters::of_orders(tx, &orders.iter().collect::<Vec<_>>()).await?;
    let told = all.iter().find(|told| told.id == of.performance);
    let replacement = match of.replacement {
        Some(id) => Some(performances::get(tx, id).await?.times.starts_at),
        None => None,
    };
    let mut queued = Vec::with_capacity(orders.len());
    for (order, kept) in orders.iter().zip(kept.iter().copied()) {
        let news = News::PerformanceCancelled {
            title: told.map(|told| told.title.clone()).unwrap_or_default(),
            starts_at: told.map_or(now, |told| told.starts_at),
            replacement: replacement.filter(|_| kept),
            decide_by: (of.open_to(kept).len() > 1).then_some(of.decide_by),
            open: of.open_to(kept),
            default: of.default_for(kept),
        };
        let letter = Letter::of(order, PerformanceTold::of_order(&all, order), news);
        let until = of.decide_by.max(now.plus(LASTING));
        queued.extend(addressed(order, letter, &format!("{}/{}", of.id, order.id), (Duration::ZERO, until))?);
    }
    Ok(mail::queue(tx, &queued).await?)
}

/// Tells whoever owns or owned this ticket of an order what became of it: of that ticket alone, and nothing of who bought it.
pub(super) async fn owner(
    tx: &mut TenantTx,
    order: &Order,
    no: i16,
    owner: &TicketOwner,
    news: News,
    now: Instant,
) -> Result<()> {
    let TicketOwner { name: of, email, language } = owner.clone();
    let items = vec![order.item(no)?.clone()];
    let theirs = Order { buyer: Buyer { name: of, email, language }, total: items[0].total, items, ..order.clone() };
    let once = format!("{}/{no}", name(order.id, order.version));
    tell(tx, &theirs, news, once, Duration::ZERO, now.plus(LASTING)).await
}

/// What the letter is of: a version of a thing.
fn name<K: foundation::id::Kind>(id: Id<K>, version: i64) -> String {
    format!("{id}/{version}")
}

async fn tell(
    tx: &mut TenantTx,
    order: &Order,
    news: News,
    of: String,
    wait: Duration,
    useful_until: Instant,
) -> Result<()> {
    if order.buyer.email.is_none() {
        return Ok(());
    }
    let performances = PerformanceTold::of_order(&letters::of_orders(tx, &[order]).await?, order);
    let letter = addressed(order, Letter::of(order, performances, news), &of, (wait, useful_until))?;
    Ok(mail::queue(tx, letter.as_slice()).await?)
}

/// The letter to the order's buyer, who may have no address.
fn addressed(
    order: &Order,
    letter: Letter,
    of: &str,
    (wait, useful_until): (Duration, Instant),
) -> Result<Option<NewLetter>> {
    let Some(recipient) = order.buyer.email.clone() else { return Ok(None) };
    let kind = letter.news.kind();
    let data = serde_json::to_value(letter)
        .map_err(|error| Error::Inconsistent(format!("a letter about {} cannot be written: {error}", order.id)))?;
    Ok(Some(NewLetter {
        kind,
        about: order.id.uuid(),
        once: format!("{kind}/{of}"),
        recipient,
        recipient_name: order.buyer.name.clone(),
        language: order.buyer.language,
        data,
        wait,
        useful_until,
        outdates: &[PAYMENT_FAILED],
        to_reseller: false,
    }))
}
