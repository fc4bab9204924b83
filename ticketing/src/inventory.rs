//! The stock of the performances that a process sells, in memory: read at first use, kept in step by this process's own
//! commits and by the event log. It proposes; the claims' primary key disposes. It owns no truth and may be dropped any time.

mod availability;
mod live;
mod lookers;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use foundation::{
    Cell, Error, Instant, Result, TenantTx,
    id::{PerformanceId, ResellerId, TicketId},
};

pub use availability::{Availability, content_of};
pub use live::{Looking, News, States};

use self::{availability::KnownDoor, live::Live};
use crate::{
    plans::Plans,
    rules::{
        order::HeldTicket,
        stock::{Count, Keeper, Stock, StockSeat},
    },
    store::{self, claims::Change, slots::Starts, stock::StockEvent},
    together::Together,
};

mod dates;
mod proposing;
mod refusals;
mod waitlist;

use dates::Dates;
pub(crate) use proposing::held_items;
pub use proposing::{Asked, Proposal};

/// The most performances that are kept in memory; the least used make room.
const PERFORMANCES_MAX: usize = 4_096;
/// The most entries of the log that are read at a time.
const PAGE: i64 = 1_000;

/// The stock in memory of one cell.
#[derive(Debug)]
pub struct Inventory {
    cell: Cell,
    /// This process, as it signs its stock events.
    pub(crate) teller: u64,
    /// The plans of the layouts that performances use.
    pub plans: Plans,
    /// Where it looks for free slots.
    pub(crate) starts: Starts,
    /// The other dates of shows, for who finds one sold out.
    dates: Dates,
    /// Who looks on, live.
    live: Live,
    resellers: Mutex<Resellers>,
    /// Counts what was asked of it, so that what was used longest ago is known.
    uses: AtomicU64,
    /// Who waits for steps that are taken together.
    pub(crate) together: Together,
    /// Itself, for tasks that outlive their callers.
    me: Weak<Inventory>,
}

type Resellers = HashMap<ResellerId, Arc<Mutex<Shelf>>>;

/// One reseller's stock.
#[derive(Debug)]
struct Shelf {
    /// Up to where the log has been read.
    position: i64,
    clock: Clock,
    stocks: HashMap<PerformanceId, Kept>,
    /// Counts what was told of when performances are sold.
    told: u64,
    /// Held by the one who asks when a performance is sold.
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl Shelf {
    fn at(position: i64, now: Instant) -> Self {
        Self { position, clock: Clock::set(now), stocks: HashMap::new(), told: 0, asking: Arc::default() }
    }
}

/// Counts, and of how many changes of the stock they are.
type CountsAt = ((u64, bool), Arc<[Count]>);

#[derive(Debug)]
struct Kept {
    stock: Stock,
    used: u64,
    /// How often what there is to sell had changed when it was read.
    epoch: i64,
    /// What the log says up to here was in the claims when they were read, or has been heard since.
    position: i64,
    /// When and to whom it is sold, once that was asked for and until it is told to have changed.
    door: Option<KnownDoor>,
    /// The counts as they were last asked for.
    counts: Option<CountsAt>,
    /// How often the stock had changed when its waitlist was looked at last.
    looked: Option<(u64, bool)>,
}

impl Kept {
    fn new(stock: Stock, used: u64, epoch: i64, position: i64) -> Self {
        Self { stock, used, epoch, position, door: None, counts: None, looked: None }
    }
}

/// The tenant's clock between two looks at the database.
#[derive(Debug, Clone, Copy)]
struct Clock {
    read: Instant,
    at: std::time::Instant,
}

impl Clock {
    fn set(now: Instant) -> Self {
        Self { read: now, at: std::time::Instant::now() }
    }

    fn now(self) -> Instant {
        self.read.plus(self.at.elapsed())
    }
}

impl Inventory {
    /// An empty memory of this cell's stock.
    #[must_use]
    pub fn new(cell: Cell) -> Arc<Self> {
        // 53 bits, so that the number survives any JSON.
        let teller = rand::random::<u64>() >> 11;
        Arc::new_cyclic(|me| Self {
            cell,
            teller,
            plans: Plans::default(),
            starts: Starts::new(teller),
            dates: Dates::default(),
            live: Live::default(),
            resellers: Mutex::default(),
            uses: AtomicU64::new(0),
            together: Together::default(),
            me: me.clone(),
        })
    }

