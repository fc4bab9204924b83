//! What of an order's price can still be given back, and the refunds that give it back: first what came by its payment, then what it
//! had in credit. Each part is a refund of its own, so that through neither more goes back than came through it.

use accounting::{TaxBack, split};
use foundation::{
    Code, Instant, Money, Refusal, Result, TenantTx,
    id::{OrderId, PaymentId},
};
use rust_decimal::Decimal;
use serde_json::json;

use super::{
    give_credit::{NewCredit, issue},
    refund::REFUND_PATIENCE,
    tell_buyer,
};
use crate::{
    rules::{
        credit::{GivenAs, parts},
        order::{Order, OrderItem, RefundPolicy},
        payment::{Payment, PaymentState, Refund, RefundState},
    },
    store::{disputes, payments, refunds},
};

/// What can still be given back of a locked order.
pub(super) struct Left {
    /// The payment that bought it, locked; none if it had all its price in credit.
    payment: Option<PaymentId>,
    /// Of what came by that.
    money: Decimal,
    /// Of what it had in credit.
    credit: Decimal,
}

impl Left {
    /// Both together.
    pub(super) fn all(&self) -> Decimal {
        self.money + self.credit
    }

    /// Whether as much is left as is wanted.
    ///
    /// # Errors
    /// `nothing_to_refund`, with what is left.
    pub(super) fn covers(&self, wanted: Money) -> Result<(), Refusal> {
        if wanted.amount() <= self.all() {
            return Ok(());
        }
        let refundable = Money::rounded(self.all(), wanted.currency());
        let detail =
            format!("Of what was paid {} {} are left to give back.", refundable.amount(), refundable.currency());
        Err(Refusal::new(Code::NothingToRefund, detail).with_alternatives(json!({ "refundable": refundable })))
    }
}

/// What is left of a locked order.
///
/// # Errors
/// `nothing_to_refund` if nothing is; the database's.
pub(super) async fn left_of_order(tx: &mut TenantTx, order: &Order) -> Result<Left> {
    let credit = credit_left(tx, order).await?;
    if order.by_payment().is_zero() && !order.by_credit.is_zero() {
        let left = Left { payment: None, money: Decimal::ZERO, credit };
        return if credit > Decimal::ZERO { Ok(left) } else { Err(all_given_back().into()) };
    }
    let payment = payment_of_sale(tx, order.id).await?;
    let money = disputes::left_of(tx, payment.id).await?.max(Decimal::ZERO);
    if money + credit <= Decimal::ZERO {
        return Err(all_given_back().into());
    }
    Ok(Left { payment: Some(payment.id), money, credit })
}

/// What a locked order had in credit and has not got back.
pub(super) async fn credit_left(tx: &mut TenantTx, order: &Order) -> Result<Decimal> {
    if order.by_credit.is_zero() {
        return Ok(Decimal::ZERO);
    }
    Ok(order.by_credit - refunds::of_no_payment(tx, order.id).await?)
}

/// How much of a locked payment can still be given back: less than its tickets have cost, if some was given back otherwise or a bank
/// has taken it.
pub(super) async fn left_of(tx: &mut TenantTx, payment: &Payment) -> Result<Decimal> {
    let left = disputes::left_of(tx, payment.id).await?;
    if left <= Decimal::ZERO {
        return Err(all_given_back().into());
    }
    Ok(left)
}

fn all_given_back() -> Refusal {
    Refusal::new(
        Code::NothingToRefund,
        "All that was paid was given back already; a ticket that is still good is ended by making it void.",
    )
}

/// The payment that bought a locked order, locked: not one that came late or a second time.
pub(super) async fn payment_of_sale(tx: &mut TenantTx, order: OrderId) -> Result<Payment> {
    for payment in payments::lock_of_order(tx, order).await? {
        if payment.state == PaymentState::Succeeded && !accounting::bought_nothing(tx, payment.id).await? {
            return Ok(payment);
        }
    }
    let free = "The order was free: no money came in, so there is none to give back.";
    Err(Refusal::new(Code::NothingToRefund, free).into())
}

/// What is to be given back.
pub(super) struct Giving<'a> {
    /// How much at most, in the order's currency.
    pub(super) amount: Decimal,
    /// Of which items; none for an amount of no ticket in particular.
    pub(super) items: Vec<i16>,
    /// In the reseller's words.
    pub(super) reason: &'a str,
    /// What becomes of the fees.
    pub(super) policy: RefundPolicy,
    /// What the buyer gets for what came by the payment.
    pub(super) given_as: GivenAs,
}

