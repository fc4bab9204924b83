//! Who looks on in this process, and what they are told. Each performance that somebody looks at has one watcher: it reads the stock
//! in memory when that has changed, ten times a second at most, and all who look share what it read. Where nobody looks there is no
//! watcher. It never sells and never writes (decision 40).

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant as Moment},
};

use foundation::{
    Code, Error, Refusal, Result,
    id::{PerformanceId, ResellerId, TicketId},
};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use super::{Availability, Inventory, lock, lookers::Told};
use crate::rules::tickets::TicketStock;

/// How soon after one look at the stock the next one may come.
const PACE: Duration = Duration::from_millis(100);
/// After how long it is looked though nothing was heard: sales open and close, and holds end, by the clock.
const ANYWAY: Duration = Duration::from_secs(1);
/// How many texts can be made of one piece of news.
const TEXTS: usize = 6;

/// A performance of a tenant.
pub(super) type Key = (ResellerId, PerformanceId);
/// How it is with tickets that somebody looks at; none: it was deleted.
pub type States = HashMap<TicketId, Option<TicketStock>>;
/// How many look at a performance and at its tickets, by their ids.
pub(super) type Figures = HashMap<Uuid, i32>;

/// A performance as it was at one moment, for all who look at it.
#[derive(Debug)]
pub struct News {
    /// What can be bought.
    pub seen: Availability,
    /// What could be bought by the news before; none in the first.
    pub before: Option<Availability>,
    /// How it is with the tickets that somebody looks at.
    pub states: States,
    read: Moment,
    texts: [OnceLock<Option<Arc<str>>>; TEXTS],
}

impl News {
    /// The `nth` text of it, made at the first asking and then the same for all who look.
    pub fn text(&self, nth: usize, make: impl FnOnce() -> Option<String>) -> Option<Arc<str>> {
        self.texts.get(nth)?.get_or_init(|| make().map(Into::into)).clone()
    }
}

/// What those who look at a performance hear.
#[derive(Debug, Clone, Default)]
enum Heard {
    #[default]
    Nothing,
    News(Arc<News>),
    /// There is nothing more to be told: the performance is gone, or the process stops.
    Over,
}

/// Where the watcher of a performance and those who look at it meet.
#[derive(Debug, Default)]
struct Hub {
    stirred: Notify,
    /// What was read at the last look: for who has just come.
    looked: watch::Sender<Heard>,
    /// What was other than at the look before: for everyone.
    heard: watch::Sender<Heard>,
}

impl Hub {
    /// Says it to who listens there, unless all is over: the process may have stopped while it was read.
    fn tell(channel: &watch::Sender<Heard>, news: &Arc<News>) {
        channel.send_if_modified(|heard| {
            let goes_on = !matches!(heard, Heard::Over);
            if goes_on {
                *heard = Heard::News(news.clone());
            }
            goes_on
        });
    }

    fn over(&self) {
        self.looked.send_replace(Heard::Over);
        self.heard.send_replace(Heard::Over);
    }
}

/// A performance that somebody looks at.
#[derive(Debug, Default)]
struct Room {
    hub: Arc<Hub>,
    streams: i32,
    tickets: HashMap<TicketId, i32>,
    /// Whether anyone came or left since the figures were taken.
    changed: bool,
}

impl Room {
    fn figures(&self, performance: PerformanceId) -> Figures {
        let tickets = self.tickets.iter().map(|(ticket, looking)| (ticket.uuid(), *looking));
        tickets.chain([(performance.uuid(), self.streams)]).collect()
    }
}

#[derive(Debug, Default)]
struct Rooms {
    open: HashMap<Key, Room>,
    /// Whether the process stops.
    closed: bool,
}

/// Who looks on in this process.
#[derive(Debug, Default)]
pub(super) struct Live {
    rooms: Mutex<Rooms>,
    /// What the cell was told of it.
    pub(super) told: tokio::sync::Mutex<Told>,
}

