//! Lists what operators did.

use foundation::{
    Result, TenantTx,
    id::AuditId,
    page::{Page, PageOf},
};

use crate::{AuditEntry, store::audit_log};

/// A page of the tenant's audit log, newest first.
///
/// # Errors
/// If the database does not answer.
pub async fn list_audit(tx: &mut TenantTx, page: &PageOf<AuditId>) -> Result<Page<AuditEntry>> {
    let rows = audit_log::list(tx, page.after, page.fetch_limit()).await?;
    Ok(Page::cut(rows, page.limit, |last| last.id))
}
