//! What an order still pays in fees.

use foundation::{
    Result, TenantTx,
    id::{OrderId, RefundId},
};
use rust_decimal::Decimal;

use crate::{Account, Source, store};

/// What of an order's fees has not been given back, in the major unit of the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeesLeft {
    /// Of the platform's fee.
    pub platform: Decimal,
    /// Of the hosted shop's fee.
    pub hosting: Decimal,
    /// Of the tax on both.
    pub tax: Decimal,
}

/// The fees of an order and the tax on them, less what these refunds of it have given back.
///
/// # Errors
/// If the database does not answer.
pub async fn fees_left(tx: &mut TenantTx, order: OrderId, refunds: &[RefundId]) -> Result<FeesLeft> {
    let of_refund = |refund: &RefundId| [Source::Refund(*refund), Source::RefundFailed(*refund)];
    let sources = std::iter::once(Source::Sale(order)).chain(refunds.iter().flat_map(of_refund));
    let mut left = FeesLeft::default();
    for source in sources {
        let Some(journal) = store::journals::find(tx, source).await? else { continue };
        for line in journal.lines() {
            match line.account {
                Account::RevPlatformFee => left.platform -= line.amount,
                Account::RevHostingFee => left.hosting -= line.amount,
                Account::TaxPlatformVat => left.tax -= line.amount,
                _ => {}
            }
        }
    }
    Ok(left)
}
