//! Gives a reseller an account at the provider to be paid out to, and the page on which it is completed.

use foundation::{Cell, Error, Result, id::ResellerId};

use crate::{
    provider::{OnboardingPage, Provider},
    rules::payment::WebAddress,
    store::payout_settings,
};

/// Creates the account where there is none yet, and gives the provider's page for it: there the reseller says who it is and where its
/// bank account is, and comes back to this address. Nothing of that is known here.
///
/// # Errors
/// The provider's; the database's.
pub async fn onboard(
    cell: &Cell,
    provider: &Provider,
    reseller: ResellerId,
    (country, email): (&str, &str),
    back: &WebAddress,
) -> Result<OnboardingPage> {
    let known = payout_settings::get(&mut cell.tenant(reseller).await?).await?.account;
    let account = match known {
        Some(account) => account,
        None => {
            // Under a key of the reseller's: who asks twice at once gets the same account.
            let made = provider.create_account(reseller, country, email).await.map_err(Error::from)?;
            let mut tx = cell.tenant(reseller).await?;
            payout_settings::lock(&mut tx).await?;
            payout_settings::set_account(&mut tx, &made).await?;
            let account = payout_settings::get(&mut tx).await?.account;
            tx.commit().await?;
            account.ok_or_else(|| Error::Inconsistent(format!("{made} was noted and is not there")))?
        }
    };
    provider.onboarding_page(&account, back).await.map_err(Error::from)
}