impl Live {
    /// Something may have changed of these performances.
    pub(super) fn stir(&self, reseller: ResellerId, performances: impl Iterator<Item = PerformanceId>) {
        let rooms = lock(&self.rooms);
        if rooms.open.is_empty() {
            return;
        }
        for performance in performances.collect::<HashSet<_>>() {
            if let Some(room) = rooms.open.get(&(reseller, performance)) {
                room.hub.stirred.notify_one();
            }
        }
    }

    /// Something may have changed of all of a reseller's performances.
    pub(super) fn stir_all(&self, reseller: ResellerId) {
        let rooms = lock(&self.rooms);
        let its = rooms.open.iter().filter(|((whose, _), _)| *whose == reseller);
        its.for_each(|(_, room)| room.hub.stirred.notify_one());
    }

    /// How many look at what, where that has changed since it was last asked or the cell was not `told`; and all that is looked at.
    pub(super) fn figures(&self, told: impl Fn(&Key) -> bool) -> (Vec<(Key, Figures)>, HashSet<Key>) {
        let mut rooms = lock(&self.rooms);
        let mut changed = Vec::new();
        for (key, room) in &mut rooms.open {
            if std::mem::take(&mut room.changed) || !told(key) {
                changed.push((*key, room.figures(key.1)));
            }
        }
        (changed, rooms.open.keys().copied().collect())
    }

    /// Comes in; says whether nobody was there.
    fn enter(&self, key: Key, tickets: &[TicketId]) -> Result<(Arc<Hub>, [watch::Receiver<Heard>; 2], bool)> {
        let mut rooms = lock(&self.rooms);
        if rooms.closed {
            let refusal = Refusal::new(Code::Busy, "The process is stopping; come again.");
            return Err(refusal.with_retry_after(Duration::from_secs(1)).into());
        }
        let room = rooms.open.entry(key).or_default();
        let first = room.streams == 0;
        room.streams += 1;
        room.changed = true;
        for ticket in tickets {
            *room.tickets.entry(*ticket).or_default() += 1;
        }
        // Before anyone else can be heard: nothing is told between coming in and listening.
        Ok((room.hub.clone(), [room.hub.looked.subscribe(), room.hub.heard.subscribe()], first))
    }

    fn leave(&self, key: Key, hub: &Arc<Hub>, tickets: &[TicketId]) {
        let mut rooms = lock(&self.rooms);
        let Some(room) = rooms.open.get_mut(&key).filter(|room| Arc::ptr_eq(&room.hub, hub)) else { return };
        room.streams -= 1;
        room.changed = true;
        for ticket in tickets {
            if let Entry::Occupied(mut looking) = room.tickets.entry(*ticket) {
                *looking.get_mut() -= 1;
                if *looking.get() <= 0 {
                    looking.remove();
                }
            }
        }
        if room.streams == 0 {
            rooms.open.remove(&key);
            hub.stirred.notify_one();
        }
    }

    /// The tickets that are looked at in this room; none if it is not there any more.
    fn tickets(&self, key: Key, hub: &Arc<Hub>) -> Option<Vec<TicketId>> {
        let rooms = lock(&self.rooms);
        let room = rooms.open.get(&key).filter(|room| Arc::ptr_eq(&room.hub, hub))?;
        Some(room.tickets.keys().copied().collect())
    }

    /// Ends a room: there is nothing more to be told.
    fn end(&self, key: Key, hub: &Arc<Hub>) {
        let mut rooms = lock(&self.rooms);
        if rooms.open.get(&key).is_some_and(|room| Arc::ptr_eq(&room.hub, hub)) {
            rooms.open.remove(&key);
        }
        hub.over();
    }
}

/// Somebody who looks at a performance. Dropped, they look no more.
#[derive(Debug)]
pub struct Looking {
    inventory: Arc<Inventory>,
    key: Key,
    hub: Arc<Hub>,
    /// Until the first look since they came: what they know by themselves the watcher may never have seen, and would not tell them
    /// that it is otherwise.
    looked: Option<watch::Receiver<Heard>>,
    heard: watch::Receiver<Heard>,
    /// The tickets that they look at.
    pub tickets: Vec<TicketId>,
    read: Moment,
}

