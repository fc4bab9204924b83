//! Refunds in the books: accepted, they are owed to the buyer; confirmed by the provider, they are paid.

use foundation::{
    Currency,
    id::{CreditId, OrderId, RefundId},
};
use rust_decimal::Decimal;

use super::{fees, moved, positive, refuse_negative};
use crate::rules::{
    about::{About, AboutItem, SoldItem},
    account::Account,
    allocation::split,
    journal::{Journal, Line, NotAJournal},
    source::Source,
};

/// Whole tickets given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The refund.
    pub refund: RefundId,
    /// The order that the tickets were sold with.
    pub order: OrderId,
    /// The order's currency.
    pub currency: Currency,
    /// The tickets, with the amounts of the sale.
    pub items: Vec<SoldItem>,
    /// What the buyer gets: what was paid for these tickets or, if fees are kept, their face values; less, if some of that was given
    /// back before.
    pub amount: Decimal,
    /// Whether the platform gives its fees of these tickets back to the reseller. The fees passed on then go back to the
    /// buyer, so that nobody keeps them.
    pub fees_returned: bool,
    /// The tax in the prices that it carries back; see [`crate::TaxBack`].
    pub ticket_tax: Decimal,
    /// The credit that the buyer gets; without one it is money.
    pub credit: Option<CreditId>,
}

/// Part of what an order cost, given back for no ticket in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountRefund {
    /// The refund.
    pub refund: RefundId,
    /// The order.
    pub order: OrderId,
    /// The order's currency.
    pub currency: Currency,
    /// What the buyer gets.
    pub amount: Decimal,
    /// What of the platform's fee goes back to the reseller; see [`crate::due_after`].
    pub fee_returned: Decimal,
    /// And of the hosted shop's.
    pub hosting_fee_returned: Decimal,
    /// And of the tax on them.
    pub fee_tax_returned: Decimal,
    /// The tax in the prices that it carries back; see [`crate::TaxBack`].
    pub ticket_tax: Decimal,
    /// The credit that the buyer gets; without one it is money.
    pub credit: Option<CreditId>,
}

/// What the buyer gets: money, owed until the provider has confirmed it, or credit, owed until it is redeemed or expires.
fn got(credit: Option<CreditId>) -> Account {
    match credit {
        None => Account::RefundsPayable,
        Some(_) => Account::VoucherOutstanding,
    }
}

/// A refund as it is accepted: owed to the buyer, not yet confirmed by the provider. None if the tickets were free.
///
/// # Errors
/// If the amount is more than the tickets have cost, or an amount is negative or too fine.
pub(crate) fn refund(refund: &Refund) -> Result<Option<Journal>, NotAJournal> {
    let source = Source::Refund(refund.refund);
    refuse_negative(&source, &refund.items)?;
    let paid: Vec<Decimal> = refund.items.iter().map(SoldItem::total).collect();
    let faces: Vec<Decimal> = refund.items.iter().map(|item| item.face_value).collect();
    let prices = if refund.fees_returned || refund.amount > faces.iter().sum() { paid } else { faces };
    if refund.amount < Decimal::ZERO || refund.amount > prices.iter().sum() {
        return Err(NotAJournal::Contradiction(source, "the amount is more than the refunded tickets have cost"));
    }
    let shares = split(refund.amount, &prices, refund.currency);
    let taxes: Vec<Decimal> = refund.items.iter().map(SoldItem::ticket_tax).collect();
    if refund.ticket_tax < Decimal::ZERO || refund.ticket_tax > taxes.iter().sum() {
        return Err(NotAJournal::Contradiction(source, "more tax is carried back than the tickets' prices had"));
    }
    let taxes = split(refund.ticket_tax, &taxes, refund.currency);
    if refund.amount.is_zero() {
        return Ok(None);
    }
    let mut lines = moved(Account::ResellerPending, got(refund.credit), refund.amount).to_vec();
    if refund.fees_returned {
        lines.extend(fees(&refund.items).map(|line| Line { amount: -line.amount, ..line }));
    }
    let returned = |fee| {
        if refund.fees_returned { fee } else { Decimal::ZERO }
    };
    let written = refund.items.iter().map(|item| item.written_in(refund.currency));
    let items = written.zip(shares).zip(taxes).map(|((item, share), tax_returned)| AboutItem {
        refunded: share,
        fee_returned: returned(item.platform_fee + item.hosting_fee),
        fee_tax_returned: returned(item.fee_tax()),
        tax_returned,
        sold: item,
    });
    let about = About::refund(refund.order, refund.refund);
    let about = About { items: items.collect(), credit_id: refund.credit, ..about };
    Journal::new(source, refund.currency, lines, about).map(Some)
}

/// A refund of an amount: owed to the buyer by the reseller.
///
/// # Errors
/// If the amount is not positive or too fine, or what is returned is negative.
pub(crate) fn amount_refund(refund: &AmountRefund) -> Result<Journal, NotAJournal> {
    let source = Source::Refund(refund.refund);
    let amount = positive(&source, refund.amount)?;
    let returned = [refund.fee_returned, refund.hosting_fee_returned, refund.fee_tax_returned, refund.ticket_tax];
    if returned.iter().any(|fee| *fee < Decimal::ZERO) {
        return Err(NotAJournal::Contradiction(source, "a negative fee or tax is returned"));
    }
    let mut lines = moved(Account::ResellerPending, got(refund.credit), amount).to_vec();
    lines.extend(moved(Account::RevPlatformFee, Account::ResellerPending, refund.fee_returned));
    lines.extend(moved(Account::RevHostingFee, Account::ResellerPending, refund.hosting_fee_returned));
    lines.extend(moved(Account::TaxPlatformVat, Account::ResellerPending, refund.fee_tax_returned));
    let tax_returned = refund.currency.round(refund.ticket_tax);
    let about = About { credit_id: refund.credit, tax_returned, ..About::refund(refund.order, refund.refund) };
    Journal::new(source, refund.currency, lines, about)
}

/// The provider has confirmed that the buyer gets the money of a refund.
///
/// # Errors
/// If the amount is not positive or too fine.
pub(crate) fn refund_paid(
    refund: RefundId,
    order: OrderId,
    amount: Decimal,
    currency: Currency,
) -> Result<Journal, NotAJournal> {
    let source = Source::RefundPaid(refund);
    let lines = moved(Account::RefundsPayable, Account::PspClearing, positive(&source, amount)?).to_vec();
    Journal::new(source, currency, lines, About::refund(order, refund))
}
