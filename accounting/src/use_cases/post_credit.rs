//! Posts what becomes of credit.

use foundation::{Result, TenantTx};

use crate::{Bearer, Credited, Pot, post};

/// Posts credit that the reseller gives to a buyer, once however often it is called. It is of no performance, so it comes off what is
/// available: what buyers may still buy with is not paid out.
///
/// # Errors
/// `Inconsistent` if the amount is not positive or the credit was posted with other content.
pub async fn post_credit(tx: &mut TenantTx, credited: &Credited) -> Result<()> {
    post(tx, &credited.given(Bearer::Reseller, Pot::Available, None)?).await?;
    Ok(())
}

/// Posts that what was left of a credit is the reseller's again, once however often it is called.
///
/// # Errors
/// As [`post_credit`].
pub async fn post_credit_expired(tx: &mut TenantTx, credited: &Credited) -> Result<()> {
    post(tx, &credited.expired(Bearer::Reseller)?).await?;
    Ok(())
}