    /// Itself, unless nobody has it any more.
    pub(crate) fn shared(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }

    /// The cell whose stock it is.
    #[must_use]
    pub fn cell(&self) -> &Cell {
        &self.cell
    }

    fn shelf(&self, reseller: ResellerId) -> Option<Arc<Mutex<Shelf>>> {
        lock(&self.resellers).get(&reseller).cloned()
    }

    /// Makes sure that these performances are in memory; those that do not exist stay out.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn warm(&self, reseller: ResellerId, performances: impl Iterator<Item = PerformanceId>) -> Result<()> {
        for performance in performances {
            if !self.is_warm(reseller, performance) {
                self.load(&mut self.cell.tenant(reseller).await?, performance).await?;
            }
        }
        Ok(())
    }

    /// The same within a transaction that has changed no claim: whoever has a connection must not wait for another one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn warm_within(
        &self,
        tx: &mut TenantTx,
        performances: impl Iterator<Item = PerformanceId>,
    ) -> Result<()> {
        for performance in performances {
            if !self.is_warm(tx.reseller(), performance) {
                self.load(tx, performance).await?;
            }
        }
        Ok(())
    }

    fn is_warm(&self, reseller: ResellerId, performance: PerformanceId) -> bool {
        self.shelf(reseller).is_some_and(|shelf| lock(&shelf).stocks.contains_key(&performance))
    }

    /// Reads a performance into memory. Gives whether there is such a performance.
    async fn load(&self, tx: &mut TenantTx, performance: PerformanceId) -> Result<bool> {
        let reseller = tx.reseller();
        // The log's end first: what is committed while the claims are read comes again from the log, in order.
        let position = store::stock::log_end(tx).await?;
        let now = tx.now().await?;
        let turn = usize::try_from(self.teller % 1_000_003).unwrap_or(0);
        // The count before the tickets: what changes in between is read as older than it is, and read once more.
        let epochs = store::performances::stock_epochs(tx, &[performance]).await?;
        let Some((_, epoch)) = epochs.first().copied() else { return Ok(false) };
        let stock = store::stock::load(tx, &self.plans, performance, now, turn).await?;
        let Some(stock) = stock else { return Ok(false) };
        let mut resellers = lock(&self.resellers);
        make_room(&mut resellers);
        let shelf = resellers.entry(reseller).or_insert_with(|| Arc::new(Mutex::new(Shelf::at(position, now))));
        let mut shelf = lock(shelf);
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        // The shelf may have read on in the log while the claims were read: what this stock missed is read once more.
        shelf.position = shelf.position.min(position);
        shelf.stocks.entry(performance).or_insert(Kept::new(stock, used, epoch, position));
        Ok(true)
    }

    /// Forgets a performance: it is read anew at its next use.
    pub fn forget(&self, reseller: ResellerId, performance: PerformanceId) {
        if let Some(shelf) = self.shelf(reseller) {
            lock(&shelf).stocks.remove(&performance);
        }
    }

    /// Forgets a performance unless it was read when what there is to sell had changed as often as this.
    pub fn forget_older(&self, reseller: ResellerId, performance: PerformanceId, epoch: i64) {
        if let Some(shelf) = self.shelf(reseller) {
            let mut shelf = lock(&shelf);
            if shelf.stocks.get(&performance).is_some_and(|kept| kept.epoch != epoch) {
                shelf.stocks.remove(&performance);
            }
        }
    }

    /// Forgets all of a reseller's stock.
    pub fn forget_all(&self, reseller: ResellerId) {
        lock(&self.resellers).remove(&reseller);
    }

    /// Does something with a warm performance's stock.
    pub fn with<T>(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        work: impl FnOnce(&mut Stock, Instant) -> T,
    ) -> Option<T> {
        let shelf = self.shelf(reseller)?;
        let mut shelf = lock(&shelf);
        let now = shelf.clock.now();
        let kept = shelf.stocks.get_mut(&performance)?;
        kept.used = self.uses.fetch_add(1, Ordering::Relaxed);
        // Until it is said who asks, it is anyone.
        kept.stock.serve_anyone();
        Some(work(&mut kept.stock, now))
    }

    /// Tells the memory the tenant's time as just read from the database.
    pub fn set_clock(&self, reseller: ResellerId, now: Instant) {
        if let Some(shelf) = self.shelf(reseller) {
            lock(&shelf).clock = Clock::set(now);
        }
    }

    /// The same proposal, taken back when it is dropped: for a request outside the lanes, which may end at any time.
    pub(crate) fn until_dropped(&self, reseller: ResellerId, proposal: Vec<HeldTicket>) -> Proposed<'_> {
        Proposed { inventory: self, reseller, proposal }
    }

    /// Takes a proposal back.
    pub fn withdraw(&self, reseller: ResellerId, proposal: &[HeldTicket]) {
        for held in proposal {
            self.with(reseller, held.performance, |stock, _| stock.withdraw(held.ticket));
        }
    }

    /// Learns what this process has committed.
    pub fn learn_own(&self, reseller: ResellerId, changes: &[Change]) {
        for change in changes {
            let claim = (change.until, change.by);
            self.with(reseller, change.performance, |stock, now| stock.learn_own(change.ticket, claim, now));
        }
        self.live.stir(reseller, changes.iter().map(|change| change.performance));
    }

    /// Learns from lost claims.
    pub fn learn(&self, reseller: ResellerId, changes: &[Change]) {
        for change in changes {
            let claim = (change.until, change.by);
            self.with(reseller, change.performance, |stock, now| stock.learn(change.ticket, claim, now));
        }
        self.live.stir(reseller, changes.iter().map(|change| change.performance));
    }

    /// Each numbered seat of a performance, or of one section of it, and whether it can be had now by who does not wait.
    ///
    /// # Errors
    /// `not_found`, or if the database does not answer.
    pub async fn seats(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        section: Option<&str>,
    ) -> Result<Vec<StockSeat>> {
        loop {
            if let Some(seats) = self.seats_known(reseller, performance, section) {
                return Ok(seats);
            }
            // Which asks for what memory has lost, of the stock or of what is kept for whom.
            self.availability(reseller, performance).await?;
        }
    }

    /// Reads what the log has for the resellers in memory. Gives how many entries were heard.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn catch_up(&self) -> Result<usize> {
        let shelves: Vec<(ResellerId, Arc<Mutex<Shelf>>)> =
            lock(&self.resellers).iter().map(|(reseller, shelf)| (*reseller, shelf.clone())).collect();
        let resellers: Vec<ResellerId> = shelves.iter().map(|(reseller, _)| *reseller).collect();
        let ends: HashMap<ResellerId, i64> = sqlx::query_as::<_, (ResellerId, i64)>(
            "select reseller_id, position from event_counters where reseller_id = any($1)",
        )
        .bind(&resellers)
        .fetch_all(self.cell.workers())
        .await?
        .into_iter()
        .collect();
        let mut heard = 0;
        for (reseller, shelf) in shelves {
            let end = ends.get(&reseller).copied().unwrap_or(0);
            loop {
                let position = lock(&shelf).position;
                if position >= end {
                    break;
                }
                heard += self.hear_page(reseller, &shelf, position).await?;
            }
        }
        Ok(heard)
    }

    async fn hear_page(&self, reseller: ResellerId, shelf: &Mutex<Shelf>, position: i64) -> Result<usize> {
        let mut tx = self.cell.tenant(reseller).await?;
        let (events, end) = store::stock::events_after(&mut tx, position, PAGE).await?;
        let now = tx.now().await?;
        let mut shelf = lock(shelf);
        shelf.clock = Clock::set(now);
        // A performance read meanwhile may have put the shelf back: what it missed comes again.
        if shelf.position == position {
            shelf.position = end;
        }
        for event in &events {
            shelf.hear(event, self.teller, now)?;
        }
        drop(shelf);
        if events.iter().any(|event| event.object_type != "performance") {
            self.live.stir_all(reseller);
        }
        self.live.stir(reseller, events.iter().map(|event| PerformanceId::from_uuid(event.object_id)));
        Ok(events.len())
    }
}

