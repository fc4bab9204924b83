//! `/regions/{region}/resellers`: one endpoint a file.

mod adjustments;
mod audit;
mod fee_rules;
mod get;
mod hosting_terms;
mod list;
mod reinstate;
mod release_terms;
mod shop_keys;
mod support_cases;
mod suspend;

use axum::{
    Router,
    extract::{FromRequestParts, Path, Query, rejection::QueryRejection},
    http::request::Parts,
    routing,
};
use foundation::{
    Currency, Instant, Mode, Refusal,
    id::{AccountId, ResellerId},
    input::query,
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tenancy::{Reseller, ResellerState};

use crate::{Cells, problem::Problem};

/// The endpoints below this address.
pub(crate) fn router() -> Router<Cells> {
    Router::new()
        .route("/", routing::get(list::list))
        .route("/{reseller}", routing::get(get::get))
        .route("/{reseller}/suspend", routing::post(suspend::suspend))
        .route("/{reseller}/reinstate", routing::post(reinstate::reinstate))
        .route("/{reseller}/audit", routing::get(audit::list))
        .route("/{reseller}/fee_rules", routing::get(fee_rules::list::list))
        .route("/{reseller}/fee_rules", routing::post(fee_rules::set::set))
        .route("/{reseller}/adjustments", routing::get(adjustments::list::list))
        .route("/{reseller}/adjustments", routing::post(adjustments::create::create))
        .route("/{reseller}/adjustments/{adjustment}/approve", routing::post(adjustments::approve::approve))
        .route("/{reseller}/adjustments/{adjustment}/reverse", routing::post(adjustments::reverse::reverse))
        .route("/{reseller}/shop_keys", routing::post(shop_keys::create))
        .route("/{reseller}/support_cases/{case}", routing::get(support_cases::get))
        .route("/{reseller}/support_cases/{case}/messages", routing::get(support_cases::messages))
        .route("/{reseller}/support_cases/{case}/answer", routing::post(support_cases::answer))
        .route("/{reseller}/support_cases/{case}/assign", routing::post(support_cases::assign))
        .route("/{reseller}/support_cases/{case}/resolve", routing::post(support_cases::resolve))
        .route("/{reseller}/hosting_terms", routing::get(hosting_terms::get::get))
        .route("/{reseller}/hosting_terms", routing::post(hosting_terms::set::set))
        .route("/{reseller}/release_terms", routing::get(release_terms::get::get))
        .route("/{reseller}/release_terms", routing::post(release_terms::set::set))
}

/// The reseller in the address.
struct ResellerPath(ResellerId);

#[derive(Deserialize)]
struct Address {
    reseller: String,
}

impl FromRequestParts<Cells> for ResellerPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cells: &Cells) -> Result<Self, Problem> {
        // What is no id names nothing: the same answer as for an id that there is none of.
        let missing = || Refusal::missing("reseller");
        let Path(address) = Path::<Address>::from_request_parts(parts, cells).await.map_err(|_| missing())?;
        Ok(Self(address.reseller.parse().map_err(|_| missing())?))
    }
}

/// Which page of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Reads which page is asked for.
fn page_of<K: DeserializeOwned>(which: Result<Query<Which>, QueryRejection>) -> Result<PageOf<K>, Refusal> {
    let Query(which) = which.map_err(|rejection| query::refuse(&rejection.body_text()))?;
    PageOf::parse(which.limit, which.cursor.as_deref())
}

/// A page of a list.
#[derive(Serialize)]
struct List<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { data: page.items, next_cursor: page.next_cursor }
    }
}

/// Why an operator acts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

/// A reseller, whole.
#[derive(Serialize)]
struct ResellerShown {
    id: ResellerId,
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
    version: i64,
    created_at: Instant,
}

impl From<Reseller> for ResellerShown {
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
            version: reseller.version,
            created_at: reseller.created_at,
        }
    }
}
