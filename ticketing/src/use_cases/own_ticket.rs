//! What all changes of a ticket's owner have in common: what is looked at first, and what is told of it.

use foundation::{Error, Instant, Result, TenantTx, event, id::OrderId};
use serde_json::json;

use super::settle::order_event;
use crate::{
    rules::{
        order::{Order, OrderItem},
        owner::{OwnerChange, Ownership, Standing, TicketOwner, may_change_hands},
    },
    store::{disputes, orders, owners, performances, refunds},
};

/// A ticket of a locked order that may change hands.
pub(super) struct Owned {
    /// The order.
    pub(super) order: Order,
    /// The ticket.
    pub(super) item: OrderItem,
    /// Whose it is.
    pub(super) of: Ownership,
    /// When it is looked at.
    pub(super) now: Instant,
}

/// Locks an order and looks at its ticket of this number. Slots and claims are locked before it.
pub(super) async fn lock(tx: &mut TenantTx, id: OrderId, no: i16) -> Result<Owned> {
    let order = orders::lock(tx, id).await?;
    let now = tx.now().await?;
    let performance = performances::get(tx, order.item(no)?.held.performance).await?;
    let refunds = refunds::of_order(tx, id).await?;
    let disputes = disputes::list(tx, Some(id), None, 100).await?;
    let standing = Standing { performance: &performance, refunds: &refunds, disputes: &disputes };
    may_change_hands(&order, no, &standing, now)?;
    of(tx, order, no, now).await
}

/// A good ticket of a locked order, and whose it is: for what happens to it whether it may change hands or not.
pub(super) async fn of(tx: &mut TenantTx, order: Order, no: i16, now: Instant) -> Result<Owned> {
    let of = owners::of_order(tx, order.id).await?.remove(&no);
    let of = of.ok_or_else(|| Error::Inconsistent(format!("item {no} of {} is good and nobody's", order.id)))?;
    let item = order.item(no)?.clone();
    Ok(Owned { order, item, of, now })
}

impl Owned {
    /// Writes the next owner. Gives that, and tells of it: the event has ids and nothing of who owns the ticket.
    pub(super) async fn change(
        &mut self,
        tx: &mut TenantTx,
        change: OwnerChange,
        owner: TicketOwner,
        kind: &'static str,
    ) -> Result<Ownership> {
        let next = self.of.followed_by(change, owner, self.now)?;
        owners::add(tx, self.order.id, self.item.no, &next).await?;
        let ticket = self.item.held.ticket;
        let data = json!({
            "id": ticket, "performance_id": self.item.held.performance, "order_id": self.order.id, "item_no": self.item.no,
            "credential_id": next.credential, "credential_before": self.of.credential,
        });
        let told = event::NewEvent { kind, object: "ticket", object_id: ticket.uuid(), version: None, data };
        self.tell(tx, told).await?;
        Ok(next)
    }

    /// Counts the order's version up and tells what became of it and of its ticket.
    pub(super) async fn tell(&mut self, tx: &mut TenantTx, ticket: event::NewEvent) -> Result<()> {
        orders::touch(tx, &mut self.order).await?;
        Ok(event::append(tx, &[order_event("order.updated", &self.order), ticket]).await?)
    }
}
