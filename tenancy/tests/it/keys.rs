//! Keys: who they let in, and until when.

use std::time::Duration;

use foundation::{Code, Error, id::ApiKeyId, id::ResellerId, page::PageOf};
use tenancy::{
    KeyKind, KeyText, NewKey, Scope, advance_test_clock, authenticate, get_key, list_keys, reinstate, revoke_key,
    suspend,
};
use testkit::Database;

use crate::desk::{code, made, owner, restricted, test_environment};

/// The same key with another last digit.
fn guessed(key: &KeyText) -> KeyText {
    let mut text = key.expose().to_owned();
    let last = if text.pop() == Some('0') { '1' } else { '0' };
    text.push(last);
    text.parse().unwrap()
}

#[tokio::test]
async fn every_wrong_key_is_refused_in_the_same_words() {
    let db = Database::create().await;
    let environment = test_environment(&db).await;
    let (revoked, revoked_text) =
        made(&db, &owner(&db, &environment).await, &restricted(&[Scope::ShowsRead])).await.unwrap();
    let mut tx = db.cell().tenant(environment.reseller.id).await.unwrap();
    revoke_key(&mut tx, revoked.id).await.unwrap();
    tx.commit().await.unwrap();

    let nobodys = environment
        .secret_key
        .expose()
        .replace(&environment.reseller.id.uuid().simple().to_string(), &ResellerId::new().uuid().simple().to_string());
    let mut words = Vec::new();
    for wrong in [guessed(&environment.secret_key), nobodys.parse().unwrap(), revoked_text] {
        match authenticate(db.cell(), &wrong).await {
            Err(Error::Refused(refusal)) => words.push((refusal.code, refusal.detail)),
            other => panic!("not refused: {other:?}"),
        }
    }
    assert_eq!(words.first().unwrap().0, Code::CredentialsInvalid);
    assert!(words.iter().all(|word| *word == words[0]));
}

#[tokio::test]
async fn a_hash_opens_its_own_tenant_only() {
    let db = Database::create().await;
    let (ours, theirs) = (test_environment(&db).await, test_environment(&db).await);
    // A key that names us, but whose hash stands among their rows.
    let forged = guessed(&ours.secret_key);
    let done = sqlx::query("update api_keys set secret_hash = $1 where reseller_id = $2 and kind = 'secret'")
        .bind(forged.secret_hash().as_slice())
        .bind(theirs.reseller.id)
        .execute(&mut db.as_owner().await)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1);
    assert_eq!(code(authenticate(db.cell(), &forged).await), Code::CredentialsInvalid);
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_by_every_process() {
    let db = Database::create().await;
    let environment = test_environment(&db).await;
    let (key, text) = made(&db, &owner(&db, &environment).await, &restricted(&[Scope::OrdersRead])).await.unwrap();
    let other_process = db.second_cell();
    assert_eq!(authenticate(&other_process, &text).await.unwrap().key, key.id);

    let mut tx = db.cell().tenant(environment.reseller.id).await.unwrap();
    let revoked = revoke_key(&mut tx, key.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(authenticate(&other_process, &text).await), Code::CredentialsInvalid);
    assert!(authenticate(&other_process, &environment.secret_key).await.is_ok());

    // Again it changes nothing, and it can still be seen.
    let mut tx = db.cell().tenant(environment.reseller.id).await.unwrap();
    assert_eq!(revoke_key(&mut tx, key.id).await.unwrap(), revoked);
    assert_eq!(get_key(&mut tx, key.id).await.unwrap(), revoked);
    assert!(revoked.expires_at.is_some() && revoked.version == 2);
    assert_eq!(code(revoke_key(&mut tx, ApiKeyId::new()).await), Code::NotFound);
}

