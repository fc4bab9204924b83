//! Whether the books are right: what `stagedoor verify` and the end of every integration test ask.

use foundation::{
    Result, TenantTx,
    verify::{Checked, check},
};

use crate::store::invariants::INVARIANTS;

/// Looks at every invariant of the tenant's books.
///
/// # Errors
/// If the database does not answer; a violation is no error but in the answer.
pub async fn checks(tx: &mut TenantTx) -> Result<Vec<Checked>> {
    let reseller = tx.reseller();
    let mut checked = Vec::with_capacity(INVARIANTS.len());
    for (invariant, sql) in INVARIANTS {
        checked.push(check(tx.conn(), reseller, invariant, sql).await?);
    }
    Ok(checked)
}
