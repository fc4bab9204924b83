//! `GET /v1/promotions/{promotion_id}`

use foundation::id::PromotionId;
use ticketing::store::promotions;

use super::PromotionView;
use crate::web::{Allowed, Answer, Path, Reply, scope::ShowsWrite};

/// Reads a promotion. Its code is a secret of sorts: only who may change shows sees it.
#[utoipa::path(get, path = "/v1/promotions/{promotion_id}", tag = "Promotions", params(("promotion_id" = PromotionId, Path)), responses((status = 200, body = PromotionView)))]
pub(crate) async fn get(allowed: Allowed<ShowsWrite>, Path(id): Path<PromotionId>) -> Answer {
    let promotion = promotions::get(&mut allowed.snapshot().await?, id, false).await?;
    let version = promotion.version;
    Reply::versioned(&PromotionView::from(promotion), version)
}
