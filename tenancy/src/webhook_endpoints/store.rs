//! The SQL of webhook endpoints. Every statement names its tenant, besides row-level security.

use foundation::{Result, TenantTx, id::EndpointId, version::IfVersion};

use super::{Endpoint, EndpointChanges, NewEndpoint};
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

pub(super) async fn insert(tx: &mut TenantTx, new: &NewEndpoint, secret_sealed: &[u8]) -> Result<Endpoint> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "insert into webhook_endpoints
             (reseller_id, endpoint_id, url, event_types, secret_sealed, description, after_position, created_at)
         values ($1, $2, $3, $4, $5, $6,
             coalesce((select position from event_counters where reseller_id = $1), 0), cell_now())
         returning endpoint_id, url, event_types, state, description, version, created_at",
    )
    .bind(reseller)
    .bind(EndpointId::new())
    .bind(&new.url)
    .bind(&new.event_types)
    .bind(secret_sealed)
    .bind(&new.description)
    .fetch_one(tx.conn())
    .await?)
}

pub(super) async fn find(tx: &mut TenantTx, id: EndpointId) -> Result<Option<Endpoint>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select endpoint_id, url, event_types, state, description, version, created_at
         from webhook_endpoints where reseller_id = $1 and endpoint_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}

pub(super) async fn list(tx: &mut TenantTx, after: Option<EndpointId>, limit: i64) -> Result<Vec<Endpoint>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select endpoint_id, url, event_types, state, description, version, created_at
         from webhook_endpoints where reseller_id = $1 and ($2::uuid is null or endpoint_id > $2)
         order by endpoint_id limit $3",
    )
    .bind(reseller)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// The endpoint after the change; none when there is none of this id and version.
pub(super) async fn update(
    tx: &mut TenantTx,
    id: EndpointId,
    version: &IfVersion,
    changes: &EndpointChanges,
) -> Result<Option<Endpoint>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "update webhook_endpoints
         set url = coalesce($4, url), event_types = coalesce($5, event_types), description = coalesce($6, description),
             state = coalesce($7, state), version = version + 1
         where reseller_id = $1 and endpoint_id = $2 and ($3::bigint[] is null or version = any ($3))
         returning endpoint_id, url, event_types, state, description, version, created_at",
    )
    .bind(reseller)
    .bind(id)
    .bind(version.listed())
    .bind(&changes.url)
    .bind(&changes.event_types)
    .bind(&changes.description)
    .bind(changes.state)
    .fetch_optional(tx.conn())
    .await?)
}

/// Whether there was one to delete.
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
    Ok(done.rows_affected() == 1)
}
