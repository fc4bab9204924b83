//! Rotating a key: the old one and the new one overlap for as long as was asked, and no longer.

use std::time::Duration;

use foundation::{Cell, Code, Result, id::ApiKeyId};
use tenancy::{
    ApiKey, Caller, KeyText, NewKey, Scope, advance_test_clock, authenticate, get_key, revoke_key, rotate_key,
};
use testkit::Database;

use crate::desk::{code, made, owner, restricted, test_environment};

const HOUR: Duration = Duration::from_hours(1);

async fn rotated(cell: &Cell, by: &Caller, id: ApiKeyId, overlap: Duration) -> Result<(ApiKey, KeyText)> {
    let mut tx = cell.tenant(by.reseller).await?;
    let rotated = rotate_key(&mut tx, cell.region(), by, id, overlap).await?;
    tx.commit().await?;
    Ok(rotated)
}

async fn pass(cell: &Cell, by: &Caller, time: Duration) {
    let mut tx = cell.tenant(by.reseller).await.unwrap();
    advance_test_clock(&mut tx, time).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn both_keys_are_good_for_the_overlap_then_the_new_one_only() {
    let db = Database::create().await;
    let owner = owner(&db, &test_environment(&db).await).await;
    let (old, old_text) = made(&db, &owner, &restricted(&[Scope::OrdersRead])).await.unwrap();
    let (new, new_text) = rotated(db.cell(), &owner, old.id, 2 * HOUR).await.unwrap();
    assert_eq!((new.kind, &new.name, &new.scopes, new.expires_at), (old.kind, &old.name, &old.scopes, None));
    assert_ne!(new.id, old.id);

    pass(db.cell(), &owner, HOUR).await;
    assert_eq!(authenticate(db.cell(), &old_text).await.unwrap().key, old.id);
    assert_eq!(authenticate(db.cell(), &new_text).await.unwrap().key, new.id);
    pass(db.cell(), &owner, HOUR).await;
    assert_eq!(code(authenticate(db.cell(), &old_text).await), Code::CredentialsInvalid);
    assert_eq!(authenticate(db.cell(), &new_text).await.unwrap().key, new.id);
}

#[tokio::test]
async fn without_overlap_the_old_key_ends_at_once() {
    let db = Database::create().await;
    let owner = owner(&db, &test_environment(&db).await).await;
    let (old, old_text) = made(&db, &owner, &restricted(&[Scope::OrdersRead])).await.unwrap();
    let (_, new_text) = rotated(db.cell(), &owner, old.id, Duration::ZERO).await.unwrap();
    assert_eq!(code(authenticate(db.cell(), &old_text).await), Code::CredentialsInvalid);
    assert!(authenticate(db.cell(), &new_text).await.is_ok());
}

#[tokio::test]
async fn a_rotation_never_makes_a_key_live_longer() {
    let db = Database::create().await;
    let owner = owner(&db, &test_environment(&db).await).await;
    let mut tx = db.cell().tenant(owner.reseller).await.unwrap();
    let end = tx.now().await.unwrap().plus(HOUR);
    drop(tx);
    let (old, _) =
        made(&db, &owner, &NewKey { expires_at: Some(end), ..restricted(&[Scope::OrdersRead]) }).await.unwrap();
    rotated(db.cell(), &owner, old.id, 2 * HOUR).await.unwrap();
    let mut tx = db.cell().tenant(owner.reseller).await.unwrap();
    assert_eq!(get_key(&mut tx, old.id).await.unwrap().expires_at, Some(end));
}

#[tokio::test]
async fn what_has_ended_is_too_strong_or_asks_too_long_is_not_rotated() {
    let db = Database::create().await;
    let owner = owner(&db, &test_environment(&db).await).await;
    let (key, text) = made(&db, &owner, &restricted(&[Scope::AccountWrite])).await.unwrap();
    let limited = authenticate(db.cell(), &text).await.unwrap();
    assert_eq!(code(rotated(db.cell(), &limited, owner.key, HOUR).await), Code::Forbidden);
    assert_eq!(code(rotated(db.cell(), &owner, key.id, Duration::from_hours(7 * 24 + 1)).await), Code::InvalidField);
    assert_eq!(code(rotated(db.cell(), &owner, ApiKeyId::new(), HOUR).await), Code::NotFound);

    let mut tx = db.cell().tenant(owner.reseller).await.unwrap();
    revoke_key(&mut tx, key.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(rotated(db.cell(), &owner, key.id, HOUR).await), Code::Expired);
}
