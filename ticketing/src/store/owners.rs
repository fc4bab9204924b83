//! The one module that writes who owns a ticket. Rows are only added, on a locked order.

use std::collections::HashMap;

use foundation::{
    Instant, Result, TenantTx,
    id::{CredentialId, OrderId},
    mail::Language,
};

use super::known;
use crate::rules::{
    order::Order,
    owner::{OwnerChange, Owners, Ownership, TicketOwner},
};

#[derive(sqlx::FromRow)]
struct Row {
    item_no: i16,
    owner_no: i16,
    change: String,
    name: Option<String>,
    email: Option<String>,
    language: Option<Language>,
    credential_id: Option<CredentialId>,
    since: Instant,
}

#[derive(sqlx::FromRow)]
struct OfOrder {
    order_id: OrderId,
    #[sqlx(flatten)]
    row: Row,
}

impl Row {
    fn ownership(self) -> Result<Ownership> {
        Ok(Ownership {
            no: self.owner_no,
            change: known("a change of owner", &self.change, OwnerChange::parse(&self.change))?,
            owner: TicketOwner { name: self.name, email: self.email, language: self.language },
            credential: self.credential_id,
            since: self.since,
        })
    }
}

/// Makes all tickets of locked orders that were just paid their buyers'.
///
/// # Errors
/// The database's.
pub async fn purchased(tx: &mut TenantTx, orders: &[&Order], now: Instant) -> Result<()> {
    let reseller = tx.reseller();
    let each = || orders.iter().flat_map(|order| order.items.iter().map(move |item| (order, item)));
    sqlx::query(
        "insert into item_owners (reseller_id, order_id, item_no, owner_no, change, name, email, language, credential_id, since)
         select $1, order_id, item_no, 1, $2, name, email, language, credential_id, $3
         from unnest($4::uuid[], $5::smallint[], $6::text[], $7::text[], $8::text[], $9::uuid[])
             as i (order_id, item_no, name, email, language, credential_id)",
    )
    .bind(reseller)
    .bind(OwnerChange::Purchased.as_str())
    .bind(now)
    .bind(each().map(|(order, _)| order.id).collect::<Vec<_>>())
    .bind(each().map(|(_, item)| item.no).collect::<Vec<_>>())
    .bind(each().map(|(order, _)| order.buyer.name.as_deref()).collect::<Vec<_>>())
    .bind(each().map(|(order, _)| order.buyer.email.as_deref()).collect::<Vec<_>>())
    .bind(each().map(|(order, _)| order.buyer.language.map(Language::as_str)).collect::<Vec<_>>())
    .bind(each().map(|_| CredentialId::new()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds the next owner of an order's ticket.
///
/// # Errors
/// The database's.
pub async fn add(tx: &mut TenantTx, order: OrderId, item_no: i16, next: &Ownership) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into item_owners (reseller_id, order_id, item_no, owner_no, change, name, email, language, credential_id, since)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(reseller)
    .bind(order)
    .bind(item_no)
    .bind(next.no)
    .bind(next.change.as_str())
    .bind(&next.owner.name)
    .bind(&next.owner.email)
    .bind(next.owner.language)
    .bind(next.credential)
    .bind(next.since)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes these tickets of a locked order nobody's. Gives whose they were.
///
/// # Errors
/// The database's.
pub async fn voided(tx: &mut TenantTx, order: OrderId, item_nos: &[i16], now: Instant) -> Result<Owners> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "with last as (
             select distinct on (item_no) item_no, owner_no, change, name, email, language, credential_id, since from item_owners
             where reseller_id = $1 and order_id = $2 and item_no = any($3) order by item_no, owner_no desc),
         added as (
             insert into item_owners (reseller_id, order_id, item_no, owner_no, change, since)
             select $1, $2, item_no, owner_no + 1, $4, $5 from last)
         select item_no, owner_no, change, name, email, language, credential_id, since from last",
    )
    .bind(reseller)
    .bind(order)
    .bind(item_nos)
    .bind(OwnerChange::Voided.as_str())
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| Ok((row.item_no, row.ownership()?))).collect()
}

/// Whose the tickets of an order are now.
///
/// # Errors
/// The database's.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Owners> {
    Ok(of_orders(tx, &[order]).await?.remove(&order).unwrap_or_default())
}

/// The same of many orders; one that nobody has owned anything of is not among them.
///
/// # Errors
/// The database's.
pub async fn of_orders(tx: &mut TenantTx, orders: &[OrderId]) -> Result<HashMap<OrderId, Owners>> {
    let reseller = tx.reseller();
    let rows: Vec<OfOrder> = sqlx::query_as(
        "select distinct on (order_id, item_no)
             order_id, item_no, owner_no, change, name, email, language, credential_id, since from item_owners
         where reseller_id = $1 and order_id = any($2) order by order_id, item_no, owner_no desc",
    )
    .bind(reseller)
    .bind(orders)
    .fetch_all(tx.conn())
    .await?;
    let mut owners: HashMap<OrderId, Owners> = HashMap::new();
    for OfOrder { order_id, row } in rows {
        owners.entry(order_id).or_default().insert(row.item_no, row.ownership()?);
    }
    Ok(owners)
}

/// A page of the owners that a ticket has had, first first.
///
/// # Errors
/// The database's.
pub async fn of_item(
    tx: &mut TenantTx,
    order: OrderId,
    item_no: i16,
    after: Option<i16>,
    limit: i64,
) -> Result<Vec<Ownership>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select item_no, owner_no, change, name, email, language, credential_id, since from item_owners
         where reseller_id = $1 and order_id = $2 and item_no = $3 and owner_no > $4 order by owner_no limit $5",
    )
    .bind(reseller)
    .bind(order)
    .bind(item_no)
    .bind(after.unwrap_or(0))
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::ownership).collect()
}
