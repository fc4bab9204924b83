//! `/v1/performances/{performance_id}/pools`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use foundation::id::{OfferId, PoolId};
use serde::Serialize;
use ticketing::rules::sale_round::Pool;
use utoipa::ToSchema;

/// A capacity that several offers of a performance share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pool)]
pub(crate) struct PoolView {
    id: PoolId,
    #[schema(example = "reduced prices")]
    name: String,
    /// How many tickets of all its offers together.
    #[schema(example = 100)]
    capacity: i32,
    offer_ids: Vec<OfferId>,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Pool> for PoolView {
    fn from(pool: Pool) -> Self {
        Self { id: pool.id, name: pool.name, capacity: pool.capacity, offer_ids: pool.offers, version: pool.version }
    }
}
