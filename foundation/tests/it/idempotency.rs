//! The lease of a call in several transactions.

use foundation::{
    Cell, Code, Error, Result,
    id::ResellerId,
    idempotency::{Claim, Key, StoredAnswer, claim_leased, store},
};
use testkit::Database;

fn key() -> Key {
    Key { text: "k".to_owned(), fingerprint: [1; 32] }
}

/// One try of a call that takes the lease and gets no further.
async fn begin(cell: &Cell, reseller: ResellerId) -> Result<Claim> {
    let mut tx = cell.tenant(reseller).await?;
    let claim = claim_leased(&mut tx, &key()).await?;
    tx.commit().await?;
    Ok(claim)
}

#[track_caller]
fn in_use(claim: Result<Claim>) {
    match claim {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code, Code::IdempotencyKeyInUse),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_lease_that_ran_out_is_had_by_one_more_try_at_a_time() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    assert!(matches!(begin(db.cell(), reseller).await, Ok(Claim::Fresh)));
    in_use(begin(db.cell(), reseller).await);
    // The first try died, and its minute has passed.
    let mut owner = db.as_owner().await;
    sqlx::query("update idempotency_keys set lease_until = clock_timestamp()").execute(&mut owner).await.unwrap();
    assert!(matches!(begin(db.cell(), reseller).await, Ok(Claim::Lost)));
    in_use(begin(db.cell(), reseller).await);
    let answer = StoredAnswer { status: 201, body: "made".to_owned(), etag: None };
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    store(&mut tx, &key(), &answer).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(begin(db.cell(), reseller).await, Ok(Claim::Done(before)) if before == answer));
}

#[tokio::test]
async fn a_key_that_another_transaction_has_uncommitted_is_waited_for_and_then_in_use() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let mut first = db.cell().tenant(reseller).await.unwrap();
    assert!(matches!(claim_leased(&mut first, &key()).await, Ok(Claim::Fresh)));
    in_use(begin(&db.second_cell(), reseller).await);
    drop(first);
    assert!(matches!(begin(db.cell(), reseller).await, Ok(Claim::Fresh)), "the first never happened");
}
