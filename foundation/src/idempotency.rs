//! Idempotency keys: claim, effect and stored answer in one transaction, so that a repeated request is answered with the
//! bytes of the first and done once.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use crate::{
    cell::TenantTx,
    id::{Id, ResellerId},
    input::card_number,
    refusal::{Code, Error, Refusal, Result},
    time::Instant,
};

/// A caller's key and the fingerprint of what was asked with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// 1 to 255 characters, the caller's own.
    pub text: String,
    /// SHA-256 over method, path and body.
    pub fingerprint: [u8; 32],
}

/// Reads what a caller has sent as its key: bare, or quoted as a structured field (draft-ietf-httpapi-idempotency-key-header).
///
/// # Errors
/// `idempotency_key_missing`; `invalid_request` for what is none; `card_data_refused` for what looks like a card number.
pub fn read_key(given: Option<&str>) -> Result<String, Refusal> {
    let given = given.map(str::trim).ok_or_else(|| {
        let detail = "Send an Idempotency-Key header with a value of your own, such as a UUID, and the same one when you try again.";
        Refusal::new(Code::IdempotencyKeyMissing, detail)
    })?;
    let text = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(given);
    if text.is_empty() || text.len() > 255 || text.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
        return Err(Refusal::new(Code::InvalidRequest, "An Idempotency-Key is 1 to 255 printable ASCII characters."));
    }
    if card_number::is_in(text.as_bytes()) {
        return Err(card_number::refusal("Idempotency-Key"));
    }
    Ok(text.to_owned())
}

impl Key {
    /// The key of this request.
    #[must_use]
    pub fn of(text: String, (method, path, body): (&str, &str, &[u8])) -> Self {
        let mut fingerprint = Sha256::new_with_prefix(method);
        fingerprint.update([0]);
        fingerprint.update(path);
        fingerprint.update([0]);
        fingerprint.update(body);
        Self { text, fingerprint: fingerprint.finalize().into() }
    }

