//! Makes an API key.

use foundation::{Result, TenantTx};

use super::issue::{Issue, issue};
use crate::{ApiKey, Caller, KeyText, NewKey};

/// Makes a key of the caller's own tenant, in the region that the cell is in. The text is shown this once.
///
/// # Errors
/// `invalid_field`; `forbidden` for a key that may do what the caller's own may not; or the database's.
pub async fn create_key(tx: &mut TenantTx, region: &str, by: &Caller, new: &NewKey) -> Result<(ApiKey, KeyText)> {
    let scopes = new.check(tx.now().await?)?;
    by.may_give(&scopes)?;
    let key =
        Issue { region, mode: by.mode, kind: new.kind, name: &new.name, scopes: &scopes, expires_at: new.expires_at };
    issue(tx, key).await
}
