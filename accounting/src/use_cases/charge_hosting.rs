//! Charges what the hosted shop costs by the month.

use foundation::{Result, TenantTx};
use jiff::{Timestamp, tz::TimeZone};

use crate::{Pot, hosting, post, store::release_terms};

/// Charges the oldest month (UTC) that has ended and was not charged, once. It comes off what is available, which may be less than
/// nothing then. Says whether there was one.
///
/// # Errors
/// `Inconsistent` if the month was charged otherwise before; the database's.
pub async fn charge_hosting(tx: &mut TenantTx) -> Result<bool> {
    let Some((month, terms)) = release_terms::take_hosting(tx).await? else { return Ok(false) };
    let month = Timestamp::from_microsecond(month.as_micros()).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let tax = (terms.tax(), terms.tax_rate());
    let journal = hosting(month, terms.currency(), terms.fee().amount(), tax, Pot::Available)?;
    post(tx, &journal).await?;
    Ok(true)
}
