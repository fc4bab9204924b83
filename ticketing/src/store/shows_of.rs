//! Which shows an object is of, for whoever follows the events of some shows only.

use std::collections::{HashMap, HashSet};

use foundation::{Result, TenantTx, id::ShowId};
use uuid::Uuid;

/// The shows of each of these objects, given as the noun of an event and its id. An object that is of no show, or whose show is
/// no longer there, is left out.
///
/// # Errors
/// If the database does not answer.
pub async fn shows_of(tx: &mut TenantTx, objects: &[(&str, Uuid)]) -> Result<HashMap<Uuid, HashSet<ShowId>>> {
    let reseller = tx.reseller();
    let (kinds, ids): (Vec<&str>, Vec<Uuid>) = objects.iter().copied().unzip();
    let pairs: Vec<(Uuid, ShowId)> = sqlx::query_as(
        "with o as materialized (select distinct * from unnest($2::text[], $3::uuid[]) as o (kind, id)),
         ordered as materialized (
             select o.id, o.id as order_id from o where o.kind = 'order'
             union all select o.id, p.order_id from o join payments p on p.reseller_id = $1 and p.payment_id = o.id
                 where o.kind = 'payment'
             union all select o.id, r.order_id from o join refunds r on r.reseller_id = $1 and r.refund_id = o.id
                 where o.kind = 'refund'
             union all select o.id, d.order_id from o join disputes d on d.reseller_id = $1 and d.dispute_id = o.id
                 where o.kind = 'dispute'
             union all select o.id, f.order_id from o join fraud_warnings f on f.reseller_id = $1 and f.fraud_warning_id = o.id
                 where o.kind = 'fraud_warning'),
         performed as materialized (
             select o.id, o.id as performance_id from o where o.kind = 'performance'
             union all select o.id, f.performance_id from o join offers f on f.reseller_id = $1 and f.offer_id = o.id
                 where o.kind = 'offer'
             union all select o.id, t.performance_id from o join tasks t on t.reseller_id = $1 and t.task_id = o.id
                 where o.kind = 'task'
             union all select o.id, l.performance_id from o join pools l on l.reseller_id = $1 and l.pool_id = o.id
                 where o.kind = 'pool'
             union all select o.id, s.performance_id from o join sale_rounds s on s.reseller_id = $1 and s.sale_round_id = o.id
                 where o.kind = 'sale_round'
             union all select o.id, r.performance_id from o
                 join reschedulings r on r.reseller_id = $1 and r.rescheduling_id = o.id
                 where o.kind = 'rescheduling'
             union all select o.id, replace(i.item ->> 'p', 'perf_', '')::uuid
                 from o join all_holds h on h.reseller_id = $1 and h.hold_id = o.id
                 cross join lateral jsonb_array_elements(h.items) as i (item)
                 where o.kind = 'hold')
         select id, id from o where kind = 'show'
         union select o.id, q.show_id from o join questions q on q.reseller_id = $1 and q.question_id = o.id
             where o.kind = 'question'
         union select d.id, i.show_id from ordered d join order_items i on i.reseller_id = $1 and i.order_id = d.order_id
         union select d.id, p.show_id from performed d
             join performances p on p.reseller_id = $1 and p.performance_id = d.performance_id",
    )
    .bind(reseller)
    .bind(kinds)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let mut shows: HashMap<Uuid, HashSet<ShowId>> = HashMap::new();
    for (object, show) in pairs {
        shows.entry(object).or_default().insert(show);
    }
    Ok(shows)
}
