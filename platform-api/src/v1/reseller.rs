//! `/v1/reseller`: the caller's own account.

pub(crate) mod get;
pub(crate) mod update;

use foundation::{
    Currency, Instant, Mode,
    id::{AccountId, ResellerId},
};
use serde::Serialize;
use tenancy::{Reseller, ResellerState};
use utoipa::ToSchema;

/// One environment of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reseller)]
pub(crate) struct ResellerView {
    id: ResellerId,
    /// The account that this environment belongs to.
    account_id: AccountId,
    mode: Mode,
    state: ResellerState,
    name: String,
    email: String,
    country: String,
    currency: Currency,
    legal_name: String,
    address: String,
    tax_id: Option<String>,
    created_at: Instant,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Reseller> for ResellerView {
    fn from(reseller: Reseller) -> Self {
        Self {
            id: reseller.id,
            account_id: reseller.account,
            mode: reseller.mode,
            state: reseller.state,
            name: reseller.name,
            email: reseller.email,
            country: reseller.country,
            currency: reseller.currency,
            legal_name: reseller.legal_name,
            address: reseller.address,
            tax_id: reseller.tax_id,
            created_at: reseller.created_at,
            version: reseller.version,
        }
    }
}