impl Looking {
    /// What is new; none when there is nothing more to be told. Who comes late is told the newest only. May be dropped while it waits.
    pub async fn next(&mut self) -> Option<Arc<News>> {
        loop {
            let channel = self.looked.as_mut().unwrap_or(&mut self.heard);
            channel.changed().await.ok()?;
            let heard = channel.borrow_and_update().clone();
            match heard {
                Heard::Over => return None,
                // What was read before they came, or is told a second time, is older than what they know.
                Heard::News(news) if news.read > self.read => {
                    self.looked = None;
                    self.read = news.read;
                    return Some(news);
                }
                Heard::Nothing | Heard::News(_) => {}
            }
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.inventory.live.leave(self.key, &self.hub, &self.tickets);
    }
}

impl Inventory {
    /// Lets somebody look at a performance and at these of its tickets, and gives how it is now.
    ///
    /// # Errors
    /// `not_found` if there is no such performance or ticket, `busy` if the process stops, or if the database does not answer.
    pub async fn look_at(
        self: &Arc<Self>,
        (reseller, performance): (ResellerId, PerformanceId),
        tickets: Vec<TicketId>,
    ) -> Result<(Looking, Arc<News>)> {
        // Before anything is set up for it: not every id that is asked for is a performance.
        let now = self.read_news((reseller, performance), &tickets, None).await?;
        if now.states.values().any(Option::is_none) {
            // Of what is not public nobody learns whether it is there.
            return Err(Refusal::missing(if now.seen.public { "ticket" } else { "performance" }).into());
        }
        let key = (reseller, performance);
        let (hub, [looked, heard], first) = self.live.enter(key, &tickets)?;
        if first {
            tokio::spawn(watch_over(self.clone(), key, hub.clone()));
        }
        // What has changed meanwhile the watcher may have told before they listened.
        let (inventory, looked) = (self.clone(), Some(looked));
        let mut looking = Looking { inventory, key, hub, looked, heard, tickets, read: now.read };
        let now = self.read_news(key, &looking.tickets, None).await?;
        looking.read = now.read;
        Ok((looking, Arc::new(now)))
    }

    /// Ends everybody's looking, and lets nobody in any more: the process stops.
    pub fn close_streams(&self) {
        let mut rooms = lock(&self.live.rooms);
        rooms.closed = true;
        for (_, room) in rooms.open.drain() {
            room.hub.over();
            room.hub.stirred.notify_one();
        }
    }

    async fn read_news(&self, key: Key, tickets: &[TicketId], before: Option<&News>) -> Result<News> {
        loop {
            let read = Moment::now();
            let seen = self.availability(key.0, key.1).await?;
            let states = self.states_known(key.0, key.1, tickets);
            // It may have been forgotten in between; then it is read once more.
            if let Some(states) = states {
                let before = before.map(|news| news.seen.clone());
                return Ok(News { seen, before, states, read, texts: Default::default() });
            }
        }
    }
}

/// Looks at a performance whenever something was heard of it, until nobody looks on.
async fn watch_over(inventory: Arc<Inventory>, key: Key, hub: Arc<Hub>) {
    let mut last: Option<Arc<News>> = None;
    while let Some(tickets) = inventory.live.tickets(key, &hub) {
        match inventory.read_news(key, &tickets, last.as_deref()).await {
            Ok(news) => {
                let news = Arc::new(news);
                Hub::tell(&hub.looked, &news);
                if !last.as_deref().is_some_and(|last| same(last, &news)) {
                    Hub::tell(&hub.heard, &news);
                    last = Some(news);
                }
            }
            Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => return inventory.live.end(key, &hub),
            Err(error) => {
                tracing::warn!(%error, performance = %key.1, "who looks on cannot be told; it is tried again");
            }
        }
        tokio::time::sleep(PACE).await;
        tokio::select! {
            () = hub.stirred.notified() => {}
            () = tokio::time::sleep(ANYWAY) => {}
        }
    }
}

/// Whether there is nothing to tell.
fn same(last: &News, now: &News) -> bool {
    last.seen.content() == now.seen.content() && last.seen.public == now.seen.public && last.states == now.states
}
