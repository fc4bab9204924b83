//! Posts journals: the only way into the ledger.

use std::collections::{BTreeSet, HashMap, HashSet};

use foundation::{
    Error, Result, TenantTx,
    id::{OrderId, PerformanceId},
};
use rust_decimal::Decimal;

use crate::{
    Account, Journal, Source,
    rules::shares::{Share, followed, shares},
    store::{
        balances, journals,
        performance_money::{self, OfOrder},
    },
};

/// The most journals of one statement.
const AT_ONCE: usize = 512;

/// What a posting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The journal is in the ledger, and was not before.
    Now,
    /// The very same journal was there; nothing was done.
    Before,
}

/// Posts a journal in the caller's transaction and moves the balances of the reseller's own accounts. It takes the locks on
/// those balances, so it comes last in a transaction. What it does to the pending money of a performance that was released is
/// done to what is available, by a second journal in the same transaction (decision 31).
///
/// # Errors
/// `Inconsistent` if the source has a journal of other content; nothing was done then.
pub async fn post(tx: &mut TenantTx, journal: &Journal) -> Result<Posted> {
    let posted = post_all(tx, std::slice::from_ref(journal)).await?;
    posted.first().copied().ok_or_else(|| Error::Inconsistent(format!("{} was not posted", journal.source())))
}

/// Posts journals in the order in which they are given, as one by one, in a few statements for all of them. Says of each what that
/// did.
///
/// # Errors
/// As [`post`]; the caller then drops the transaction, for some may be posted.
pub async fn post_all(tx: &mut TenantTx, journals: &[Journal]) -> Result<Vec<Posted>> {
    if independent(journals) < journals.len() {
        // Several statements lock parts of balances in whatever order the orders come.
        for currency in journals.iter().map(|journal| journal.currency().code()).collect::<BTreeSet<_>>() {
            balances::lock(tx, journals::read_currency(currency)?).await?;
        }
    }
    let mut posted = Vec::with_capacity(journals.len());
    while let Some(rest) = journals.get(posted.len()..).filter(|rest| !rest.is_empty()) {
        let batch = rest.get(..independent(rest)).unwrap_or(rest);
        posted.extend(post_batch(tx, batch).await?);
    }
    Ok(posted)
}

/// How many of the first journals may be posted at once: what one does to an order is known only when those before it are posted.
fn independent(journals: &[Journal]) -> usize {
    let (mut orders, mut sources) = (HashSet::new(), HashSet::new());
    let alone = |journal: &&Journal| {
        journal.about().order_id.is_none_or(|order| orders.insert(order))
            && sources.insert(journal.source().to_string())
    };
    journals.iter().take(AT_ONCE).take_while(alone).count()
}

async fn post_batch(tx: &mut TenantTx, journals: &[Journal]) -> Result<Vec<Posted>> {
    let inserted = journals::insert(tx, journals).await?;
    let fresh = journals.iter().zip(&inserted).filter_map(|(journal, inserted)| inserted.then_some(journal));
    let follows = follow(tx, &fresh.collect::<Vec<_>>()).await?;
    if !follows.is_empty() {
        journals::insert(tx, &follows).await?;
    }
    let mut posted = Vec::with_capacity(journals.len());
    for (journal, inserted) in journals.iter().zip(inserted) {
        // In a statement of its own, whose snapshot has what the insert waited for.
        if !inserted && !journals::is_posted(tx, journal).await? {
            return Err(Error::Inconsistent(format!("{} is in the ledger with other content", journal.source())));
        }
        posted.push(if inserted { Posted::Now } else { Posted::Before });
    }
    Ok(posted)
}

/// Notes what of the journals is of which performance, and gives the journals for what was released before. The balance of what is
/// pending is locked since the insert, so that no release comes in between.
async fn follow(tx: &mut TenantTx, journals: &[&Journal]) -> Result<Vec<Journal>> {
    let is_pending = |journal: &Journal| journal.lines().iter().any(|line| line.account == Account::ResellerPending);
    let of_orders: Vec<(OrderId, &Journal)> = journals
        .iter()
        .filter(|journal| is_pending(journal))
        .filter_map(|journal| Some((journal.about().order_id?, *journal)))
        .collect();
    // A sale names all its tickets; before it there is nothing to know.
    let after_sales = of_orders.iter().filter(|(_, journal)| !matches!(journal.source(), Source::Sale(_)));
    let known = performance_money::sold(tx, &after_sales.map(|(order, _)| *order).collect::<Vec<_>>()).await?;
    let done: Vec<OfOrder> = of_orders.iter().map(|(order, journal)| of_order(*order, journal, &known)).collect();
    if done.is_empty() {
        return Ok(Vec::new());
    }
    let released = performance_money::add(tx, &done).await?;
    let follows = of_orders.iter().zip(released).map(|((_, journal), released)| followed(journal, released));
    Ok(follows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// What a journal did to the performances of its order.
fn of_order(order: OrderId, journal: &Journal, known: &HashMap<OrderId, Vec<(PerformanceId, Decimal)>>) -> OfOrder {
    let mut shares = shares(journal, known.get(&order).map_or(&[], Vec::as_slice));
    if shares.is_empty() {
        // Credit is redeemed, say, before the sale is posted that it pays: it waits for that.
        let performance = PerformanceId::from_uuid(performance_money::NO_PERFORMANCE);
        shares.push(Share { performance, sold: Decimal::ZERO, pending: journal.pending() });
    }
    OfOrder { order, currency: journal.currency(), shares }
}
