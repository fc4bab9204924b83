//! `PATCH /v1/reseller`

use serde::Deserialize;
use tenancy::ResellerChanges;
use utoipa::ToSchema;

use super::ResellerView;
use crate::web::{Allowed, Answer, Body, IfMatch, Reply, caller::commit, scope::AccountWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResellerChanges)]
pub(crate) struct ResellerChangesBody {
    name: Option<String>,
    email: Option<String>,
    legal_name: Option<String>,
    address: Option<String>,
    tax_id: Option<String>,
}

/// Changes the account's details.
#[utoipa::path(patch, path = "/v1/reseller", tag = "Account", request_body = ResellerChangesBody, responses((status = 200, body = ResellerView)))]
pub(crate) async fn update(
    allowed: Allowed<AccountWrite>,
    IfMatch(version): IfMatch,
    Body(body): Body<ResellerChangesBody>,
) -> Answer {
    let changes = ResellerChanges {
        name: body.name,
        email: body.email,
        legal_name: body.legal_name,
        address: body.address,
        tax_id: body.tax_id.map(Some),
    };
    let mut tx = allowed.tx().await?;
    let reseller = tenancy::update_reseller(&mut tx, version, &changes).await?;
    commit(tx).await?;
    let version = reseller.version;
    Reply::versioned(&ResellerView::from(reseller), version)
}
