//! What can be bought now, answered from memory. It asks the database only for what memory has lost or was told is no longer so:
//! when a performance is sold, and how much of its rounds and pools is taken.

use std::{
    hash::{Hash as _, Hasher as _},
    sync::{Arc, atomic::Ordering},
};

use foundation::{
    Error, Instant, Refusal, Result,
    id::{PerformanceId, ResellerId, TicketId},
    refusal::Code,
};

use super::{Clock, Inventory, Kept, Shelf, States, lock};
use crate::{
    rules::{
        availability::{Door, Left},
        stock::{Count, StockSeat},
    },
    store,
};

/// What can be bought of a performance.
#[derive(Debug, Clone)]
pub struct Availability {
    /// The place in the reseller's log of the last change of this performance that is in here.
    pub sequence: i64,
    /// The sequence, and what this process has committed or seen end since. Changes with everything else.
    pub mark: String,
    /// Whether anyone may see the performance now.
    pub public: bool,
    /// When its sale begins, or while no sale round is open, when the next one does.
    pub on_sale_at: Instant,
    /// By tier and section.
    pub counts: Arc<[Count]>,
    /// What is left in all and offer by offer.
    pub left: Left,
}

impl Availability {
    /// The part of the mark that is the same where the same can be bought, in whichever process and however far in the log.
    #[must_use]
    pub fn content(&self) -> &str {
        content_of(&self.mark)
    }
}

/// What a mark says of the content.
#[must_use]
pub fn content_of(mark: &str) -> &str {
    mark.split_once('-').map_or("", |(_, content)| content)
}

/// What says when a performance is sold, and how many changes of its stock were known when it was read.
#[derive(Debug)]
pub(super) struct KnownDoor {
    door: Door,
    changes: (u64, bool),
}

impl KnownDoor {
    /// Whether it still says what is so while the stock has changed so often.
    fn holds(&self, changes: (u64, bool)) -> bool {
        self.changes == changes || !self.door.is_limited()
    }
}

/// What a look into memory comes to.
enum Look {
    /// The performance is not in it.
    Cold,
    /// It must be asked when the performance is sold; one asks, the others wait for its answer.
    Unknown(Arc<tokio::sync::Mutex<()>>),
    Seen(Availability),
}

impl Inventory {
    /// What can be bought of a performance now.
    ///
    /// # Errors
    /// `not_found`, or if the database does not answer.
    pub async fn availability(&self, reseller: ResellerId, performance: PerformanceId) -> Result<Availability> {
        loop {
            match self.look(reseller, performance, false) {
                Look::Seen(seen) => return Ok(seen),
                Look::Cold => {
                    if !self.load(&mut self.cell.tenant(reseller).await?, performance).await? {
                        return Err(Refusal::missing("performance").into());
                    }
                }
                Look::Unknown(turn) => {
                    let _turn = turn.lock().await;
                    if let Look::Seen(seen) = self.look(reseller, performance, false) {
                        return Ok(seen);
                    }
                    self.ask(reseller, performance).await?;
                    // In a rush it has changed again by now: what was just read is new enough.
                    if let Look::Seen(seen) = self.look(reseller, performance, true) {
                        return Ok(seen);
                    }
                }
            }
        }
    }

    /// The seats of a performance, if memory knows them and what of them is kept for whom.
    pub(super) fn seats_known(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        section: Option<&str>,
    ) -> Option<Vec<StockSeat>> {
        let shelf = self.shelf(reseller)?;
        let shelf = lock(&shelf);
        let kept = shelf.stocks.get(&performance)?;
        let known = kept.door.as_ref()?;
        Some(kept.stock.seats(section, known.door.waited_for.as_ref(), shelf.clock.now()))
    }

    /// How it is with these tickets, if the performance is in memory; none for one that there is not.
    pub(super) fn states_known(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        tickets: &[TicketId],
    ) -> Option<States> {
        let shelf = self.shelf(reseller)?;
        let shelf = lock(&shelf);
        let (kept, now) = (shelf.stocks.get(&performance)?, shelf.clock.now());
        let waited_for = kept.door.as_ref().and_then(|known| known.door.waited_for.as_ref());
        Some(tickets.iter().map(|ticket| (*ticket, kept.stock.state(*ticket, waited_for, now))).collect())
    }