impl<'a> Giving<'a> {
    /// All that this policy gives back for these items.
    pub(super) fn of(items: &[OrderItem], policy: RefundPolicy, given_as: GivenAs, reason: &'a str) -> Self {
        let back = |item: &OrderItem| match policy {
            RefundPolicy::FeesKept => item.face_value,
            RefundPolicy::FeesReturned => item.total,
        };
        let items_nos = items.iter().map(|item| item.no).collect();
        Self { amount: items.iter().map(back).sum(), items: items_nos, reason, policy, given_as }
    }
}

/// The tax in the prices of a locked order's tickets that goes back with this much of its price, of which `price_left` was not given back
/// before; none where none was told. `of_tickets` is as in [`TaxBack`].
pub(super) async fn tax_back(
    tx: &mut TenantTx,
    order: &Order,
    (amount, price_left): (Decimal, Decimal),
    of_tickets: Option<(Decimal, Decimal)>,
) -> Result<Option<Decimal>> {
    let Some(whole) = order.ticket_tax() else { return Ok(None) };
    let left = whole - tax_carried(tx, order).await?;
    Ok(Some(TaxBack { left, price_left, amount, of_tickets }.tax(order.currency)))
}

/// The tax in the prices of a locked order's tickets that went back already, with refunds and with what banks have taken.
pub(super) async fn tax_carried(tx: &mut TenantTx, order: &Order) -> Result<Decimal> {
    let before = refunds::of_order(tx, order.id).await?;
    let given =
        before.iter().filter(|refund| refund.state != RefundState::Failed).filter_map(|refund| refund.ticket_tax);
    let (_, taken) = disputes::taken_of(tx, order.id).await?;
    Ok(given.sum::<Decimal>() + taken)
}

/// The tax in the prices of these tickets of an order.
pub(super) fn tax_of(order: &Order, items: &[i16]) -> Decimal {
    let of_them = order.items.iter().filter(|item| items.contains(&item.no));
    of_them.filter_map(|item| item.tax).map(|tax| tax.amount).sum()
}

/// Writes the refunds, one or two, and the one credit that they make, if any. They are not in the books yet. The first one has the items,
/// and the fees of those with it.
pub(super) async fn give(
    tx: &mut TenantTx,
    order: &Order,
    left: &Left,
    giving: &Giving<'_>,
    now: Instant,
) -> Result<Vec<Refund>> {
    let (of_payment, of_credit) = parts(giving.amount, left.money, left.credit);
    let becomes_credit = |payment: Option<PaymentId>| payment.is_none() || giving.given_as == GivenAs::Credit;
    // What the tickets cost, all of it: what is left of the order may be less.
    let of_tickets = (!giving.items.is_empty()).then(|| (tax_of(order, &giving.items), giving.amount));
    let tax = tax_back(tx, order, (of_payment + of_credit, left.all()), of_tickets).await?;
    let taxes = tax.map(|tax| split(tax, &[of_payment, of_credit], order.currency));
    let mut written = Vec::new();
    let parts = [(left.payment, of_payment), (None, of_credit)];
    let as_credit: Decimal = parts.iter().filter(|(of, _)| becomes_credit(*of)).map(|(_, amount)| *amount).sum();
    let credit = if as_credit.is_zero() {
        None
    } else {
        let amount = Money::rounded(as_credit, order.currency);
        let new = NewCredit { amount, reason: giving.reason.to_owned(), expires_at: None };
        let credit = issue(tx, &new, Some(order)).await?;
        tell_buyer::credited(tx, order, &credit, &giving.items).await?;
        Some(credit.id)
    };
    for (nth, (payment, amount)) in parts.into_iter().enumerate().filter(|(_, (_, amount))| !amount.is_zero()) {
        let of_items = written.is_empty() && !giving.items.is_empty();
        let credit = credit.filter(|_| becomes_credit(payment));
        let refund = Refund {
            payment,
            credit,
            items: if of_items { giving.items.clone() } else { Vec::new() },
            // The fees of tickets go with the first part.
            policy: if of_items || giving.items.is_empty() { giving.policy } else { RefundPolicy::FeesKept },
            ticket_tax: taxes.as_ref().and_then(|taxes| taxes.get(nth).copied()),
            state: if credit.is_some() { RefundState::Succeeded } else { RefundState::Pending },
            ..Refund::of(order, Money::rounded(amount, order.currency), giving.reason, now)
        };
        refunds::insert(tx, &refund, REFUND_PATIENCE).await?;
        written.push(refund);
    }
    Ok(written)
}
