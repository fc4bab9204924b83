//! What the tests have in common: an account to open, and what a refusal's code is.

use foundation::{Code, Error, Result};
use tenancy::{
    AccountForm, Caller, Environment, KeyKind, KeyText, NewAccount, NewKey, Scope, authenticate, create_key,
};
use testkit::Database;

pub(crate) fn account() -> NewAccount {
    NewAccount::parse(AccountForm {
        name: "Stadium".to_owned(),
        email: "office@stadium.example".to_owned(),
        country: "NL".to_owned(),
        currency: "EUR".to_owned(),
        legal_name: "Stadium BV".to_owned(),
        address: "Street 1\n1000 AA Amsterdam".to_owned(),
        tax_id: Some("NL001".to_owned()),
    })
    .unwrap()
}

/// A fresh account's test environment.
pub(crate) async fn test_environment(db: &Database) -> Environment {
    tenancy::register(db.cell(), &account()).await.unwrap().test
}

/// Who asks with the environment's secret key.
pub(crate) async fn owner(db: &Database, of: &Environment) -> Caller {
    authenticate(db.cell(), &of.secret_key).await.unwrap()
}

pub(crate) fn restricted(scopes: &[Scope]) -> NewKey {
    NewKey { kind: KeyKind::Restricted, name: "Door scanner".to_owned(), scopes: scopes.to_vec(), expires_at: None }
}

/// A key made by this caller and committed.
pub(crate) async fn made(db: &Database, by: &Caller, new: &NewKey) -> Result<(tenancy::ApiKey, KeyText)> {
    let mut tx = db.cell().tenant(by.reseller).await?;
    let made = create_key(&mut tx, db.cell().region(), by, new).await?;
    tx.commit().await?;
    Ok(made)
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    match result {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}
