//! The table `api_keys`: hashes, never secrets.

use foundation::{Error, Instant, Result, TenantTx, id::AccountId, id::ApiKeyId};

use crate::{ApiKey, Caller, KeyKind, KeyText, ResellerState, ScopeSet};

#[derive(sqlx::FromRow)]
struct Row {
    api_key_id: ApiKeyId,
    kind: KeyKind,
    name: String,
    scopes: Vec<String>,
    last_four: String,
    created_at: Instant,
    expires_at: Instant,
    version: i64,
}

impl TryFrom<Row> for ApiKey {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.api_key_id,
            kind: row.kind,
            name: row.name,
            scopes: read_scopes(row.api_key_id, &row.scopes)?,
            last_four: row.last_four,
            created_at: row.created_at,
            expires_at: Some(row.expires_at).filter(|end| *end != Instant::NEVER),
            version: row.version,
        })
    }
}

fn read_scopes(key: ApiKeyId, texts: &[String]) -> Result<ScopeSet> {
    texts
        .iter()
        .map(|text| text.parse())
        .collect::<Result<ScopeSet, _>>()
        .map_err(|_| Error::Inconsistent(format!("key {key} has an unknown scope")))
}

/// Adds a key to the transaction's tenant; its text gives kind, hash and last four digits.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    text: &KeyText,
    name: &str,
    scopes: &ScopeSet,
    expires_at: Option<Instant>,
) -> Result<ApiKey> {
    let reseller = tx.reseller();
    sqlx::query_as::<_, Row>(
        "insert into api_keys (reseller_id, api_key_id, kind, name, scopes, secret_hash, last_four, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, cell_now(), $8)
         returning api_key_id, kind, name, scopes, last_four, created_at, expires_at, version",
    )
    .bind(reseller)
    .bind(ApiKeyId::new())
    .bind(text.kind())
    .bind(name)
    .bind(scopes.iter().map(crate::Scope::as_str).collect::<Vec<_>>())
    .bind(text.secret_hash().as_slice())
    .bind(text.last_four())
    .bind(expires_at.unwrap_or(Instant::NEVER))
    .fetch_one(tx.conn())
    .await?
    .try_into()
}

/// The key of this id.
pub(crate) async fn find(tx: &mut TenantTx, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let reseller = tx.reseller();
    sqlx::query_as::<_, Row>(
        "select api_key_id, kind, name, scopes, last_four, created_at, expires_at, version
         from api_keys where reseller_id = $1 and api_key_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// The keys after this one, in the order they were made.
pub(crate) async fn list(tx: &mut TenantTx, after: Option<ApiKeyId>, limit: i64) -> Result<Vec<ApiKey>> {
    let reseller = tx.reseller();
    sqlx::query_as::<_, Row>(
        "select api_key_id, kind, name, scopes, last_four, created_at, expires_at, version
         from api_keys where reseller_id = $1 and ($2::uuid is null or api_key_id > $2)
         order by api_key_id limit $3",
    )
    .bind(reseller)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// Ends a key that is good now so many microseconds from now, or sooner if it ends sooner by itself. None when there is no
/// such key that is good.
pub(crate) async fn end(tx: &mut TenantTx, id: ApiKeyId, in_micros: i64) -> Result<Option<ApiKey>> {
    let reseller = tx.reseller();
    sqlx::query_as::<_, Row>(
        "update api_keys
         set expires_at = least(expires_at, cell_now() + $3 * interval '1 microsecond'), version = version + 1
         where reseller_id = $1 and api_key_id = $2 and expires_at > cell_now()
         returning api_key_id, kind, name, scopes, last_four, created_at, expires_at, version",
    )
    .bind(reseller)
    .bind(id)
    .bind(in_micros)
    .fetch_optional(tx.conn())
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// Whose key has this hash, if it is good now, and the state its owner is in.
pub(crate) async fn caller(tx: &mut TenantTx, secret_hash: &[u8; 32]) -> Result<Option<(Caller, ResellerState)>> {
    let reseller = tx.reseller();
    let row: Option<(ApiKeyId, KeyKind, Vec<String>, AccountId, String, ResellerState)> = sqlx::query_as(
        "select k.api_key_id, k.kind, k.scopes, r.account_id, r.mode, r.state
         from api_keys k join resellers r on r.reseller_id = k.reseller_id
         where k.reseller_id = $1 and k.secret_hash = $2 and k.expires_at > cell_now()",
    )
    .bind(reseller)
    .bind(secret_hash.as_slice())
    .fetch_optional(tx.conn())
    .await?;
    let Some((key, kind, scopes, account, mode, state)) = row else { return Ok(None) };
    let mode = mode.parse().map_err(|()| Error::Inconsistent(format!("reseller {reseller} has an unknown mode")))?;
    let scopes = read_scopes(key, &scopes)?;
    Ok(Some((Caller { reseller, account, mode, key, kind, scopes }, state)))
}