    /// Forgets when a reseller's performances are sold: it is read anew when it is next asked for.
    pub fn forget_doors(&self, reseller: ResellerId) {
        if let Some(shelf) = self.shelf(reseller) {
            lock(&shelf).forget_doors();
        }
    }

    fn look(&self, reseller: ResellerId, performance: PerformanceId, just_read: bool) -> Look {
        let Some(shelf) = self.shelf(reseller) else { return Look::Cold };
        let mut shelf = lock(&shelf);
        let (now, asking) = (shelf.clock.now(), shelf.asking.clone());
        let Some(kept) = shelf.stocks.get_mut(&performance) else { return Look::Cold };
        kept.used = self.uses.fetch_add(1, Ordering::Relaxed);
        let changes = kept.stock.changes(now);
        let known = kept.door.as_ref().filter(|known| just_read || known.holds(changes));
        let Some(KnownDoor { door, .. }) = known else { return Look::Unknown(asking) };
        let counts = match &kept.counts {
            Some((at, counts)) if *at == changes => counts.clone(),
            _ => {
                let counts: Arc<[Count]> = match &door.waited_for {
                    Some(waited_for) => kept.stock.counts_beside(waited_for, now).into(),
                    None => kept.stock.counts(now).into(),
                };
                kept.counts = Some((changes, counts.clone()));
                counts
            }
        };
        let left = door.left(&counts, kept.stock.offers(), now);
        let (public, on_sale_at, sequence) = (door.show.is_public(now), door.opens_at(now), kept.position);
        let mark = mark(sequence, (&counts, &left, on_sale_at));
        Look::Seen(Availability { sequence, mark, public, on_sale_at, counts, left })
    }

    /// Asks the database when a performance is sold.
    async fn ask(&self, reseller: ResellerId, performance: PerformanceId) -> Result<()> {
        let changes = |kept: &mut Kept, now| kept.stock.changes(now);
        let before = self.shelf(reseller).map(|shelf| {
            let mut shelf = lock(&shelf);
            let now = shelf.clock.now();
            (shelf.told, shelf.stocks.get_mut(&performance).map(|kept| changes(kept, now)))
        });
        let Some((told, Some(changes))) = before else { return Ok(()) };
        let mut tx = self.cell.snapshot(reseller).await?;
        let now = tx.now().await?;
        let door = match store::doors::read(&mut tx, performance, now).await {
            Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => {
                self.forget(reseller, performance);
                return Err(refusal.into());
            }
            other => other?,
        };
        let Some(shelf) = self.shelf(reseller) else { return Ok(()) };
        let mut shelf = lock(&shelf);
        shelf.clock = Clock::set(now);
        // What was told meanwhile may be newer than what was read: then it is read once more.
        if shelf.told == told
            && let Some(kept) = shelf.stocks.get_mut(&performance)
        {
            (kept.door, kept.counts) = (Some(KnownDoor { door, changes }), None);
        }
        Ok(())
    }
}

impl Shelf {
    /// Something has changed that says when performances are sold.
    pub(super) fn forget_doors(&mut self) {
        self.told += 1;
        self.stocks.values_mut().for_each(|kept| kept.door = None);
    }

    /// The same of one performance, at this place of the log.
    pub(super) fn forget_door(&mut self, performance: PerformanceId, position: i64) {
        self.told += 1;
        if let Some(kept) = self.stocks.get_mut(&performance).filter(|kept| kept.position < position) {
            (kept.door, kept.position) = (None, position);
        }
    }
}

fn mark(sequence: i64, seen: (&Arc<[Count]>, &Left, Instant)) -> String {
    let mut mark = std::hash::DefaultHasher::new();
    seen.hash(&mut mark);
    format!("{sequence}-{:016x}", mark.finish())
}
