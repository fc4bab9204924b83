//! `/v1/performances/{performance_id}/pools`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use foundation::id::{OfferId, PoolId};
use serde::Serialize;
use ticketing::rules::sale_round::Pool;
use utoipa::ToSchema;

use super::reached::ReachedView;

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
    /// Whom the change would reach; only in the answer to its dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    concerned: Option<ReachedView>,
}

impl From<Pool> for PoolView {
    fn from(pool: Pool) -> Self {
        let Pool { id, name, capacity, offers: offer_ids, version, .. } = pool;
        Self { id, name, capacity, offer_ids, version, concerned: None }
    }
}
