//! `POST /v1/holds/{hold_id}/add`

use axum::http::StatusCode;
use foundation::id::HoldId;
use serde::Deserialize;
use ticketing::{rules::terms::AskedBy, use_cases::change_hold::grow_hold};
use utoipa::ToSchema;

use super::{HoldView, WantBody, read_wants, through};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// Tickets to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldAddition)]
pub(crate) struct AddBody {
    items: Vec<WantBody>,
    /// For sale rounds that have codes.
    access_code: Option<String>,
    /// Of a promotion.
    promotion_code: Option<String>,
    /// The channel that you sell through, by your own word for it: allocations of it may be taken.
    channel: Option<String>,
}

/// Adds tickets to a hold, all or nothing; they end with it.
#[utoipa::path(post, path = "/v1/holds/{hold_id}/add", tag = "Holds", params(("hold_id" = HoldId, Path)), request_body = AddBody, responses((status = 200, body = HoldView)))]
pub(crate) async fn add(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<HoldId>,
    Keyed { key, body }: Keyed<AddBody>,
) -> Answer {
    let wants = read_wants(body.items)?;
    let (access_code, promotion_code) = (body.access_code, body.promotion_code);
    // Who holds is the hold's own.
    let through = through(&allowed.caller, body.channel)?;
    let by = AskedBy { access_code, promotion_code, through, ..AskedBy::default() };
    let (inventory, reseller) = (&allowed.services.inventory, allowed.caller.reseller);
    let mut call = allowed.begin(key).await?;
    let changed = match grow_hold(&mut call.tx, inventory, id, &wants, &by).await {
        Ok(changed) => changed,
        Err(error) => {
            // They are read on a connection of their own.
            drop(call);
            return Err(inventory.with_dates(reseller, &wants, error).await.into());
        }
    };
    let version = changed.hold.version;
    call.finish_with(StatusCode::OK, &HoldView::from(changed.hold), Some(version), &changed.changes).await
}
