//! Reads cases.

use foundation::{
    Cell, Result, TenantTx,
    id::SupportCaseId,
    page::{Page, PageOf},
};

use super::{CaseLine, CaseState, Message, SupportCase, store};

/// The case of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: SupportCaseId) -> Result<SupportCase> {
    store::find(tx, id, false).await
}

/// A page of the reseller's cases, newest first.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    tx: &mut TenantTx,
    state: Option<CaseState>,
    page: &PageOf<SupportCaseId>,
) -> Result<Page<SupportCase>> {
    let rows = store::list(tx, state, page.after, page.fetch_limit()).await?;
    Ok(Page::cut(rows, page.limit, |last| last.id))
}

/// Some of the cases of all of a cell's resellers, oldest first, so many at most.
///
/// # Errors
/// If the database does not answer.
pub async fn list_all(
    cell: &Cell,
    state: Option<CaseState>,
    after: Option<SupportCaseId>,
    limit: i64,
) -> Result<Vec<CaseLine>> {
    store::list_all(cell, state, after, limit).await
}

/// A page of what was written of a case, first first.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn messages(tx: &mut TenantTx, id: SupportCaseId, page: &PageOf<i32>) -> Result<Page<Message>> {
    store::find(tx, id, false).await?;
    let rows = store::messages(tx, id, page.after, page.fetch_limit()).await?;
    Ok(Page::cut(rows, page.limit, |last| last.no))
}