impl Shelf {
    /// Hears of one entry of the log.
    fn hear(&mut self, event: &StockEvent, teller: u64, now: Instant) -> Result<()> {
        if event.object_type != "performance" {
            // A show, a round or a pool, and no telling here of which performances: they are read anew as they are asked for.
            self.forget_doors();
            return Ok(());
        }
        let performance = PerformanceId::from_uuid(event.object_id);
        if event.kind != store::stock::CHANGED && event.kind != store::stock::RELOAD {
            self.forget_door(performance, event.position);
            return Ok(());
        }
        let Some(kept) = self.stocks.get_mut(&performance).filter(|kept| kept.position < event.position) else {
            return Ok(());
        };
        kept.position = event.position;
        if event.kind == store::stock::RELOAD {
            self.stocks.remove(&performance);
            return Ok(());
        }
        hear(&mut kept.stock, &event.data, teller, now)
    }
}

/// A proposal that is taken back when dropped.
#[derive(Debug)]
pub(crate) struct Proposed<'a> {
    inventory: &'a Inventory,
    reseller: ResellerId,
    pub(crate) proposal: Vec<HeldTicket>,
}

impl Drop for Proposed<'_> {
    fn drop(&mut self) {
        self.inventory.withdraw(self.reseller, &self.proposal);
    }
}

