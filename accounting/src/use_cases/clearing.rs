//! What moved the platform's money at the payment provider, for who compares it with the provider's own report.

use foundation::{Currency, Instant, Result, TenantTx};
use rust_decimal::Decimal;

use crate::{About, store};

/// What a journal did to the money at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearingEntry {
    /// What the journal stands for, as it is written (`sale:ord_…`, `psp_fee:txn_…`).
    pub source: String,
    /// More (above zero) or less at the provider; major unit of the currency.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
    /// When it was posted, by the tenant's clock.
    pub posted_at: Instant,
    /// The ids that it is about.
    pub about: About,
}

/// The journals of a period (`from` inclusive, `to` exclusive, by the time of posting) that moved money at the provider, at most
/// `limit` of them after this source in the order of the sources.
///
/// # Errors
/// If the database does not answer.
pub async fn clearing(
    tx: &mut TenantTx,
    (from, to): (Instant, Instant),
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ClearingEntry>> {
    store::clearing::entries(tx, (from, to), after, limit).await
}
