//! Whether the books are right: what `stagedoor verify` and the end of every integration test ask.

use foundation::{
    Result, TenantTx,
    verify::{Checked, check},
};
use sha2::{Digest as _, Sha256};

use crate::{
    store::{invariants::INVARIANTS, settlements},
    use_cases::open_period::kept_otherwise,
};

const SEALED: &str = "every settlement is to the byte what was sealed";
const KEPT: &str = "what is kept of each open period is what its rows come to";
/// The most violations told.
const VIOLATIONS_MAX: usize = 10;

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
    checked.push(Checked { invariant: SEALED, violations: unsealed(tx).await? });
    checked.push(Checked { invariant: KEPT, violations: kept_otherwise(tx).await? });
    Ok(checked)
}

/// Settlements that are no longer what was sealed.
async fn unsealed(tx: &mut TenantTx) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for sealed in settlements::digests(tx).await? {
        let (mut jsonl, mut csv, mut rows, mut nth) = (Sha256::new(), Sha256::new(), 0, 1);
        while let Some(page) = settlements::page(tx, sealed.settlement_id, nth).await? {
            rows += page.jsonl.lines().count();
            jsonl.update(page.jsonl);
            csv.update(page.csv);
            nth += 1;
        }
        let same = sealed.document_holds
            && sealed.jsonl_digest == jsonl.finalize().as_slice()
            && sealed.csv_digest == csv.finalize().as_slice()
            && usize::try_from(sealed.row_count) == Ok(rows);
        if !same && changed.len() < VIOLATIONS_MAX {
            changed.push(format!("{} is not what was sealed", sealed.settlement_id));
        }
    }
    Ok(changed)
}