    /// The id that this key with this request always gives: a call in several steps finds what an earlier try of it made.
    #[must_use]
    pub fn derived_id<K>(&self, reseller: ResellerId) -> Id<K> {
        let mut hash = Sha256::new_with_prefix(reseller.uuid().as_bytes());
        hash.update(self.fingerprint);
        hash.update(&self.text);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Id::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// An answer as it was given the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The status code.
    pub status: u16,
    /// The body, to the byte.
    pub body: String,
    /// The ETag, if the answer had one.
    pub etag: Option<String>,
}

/// What a key says to a request that comes with it.
#[derive(Debug)]
pub enum Claim {
    /// The first: do it, then [`store`] the answer in the same transaction.
    Fresh,
    /// An earlier try of this very request was lost in the middle: do what of it is not done yet, then [`store`] the answer.
    Lost,
    /// Done before: give this again.
    Done(StoredAnswer),
}

/// How long a call in several steps may be without a sign of life before the same key may take it up again.
pub const LEASE: Duration = Duration::from_secs(60);

#[derive(sqlx::FromRow)]
struct Row {
    key: String,
    request_hash: Vec<u8>,
    state: String,
    status: Option<i16>,
    answer: Option<String>,
    answer_sealed: Option<Vec<u8>>,
    etag: Option<String>,
    lease_until: Option<Instant>,
    now: Instant,
}

impl Row {
    /// The answer, opened if it was sealed.
    fn body(&self, tx: &TenantTx) -> Result<Option<String>> {
        let Some(sealed) = &self.answer_sealed else { return Ok(self.answer.clone()) };
        let opened = tx.sealer().open(tx.reseller(), sealed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        opened.map(Some).ok_or_else(|| Error::Inconsistent("a sealed answer does not open".to_owned()))
    }

    fn judge(&self, tx: &TenantTx, key: &Key) -> Result<Result<Claim, Refusal>> {
        if self.request_hash != key.fingerprint {
            return Ok(Err(reused()));
        }
        Ok(match (self.state.as_str(), self.status, self.body(tx)?) {
            ("done", Some(status), Some(body)) => {
                let status = u16::try_from(status).unwrap_or(200);
                Ok(Claim::Done(StoredAnswer { status, body, etag: self.etag.clone() }))
            }
            _ => match self.lease_until.filter(|lease| *lease > self.now) {
                Some(lease) => Err(leased(lease.since(self.now))),
                None => Ok(Claim::Lost),
            },
        })
    }
}

/// The same key with another request.
#[must_use]
pub fn reused() -> Refusal {
    Refusal::new(
        Code::IdempotencyKeyReused,
        "This Idempotency-Key was used with another request; take a new key for a new request.",
    )
}

/// The same request still under way.
#[must_use]
pub fn in_use() -> Refusal {
    Refusal::new(
        Code::IdempotencyKeyInUse,
        "The first request with this Idempotency-Key is still running; ask again with the same key.",
    )
    .with_retry_after(Duration::from_secs(1))
}

/// The same request leased by a process that is at it, or was lost with it; the lease ends after this long.
fn leased(left: Duration) -> Refusal {
    // Rounded up: who comes back at the time told must not be told again.
    let seconds = left.as_millis().div_ceil(1_000).max(1);
    let detail = format!(
        "The first request with this Idempotency-Key is still running, or was lost in the middle. After at most {seconds} \
         seconds the same key has its answer, or does the work again."
    );
    Refusal::new(Code::IdempotencyKeyInUse, detail).with_retry_after(left)
}

/// Claims the key for the caller's transaction. Another transaction that has it uncommitted is waited for, shortly.
///
/// # Errors
/// `idempotency_key_reused`, `idempotency_key_in_use`, or the database's.
pub async fn claim(tx: &mut TenantTx, key: &Key) -> Result<Claim> {
    let claim = only(claim_with(tx, &[key], None, Some(PATIENCE)).await?)?;
    // The effect follows in the same transaction, and has the patience of any other.
    sqlx::query("set local lock_timeout = '5s'").execute(tx.conn()).await?;
    Ok(claim)
}

/// Claims the key for a call in several transactions: the caller commits the claim, and has a lease on it until the answer
/// is stored or the lease runs out.
///
/// # Errors
/// As [`claim`].
pub async fn claim_leased(tx: &mut TenantTx, key: &Key) -> Result<Claim> {
    only(claim_with(tx, &[key], Some(LEASE), Some(PATIENCE)).await?)
}

/// The same for many calls at once, in their order. Of two with the same key the first has it. How long another transaction is waited for
/// is the caller's affair.
///
/// # Errors
/// Of each as [`claim`]; the database's.
pub async fn claim_leased_all(tx: &mut TenantTx, keys: &[&Key]) -> Result<Vec<Result<Claim, Refusal>>> {
    claim_with(tx, keys, Some(LEASE), None).await
}

/// How long a call waits for another transaction that has its key, before it is told to ask again.
const PATIENCE: &str = "1s";

fn only(claims: Vec<Result<Claim, Refusal>>) -> Result<Claim> {
    let claim = claims.into_iter().next();
    Ok(claim.ok_or_else(|| Error::Inconsistent("a key that says nothing".to_owned()))??)
}

async fn claim_with(
    tx: &mut TenantTx,
    keys: &[&Key],
    lease: Option<Duration>,
    patience: Option<&str>,
) -> Result<Vec<Result<Claim, Refusal>>> {
    let reseller = tx.reseller();
    let lease_seconds = lease.map(|lease| i64::try_from(lease.as_secs()).unwrap_or(i64::MAX));
    // A second transaction with the key waits here for the first. Sorted, so that two with the same keys meet in one order, and of two with
    // the same key the first is written.
    let inserted = sqlx::query_scalar(
        "with patience as materialized (select set_config('lock_timeout', coalesce($5, current_setting('lock_timeout')), true))
         insert into idempotency_keys (reseller_id, key, request_hash, state, lease_until, created_at)
         select $1, k.key, k.hash, 'running', n.now + make_interval(secs => $4::bigint), n.now
         from patience, (select clock_timestamp() as now) n,
              unnest($2::text[], $3::bytea[]) with ordinality as k (key, hash, nth)
         order by k.key, k.nth
         on conflict (reseller_id, key) do nothing returning key",
    )
    .bind(reseller)
    .bind(keys.iter().map(|key| key.text.as_str()).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.fingerprint.as_slice()).collect::<Vec<_>>())
    .bind(lease_seconds)
    .bind(patience)
    .fetch_all(tx.conn())
    .await;
    let mut fresh: HashSet<String> = match inserted {
        Err(error) if keys.len() == 1 && crate::refusal::is_contention(&error) => return Err(in_use().into()),
        inserted => inserted?.into_iter().collect(),
    };
    // The first of two with the same key takes it.
    let is_fresh: Vec<bool> = keys.iter().map(|key| fresh.remove(&key.text)).collect();
    let others: Vec<&str> =
        keys.iter().zip(&is_fresh).filter(|(_, fresh)| !**fresh).map(|(key, _)| key.text.as_str()).collect();
    let rows = if others.is_empty() { HashMap::new() } else { rows(tx, &others).await? };
    let mut claims = Vec::with_capacity(keys.len());
    let mut lost: Vec<&str> = Vec::new();
    for (key, fresh) in keys.iter().zip(is_fresh) {
        let claim = match rows.get(&key.text) {
            _ if fresh => Ok(Claim::Fresh),
            Some(row) => row.judge(tx, key)?,
            // Given back at this moment.
            None => Err(in_use()),
        };
        claims.push(match claim {
            // Another of them has taken up what was lost.
            Ok(Claim::Lost) if lost.contains(&key.text.as_str()) => Err(in_use()),
            Ok(Claim::Lost) => {
                lost.push(&key.text);
                Ok(Claim::Lost)
            }
            claim => claim,
        });
    }
    if let (false, Some(seconds)) = (lost.is_empty(), lease_seconds) {
        sqlx::query(
            "update idempotency_keys set lease_until = clock_timestamp() + make_interval(secs => $3::bigint)
             where reseller_id = $1 and key = any($2)",
        )
        .bind(reseller)
        .bind(lost)
        .bind(seconds)
        .execute(tx.conn())
        .await?;
    }
    Ok(claims)
}

async fn rows(tx: &mut TenantTx, keys: &[&str]) -> Result<HashMap<String, Row>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select key, request_hash, state, status, answer, answer_sealed, etag, lease_until, clock_timestamp() as now
         from idempotency_keys where reseller_id = $1 and key = any($2) order by key for update",
    )
    .bind(reseller)
    .bind(keys)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.key.clone(), row)).collect())
}

