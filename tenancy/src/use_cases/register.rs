//! Opens an account.

use foundation::{
    Cell, Mode, Result,
    id::{AccountId, ResellerId},
};

use super::issue::{Issue, issue};
use crate::{
    KeyKind, KeyText, NewAccount, NewKey, Reseller,
    store::{resellers, tenants},
};

/// An account just opened.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The account.
    pub account: AccountId,
    /// Its environment for real money.
    pub live: Environment,
    /// Its environment for trying things out.
    pub test: Environment,
}

/// An environment just made, with its first keys, which are shown this once.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The tenant.
    pub reseller: Reseller,
    /// A secret key without an end.
    pub secret_key: KeyText,
    /// A publishable key without an end.
    pub publishable_key: KeyText,
}

/// Opens an account in this cell: two environments, each a tenant of its own with a secret and a publishable key.
///
/// Each environment is one transaction, because a transaction sees one tenant only. The live one is made last. If that fails,
/// a test environment is left whose keys nobody was ever shown; it sells nothing, and calling again opens a new account.
///
/// # Errors
/// If the database does not answer.
pub async fn register(cell: &Cell, new: &NewAccount) -> Result<Registered> {
    let account = AccountId::new();
    let test = environment(cell, account, Mode::Test, new).await?;
    let live = environment(cell, account, Mode::Live, new).await?;
    Ok(Registered { account, live, test })
}

async fn environment(cell: &Cell, account: AccountId, mode: Mode, new: &NewAccount) -> Result<Environment> {
    let mut tx = cell.tenant(ResellerId::new()).await?;
    tenants::insert(&mut tx, account, mode).await?;
    let reseller = resellers::insert(&mut tx, account, mode, new).await?;
    let [secret_key, publishable_key] = [
        first_key(&mut tx, cell.region(), &reseller, KeyKind::Secret, "First secret key").await?,
        first_key(&mut tx, cell.region(), &reseller, KeyKind::Publishable, "First publishable key").await?,
    ];
    tx.commit().await?;
    Ok(Environment { reseller, secret_key, publishable_key })
}

async fn first_key(
    tx: &mut foundation::TenantTx,
    region: &str,
    of: &Reseller,
    kind: KeyKind,
    name: &str,
) -> Result<KeyText> {
    let new = NewKey { kind, name: name.to_owned(), scopes: Vec::new(), expires_at: None };
    let scopes = new.check(of.created_at)?;
    let key = Issue { region, mode: of.mode, kind, name, scopes: &scopes, expires_at: None };
    Ok(issue(tx, key).await?.1)
}