#[tokio::test]
async fn a_key_ends_by_the_tenants_clock() {
    let db = Database::create().await;
    let environment = test_environment(&db).await;
    let owner = owner(&db, &environment).await;
    let mut tx = db.cell().tenant(owner.reseller).await.unwrap();
    let end = tx.now().await.unwrap().plus(Duration::from_hours(1));
    drop(tx);
    let (key, text) =
        made(&db, &owner, &NewKey { expires_at: Some(end), ..restricted(&[Scope::ShowsRead]) }).await.unwrap();
    assert_eq!(key.expires_at, Some(end));
    assert!(authenticate(db.cell(), &text).await.is_ok());

    let mut tx = db.cell().tenant(owner.reseller).await.unwrap();
    advance_test_clock(&mut tx, Duration::from_hours(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(authenticate(db.cell(), &text).await), Code::CredentialsInvalid);
    assert!(authenticate(db.cell(), &environment.secret_key).await.is_ok());
    // What would have ended already is not made at all.
    let late = NewKey { expires_at: Some(end), ..restricted(&[Scope::ShowsRead]) };
    assert_eq!(code(made(&db, &owner, &late).await), Code::InvalidField);
}

#[tokio::test]
async fn a_suspended_reseller_is_refused_until_it_is_reinstated() {
    let db = Database::create().await;
    let (environment, other) = (test_environment(&db).await, test_environment(&db).await);
    let mut tx = db.cell().tenant(environment.reseller.id).await.unwrap();
    suspend(&mut tx, "ada", "unpaid invoices").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(authenticate(db.cell(), &environment.secret_key).await), Code::ResellerSuspended);
    assert_eq!(code(authenticate(db.cell(), &environment.publishable_key).await), Code::ResellerSuspended);
    // A guess learns nothing from it.
    assert_eq!(code(authenticate(db.cell(), &guessed(&environment.secret_key)).await), Code::CredentialsInvalid);
    assert!(authenticate(db.cell(), &other.secret_key).await.is_ok());

    let mut tx = db.cell().tenant(environment.reseller.id).await.unwrap();
    reinstate(&mut tx, "ada", "paid").await.unwrap();
    tx.commit().await.unwrap();
    assert!(authenticate(db.cell(), &environment.secret_key).await.is_ok());
}

#[tokio::test]
async fn a_key_gives_no_more_than_it_has() {
    let db = Database::create().await;
    let environment = test_environment(&db).await;
    let owner = owner(&db, &environment).await;
    let (_, text) = made(&db, &owner, &restricted(&[Scope::AccountWrite, Scope::ShowsRead])).await.unwrap();
    let limited = authenticate(db.cell(), &text).await.unwrap();
    assert!(made(&db, &limited, &restricted(&[Scope::ShowsRead])).await.is_ok());
    assert_eq!(code(made(&db, &limited, &restricted(&[Scope::ShowsRead, Scope::OrdersRead])).await), Code::Forbidden);
    let secret = NewKey { kind: KeyKind::Secret, ..restricted(&[]) };
    assert_eq!(code(made(&db, &limited, &secret).await), Code::Forbidden);
    assert!(made(&db, &owner, &secret).await.is_ok());
}

#[tokio::test]
async fn keys_are_listed_in_pages_and_of_one_tenant_only() {
    let db = Database::create().await;
    let (ours, theirs) = (test_environment(&db).await, test_environment(&db).await);
    let (newest, _) = made(&db, &owner(&db, &ours).await, &restricted(&[Scope::ShowsRead])).await.unwrap();
    let (stranger, _) = made(&db, &owner(&db, &theirs).await, &restricted(&[Scope::ShowsRead])).await.unwrap();

    let mut tx = db.cell().tenant(ours.reseller.id).await.unwrap();
    let first = list_keys(&mut tx, &PageOf { after: None, limit: 2 }).await.unwrap();
    let cursor = PageOf::parse(Some(2), first.next_cursor.as_deref()).unwrap();
    let rest = list_keys(&mut tx, &cursor).await.unwrap();
    let kinds: Vec<_> = first.items.iter().chain(&rest.items).map(|key| key.kind).collect();
    assert_eq!(kinds, [KeyKind::Secret, KeyKind::Publishable, KeyKind::Restricted]);
    assert_eq!((rest.items.last(), rest.next_cursor), (Some(&newest), None));

    assert_eq!(code(get_key(&mut tx, stranger.id).await), Code::NotFound);
    assert_eq!(code(revoke_key(&mut tx, stranger.id).await), Code::NotFound);
}
