//! The one module that writes who has entered with a ticket. Written on a locked order.

use foundation::{
    Error, Instant, Result, TenantTx,
    id::{CredentialId, OrderId, PerformanceId, TicketId},
};

use crate::rules::order::{CheckIn, Credential, Order};

/// Which order's item of which number a ticket of a performance is: of several that have had it, the one whose owner has had this right to
/// enter, else the one that is good, else the newest; and whether that right ever was one to this ticket. None if nobody has ordered it.
///
/// # Errors
/// The database's.
pub async fn item_of(
    tx: &mut TenantTx,
    performance: PerformanceId,
    ticket: TicketId,
    shown: Option<CredentialId>,
) -> Result<Option<(OrderId, i16, bool)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select i.order_id, i.item_no, its from order_items i
         cross join lateral (select exists (select from item_owners w where w.reseller_id = $1 and w.order_id = i.order_id
                                              and w.item_no = i.item_no and w.credential_id = $4) as its) w
         where i.reseller_id = $1 and i.performance_id = $2 and i.ticket_id = $3
         order by its desc, i.credential in ('issued', 'checked_in', 'suspended') desc, i.order_id desc limit 1",
    )
    .bind(reseller)
    .bind(performance)
    .bind(ticket)
    .bind(shown)
    .fetch_optional(tx.conn())
    .await?)
}

/// The ticket of a performance with which whoever has this right may enter or has entered, if there is one. It goes through all of the
/// performance's tickets that were bought.
///
/// # Errors
/// The database's.
pub async fn good_for(
    tx: &mut TenantTx,
    performance: PerformanceId,
    credential: CredentialId,
) -> Result<Option<TicketId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        // From the credential, which an index has, to its item.
        "select i.ticket_id from item_owners w
         join order_items i on i.reseller_id = $1 and i.order_id = w.order_id and i.item_no = w.item_no
         where w.reseller_id = $1 and w.credential_id = $3 and i.performance_id = $2 and i.credential in ('issued', 'checked_in', 'suspended')
           and not exists (select from item_owners l where l.reseller_id = $1 and l.order_id = w.order_id
                             and l.item_no = w.item_no and l.owner_no > w.owner_no) limit 1",
    )
    .bind(reseller)
    .bind(performance)
    .bind(credential)
    .fetch_optional(tx.conn())
    .await?)
}

/// Of the two hundred performances that are nearest in time to this one: the one for which the ticket is, and when that begins.
///
/// # Errors
/// The database's.
pub async fn elsewhere(
    tx: &mut TenantTx,
    performance: PerformanceId,
    ticket: TicketId,
) -> Result<Option<(PerformanceId, Instant)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select near.performance_id, near.starts_at from (
             (select o.performance_id, o.starts_at from performances p
              join performances o on o.reseller_id = $1 and o.starts_at >= p.starts_at
              where p.reseller_id = $1 and p.performance_id = $2 order by o.starts_at limit 100)
             union
             (select o.performance_id, o.starts_at from performances p
              join performances o on o.reseller_id = $1 and o.starts_at < p.starts_at
              where p.reseller_id = $1 and p.performance_id = $2 order by o.starts_at desc limit 100)) near
         join order_items i on i.reseller_id = $1 and i.performance_id = near.performance_id and i.ticket_id = $3
         where near.performance_id <> $2 limit 1",
    )
    .bind(reseller)
    .bind(performance)
    .bind(ticket)
    .fetch_optional(tx.conn())
    .await?)
}

/// Notes that somebody has entered with a ticket of a locked order, or, with none, that nobody has, and what that makes of its credential.
///
/// # Errors
/// Inconsistent if the lifecycle does not know the step; the database's.
pub async fn set(
    tx: &mut TenantTx,
    order: &mut Order,
    no: i16,
    (credential, to): (Credential, Option<CheckIn>),
) -> Result<()> {
    let reseller = tx.reseller();
    let id = order.id;
    for item in order.items.iter_mut().filter(|item| item.no == no) {
        if !item.credential.may_become(credential) {
            return Err(Error::Inconsistent(format!("a credential cannot become {}", credential.as_str())));
        }
        sqlx::query(
            "update order_items set credential = $4, checked_in_at = $5, check_in_gate = $6
             where reseller_id = $1 and order_id = $2 and item_no = $3",
        )
        .bind(reseller)
        .bind(id)
        .bind(no)
        .bind(credential.as_str())
        .bind(to.as_ref().map(|done| done.at))
        .bind(to.as_ref().and_then(|done| done.gate.as_deref()))
        .execute(tx.conn())
        .await?;
        item.credential = credential;
        item.checked_in.clone_from(&to);
    }
    Ok(())
}