/// Stores the answer of a claimed key, in the transaction of the effect. It is sealed: answers have secrets that are shown once,
/// and buyers' names.
///
/// # Errors
/// If the key is not claimed, or the database's.
pub async fn store(tx: &mut TenantTx, key: &Key, answer: &StoredAnswer) -> Result<()> {
    if store_all(tx, &[(key, answer)]).await?.contains(&key.text) {
        return Ok(());
    }
    Err(Error::Inconsistent("an answer for a key that is not claimed".to_owned()))
}

/// The same for many calls at once. Gives the keys that have their answers now: the others are claimed no more, by whoever took them up when
/// their lease had run out.
///
/// # Errors
/// The database's.
pub async fn store_all(tx: &mut TenantTx, answers: &[(&Key, &StoredAnswer)]) -> Result<HashSet<String>> {
    let reseller = tx.reseller();
    let mut sealed = Vec::with_capacity(answers.len());
    for (_, answer) in answers {
        let body = tx.sealer().seal(reseller, answer.body.as_bytes());
        sealed.push(body.map_err(|error| Error::Inconsistent(error.to_string()))?);
    }
    // Locked in the one order before they are written.
    let stored: Vec<String> = sqlx::query_scalar(
        "with mine as materialized (
             select key from idempotency_keys where reseller_id = $1 and key = any($2) and state = 'running' order by key for update)
         update idempotency_keys k set state = 'done', status = a.status, answer_sealed = a.sealed, etag = a.etag
         from mine join unnest($2::text[], $3::smallint[], $4::bytea[], $5::text[]) as a (key, status, sealed, etag) on a.key = mine.key
         where k.reseller_id = $1 and k.key = any($2) and k.key = mine.key
         returning k.key",
    )
    .bind(reseller)
    .bind(answers.iter().map(|(key, _)| key.text.as_str()).collect::<Vec<_>>())
    .bind(answers.iter().map(|(_, answer)| i16::try_from(answer.status).unwrap_or(200)).collect::<Vec<_>>())
    .bind(sealed)
    .bind(answers.iter().map(|(_, answer)| answer.etag.as_deref()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(stored.into_iter().collect())
}

/// Gives a leased key up after a refusal, so that the caller may try again with it.
///
/// # Errors
/// The database's.
pub async fn release(tx: &mut TenantTx, key: &Key) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("delete from idempotency_keys where reseller_id = $1 and key = $2 and state = 'running'")
        .bind(reseller)
        .bind(&key.text)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Takes back a key that this transaction has just stored, because what was asked for could not be had.
///
/// # Errors
/// The database's own.
pub async fn forget(tx: &mut TenantTx, key: &Key) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query("delete from idempotency_keys where reseller_id = $1 and key = $2")
        .bind(reseller)
        .bind(&key.text)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What is stored under these keys already, for callers that combine many requests into one transaction.
///
/// # Errors
/// The database's own.
pub async fn stored(
    tx: &mut TenantTx,
    keys: &[&str],
) -> Result<Vec<(String, Vec<u8>, Option<StoredAnswer>)>, sqlx::Error> {
    type Stored = (String, Vec<u8>, Option<i16>, Option<String>, Option<String>);
    let reseller = tx.reseller();
    let rows: Vec<Stored> = sqlx::query_as(
        "select key, request_hash, status, answer, etag from idempotency_keys where reseller_id = $1 and key = any($2)",
    )
    .bind(reseller)
    .bind(keys)
    .fetch_all(tx.conn())
    .await?;
    let answer = |(key, hash, status, body, etag): Stored| {
        let answer = status.zip(body).map(|(status, body)| StoredAnswer {
            status: u16::try_from(status).unwrap_or(200),
            body,
            etag,
        });
        (key, hash, answer)
    };
    Ok(rows.into_iter().map(answer).collect())
}

/// Stores many keys with their answers at once; returns the keys that were free. Sorted, so that two processes with the same
/// keys meet in one order.
///
/// # Errors
/// The database's own.
pub async fn store_many(tx: &mut TenantTx, rows: &[(&Key, &StoredAnswer)]) -> Result<Vec<String>, sqlx::Error> {
    let reseller = tx.reseller();
    let keys: Vec<&str> = rows.iter().map(|(key, _)| key.text.as_str()).collect();
    let hashes: Vec<&[u8]> = rows.iter().map(|(key, _)| key.fingerprint.as_slice()).collect();
    let statuses: Vec<i16> = rows.iter().map(|(_, answer)| i16::try_from(answer.status).unwrap_or(200)).collect();
    let bodies: Vec<&str> = rows.iter().map(|(_, answer)| answer.body.as_str()).collect();
    let etags: Vec<Option<&str>> = rows.iter().map(|(_, answer)| answer.etag.as_deref()).collect();
    sqlx::query_scalar(
        "insert into idempotency_keys (reseller_id, key, request_hash, state, status, answer, etag, created_at)
         select $1, k.key, k.hash, 'done', k.status, k.answer, k.etag, clock_timestamp()
         from unnest($2::text[], $3::bytea[], $4::smallint[], $5::text[], $6::text[]) as k (key, hash, status, answer, etag)
         order by k.key
         on conflict (reseller_id, key) do nothing returning key",
    )
    .bind(reseller)
    .bind(keys)
    .bind(hashes)
    .bind(statuses)
    .bind(bodies)
    .bind(etags)
    .fetch_all(tx.conn())
    .await
}
