//! `GET /v1/reseller`

use super::ResellerView;
use crate::web::{Allowed, Answer, Reply, scope::AccountRead};

/// Reads the account that the key belongs to.
#[utoipa::path(get, path = "/v1/reseller", tag = "Account", responses((status = 200, body = ResellerView)))]
pub(crate) async fn get(allowed: Allowed<AccountRead>) -> Answer {
    let reseller = tenancy::get_reseller(&mut allowed.snapshot().await?).await?;
    let version = reseller.version;
    Reply::versioned(&ResellerView::from(reseller), version)
}
