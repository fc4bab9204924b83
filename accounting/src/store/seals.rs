//! The places of journals in the books and the chain of digests: derived after the commit, one tenant at a time, so that no sale
//! waits for another's.

use foundation::{Cell, Result, TenantTx, id::ResellerId};

/// The most tenants that one look gives.
const TENANTS_MAX: i64 = 1_000;

/// Tenants that have journals without a place, over the whole cell.
pub(crate) async fn tenants(cell: &Cell) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar("select distinct reseller_id from journal_inbox limit $1")
        .bind(TENANTS_MAX)
        .fetch_all(cell.workers())
        .await?)
}

/// Takes the lock on the end of the tenant's chain, in a statement of its own: what follows must see what was sealed before. Says
/// whether the chain begins here.
pub(crate) async fn lock_head(tx: &mut TenantTx) -> Result<bool> {
    let reseller = tx.reseller();
    let begun = sqlx::query(
        "insert into journal_heads (reseller_id, position, digest) values ($1, 0, sha256('')) on conflict do nothing",
    )
    .bind(reseller)
    .execute(tx.conn())
    .await?;
    sqlx::query("select position from journal_heads where reseller_id = $1 for update")
        .bind(reseller)
        .execute(tx.conn())
        .await?;
    Ok(begun.rows_affected() == 1)
}

/// Gives up to `limit` journals their places and digests. Gives how many. Each row is looked up by its key, whatever is thought of how many
/// there are: a join that goes through all of a tenant's rows for each of a page is quick while there are few of them, and never ends later.
pub(crate) async fn page(tx: &mut TenantTx, limit: i64) -> Result<u64> {
    let reseller = tx.reseller();
    let sealed: i64 = sqlx::query_scalar(
        "with page as (
             delete from journal_inbox
             where reseller_id = $1
               and seq = any(array(select seq from journal_inbox where reseller_id = $1 order by seq limit $2))
             returning seq, journal_id),
         linked as (
             insert into journal_positions (reseller_id, position, journal_id, digest)
             select $1, h.position + row_number() over (order by p.seq), p.journal_id,
                    journal_chain(h.digest, j.text) over (order by p.seq)
             from page p
             cross join lateral (select journal_text(j) as text from journals j
                                 where j.reseller_id = $1 and j.journal_id = p.journal_id offset 0) j
             join journal_heads h on h.reseller_id = $1
             returning position, digest),
         head as (
             update journal_heads h set position = l.position, digest = l.digest
             from (select position, digest from linked order by position desc limit 1) l
             where h.reseller_id = $1)
         select count(*) from linked",
    )
    .bind(reseller)
    .bind(limit)
    .fetch_one(tx.conn())
    .await?;
    Ok(sealed.unsigned_abs())
}
