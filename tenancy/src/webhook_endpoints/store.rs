//! The SQL of webhook endpoints. Every statement names its tenant, besides row-level security. Locks are taken in one order:
//! endpoint, lane, deliveries.

use std::time::Duration;

use foundation::{Instant, Result, TenantTx, id::EndpointId, version::IfVersion};

use super::{DisabledReason, Endpoint, EndpointChanges, NewEndpoint, PayloadVersion, WantedState};
use crate::store::resellers;

/// How many endpoints there are. Holds off other creations until the transaction ends: two that each count fifteen would
/// make seventeen.
pub(super) async fn count_locked(tx: &mut TenantTx) -> Result<i64> {
    let reseller = tx.reseller();
    resellers::lock(tx).await?;
    Ok(sqlx::query_scalar("select count(*) from webhook_endpoints where reseller_id = $1")
        .bind(reseller)
        .fetch_one(tx.conn())
        .await?)
}

/// Writes an endpoint and its lane, which begins at the present end of the log.
pub(super) async fn insert(tx: &mut TenantTx, new: &NewEndpoint, headers_sealed: &[u8]) -> Result<EndpointId> {
    let (reseller, id) = (tx.reseller(), EndpointId::new());
    sqlx::query(
        "with made as (
             insert into webhook_endpoints
                 (reseller_id, endpoint_id, url, event_types, show_ids, signature, payload_version, ordered, max_per_second,
                  headers_sealed, header_names, description, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, cell_now())
             returning reseller_id, endpoint_id)
         insert into webhook_lanes (reseller_id, endpoint_id, position, seen)
         select m.reseller_id, m.endpoint_id, e.at, e.at
         from made m, (select coalesce((select position from event_counters where reseller_id = $1), 0) as at) e",
    )
    .bind(reseller)
    .bind(id)
    .bind(&new.url)
    .bind(&new.event_types)
    .bind(&new.show_ids)
    .bind(new.signature)
    .bind(PayloadVersion::default())
    .bind(new.ordered)
    .bind(new.max_per_second)
    .bind(headers_sealed)
    .bind(new.headers.keys().collect::<Vec<_>>())
    .bind(&new.description)
    .execute(tx.conn())
    .await?;
    Ok(id)
}

pub(super) async fn insert_secret(
    tx: &mut TenantTx,
    id: EndpointId,
    sealed: &[u8],
    public_key: Option<&str>,
) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into webhook_secrets (reseller_id, endpoint_id, secret_no, secret_sealed, public_key)
         select $1, $2, coalesce(max(secret_no), 0) + 1, $3, $4 from webhook_secrets where reseller_id = $1 and endpoint_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .bind(sealed)
    .bind(public_key)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends all keys after this long, or when they would have ended anyway; those that have ended are forgotten.
