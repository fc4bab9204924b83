//! `GET /v1/settlements/{settlement_id}`

use accounting::{Settlement, settlement};
use foundation::id::SettlementId;

use super::told;
use crate::web::{Allowed, Answer, Path, Reply, scope::SettlementsRead};

/// Reads a settlement: to the byte what it was when its period was closed.
#[utoipa::path(get, path = "/v1/settlements/{settlement_id}", tag = "Finance", params(("settlement_id" = SettlementId, Path)), responses((status = 200, body = Settlement)))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>, Path(id): Path<SettlementId>) -> Answer {
    Reply::ok(&told(settlement(&mut allowed.snapshot().await?, id).await?)?)
}
