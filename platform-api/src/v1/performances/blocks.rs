//! `/v1/performances/{performance_id}/blocks`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod release;

use foundation::{
    Instant,
    id::{ApiKeyId, BlockId, PerformanceId},
};
use serde::{Deserialize, Serialize};
use ticketing::rules::block::{self, Block, Seller};
use utoipa::ToSchema;

/// Stock kept off open sale: for nobody, or, as an allocation, for the channel or the key that it names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Block)]
pub(crate) struct BlockView {
    id: BlockId,
    performance_id: PerformanceId,
    #[schema(example = "press")]
    name: String,
    reason: Reason,
    /// Who sells through this channel may sell it, and nobody else.
    channel: Option<String>,
    /// Who calls with this key may sell it, and nobody else.
    api_key_id: Option<ApiKeyId>,
    /// How many tickets were put in it.
    tickets: i32,
    /// When it goes back to open sale by itself.
    release_at: Option<Instant>,
    state: BlockState,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

/// Why stock is kept off open sale.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BlockReason)]
pub(crate) enum Reason {
    /// The house keeps it: for guests, sponsors, the press.
    House,
    /// Something technical needs the place.
    Technical,
    /// Nobody can sit there.
    Kill,
    /// It is for one seller.
    Allocation,
}

impl From<Reason> for block::Reason {
    fn from(wire: Reason) -> Self {
        match wire {
            Reason::House => Self::House,
            Reason::Technical => Self::Technical,
            Reason::Kill => Self::Kill,
            Reason::Allocation => Self::Allocation,
        }
    }
}

impl From<block::Reason> for Reason {
    fn from(reason: block::Reason) -> Self {
        match reason {
            block::Reason::House => Self::House,
            block::Reason::Technical => Self::Technical,
            block::Reason::Kill => Self::Kill,
            block::Reason::Allocation => Self::Allocation,
        }
    }
}

/// Whether stock is still kept.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BlockState {
    /// It is.
    Active,
    /// It has gone back to open sale.
    Released,
}

impl From<BlockState> for block::BlockState {
    fn from(wire: BlockState) -> Self {
        match wire {
            BlockState::Active => Self::Active,
            BlockState::Released => Self::Released,
        }
    }
}

impl From<Block> for BlockView {
    fn from(block: Block) -> Self {
        let (channel, api_key_id) = match block.seller {
            Some(Seller::Channel(channel)) => (Some(channel), None),
            Some(Seller::Key(key)) => (None, Some(key)),
            None => (None, None),
        };
        Self {
            id: block.id,
            performance_id: block.performance,
            name: block.name,
            reason: block.reason.into(),
            channel,
            api_key_id,
            tickets: block.tickets,
            release_at: block.release_at,
            state: match block.state {
                block::BlockState::Active => BlockState::Active,
                block::BlockState::Released => BlockState::Released,
            },
            created_at: block.created_at,
            version: block.version,
        }
    }
}
