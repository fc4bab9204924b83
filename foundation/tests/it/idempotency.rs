//! The lease of a call in several transactions.

use foundation::{
    Cell, Code, Error, Result,
    id::ResellerId,
    idempotency::{Claim, Key, StoredAnswer, claim_leased, claim_leased_all, store, store_all},
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

#[tokio::test]
async fn of_calls_with_the_same_key_that_are_begun_together_the_first_has_it() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    let of = |text: &str, body: u8| Key { text: text.to_owned(), fingerprint: [body; 32] };
    let (done, lost, fresh) = (of("done", 1), of("lost", 1), of("fresh", 1));
    let answer = StoredAnswer { status: 201, body: "made".to_owned(), etag: Some("\"1\"".to_owned()) };
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    claim_leased_all(&mut tx, &[&done, &lost]).await.unwrap();
    store_all(&mut tx, &[(&done, &answer)]).await.unwrap();
    tx.commit().await.unwrap();
    let ran_out = "update idempotency_keys set lease_until = clock_timestamp()";
    sqlx::query(ran_out).execute(&mut db.as_owner().await).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    // Enough of them that sorting must not leave open which of two with the same key is the first.
    let (other, a, b, c) = (of("done", 2), of("a", 1), of("b", 1), of("c", 1));
    let fresh_too = of("fresh", 2);
    let keys = [&fresh, &c, &done, &b, &lost, &fresh_too, &a, &lost, &other, &fresh, &of("lost", 2)];
    let said = claim_leased_all(&mut tx, &keys).await.unwrap();
    let said = said.into_iter().map(|said| match said {
        Ok(Claim::Fresh) => "fresh",
        Ok(Claim::Lost) => "lost",
        Ok(Claim::Done(before)) if before == answer => "done",
        Ok(Claim::Done(_)) => "another answer",
        Err(refusal) if refusal.code == Code::IdempotencyKeyInUse => "in use",
        Err(refusal) if refusal.code == Code::IdempotencyKeyReused => "reused",
        Err(_) => "refused",
    });
    let expected =
        ["fresh", "fresh", "done", "fresh", "lost", "reused", "fresh", "in use", "reused", "in use", "reused"];
    assert_eq!(said.collect::<Vec<_>>(), expected);
    let answers = [(&fresh, &answer), (&done, &answer), (&lost, &answer)];
    let stored = store_all(&mut tx, &answers).await.unwrap();
    assert_eq!(stored, ["fresh", "lost"].map(str::to_owned).into(), "an answer is stored once");
}
