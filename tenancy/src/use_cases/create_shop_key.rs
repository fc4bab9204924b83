//! Makes the key by which the hosted shop sells for a reseller.

use foundation::{Result, TenantTx};

use super::{
    get_reseller::get_reseller,
    issue::{Issue, issue},
    record::record,
};
use crate::{ApiKey, KeyKind, KeyText, rules::api_key::shop_scopes};

/// Makes it, for an operator and for a reason. What is ordered with it is sold by the shop, under the shop's fees, which is why no
/// reseller makes one. The text is shown this once.
///
/// # Errors
/// `invalid_field` without an operator or a reason, `not_found`, or the database's.
pub async fn create_shop_key(
    tx: &mut TenantTx,
    region: &str,
    operator: &str,
    reason: &str,
) -> Result<(ApiKey, KeyText)> {
    record(tx, operator, "shop_key.created", reason).await?;
    let mode = get_reseller(tx).await?.mode;
    let key = Issue {
        region,
        mode,
        kind: KeyKind::HostedShop,
        name: "Hosted shop",
        scopes: &shop_scopes(),
        expires_at: None,
    };
    issue(tx, key).await
}
