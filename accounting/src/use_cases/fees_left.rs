//! What an order still pays in fees.

use foundation::{
    Result, TenantTx,
    id::{OrderId, RefundId},
};
use rust_decimal::Decimal;

use crate::{Account, Source, store};

/// The platform's fee of an order, and the tax on its fees, less what these refunds of it have given back. Major unit of the
/// order's currency.
///
/// # Errors
/// If the database does not answer.
pub async fn fees_left(tx: &mut TenantTx, order: OrderId, refunds: &[RefundId]) -> Result<(Decimal, Decimal)> {
    let of_refund = |refund: &RefundId| [Source::Refund(*refund), Source::RefundFailed(*refund)];
    let sources = std::iter::once(Source::Sale(order)).chain(refunds.iter().flat_map(of_refund));
    let (mut fee, mut tax) = (Decimal::ZERO, Decimal::ZERO);
    for source in sources {
        let Some(journal) = store::journals::find(tx, source).await? else { continue };
        for line in journal.lines() {
            match line.account {
                Account::RevPlatformFee => fee -= line.amount,
                Account::TaxPlatformVat => tax -= line.amount,
                _ => {}
            }
        }
    }
    Ok((fee, tax))
}
