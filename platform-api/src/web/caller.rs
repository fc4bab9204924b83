//! Who calls, and what they may: a handler without an [`Allowed`] has no way to a tenant's data.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use foundation::{
    Cell, Code, Error, Refusal, TenantTx,
    idempotency::{self, Claim, Key, StoredAnswer},
    throttle::{Rate, Throttle, Verdict},
};
use serde::Serialize;
use tenancy::{Caller, KeyKind, KeyText};
use ticketing::{provider::Provider, store::claims::Change};

use super::{Answer, Reply, client, reply::stored, telemetry};
use crate::app::{App, CellServices};

/// Scopes as types, so that a route's need stands in its handler's signature.
pub(crate) mod scope {
    use tenancy::Scope;

    /// A scope as a type.
    pub(crate) trait Needs: Send + Sync {
        /// The scope.
        const SCOPE: Scope;
    }

    macro_rules! scopes {
        ($($name:ident),*) => {$(
            pub(crate) enum $name {}
            impl Needs for $name { const SCOPE: Scope = Scope::$name; }
        )*};
    }
    scopes!(
        ShowsRead,
        ShowsWrite,
        VenuesRead,
        VenuesWrite,
        OrdersRead,
        OrdersWrite,
        FinanceRead,
        SettlementsRead,
        SettlementsWrite,
        FinanceWrite,
        WebhooksRead,
        WebhooksWrite,
        AccountRead,
        AccountWrite,
        WaitlistsWrite,
        DoorWrite,
        SupportRead,
        SupportWrite
    );
}

/// A caller that may do what the route needs, and the cell it lives in.
pub(crate) struct Allowed<N> {
    pub(crate) caller: Caller,
    pub(crate) services: CellServices,
    needs: PhantomData<fn() -> N>,
}

impl<N: scope::Needs> FromRequestParts<App> for Allowed<N> {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Reply> {
        match identify(parts, app).await {
            Ok((caller, services)) => {
                telemetry::note_reseller(caller.reseller);
                let (bucket, rate) = bucket(&caller, parts, app);
                take(&services.throttle, &bucket, rate).await?;
                caller.may(N::SCOPE)?;
                Ok(Self { caller, services, needs: PhantomData })
            }
            // Who guesses keys is slowed down by address.
            Err(Error::Refused(refusal)) if refusal.code == Code::CredentialsInvalid => {
                if let Some(services) = app.cells().next() {
                    throttle_client(parts, app, services).await?;
                }
                Err(Error::Refused(refusal).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether who once was let in with its key still would be: nothing is taken from the key's bucket.
///
/// # Errors
/// Why not, or if that cannot be read now.
pub(crate) async fn still_allowed<N: scope::Needs>(parts: &Parts, app: &App) -> Result<(), Error> {
    let (caller, _) = identify(parts, app).await?;
    Ok(caller.may(N::SCOPE)?)
}

async fn identify(parts: &Parts, app: &App) -> Result<(Caller, CellServices), Error> {
    let missing = || Refusal::new(Code::CredentialsMissing, "Send your API key as `Authorization: Bearer sk_…`.");
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, text) = given.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing().into());
    }
    let key: KeyText = text.trim().parse().map_err(|_| not_a_key())?;
    app.caller(&key).await
}

fn not_a_key() -> Refusal {
    Refusal::new(Code::CredentialsInvalid, "The API key is not one that is valid now.")
}

/// Whose tokens a request with a key takes: a server's key has its own; a publishable one is in many browsers, and each
/// address is counted by itself.
fn bucket(caller: &Caller, parts: &Parts, app: &App) -> (String, Rate) {
    let key = caller.key.uuid();
    if caller.kind == KeyKind::Publishable {
        let address = client::address(parts, &app.settings.trusted_proxies);
        return (format!("key {key} client {address}"), app.settings.client_rate);
    }
    (format!("key {key}"), app.settings.key_rate)
}

/// Takes a token of the client's address in the cell that is asked, for routes without a key.
pub(crate) async fn throttle_client(parts: &Parts, app: &App, services: &CellServices) -> Result<(), Reply> {
    let address = client::address(parts, &app.settings.trusted_proxies);
    take(&services.throttle, &format!("client {address}"), app.settings.client_rate).await
}

/// How fast one address gets to have letters written from a browser.
const JOINS: Rate = Rate { per_second: 1, burst: 10 };

async fn take(throttle: &Throttle, bucket: &str, rate: Rate) -> Result<(), Reply> {
    match throttle.take(bucket, rate).await? {
        Verdict::Pass { remaining } => {
            telemetry::note_rate(rate, remaining);
            Ok(())
        }
        Verdict::Wait(wait) => {
            telemetry::note_rate(rate, 0);
            let detail = format!(
                "{} requests a second are let through, {} at once; wait for Retry-After.",
                rate.per_second, rate.burst
            );
            Err(Refusal::new(Code::Throttled, detail).with_retry_after(wait).into())
        }
    }
}

impl<N> Allowed<N> {
    /// Slows down who gives e-mail addresses from a browser, where anyone may and each of them is written to.
    pub(crate) async fn throttle_joins(&self, parts: &Parts, app: &App) -> Result<(), Reply> {
        if self.caller.kind != KeyKind::Publishable {
            return Ok(());
        }
        let address = client::address(parts, &app.settings.trusted_proxies);
        take(&self.services.throttle, &format!("joins {} client {address}", self.caller.key.uuid()), JOINS).await
    }