/// Beyond the most that are kept, the half that was used longest ago goes: what is busy stays, and this is not done often.
fn make_room(resellers: &mut Resellers) {
    let used = |shelf: &Arc<Mutex<Shelf>>| lock(shelf).stocks.values().map(|kept| kept.used).collect::<Vec<u64>>();
    let mut uses: Vec<u64> = resellers.values().flat_map(used).collect();
    if uses.len() < PERFORMANCES_MAX {
        return;
    }
    let middle = uses.len() / 2;
    let oldest_kept = *uses.select_nth_unstable(middle).1;
    resellers.retain(|_, shelf| {
        let mut shelf = lock(shelf);
        shelf.stocks.retain(|_, kept| kept.used >= oldest_kept);
        !shelf.stocks.is_empty()
    });
}

fn hear(stock: &mut Stock, data: &serde_json::Value, teller: u64, now: Instant) -> Result<()> {
    #[derive(serde::Deserialize)]
    struct Told {
        by: u64,
        tickets: Vec<(TicketId, i64, Keeper)>,
    }
    let told: Told = serde::Deserialize::deserialize(data)
        .map_err(|error| Error::Inconsistent(format!("a stock event: {error}")))?;
    for (ticket, until_us, by) in told.tickets {
        stock.hear(ticket, (Instant::from_micros(until_us), by), told.by == teller, now);
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shelf of as many performances as there are numbers, last used then.
    fn shelf(uses: impl Iterator<Item = u64>) -> (ResellerId, Arc<Mutex<Shelf>>) {
        let stock = || Stock::new(Vec::new(), HashMap::new(), Instant::LONG_AGO, 0);
        let stocks = uses.map(|used| (PerformanceId::new(), Kept::new(stock(), used, 0, 0))).collect();
        (ResellerId::new(), Arc::new(Mutex::new(Shelf { stocks, ..Shelf::at(0, Instant::LONG_AGO) })))
    }

    #[test]
    fn what_was_used_longest_ago_makes_room_whosever_it_is() {
        let many = u64::try_from(PERFORMANCES_MAX).unwrap();
        let (large, half_of_it) = shelf(0..many * 3 / 4);
        let small: Vec<_> = (many * 3 / 4..many).map(|used| shelf(std::iter::once(used))).collect();
        let mut resellers: Resellers = small.iter().cloned().chain([(large, half_of_it.clone())]).collect();
        make_room(&mut resellers);
        assert!(small.iter().all(|(reseller, _)| resellers.contains_key(reseller)), "these were busy last");
        assert_eq!(lock(&half_of_it).stocks.len(), PERFORMANCES_MAX / 4);
        assert!(lock(&half_of_it).stocks.values().all(|kept| kept.used >= many / 2));
        make_room(&mut resellers);
        assert_eq!(lock(&half_of_it).stocks.len(), PERFORMANCES_MAX / 4, "there is room now");
    }

    #[test]
    fn a_reseller_without_stock_is_forgotten() {
        let (idle, busy) = (shelf(std::iter::once(0)), shelf(1..u64::try_from(PERFORMANCES_MAX).unwrap()));
        let mut resellers: Resellers = [idle.clone(), busy.clone()].into();
        make_room(&mut resellers);
        assert!(!resellers.contains_key(&idle.0) && resellers.contains_key(&busy.0));
    }
}
