//! The SQL of blocks: what they are, and which tickets an allocation sets aside. The claims of the others are in [`super::claims`].

use std::collections::HashMap;

use foundation::{
    Instant, Refusal, Result, TenantTx,
    id::{ApiKeyId, BlockId, PerformanceId, TicketId},
    refusal::OnConstraint,
};

use super::known;
use crate::rules::{
    block::{Block, BlockState, Reason, Seller},
    order::HeldTicket,
};

#[derive(sqlx::FromRow)]
struct Row {
    block_id: BlockId,
    performance_id: PerformanceId,
    name: String,
    reason: String,
    channel: Option<String>,
    api_key_id: Option<ApiKeyId>,
    tickets: i32,
    release_at: Option<Instant>,
    state: String,
    created_at: Instant,
    version: i64,
}

fn seller(channel: Option<String>, key: Option<ApiKeyId>) -> Option<Seller> {
    key.map(Seller::Key).or(channel.map(Seller::Channel))
}

impl Row {
    fn block(self) -> Result<Block> {
        Ok(Block {
            id: self.block_id,
            performance: self.performance_id,
            name: self.name,
            reason: known("a block's reason", &self.reason, Reason::parse(&self.reason))?,
            seller: seller(self.channel, self.api_key_id),
            tickets: self.tickets,
            release_at: self.release_at,
            state: known("a block's state", &self.state, BlockState::parse(&self.state))?,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// A page of a performance's blocks in the order of their creation.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    performance: PerformanceId,
    state: Option<BlockState>,
    after: Option<BlockId>,
    limit: i64,
) -> Result<Vec<Block>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select block_id, performance_id, name, reason, channel, api_key_id, tickets, release_at, state, created_at, version
         from blocks
         where reseller_id = $1 and performance_id = $2 and ($3::text is null or state = $3)
           and ($4::uuid is null or block_id > $4)
         order by block_id limit $5",
    )
    .bind(reseller)
    .bind(performance)
    .bind(state.map(BlockState::as_str))
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::block).collect()
}

/// The block of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, performance: PerformanceId, id: BlockId) -> Result<Block> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select block_id, performance_id, name, reason, channel, api_key_id, tickets, release_at, state, created_at, version
         from blocks where reseller_id = $1 and performance_id = $2 and block_id = $3",
    )
    .bind(reseller)
    .bind(performance)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("block"))?.block()
}

/// Of which performance a block is.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn performance_of(tx: &mut TenantTx, id: BlockId) -> Result<PerformanceId> {
    let reseller = tx.reseller();
    let performance = sqlx::query_scalar("select performance_id from blocks where reseller_id = $1 and block_id = $2")
        .bind(reseller)
        .bind(id)
        .fetch_optional(tx.conn())
        .await?;
    performance.ok_or_else(|| Refusal::missing("block").into())
}

/// How many blocks of a performance are not released.
///
/// # Errors
/// The database's.
pub async fn active(tx: &mut TenantTx, performance: PerformanceId) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select count(*) from blocks where reseller_id = $1 and performance_id = $2 and state = 'active'",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_one(tx.conn())
    .await?)
}

/// Writes a new block.
///
/// # Errors
/// `invalid_field` for a key that is not there, or the database's.
pub async fn insert(tx: &mut TenantTx, block: &Block) -> Result<()> {
    let reseller = tx.reseller();
    let (channel, key) = match &block.seller {
        Some(Seller::Channel(channel)) => (Some(channel), None),
        Some(Seller::Key(key)) => (None, Some(*key)),
        None => (None, None),
    };
    sqlx::query(
        "insert into blocks (reseller_id, block_id, performance_id, name, reason, channel, api_key_id, tickets, release_at,
                             created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(reseller)
    .bind(block.id)
    .bind(block.performance)
    .bind(&block.name)
    .bind(block.reason.as_str())
    .bind(channel)
    .bind(key)
    .bind(block.tickets)
    .bind(block.release_at)
    .bind(block.created_at)
    .execute(tx.conn())
    .await
    .on_constraint("blocks_api_key_fkey", || Refusal::field("/api_key_id", "is not one of your keys"))?;
    Ok(())
}

/// Notes that a block, on its locked performance, keeps nothing any more. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn released(tx: &mut TenantTx, id: BlockId) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update blocks set state = 'released', version = version + 1
         where reseller_id = $1 and block_id = $2 and state = 'active' returning version",
    )
    .bind(reseller)
    .bind(id)
    .fetch_one(tx.conn())
    .await?)
}

/// Sets locked tickets aside for an allocation's seller.
///
/// # Errors
/// The database's.
pub async fn set_aside(
    tx: &mut TenantTx,
    performance: PerformanceId,
    tickets: &[TicketId],
    block: BlockId,
) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update tickets set block_id = $4 where reseller_id = $1 and performance_id = $2 and ticket_id = any($3)",
    )
    .bind(reseller)
    .bind(performance)
    .bind(tickets)
    .bind(block)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives back to open sale what an allocation has set aside.
///
/// # Errors
/// The database's.
pub async fn give_back(tx: &mut TenantTx, performance: PerformanceId, block: BlockId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update tickets set block_id = null where reseller_id = $1 and performance_id = $2 and block_id = $3")
        .bind(reseller)
        .bind(performance)
        .bind(block)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Those of these tickets that are set aside.
///
/// # Errors
/// The database's.
pub async fn among(tx: &mut TenantTx, performance: PerformanceId, tickets: &[TicketId]) -> Result<Vec<TicketId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select ticket_id from tickets
         where reseller_id = $1 and performance_id = $2 and ticket_id = any($3) and block_id is not null order by ordinal",
    )
    .bind(reseller)
    .bind(performance)
    .bind(tickets)
    .fetch_all(tx.conn())
    .await?)
}

/// Whether any of these tickets is set aside for another seller than the one it was held for. They are locked against being set
/// aside meanwhile.
///
/// # Errors
/// The database's.
pub async fn anothers(tx: &mut TenantTx, held: &[HeldTicket]) -> Result<bool> {
    let reseller = tx.reseller();
    let anothers: Vec<bool> = sqlx::query_scalar(
        "select t.block_id is not null and t.block_id is distinct from h.block_id from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as h (performance_id, ticket_id, block_id)
         join tickets t on t.reseller_id = $1 and t.performance_id = h.performance_id and t.ticket_id = h.ticket_id
         order by t.performance_id, t.ordinal for share of t",
    )
    .bind(reseller)
    .bind(held.iter().map(|h| h.performance).collect::<Vec<_>>())
    .bind(held.iter().map(|h| h.ticket).collect::<Vec<_>>())
    .bind(held.iter().map(|h| h.block).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(anothers.contains(&true))
}

/// Who may sell what of a performance is set aside.
///
/// # Errors
/// The database's.
pub async fn sellers(tx: &mut TenantTx, performance: PerformanceId) -> Result<HashMap<BlockId, Seller>> {
    let reseller = tx.reseller();
    let rows: Vec<(BlockId, Option<String>, Option<ApiKeyId>)> = sqlx::query_as(
        "select block_id, channel, api_key_id from blocks
         where reseller_id = $1 and performance_id = $2 and state = 'active' and num_nonnulls(channel, api_key_id) = 1",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|(id, channel, key)| Some((id, seller(channel, key)?))).collect())
}
