//! `POST /v1/performances/{performance_id}/blocks`

use axum::http::StatusCode;
use foundation::{
    Instant, Refusal,
    id::{ApiKeyId, PerformanceId, TicketId},
};
use serde::Deserialize;
use ticketing::{
    rules::{
        block::{self, NewBlock, Seller},
        tickets::Selection,
    },
    use_cases::create_block::create_block,
};
use utoipa::ToSchema;

use super::{BlockView, Reason};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// What to keep off open sale: `ticket_ids`, or what is all of the `section`, `rows` and `price_tier` that are given, or the first
/// `quantity` free ones of that.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBlock)]
pub(crate) struct NewBlockBody {
    #[schema(example = "press")]
    name: String,
    /// `house` unless said; `allocation` where a channel or a key is named.
    reason: Option<Reason>,
    /// Make it an allocation of who sells through this channel, by your own word for it; instead of `api_key_id`.
    #[schema(example = "box office")]
    channel: Option<String>,
    /// Make it an allocation of who calls with this key; instead of `channel`.
    api_key_id: Option<ApiKeyId>,
    /// At most 5,000.
    ticket_ids: Option<Vec<TicketId>>,
    section: Option<String>,
    /// Of the section, by label.
    #[schema(example = json!(["A", "B"]))]
    rows: Option<Vec<String>>,
    /// By name.
    price_tier: Option<String>,
    /// The first so many that are free; without it all of them are kept, or none.
    quantity: Option<u32>,
    /// When it goes back to open sale by itself.
    release_at: Option<Instant>,
}

impl NewBlockBody {
    fn read(self) -> Result<NewBlock, Refusal> {
        let by_place = self.section.is_some() || self.rows.is_some() || self.price_tier.is_some();
        let which = match self.ticket_ids {
            Some(_) if by_place => {
                let detail = "must not stand beside section, rows or price_tier";
                return Err(Refusal::field("/ticket_ids", detail));
            }
            Some(ids) => Selection::Named(ids),
            None => Selection::Where { section: self.section, rows: self.rows, price_tier: self.price_tier },
        };
        let seller = match (self.channel, self.api_key_id) {
            (Some(_), Some(_)) => return Err(Refusal::field("/channel", "give either channel or api_key_id")),
            (channel, key) => key.map(Seller::Key).or(channel.map(Seller::Channel)),
        };
        let unless_said = if seller.is_some() { block::Reason::Allocation } else { block::Reason::House };
        Ok(NewBlock {
            name: self.name,
            reason: self.reason.map_or(unless_said, Into::into),
            seller,
            which,
            quantity: self.quantity.map(|quantity| quantity as usize),
            release_at: self.release_at,
        })
    }
}

/// Keeps stock off open sale. Without a channel or a key nobody can have it; with one it is an allocation, which only holds of that
/// channel or key may take. Only what is free now can be kept; all or nothing.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/blocks", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewBlockBody, responses((status = 201, body = BlockView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewBlockBody>,
) -> Answer {
    let new = body.read()?;
    let inventory = &allowed.services.inventory;
    let mut call = allowed.begin(key).await?;
    let made = create_block(&mut call.tx, inventory, performance, new).await?;
    let allocation = made.block.seller.is_some();
    let answer = call.finish_with(StatusCode::CREATED, &BlockView::from(made.block), Some(1), &made.changes).await;
    if allocation {
        inventory.forget(allowed.caller.reseller, performance);
    }
    answer
}
