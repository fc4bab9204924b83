//! `GET /v1/shows/{show_id}/buyer_limit`

use foundation::id::ShowId;
use ticketing::{store::shows, use_cases::set_buyer_limit::of_show};

use crate::{
    v1::{buyer_limit::BuyerLimitView, public::seen_by},
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// Reads how many tickets one buyer may have.
#[utoipa::path(get, path = "/v1/shows/{show_id}/buyer_limit", tag = "Shows", params(("show_id" = ShowId, Path)), responses((status = 200, body = BuyerLimitView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<ShowId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let show = shows::get(&mut tx, id).await?;
    seen_by(&mut tx, &allowed.caller, &show, "show").await?;
    let limit = of_show(&mut tx, id).await?;
    Reply::versioned(&BuyerLimitView::from(limit), limit.version)
}
