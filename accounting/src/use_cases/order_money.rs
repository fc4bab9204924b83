//! What the books say of one order: what came for it and what went back.

use foundation::{
    Result, TenantTx,
    id::{OrderId, RefundId},
};
use rust_decimal::Decimal;

use crate::{Account, Journal, Source, store::journals::find};

/// The money of an order as it is in the books, in the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderMoney {
    /// What it was sold for.
    pub total: Decimal,
    /// Of it, what came from the payment provider.
    pub by_payment: Decimal,
    /// Of it, what was paid with credit.
    pub by_credit: Decimal,
    /// What went back to the buyer or is on its way, in money and credit.
    pub refunded: Decimal,
    /// Of it, what is credit.
    pub refunded_as_credit: Decimal,
}

/// What came for an order and what went back by these refunds of it. A payment that bought nothing is not in it, and neither is its
/// refund.
///
/// # Errors
/// If the database does not answer.
pub async fn order_money(tx: &mut TenantTx, order: OrderId, refunds: &[RefundId]) -> Result<OrderMoney> {
    let Some(sale) = find(tx, Source::Sale(order)).await? else { return Ok(OrderMoney::default()) };
    let total: Decimal = sale.about().items.iter().map(|item| item.sold.total()).sum();
    let by_payment = change(&sale, Account::PspClearing);
    let mut money = OrderMoney { total, by_payment, by_credit: total - by_payment, ..OrderMoney::default() };
    for refund in refunds {
        for source in [Source::Refund(*refund), Source::RefundFailed(*refund)] {
            let Some(journal) = find(tx, source).await? else { continue };
            if change(&journal, Account::Suspense).is_zero() {
                let credit = -change(&journal, Account::VoucherOutstanding);
                money.refunded_as_credit += credit;
                money.refunded += credit - change(&journal, Account::RefundsPayable);
            }
        }
    }
    Ok(money)
}

fn change(journal: &Journal, account: Account) -> Decimal {
    journal.lines().iter().filter(|line| line.account == account).map(|line| line.amount).sum()
}
