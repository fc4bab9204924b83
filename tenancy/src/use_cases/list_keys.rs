//! Lists the API keys.

use foundation::{
    Result, TenantTx,
    id::ApiKeyId,
    page::{Page, PageOf},
};

use crate::{ApiKey, store::api_keys};

/// A page of the tenant's keys in the order they were made, those that have ended too.
///
/// # Errors
/// If the database does not answer.
pub async fn list_keys(tx: &mut TenantTx, page: &PageOf<ApiKeyId>) -> Result<Page<ApiKey>> {
    let rows = api_keys::list(tx, page.after, page.fetch_limit()).await?;
    Ok(Page::cut(rows, page.limit, |last| last.id))
}