    /// The caller's cell.
    pub(crate) fn cell(&self) -> &Cell {
        &self.services.cell
    }

    /// The account at the payment provider through which the caller's buyers pay.
    pub(crate) fn provider(&self) -> &Provider {
        self.services.providers.of(self.caller.mode)
    }

    /// A transaction of the caller's tenant.
    pub(crate) async fn tx(&self) -> Result<TenantTx, Reply> {
        Ok(self.cell().tenant(self.caller.reseller).await?)
    }

    /// The caller's tenant as it is at one moment, to read only: for every answer that changes nothing.
    pub(crate) async fn snapshot(&self) -> Result<TenantTx, Reply> {
        Ok(self.cell().snapshot(self.caller.reseller).await?)
    }

    /// Begins a call that is done once for its key, in one transaction. What was done before is answered at once.
    pub(crate) async fn begin(&self, key: Key) -> Result<Call<'_>, Reply> {
        let mut tx = self.tx().await?;
        match idempotency::claim(&mut tx, &key).await? {
            Claim::Fresh | Claim::Lost => Ok(Call { tx, key, services: &self.services }),
            Claim::Done(answer) => Err(Reply::replayed(&answer)),
        }
    }

    /// Begins a call in several transactions: the key is leased until the answer is stored.
    pub(crate) async fn begin_leased(&self, key: Key) -> Result<LeasedCall<'_>, Reply> {
        let mut tx = self.tx().await?;
        match idempotency::claim_leased(&mut tx, &key).await? {
            Claim::Done(answer) => Err(Reply::replayed(&answer)),
            claim @ (Claim::Fresh | Claim::Lost) => {
                tx.commit().await.map_err(Error::from)?;
                Ok(LeasedCall { again: matches!(claim, Claim::Lost), ..self.leased(key) })
            }
        }
    }

    /// A call whose key has been leased.
    pub(crate) fn leased(&self, key: Key) -> LeasedCall<'_> {
        LeasedCall { again: false, key, caller: &self.caller, services: &self.services }
    }
}

/// A call under way: dropped, nothing of it has happened.
pub(crate) struct Call<'a> {
    pub(crate) tx: TenantTx,
    key: Key,
    services: &'a CellServices,
}

impl Call<'_> {
    /// Stores the answer with the effect, commits both, and gives it. Every answer is stored sealed: some show a secret this
    /// once, some tell who buys.
    pub(crate) async fn finish(self, status: StatusCode, body: &impl Serialize, version: Option<i64>) -> Answer {
        self.finish_with(status, body, version, &[]).await
    }

    /// The same, and tells the stock in memory what became of claims.
    pub(crate) async fn finish_with(
        mut self,
        status: StatusCode,
        body: &impl Serialize,
        version: Option<i64>,
        changes: &[Change],
    ) -> Answer {
        let answer = stored(status, body, version)?;
        let reseller = self.tx.reseller();
        idempotency::store(&mut self.tx, &self.key, &answer).await?;
        commit(self.tx).await?;
        self.services.inventory.learn_own(reseller, changes);
        Reply::stored(&answer)
    }
}

/// Commits; a lost connection at this point leaves the outcome open, and the caller is told to ask again.
pub(crate) async fn commit(tx: TenantTx) -> Result<(), Error> {
    tx.commit().await.map_err(|error| {
        if foundation::refusal::is_answered(&error) {
            return Error::from(error);
        }
        Refusal::outcome_unknown().into()
    })
}

/// A call in several transactions under way.
pub(crate) struct LeasedCall<'a> {
    /// Whether an earlier try of it was lost in the middle, so that all of it may be done already.
    pub(crate) again: bool,
    key: Key,
    caller: &'a Caller,
    services: &'a CellServices,
}

impl LeasedCall<'_> {
    /// Does a part of the call; refused or failed, the key is given back, so that the caller may try again with it.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Reply> {
        match work.await {
            Ok(done) => Ok(done),
            Err(error) => {
                let mut tx = self.services.cell.tenant(self.caller.reseller).await?;
                idempotency::release(&mut tx, &self.key).await?;
                commit(tx).await?;
                Err(error.into())
            }
        }
    }

    /// Stores the answer and gives it.
    pub(crate) async fn finish(self, status: StatusCode, body: &impl Serialize, version: Option<i64>) -> Answer {
        let mut tx = self.services.cell.tenant(self.caller.reseller).await?;
        let answer: StoredAnswer = stored(status, body, version)?;
        idempotency::store(&mut tx, &self.key, &answer).await?;
        commit(tx).await?;
        Reply::stored(&answer)
    }
}
