//! Opening an account.

use foundation::Mode;
use tenancy::{KeyKind, Scope, ScopeSet, authenticate, get_reseller, register, tenants_after};
use testkit::Database;

use crate::desk::account;

#[tokio::test]
async fn an_account_has_two_environments_with_keys_of_their_own() {
    let db = Database::create_in("us").await;
    let registered = register(db.cell(), &account()).await.unwrap();
    let both = [(&registered.live, Mode::Live), (&registered.test, Mode::Test)];
    for (environment, mode) in both {
        let mut tx = db.cell().tenant(environment.reseller.id).await.unwrap();
        let reseller = get_reseller(&mut tx).await.unwrap();
        assert_eq!(reseller, environment.reseller);
        assert_eq!((reseller.account, reseller.mode, reseller.version), (registered.account, mode, 1));
        assert_eq!((reseller.currency.code(), reseller.tax_id.as_deref()), ("EUR", Some("NL001")));

        let secret = authenticate(db.cell(), &environment.secret_key).await.unwrap();
        assert_eq!((secret.reseller, secret.account, secret.mode), (reseller.id, registered.account, mode));
        assert_eq!((secret.kind, secret.scopes), (KeyKind::Secret, ScopeSet::all()));
        let publishable = authenticate(db.cell(), &environment.publishable_key).await.unwrap();
        assert_eq!(publishable.kind, KeyKind::Publishable);
        assert_eq!(
            publishable.scopes.iter().collect::<Vec<_>>(),
            [Scope::ShowsRead, Scope::VenuesRead, Scope::WaitlistsWrite]
        );

        assert!(environment.secret_key.expose().starts_with(&format!("sk_{}_us_", mode.as_str())));
        assert!(environment.publishable_key.expose().starts_with(&format!("pk_{}_us_", mode.as_str())));
    }
    assert_ne!(registered.live.reseller.id, registered.test.reseller.id);
}

#[tokio::test]
async fn the_directory_lists_every_tenant_once_page_by_page() {
    let db = Database::create().await;
    let mut all = Vec::new();
    for _ in 0..2 {
        let registered = register(db.cell(), &account()).await.unwrap();
        all.extend([registered.live.reseller.id, registered.test.reseller.id]);
    }
    all.sort();
    let first = tenants_after(db.cell(), None, 3).await.unwrap();
    let second = tenants_after(db.cell(), first.last().copied(), 3).await.unwrap();
    assert_eq!([first, second], [all[..3].to_vec(), all[3..].to_vec()]);
}

#[tokio::test]
async fn no_secret_is_in_the_database() {
    let db = Database::create().await;
    let registered = register(db.cell(), &account()).await.unwrap();
    let rows: Vec<String> = sqlx::query_scalar("select to_jsonb(k)::text from api_keys k")
        .fetch_all(&mut db.as_owner().await)
        .await
        .unwrap();
    assert_eq!(rows.len(), 4);
    for environment in [&registered.live, &registered.test] {
        for key in [&environment.secret_key, &environment.publishable_key] {
            let digits = key.expose().rsplit('_').next().unwrap();
            let secret = digits.get(32..).unwrap();
            assert!(!rows.iter().any(|row| row.contains(secret)));
        }
    }
}
