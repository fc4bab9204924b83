//! Says whom a change of a sale round or of a pool would reach and what they would pay: the change is made in a transaction that is
//! never committed, so that what is told, and what is refused, is what the change would come to.

use std::collections::HashMap;

use foundation::{
    Money, Result, TenantTx,
    id::{HoldId, PerformanceId, PoolId, SaleRoundId, ShowId},
    version::IfVersion,
};

use super::{
    set_pool::update_pool,
    set_sale_round::{SaleRoundChanges, update_sale_round},
};
use crate::{
    rules::{
        all_in::{add_fees, one_currency},
        order::{HeldTicket, HoldItem},
        sale_round::{Pool, SaleRound},
    },
    store::{
        holds::{self, StoredHold},
        performances, pools,
        reached::{self, SoldOn},
        sale_rounds,
    },
};

/// How many holds are named.
const NAMED: usize = 100;

/// Whom it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// How many live holds have tickets that are sold so.
    pub holds: usize,
    /// The first of them.
    pub holds_first: Vec<ReachedHold>,
    /// How many unpaid orders have such tickets; they keep their price.
    pub unpaid_orders: i64,
    /// How many paid orders do; they keep theirs.
    pub orders: i64,
}

/// A hold that it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedHold {
    /// Which.
    pub id: HoldId,
    /// The reseller's own word for the buyer.
    pub buyer_reference: Option<String>,
    /// What its buyer would pay for all of it before the change, all in.
    pub total_before: Option<Money>,
    /// The same after it.
    pub total: Option<Money>,
}

/// Tries a change of a round. Gives the round as it would be, of the version that it has now, and whom it reaches.
///
/// # Errors
/// As [`update_sale_round`].
pub async fn try_sale_round(
    mut tx: TenantTx,
    performance: PerformanceId,
    id: SaleRoundId,
    version: IfVersion,
    changes: SaleRoundChanges,
) -> Result<(SaleRound, Reached)> {
    // Before they are counted: what is being held is waited for.
    performances::lock_to_change(&mut tx, performance).await?;
    let is = sale_rounds::get(&mut tx, performance, id).await?.version;
    let look = Look::first(&mut tx, performance, SoldOn::Round(id)).await?;
    let round = update_sale_round(&mut tx, performance, id, version, changes).await?;
    Ok((SaleRound { version: is, ..round }, look.again(&mut tx).await?))
}

/// Tries a change of a pool. Gives the pool as it would be, of the version that it has now, and whom it reaches.
///
/// # Errors
/// As [`update_pool`].
pub async fn try_pool(
    mut tx: TenantTx,
    performance: PerformanceId,
    id: PoolId,
    version: IfVersion,
    changes: (Option<String>, Option<i32>),
) -> Result<(Pool, Reached)> {
    performances::lock_to_change(&mut tx, performance).await?;
    let is = pools::get(&mut tx, performance, id).await?;
    let look = Look::first(&mut tx, performance, SoldOn::Offers(is.offers)).await?;
    let pool = update_pool(&mut tx, performance, id, version, changes).await?;
    Ok((Pool { version: is.version, ..pool }, look.again(&mut tx).await?))
}

/// Who is reached, as it was before the change.
struct Look {
    performance: PerformanceId,
    on: SoldOn,
    holds: usize,
    named: Vec<StoredHold>,
    totals: Vec<Option<Money>>,
}

impl Look {
    async fn first(tx: &mut TenantTx, performance: PerformanceId, on: SoldOn) -> Result<Self> {
        let now = tx.now().await?;
        let ids = reached::holds(tx, performance, &on, now).await?;
        let mut named = holds::of_ids(tx, &ids[..ids.len().min(NAMED)]).await?;
        named.sort_unstable_by_key(|hold| hold.id);
        let totals = totals(tx, &named).await?;
        Ok(Self { performance, on, holds: ids.len(), named, totals })
    }

    async fn again(self, tx: &mut TenantTx) -> Result<Reached> {
        let totals = totals(tx, &self.named).await?;
        let (unpaid_orders, orders) = reached::orders(tx, self.performance, &self.on).await?;
        let hold = |((hold, total_before), total): ((StoredHold, _), _)| ReachedHold {
            id: hold.id,
            buyer_reference: hold.buyer_reference,
            total_before,
            total,
        };
        let holds_first = self.named.into_iter().zip(self.totals).zip(totals).map(hold).collect();
        Ok(Reached { holds: self.holds, holds_first, unpaid_orders, orders })
    }
}

/// What the buyers of these holds pay if they order now, all in; none where they are of several currencies.
async fn totals(tx: &mut TenantTx, holds: &[StoredHold]) -> Result<Vec<Option<Money>>> {
    let held: Vec<HeldTicket> = holds.iter().flat_map(|hold| &hold.items).copied().collect();
    let performances: Vec<PerformanceId> = held.iter().map(|held| held.performance).collect();
    let shows: HashMap<PerformanceId, ShowId> = performances::shows_of(tx, &performances).await?.into_iter().collect();
    let rules = accounting::fees_in_force(tx, &shows.values().copied().collect::<Vec<_>>()).await?;
    let mut rest: Vec<HoldItem> = holds::items(tx, &held).await?;
    let mut totals = Vec::with_capacity(holds.len());
    for hold in holds {
        let mut items = rest;
        rest = items.split_off(hold.items.len());
        add_fees(&mut items, |performance| shows.get(&performance).copied(), (&rules, hold.sold_through));
        let currency = one_currency(&items).ok().flatten();
        totals.push(currency.map(|of| Money::rounded(items.iter().map(|item| item.total().amount()).sum(), of)));
    }
    Ok(totals)
}