pub(super) async fn end_secrets(tx: &mut TenantTx, id: EndpointId, overlap: Duration) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update webhook_secrets set ends_at = least(ends_at, cell_now() + $3 * interval '1 second')
         where reseller_id = $1 and endpoint_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .bind(i64::try_from(overlap.as_secs()).unwrap_or(i64::MAX))
    .execute(tx.conn())
    .await?;
    let now = tx.now().await?;
    // The newest stays as a row, so that numbers go on; it signs no more.
    sqlx::query(
        "delete from webhook_secrets s where reseller_id = $1 and endpoint_id = $2 and ends_at <= $3
             and secret_no < (select max(n.secret_no) from webhook_secrets n where n.reseller_id = $1 and n.endpoint_id = $2)",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many keys sign now.
pub(super) async fn live_secrets(tx: &mut TenantTx, id: EndpointId) -> Result<i64> {
    let (reseller, now) = (tx.reseller(), tx.now().await?);
    Ok(sqlx::query_scalar(
        "select count(*) from webhook_secrets where reseller_id = $1 and endpoint_id = $2 and ends_at > $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .fetch_one(tx.conn())
    .await?)
}

/// Raises the endpoint's version and keeps its row until the transaction ends. Whether there is one.
pub(super) async fn touch(tx: &mut TenantTx, id: EndpointId) -> Result<bool> {
    let reseller = tx.reseller();
    let touched =
        sqlx::query("update webhook_endpoints set version = version + 1 where reseller_id = $1 and endpoint_id = $2")
            .bind(reseller)
            .bind(id)
            .execute(tx.conn())
            .await?;
    Ok(touched.rows_affected() == 1)
}

pub(super) async fn find(tx: &mut TenantTx, id: EndpointId) -> Result<Option<Endpoint>> {
    Ok(select(tx, Some(id), None, 1).await?.pop())
}

pub(super) async fn list(tx: &mut TenantTx, after: Option<EndpointId>, limit: i64) -> Result<Vec<Endpoint>> {
    select(tx, None, after, limit).await
}

async fn select(
    tx: &mut TenantTx,
    only: Option<EndpointId>,
    after: Option<EndpointId>,
    limit: i64,
) -> Result<Vec<Endpoint>> {
    let (reseller, now): (_, Instant) = (tx.reseller(), tx.now().await?);
    Ok(sqlx::query_as(
        "select w.endpoint_id, w.url, w.event_types, w.show_ids, w.state, w.disabled_reason, w.verified_at, w.signature,
                w.payload_version, w.ordered, w.max_per_second, w.header_names, w.description, w.version, w.created_at,
                l.failing_since,
                array(select s.public_key from webhook_secrets s
                      where s.reseller_id = w.reseller_id and s.endpoint_id = w.endpoint_id and s.ends_at > $5
                          and s.public_key is not null
                      order by s.secret_no desc) as public_keys
         from webhook_endpoints w
         join webhook_lanes l on l.reseller_id = w.reseller_id and l.endpoint_id = w.endpoint_id
         where w.reseller_id = $1 and ($2::uuid is null or w.endpoint_id = $2) and ($3::uuid is null or w.endpoint_id > $3)
         order by w.endpoint_id limit $4",
    )
    .bind(reseller)
    .bind(only)
    .bind(after)
    .bind(limit)
    .bind(now)
    .fetch_all(tx.conn())
    .await?)
}

/// Whether there was one of this id and version to change.
pub(super) async fn update(
    tx: &mut TenantTx,
    id: EndpointId,
    version: &IfVersion,
    changes: &EndpointChanges,
    headers_sealed: Option<&[u8]>,
) -> Result<bool> {
    let reseller = tx.reseller();
    let header_names = changes.headers.as_ref().map(|headers| headers.keys().collect::<Vec<_>>());
    let done = sqlx::query(
        "update webhook_endpoints
         set url = coalesce($4, url), verified_at = case when $4 <> url then null else verified_at end,
             event_types = coalesce($5, event_types), show_ids = coalesce($6, show_ids), ordered = coalesce($7, ordered),
             max_per_second = case when $8 then $9 else max_per_second end,
             headers_sealed = coalesce($10, headers_sealed), header_names = coalesce($11, header_names),
             description = coalesce($12, description), state = coalesce($13, state),
             disabled_reason = case when $13 is null then disabled_reason end, version = version + 1
         where reseller_id = $1 and endpoint_id = $2 and ($3::bigint[] is null or version = any ($3))",
    )
    .bind(reseller)
    .bind(id)
    .bind(version.listed())
    .bind(&changes.url)
    .bind(&changes.event_types)
    .bind(&changes.show_ids)
    .bind(changes.ordered)
    .bind(changes.max_per_second.is_some())
    .bind(changes.max_per_second.flatten())
    .bind(headers_sealed)
    .bind(header_names)
    .bind(&changes.description)
    .bind(changes.state)
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 && changes.state == Some(WantedState::Enabled) {
        // A new beginning: five days from the next failure on.
        sqlx::query("update webhook_lanes set failing_since = null where reseller_id = $1 and endpoint_id = $2")
            .bind(reseller)
            .bind(id)
            .execute(tx.conn())
            .await?;
    }
    Ok(done.rows_affected() == 1)
}

pub(super) async fn verified(tx: &mut TenantTx, id: EndpointId, url: &str) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update webhook_endpoints set verified_at = cell_now(), version = version + 1
         where reseller_id = $1 and endpoint_id = $2 and url = $3 and verified_at is null",
    )
    .bind(reseller)
    .bind(id)
    .bind(url)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether it was enabled at this address and is no longer.
pub(super) async fn disable(tx: &mut TenantTx, id: EndpointId, url: &str, reason: DisabledReason) -> Result<bool> {
    let reseller = tx.reseller();
    let done = sqlx::query(
        "update webhook_endpoints set state = 'disabled', disabled_reason = $4, version = version + 1
         where reseller_id = $1 and endpoint_id = $2 and url = $3 and state = 'enabled'",
    )
    .bind(reseller)
    .bind(id)
    .bind(url)
    .bind(reason)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there was one to delete. Its lane goes with it, so that nothing under way is recorded after. Of its deliveries there may be
/// millions: that they are to go too is noted, and the dispatcher deletes them page by page.
pub(super) async fn delete(tx: &mut TenantTx, id: EndpointId, version: &IfVersion) -> Result<bool> {
    let reseller = tx.reseller();
    let done = sqlx::query(
        "delete from webhook_endpoints
         where reseller_id = $1 and endpoint_id = $2 and ($3::bigint[] is null or version = any ($3))",
    )
    .bind(reseller)
    .bind(id)
    .bind(version.listed())
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("insert into deleted_endpoints (reseller_id, endpoint_id) values ($1, $2)")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(true)
}

/// Every sealed signing key, locked.
pub(super) async fn sealed_secrets(tx: &mut TenantTx) -> Result<Vec<(EndpointId, i32, Vec<u8>)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select endpoint_id, secret_no, secret_sealed from webhook_secrets where reseller_id = $1
         order by endpoint_id, secret_no for update",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?)
}

pub(super) async fn put_sealed_secret(tx: &mut TenantTx, id: EndpointId, no: i32, sealed: &[u8]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update webhook_secrets set secret_sealed = $4 where reseller_id = $1 and endpoint_id = $2 and secret_no = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(no)
    .bind(sealed)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Every endpoint's sealed headers, locked.
pub(super) async fn sealed_headers(tx: &mut TenantTx) -> Result<Vec<(EndpointId, Vec<u8>)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select endpoint_id, headers_sealed from webhook_endpoints where reseller_id = $1 order by endpoint_id for update",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?)
}

pub(super) async fn put_sealed_headers(tx: &mut TenantTx, id: EndpointId, sealed: &[u8]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update webhook_endpoints set headers_sealed = $3 where reseller_id = $1 and endpoint_id = $2")
        .bind(reseller)
        .bind(id)
        .bind(sealed)
        .execute(tx.conn())
        .await?;
    Ok(())
}
