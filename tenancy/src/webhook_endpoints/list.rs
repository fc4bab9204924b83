//! Lists the endpoints.

use foundation::{
    Result, TenantTx,
    id::EndpointId,
    page::{Page, PageOf},
};

use super::{Endpoint, store};

/// A page of the reseller's endpoints in the order they were made.
///
/// # Errors
/// If the database does not answer.
pub async fn list(tx: &mut TenantTx, page: &PageOf<EndpointId>) -> Result<Page<Endpoint>> {
    let rows = store::list(tx, page.after, page.fetch_limit()).await?;
    Ok(Page::cut(rows, page.limit, |last| last.id))
}
