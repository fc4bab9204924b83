//! A process that sells: its own memory, lanes and connections.

use std::{sync::Arc, time::Duration};

use foundation::{
    Cell, Result,
    id::{HoldId, ResellerId},
    idempotency::{Key, StoredAnswer},
};
use serde_json::json;
use ticketing::{
    inventory::Inventory,
    lanes::{HoldRequest, LaneSettings, Lanes, LanesAtWork, Placed},
    rules::{
        order::{Buyer, Hold, Order, Want},
        terms::AskedBy,
    },
    use_cases::{
        change_hold::{self, Changed},
        create_order::{NewOrder, create_order},
    },
};
use tokio_util::sync::CancellationToken;

use crate::house::{House, MINUTES};

/// Cheap to clone; the clones are the same process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) lanes: Lanes,
    pub(crate) reseller: ResellerId,
    stop: CancellationToken,
}

pub(crate) const SETTINGS: LaneSettings = LaneSettings { lanes: 2, batch: 64, queue: 10_000 };

fn render(hold: &Hold) -> StoredAnswer {
    let tickets: Vec<_> = hold.items.iter().map(|item| item.held.ticket).collect();
    let body = json!({ "id": hold.id, "expires_at": hold.expires_at, "tickets": tickets }).to_string();
    StoredAnswer { status: 201, body, etag: Some(format!("\"{}\"", hold.version)) }
}

/// The same key for the same body, another fingerprint for another.
pub(crate) fn key(text: &str, body: u8) -> Key {
    Key { text: text.to_owned(), fingerprint: [body; 32] }
}

impl Process {
    /// The house's first process.
    pub(crate) fn first(house: &House) -> Self {
        Self::open(house.db.cell().clone(), house.reseller, SETTINGS).0
    }

    /// Another one, with connections of its own.
    pub(crate) fn another(house: &House) -> Self {
        Self::open(house.db.second_cell(), house.reseller, SETTINGS).0
    }

    pub(crate) fn open(cell: Cell, reseller: ResellerId, settings: LaneSettings) -> (Self, LanesAtWork) {
        let inventory = Inventory::new(cell);
        let stop = CancellationToken::new();
        let (lanes, at_work) = Lanes::open(inventory.clone(), settings, render, stop.clone());
        (Self { inventory, lanes, reseller, stop }, at_work)
    }

    /// Refuses what comes from now on; what was taken in goes on.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    pub(crate) async fn place(&self, wants: Vec<Want>, lasts: Duration, key: Option<Key>) -> Result<Placed> {
        self.lanes
            .hold(self.reseller, HoldRequest { id: HoldId::new(), wants, by: AskedBy::default(), lasts, key })
            .await
    }

    /// Holds for this buyer.
    pub(crate) async fn hold_as(&self, buyer: &str, wants: Vec<Want>) -> Result<Hold> {
        self.hold_by(AskedBy { reference: Some(buyer.to_owned()), ..AskedBy::default() }, wants).await
    }

    /// Holds for one who asks so.
    pub(crate) async fn hold_by(&self, by: AskedBy, wants: Vec<Want>) -> Result<Hold> {
        let request = HoldRequest { id: HoldId::new(), wants, by, lasts: MINUTES, key: None };
        match self.lanes.hold(self.reseller, request).await? {
            Placed::Fresh(hold, _) => Ok(*hold),
            Placed::Before(answer) => panic!("without a key there is no answer before: {answer:?}"),
        }
    }

    pub(crate) async fn hold_for(&self, wants: Vec<Want>, lasts: Duration) -> Result<Hold> {
        match self.place(wants, lasts, None).await? {
            Placed::Fresh(hold, _) => Ok(*hold),
            Placed::Before(answer) => panic!("without a key there is no answer before: {answer:?}"),
        }
    }

    pub(crate) async fn hold(&self, wants: Vec<Want>) -> Result<Hold> {
        self.hold_for(wants, MINUTES).await
    }

    /// Asks with a key and gives the answer's bytes.
    pub(crate) async fn keyed(&self, wants: Vec<Want>, key: Key) -> Result<StoredAnswer> {
        Ok(match self.place(wants, MINUTES, Some(key)).await? {
            Placed::Fresh(_, answer) | Placed::Before(answer) => answer,
        })
    }

    async fn change(
        &self,
        work: impl AsyncFnOnce(&mut foundation::TenantTx, &Inventory) -> Result<Changed>,
    ) -> Result<Hold> {
        let mut tx = self.inventory.cell().tenant(self.reseller).await?;
        let changed = work(&mut tx, &self.inventory).await?;
        tx.commit().await?;
        self.inventory.learn_own(self.reseller, &changed.changes);
        Ok(changed.hold)
    }

    pub(crate) async fn release(&self, id: HoldId) -> Result<Hold> {
        self.change(async |tx, inventory| change_hold::release_hold(tx, inventory, id).await).await
    }

    pub(crate) async fn grow(&self, id: HoldId, wants: &[Want]) -> Result<Hold> {
        self.change(async |tx, inventory| change_hold::grow_hold(tx, inventory, id, wants, &AskedBy::default()).await)
            .await
    }

    pub(crate) async fn shrink(&self, id: HoldId, tickets: &[foundation::id::TicketId]) -> Result<Hold> {
        self.change(async |tx, inventory| change_hold::shrink_hold(tx, inventory, id, tickets).await).await
    }

    pub(crate) async fn extend(&self, id: HoldId, by: Duration, max: Duration) -> Result<Hold> {
        self.change(async |tx, inventory| change_hold::extend_hold(tx, inventory, id, by, max).await).await
    }

    pub(crate) async fn make_order(&self, new: &NewOrder) -> Result<Order> {
        let mut tx = self.inventory.cell().tenant(self.reseller).await?;
        let made = create_order(&mut tx, &self.inventory, new).await?;
        tx.commit().await?;
        self.inventory.learn_own(self.reseller, &made.changes);
        Ok(made.order)
    }

    pub(crate) async fn order(&self, hold: HoldId) -> Result<Order> {
        self.make_order(&new_order(hold)).await
    }

    /// Holds and orders.
    pub(crate) async fn ordered(&self, wants: Vec<Want>) -> Order {
        let hold = self.hold(wants).await.unwrap();
        self.order(hold.id).await.unwrap()
    }

    /// How many tickets of the performance this process thinks free.
    pub(crate) async fn thinks_free(&self, performance: foundation::id::PerformanceId) -> usize {
        let availability = self.inventory.availability(self.reseller, performance).await.unwrap();
        availability.counts.iter().map(|count| count.available).sum()
    }
}

/// An order of a buyer who can pay at once.
pub(crate) fn new_order(hold: HoldId) -> NewOrder {
    NewOrder {
        id: foundation::id::OrderId::new(),
        hold,
        reference: None,
        buyer: Buyer { name: Some("Ada".to_owned()), email: Some("ada@example.com".to_owned()), language: None },
        expected_total: None,
        payable_for: Duration::from_secs(900),
        sold_through: accounting::Channel::Api,
        accepts_equivalents: false,
        answers: Vec::new(),
        guests: None,
        pay: None,
    }
}
