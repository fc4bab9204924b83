//! The invariants of inventory, orders and event log, with accounting's: what `stagedoor verify` prints and what every
//! integration test ends with.

use foundation::{
    Cell, Currency, Result, TenantTx,
    id::{PaymentId, ResellerId},
    verify::{Checked, check},
};
use rust_decimal::Decimal;

use crate::provider::{Provider, Standing, major};

/// Invariant and the statement that lists what breaks it, ten at most. `$1` is the tenant.
const CHECKS: &[(&str, &str)] = &[
    (
        "every live claim is on a ticket of its performance",
        "select 'claim on ' || c.ticket_id from all_claims c
         where c.reseller_id = $1 and c.expires_at > (select cell_now()) and not exists (
             select from all_tickets t where t.reseller_id = $1 and t.performance_id = c.performance_id and t.ticket_id = c.ticket_id)
         limit 10",
    ),
    (
        "sold + held + ordered + blocked + available = created, in every performance",
        "with n as materialized (select cell_now() as now), s as (
             select t.performance_id, count(*) as created,
                    count(*) filter (where c.owner_kind = 'order' and o.state = 'paid' and c.expires_at > n.now) as sold,
                    count(*) filter (where c.owner_kind = 'order' and o.state <> 'paid' and c.expires_at > n.now) as ordered,
                    count(*) filter (where c.owner_kind = 'hold' and c.expires_at > n.now) as held,
                    count(*) filter (where c.owner_kind = 'block' and c.expires_at > n.now) as blocked,
                    count(*) filter (where c.ticket_id is null or c.expires_at <= n.now) as available
             from n cross join all_tickets t
             left join all_claims c on c.reseller_id = $1 and c.performance_id = t.performance_id and c.ticket_id = t.ticket_id
             left join orders o on o.reseller_id = $1 and o.order_id = c.owner_id and c.owner_kind = 'order'
             where t.reseller_id = $1 group by t.performance_id)
         select performance_id || ': ' || sold || ' + ' || held || ' + ' || ordered || ' + ' || blocked || ' + ' || available
                || ' is not ' || created
         from s where sold + held + ordered + blocked + available <> created limit 10",
    ),
    (
        "every issued or used credential has its order's claim for ever, on a paid order",
        "select o.order_id || ' item ' || i.item_no from order_items i
         join orders o on o.reseller_id = $1 and o.order_id = i.order_id
         left join all_claims c on c.reseller_id = $1 and c.performance_id = i.performance_id and c.ticket_id = i.ticket_id
         where i.reseller_id = $1 and i.credential in ('issued', 'checked_in', 'suspended')
           and (o.state <> 'paid' or c.owner_id is distinct from i.order_id or c.owner_kind <> 'order' or c.expires_at <> 'infinity')
         limit 10",
    ),
    (
        "no ticket has two credentials that are good",
        "select ticket_id || ' has ' || count(*) from order_items
         where reseller_id = $1 and credential in ('issued', 'checked_in', 'suspended')
         group by performance_id, ticket_id having count(*) > 1 limit 10",
    ),
    (
        "every good credential has an owner now, and what is void or unpaid has none",
        "select i.order_id || ' item ' || i.item_no || ' is ' || i.credential || ', its owner ' || coalesce(last.change, 'missing')
         from order_items i left join lateral (
             select o.change from item_owners o where o.reseller_id = $1 and o.order_id = i.order_id and o.item_no = i.item_no
             order by o.owner_no desc limit 1) last on true
         where i.reseller_id = $1 and case i.credential when 'none' then last.change is not null
                                                        when 'voided' then last.change is distinct from 'voided'
                                                        else coalesce(last.change, 'voided') = 'voided' end limit 10",
    ),
    (
        "the owners of a ticket follow each other from its purchase without a gap",
        "select order_id || ' item ' || item_no || ': ' || string_agg(change, ', ' order by owner_no) from item_owners
         where reseller_id = $1 group by order_id, item_no
         having min(owner_no) <> 1 or max(owner_no) <> count(*) or (array_agg(change order by owner_no))[1] <> 'purchased'
             or count(*) filter (where change = 'purchased') <> 1 or array_agg(since order by owner_no) <> array_agg(since order by since)
         limit 10",
    ),
    (
        "whoever has a ticket after another has a right to enter of their own, and a corrected name changes none",
        "select order_id || ' item ' || item_no || ' owner ' || owner_no from (
             select o.*, lag(credential_id) over (partition by order_id, item_no order by owner_no) as before,
                    count(*) filter (where change <> 'renamed') over (partition by credential_id) as begun
             from item_owners o where o.reseller_id = $1) seen
         where credential_id is not null and (begun <> 1 or (change = 'renamed') <> (credential_id is not distinct from before)) limit 10",
    ),
    (
        "every item of a paid order became a credential, and none of an unpaid one did",
        "select o.order_id || ' is ' || o.state || ', item ' || i.item_no || ' is ' || i.credential
         from order_items i join orders o on o.reseller_id = $1 and o.order_id = i.order_id
         where i.reseller_id = $1 and (o.state = 'paid') = (i.credential = 'none') limit 10",
    ),
    (
        "every live claim for ever of an order is of one that is paid or being paid",
        "select c.ticket_id || ' of ' || c.owner_id from all_claims c left join orders o on o.reseller_id = $1 and o.order_id = c.owner_id
         where c.reseller_id = $1 and c.owner_kind = 'order' and c.expires_at = 'infinity'
           and (o.order_id is null or o.state not in ('paid', 'awaiting_payment', 'processing')) limit 10",
    ),
    (
        "every live claim of a hold is of an active one that names the ticket",
        "select c.ticket_id || ' of ' || c.owner_id from all_claims c left join holds h on h.reseller_id = $1 and h.hold_id = c.owner_id
         where c.reseller_id = $1 and c.owner_kind = 'hold' and c.expires_at > (select cell_now())
           and (h.hold_id is null or h.state <> 'active' or h.expires_at <> c.expires_at
                or not h.items::text like '%' || replace(c.ticket_id::text, '-', '') || '%') limit 10",
    ),
    (
        "every live hold has all its claims",
        "select h.hold_id || ' lacks ' || (item ->> 't') from holds h cross join lateral jsonb_array_elements(h.items) item
         left join all_claims c on c.reseller_id = $1 and c.owner_kind = 'hold' and c.owner_id = h.hold_id
             and c.performance_id = substr(item ->> 'p', 6)::uuid and c.ticket_id = substr(item ->> 't', 5)::uuid
         where h.reseller_id = $1 and h.state = 'active' and h.expires_at > (select cell_now()) and c.ticket_id is null limit 10",
    ),
    (
        "every live claim of a block is of one that is active in its performance, of the performance's layout, of a void ticket, or kept for who may choose it",
        "select c.ticket_id || ' of ' || c.owner_id from all_claims c
         left join blocks b on b.reseller_id = $1 and b.block_id = c.owner_id and b.performance_id = c.performance_id
             and b.state = 'active' and b.reason <> 'allocation'
         left join performances p on p.reseller_id = $1 and p.performance_id = c.performance_id and p.layout_id = c.owner_id
         where c.reseller_id = $1 and c.owner_kind = 'block' and c.expires_at > (select cell_now())
           and b.block_id is null and p.performance_id is null and not exists (
               select from order_items i where i.reseller_id = $1 and i.order_id = c.owner_id and i.credential = 'voided'
                 and i.performance_id = c.performance_id and i.ticket_id = c.ticket_id)
           and not exists (
               select from cancellation_orders k
               join cancellations n on n.reseller_id = $1 and n.cancellation_id = k.cancellation_id and n.replacement_id = c.performance_id
               where k.reseller_id = $1 and k.order_id = c.owner_id and k.decision is null and c.ticket_id = any (k.kept_tickets))
         limit 10",
    ),
    (
        "every active block has the claims of all its tickets, for ever",
        "select b.block_id || ': ' || count(c.ticket_id) || ' of ' || b.tickets from blocks b
         left join all_claims c on c.reseller_id = $1 and c.performance_id = b.performance_id and c.owner_kind = 'block'
             and c.owner_id = b.block_id and c.expires_at = 'infinity'
         where b.reseller_id = $1 and b.state = 'active' and b.reason <> 'allocation'
         group by b.block_id, b.tickets having count(c.ticket_id) <> b.tickets limit 10",
    ),
    (
        "what is set aside is of an active allocation of its performance",
        "select t.ticket_id || ' for ' || t.block_id from all_tickets t
         left join blocks b on b.reseller_id = $1 and b.block_id = t.block_id and b.performance_id = t.performance_id
             and b.state = 'active' and b.reason = 'allocation'
         where t.reseller_id = $1 and t.block_id is not null and b.block_id is null limit 10",
    ),
    (
        "what is set aside for a seller is held and sold by no other",
        "select c.ticket_id || ' of ' || c.owner_id from all_tickets t
         join all_claims c on c.reseller_id = $1 and c.performance_id = t.performance_id and c.ticket_id = t.ticket_id
             and c.expires_at > (select cell_now()) and c.owner_kind <> 'block'
         where t.reseller_id = $1 and t.block_id is not null
           and not exists (
               select from holds h cross join lateral jsonb_array_elements(h.items) item
               where h.reseller_id = $1 and c.owner_kind = 'hold' and h.hold_id = c.owner_id
                 and substr(item ->> 't', 5)::uuid = t.ticket_id and substr(item ->> 'b', 5)::uuid = t.block_id)
           and not exists (
               select from order_items i
               where i.reseller_id = $1 and c.owner_kind = 'order' and i.order_id = c.owner_id
                 and i.performance_id = t.performance_id and i.ticket_id = t.ticket_id and i.block_id = t.block_id)
         limit 10",
    ),
    (
        "every live slot of a limit is of the owner of its ticket's claim, until the same time",
        "select 'slot ' || s.slot || ' of ' || s.limit_id || ' for ' || s.ticket_id from all_slots s
         left join all_claims c on c.reseller_id = $1 and c.performance_id = s.performance_id and c.ticket_id = s.ticket_id
             and c.owner_kind = s.owner_kind and c.owner_id = s.owner_id
         where s.reseller_id = $1 and s.expires_at > (select cell_now()) and s.expires_at is distinct from c.expires_at limit 10",
    ),
    (
        "no limit has more live slots than its maximum",
        "select limit_id || ': ' || count(*) || ' of ' || max(maximum) from all_slots
         where reseller_id = $1 and expires_at > (select cell_now())
         group by limit_id, subject having count(*) > max(maximum) limit 10",
    ),
    (
        "no sale round, pool or promotion has more live slots than its capacity",
        "select s.limit_id || ': ' || count(*) from all_slots s
         left join sale_rounds r on r.reseller_id = $1 and r.performance_id = s.performance_id and r.sale_round_id = s.limit_id
         left join pools q on q.reseller_id = $1 and q.performance_id = s.performance_id and q.pool_id = s.limit_id
         left join promotions p on p.reseller_id = $1 and p.promotion_id = s.limit_id
         where s.reseller_id = $1 and s.expires_at > (select cell_now()) and s.subject = ''
         group by s.limit_id
         having count(*) > max(case when r.sale_round_id is null then coalesce(q.capacity, p.max_uses, 0)
                                    else coalesce(r.capacity, 2147483647) end) limit 10",
    ),
    (
        "what a performance keeps of its sale rounds is what they say",
        "select p.performance_id || ' from ' || coalesce(p.rounds_from::text, 'its own') || ' until ' || coalesce(p.rounds_until::text, 'its own')
         from performances p
         left join (select performance_id,
                           case when (array_agg(opens_at order by position))[1] is not null then min(opens_at) end as opens,
                           case when count(closes_at) = count(*) then max(closes_at) end as closes
                    from sale_rounds where reseller_id = $1 group by performance_id) r using (performance_id)
         where p.reseller_id = $1 and (p.rounds_from, p.rounds_until) is distinct from (r.opens, r.closes) limit 10",
    ),
    (
        "every ticket of a live order that was sold in a round with a capacity, or with a limited promotion, has its slot",
        "select i.order_id || ' item ' || i.item_no from order_items i
         join all_claims c on c.reseller_id = $1 and c.performance_id = i.performance_id and c.ticket_id = i.ticket_id
             and c.owner_kind = 'order' and c.owner_id = i.order_id and c.expires_at > (select cell_now())
         left join sale_rounds r on r.reseller_id = $1 and r.performance_id = i.performance_id
             and r.sale_round_id = i.sale_round_id and r.capacity is not null
         left join promotions p on p.reseller_id = $1 and p.promotion_id = i.promotion_id and p.max_uses is not null
         cross join lateral (
             select count(*) filter (where s.limit_id = r.sale_round_id) as of_round,
                    count(*) filter (where s.limit_id = p.promotion_id) as of_promotion
             from all_slots s where s.reseller_id = $1 and s.performance_id = i.performance_id and s.ticket_id = i.ticket_id
               and s.subject = '' and s.owner_id = i.order_id and s.expires_at = c.expires_at) n
         where i.reseller_id = $1 and ((r.sale_round_id is not null and n.of_round <> 1)
                                       or (p.promotion_id is not null and n.of_promotion <> 1)) limit 10",
    ),
    (
        "every ticket of a live order with its buyer's address counts for a buyer",
        "select o.order_id || ' item ' || i.item_no from orders o
         join order_items i on i.reseller_id = $1 and i.order_id = o.order_id
         join all_claims c on c.reseller_id = $1 and c.performance_id = i.performance_id and c.ticket_id = i.ticket_id
             and c.owner_kind = 'order' and c.owner_id = o.order_id and c.expires_at > (select cell_now())
         where o.reseller_id = $1 and o.buyer_email is not null and i.guest_name is null and not exists (
             select from all_slots s where s.reseller_id = $1 and s.performance_id = i.performance_id and s.ticket_id = i.ticket_id
               and s.owner_kind = 'order' and s.owner_id = o.order_id and s.limit_id in (i.performance_id, i.show_id)
               and s.expires_at = c.expires_at)
         limit 10",
    ),
    (
        "an order's total is the sum of its items, and a paid one that cost something has one succeeded payment",
        "select o.order_id || ': ' || o.total from orders o
         left join (select order_id, sum(total) as total from order_items where reseller_id = $1 group by order_id) i
             on i.order_id = o.order_id
         left join (select order_id, received, count(*) as many from payments
                    where reseller_id = $1 and state = 'succeeded' group by order_id, received) p
             on p.order_id = o.order_id and p.received = o.total - o.by_credit
         left join (select order_id, sum(amount) as amount, bool_or(redeemed) as any_redeemed, bool_and(redeemed) as all_redeemed
                    from order_credits where reseller_id = $1 group by order_id) c
             on c.order_id = o.order_id
         where o.reseller_id = $1 and (
             o.total is distinct from i.total
             or (o.state = 'paid' and o.total > o.by_credit and p.many is null)
             or o.by_credit <> coalesce(c.amount, 0)
             or c.any_redeemed <> (o.state = 'paid') or c.all_redeemed <> (o.state = 'paid'))
         limit 10",
    ),
    (
        "no more of what an order had in credit is given back than it had, and as credit; and a credit of refunds is what they come to",
        "select o.order_id || ': ' || sum(r.amount) || ' of ' || o.by_credit from orders o
         join refunds r on r.reseller_id = $1 and r.order_id = o.order_id and r.payment_id is null
         where o.reseller_id = $1 group by o.order_id, o.by_credit having sum(r.amount) > o.by_credit
         union all
         select c.credit_id || ': ' || c.amount from credits c
         join refunds r on r.reseller_id = $1 and r.credit_id = c.credit_id
         where c.reseller_id = $1 group by c.credit_id, c.amount, c.order_id
         having sum(r.amount) <> c.amount or count(*) filter (where r.order_id is distinct from c.order_id or r.state <> 'succeeded') > 0
         limit 10",
    ),
    (
        "no more of a credit is kept and redeemed than it was given for",
        "select c.credit_id || ': ' || c.balance || ' left of ' || c.amount from credits c
         left join lateral (select coalesce(sum(o.amount), 0) as taken from order_credits o
                            where o.reseller_id = $1 and o.credit_id = c.credit_id) t on true
         where c.reseller_id = $1 and (c.balance + t.taken > c.amount or (c.expired_at is null and c.balance + t.taken <> c.amount))
         limit 10",
    ),
    (
        "no ticket is good for a performance whose cancellation is done, but of an order that a person has to see to",
        "select i.order_id || ' item ' || i.item_no from cancellations n
         join order_items i on i.reseller_id = $1 and i.performance_id = n.performance_id and i.credential in ('issued', 'suspended')
         left join cancellation_orders c on c.reseller_id = $1 and c.cancellation_id = n.cancellation_id and c.order_id = i.order_id
         where n.reseller_id = $1 and n.state = 'done' and c.problem is null limit 10",
    ),
    (
        "every order of a cancellation has one outcome, and what follows from it",
        "select c.order_id || ': ' || coalesce(c.decision, 'none') from cancellation_orders c
         join cancellations n on n.reseller_id = $1 and n.cancellation_id = c.cancellation_id
         left join refunds r on r.reseller_id = $1 and r.refund_id = c.refund_id
         where c.reseller_id = $1 and (
             (c.decision is null and n.state = 'done') or (c.refund_id is not null and (c.decision is null or c.decision not in ('refund', 'credit')))
             or (c.decision = 'credit' and c.refund_id is not null and r.credit_id is null)
             or (c.refund_id is not null and (r.refund_id is null or r.order_id <> c.order_id or r.refund_policy <> 'fees_returned'))
             or (c.decision is not null and c.problem is null and exists (
                 select from order_items i where i.reseller_id = $1 and i.order_id = c.order_id
                   and i.performance_id = n.performance_id and i.credential in ('issued', 'suspended'))))
         limit 10",
    ),
    (
        "tickets are kept for an order of a cancellation until it has its outcome, and no longer",
        "select c.order_id || ' ' || k.ticket_id from cancellation_orders c
         join cancellations n on n.reseller_id = $1 and n.cancellation_id = c.cancellation_id
         cross join lateral unnest(c.kept_tickets) as k (ticket_id)
         left join all_claims l on l.reseller_id = $1 and l.performance_id = n.replacement_id and l.ticket_id = k.ticket_id
             and l.owner_kind = 'block' and l.owner_id = c.order_id and l.expires_at = 'infinity'
         where c.reseller_id = $1 and ((c.decision is null and l.ticket_id is null) or (c.decision in ('refund', 'credit') and l.ticket_id is not null))
         limit 10",
    ),
    (
        "refunds pending or succeeded are never more than the payment",
        "select p.payment_id || ' of ' || p.received from payments p
         join (select payment_id, sum(amount) as back from refunds where reseller_id = $1 and state <> 'failed' group by payment_id) r
             on r.payment_id = p.payment_id
         where p.reseller_id = $1 and coalesce(p.received, 0) < r.back limit 10",
    ),
    (
        "refunds and banks carry back no more tax than the prices of their order's tickets had",
        "select r.order_id || ': ' || r.tax from (
             select order_id, sum(ticket_tax) as tax from (
                 select order_id, ticket_tax from refunds where reseller_id = $1 and state <> 'failed'
                 union all
                 select order_id, ticket_tax from disputes where reseller_id = $1) of group by order_id) r
         where r.tax > (select coalesce(sum(i.ticket_tax), 0) from order_items i where i.reseller_id = $1 and i.order_id = r.order_id)
         limit 10",
    ),
    (
        "tickets on sale of a performance with a layout are of seats and areas that it has",
        "with parts as materialized (
             select v.layout_version_id, s ->> 'name' as section, r ->> 'label' as row_label, x ->> 'label' as seat_label
             from layout_versions v cross join json_array_elements(v.plan -> 'sections') s
             cross join json_array_elements(s -> 'rows') r cross join json_array_elements(r -> 'seats') x where v.reseller_id = $1
             union all
             select v.layout_version_id, a ->> 'name', null, null
             from layout_versions v cross join json_array_elements(v.plan -> 'areas') a where v.reseller_id = $1),
         taken_away as materialized (
             select c.performance_id, c.ticket_id from performances p
             join all_claims c on c.reseller_id = $1 and c.performance_id = p.performance_id and c.owner_id = p.layout_id
             where p.reseller_id = $1 and c.owner_kind = 'block' and c.expires_at = 'infinity')
         select performance_id || ': ' || section || ' ' || coalesce(row_label || '-' || seat_label, '(place)') from (
             select p.performance_id, t.section, t.row_label, t.seat_label
             from performances p join all_tickets t on t.reseller_id = $1 and t.performance_id = p.performance_id
             left join taken_away a on a.performance_id = t.performance_id and a.ticket_id = t.ticket_id
             where p.reseller_id = $1 and p.layout_version_id is not null and a.ticket_id is null
             except
             select p.performance_id, parts.section, parts.row_label, parts.seat_label
             from performances p join parts on parts.layout_version_id = p.layout_version_id where p.reseller_id = $1) astray
         limit 10",
    ),
    (
        "tickets on sale of a performance with a layout are no more than the law allows, in any area and in all",
        "with parts as materialized (
             select v.layout_version_id, s ->> 'name' as section, (s ->> 'maximum')::bigint as most
             from layout_versions v cross join json_array_elements(v.plan -> 'sections') s where v.reseller_id = $1
             union all
             select v.layout_version_id, a ->> 'name', least((a ->> 'maximum')::bigint, (a ->> 'capacity')::bigint)
             from layout_versions v cross join json_array_elements(v.plan -> 'areas') a where v.reseller_id = $1
             union all
             select v.layout_version_id, null, (v.plan ->> 'maximum')::bigint from layout_versions v where v.reseller_id = $1),
         taken_away as materialized (
             select c.performance_id, c.ticket_id from performances p
             join all_claims c on c.reseller_id = $1 and c.performance_id = p.performance_id and c.owner_id = p.layout_id
             where p.reseller_id = $1 and c.owner_kind = 'block' and c.expires_at = 'infinity'),
         counted as (
             select p.performance_id, p.layout_version_id, t.section, count(*) as many
             from performances p join all_tickets t on t.reseller_id = $1 and t.performance_id = p.performance_id
             left join taken_away a on a.performance_id = t.performance_id and a.ticket_id = t.ticket_id
             where p.reseller_id = $1 and p.layout_version_id is not null and a.ticket_id is null
             group by grouping sets ((p.performance_id, p.layout_version_id, t.section), (p.performance_id, p.layout_version_id)))
         select c.performance_id || ': ' || coalesce(c.section, 'in all') || ' has ' || c.many || ' of ' || parts.most
         from counted c join parts on parts.layout_version_id = c.layout_version_id and parts.section is not distinct from c.section
         where c.many > parts.most limit 10",
    ),
    (
        "nothing is live and archived at once",
        "select 'ticket ' || t.ticket_id from tickets t join archived_tickets a using (reseller_id, performance_id, ticket_id)
         where t.reseller_id = $1
         union all
         select 'claim on ' || c.ticket_id from claims c join archived_tickets a using (reseller_id, performance_id, ticket_id)
         where c.reseller_id = $1
         union all
         select 'slot ' || s.slot || ' of ' || s.limit_id from slots s join archived_slots a using (reseller_id, limit_id, subject, slot)
         where s.reseller_id = $1
         union all
         select 'hold ' || h.hold_id from holds h join archived_holds a using (reseller_id, hold_id) where h.reseller_id = $1
         limit 10",
    ),
    (
        "an archived performance has all the tickets that it had, and what is archived is of one",
        "select performance_id || ': ' || coalesce(p.archived_tickets, 0) || ' tickets, ' || coalesce(a.many, 0) || ' archived, '
                || coalesce(l.many, 0) || ' live'
         from performances p
         left join (select performance_id, count(*) as many from archived_tickets where reseller_id = $1 group by performance_id) a
             using (performance_id)
         left join (select performance_id, count(*) as many from tickets where reseller_id = $1 group by performance_id) l
             using (performance_id)
         where p.reseller_id = $1 and (p.archived_at is not null or a.many > 0)
           and coalesce(a.many, 0) + coalesce(l.many, 0) <> coalesce(p.archived_tickets, 0) limit 10",
    ),
    (
        "of a performance that is all archived nothing is live but what was brought back",
        "select x.what || ' of ' || x.performance_id from performances p
         join (select performance_id, 'ticket ' || ticket_id as what, ticket_id from tickets where reseller_id = $1
               union all select performance_id, 'claim on ' || ticket_id, ticket_id from claims where reseller_id = $1
               union all select performance_id, 'a guest', null from sale_round_guests where reseller_id = $1) x
             on x.performance_id = p.performance_id
         where p.reseller_id = $1 and p.archived_at is not null and p.archive_from is null and not exists (
             select from archive_returns b
             where b.reseller_id = $1 and b.performance_id = x.performance_id and b.ticket_id = x.ticket_id) limit 10",
    ),
    (
        "a waitlist counts who waits, and keeps from open sale what they would take",
        "select l.performance_id || ': ' || l.waiting || ' of ' || count(e.entry_id) from waitlists l
         left join waitlist_entries e on e.reseller_id = $1 and e.performance_id = l.performance_id and e.state = 'waiting'
         where l.reseller_id = $1 group by l.performance_id, l.waiting, l.scopes
         having l.waiting <> count(e.entry_id) or coalesce(bool_or(exists (
             select from jsonb_array_elements(e.wants) want
             where not l.scopes @> jsonb_build_array(
                 jsonb_build_object('tier', want -> 'tier', 'section', want -> 'party' -> 'section')))), false) limit 10",
    ),
    (
        "a show counts all who wait for it to open",
        "select i.show_id || ': ' || count(*) || ' of ' || coalesce(max(l.waiting), 0) from interests i
         left join interest_lists l on l.reseller_id = $1 and l.show_id = i.show_id
         where i.reseller_id = $1 and i.told_at is null group by i.show_id
         having count(*) > coalesce(max(l.waiting), 0) limit 10",
    ),
    (
        "every offer of a waitlist is a hold of its own, which ends with it",
        "select e.entry_id || ' is ' || e.state || ', its hold ' || coalesce(h.state, 'missing') from waitlist_entries e
         left join all_holds h on h.reseller_id = $1 and h.hold_id = e.hold_id and h.waitlist_entry_id = e.entry_id
         where e.reseller_id = $1 and e.hold_id is not null and (h.hold_id is not null or e.state = 'offered')
           and h.state is distinct from case e.state when 'offered' then 'active' when 'accepted' then 'converted'
                                                     when 'lapsed' then 'expired' else 'released' end limit 10",
    ),
    (
        "positions of the event log are dense and each event has at most one",
        "select 'position ' || max(position) || ' after ' || count(*) || ' events' from event_positions where reseller_id = $1
         having max(position) <> count(*) or min(position) <> 1",
    ),
    (
        "versions of an object rise in the order of the log",
        "select object_id || ' at ' || position from (
             select e.object_id, p.position, e.version, lag(e.version) over (partition by e.object_id order by p.position) as before
             from events e join event_positions p on p.reseller_id = $1 and p.event_id = e.event_id
             where e.reseller_id = $1 and e.version is not null) seen
         where version <= before limit 10",
    ),
];

/// Checks one tenant: inventory, orders, event log and books.
///
/// # Errors
/// If the database does not answer.
pub async fn checks(tx: &mut TenantTx) -> Result<Vec<Checked>> {
    let reseller = tx.reseller();
    // Each check reads whole tables, so they may be read whole here, and for longer than any request. Over the views of live and
    // archived rows the planner takes few rows for granted, and then goes through one side for each row of the other.
    sqlx::raw_sql(
        "set local enable_nestloop = off; set local enable_seqscan = on; set local statement_timeout = '10min'",
    )
    .execute(tx.conn())
    .await?;
    let mut checked = Vec::with_capacity(CHECKS.len() + 10);
    for (invariant, sql) in CHECKS.iter().copied() {
        checked.push(check(tx.conn(), reseller, invariant, sql).await?);
    }
    checked.extend(accounting::checks(tx).await?);
    Ok(checked)
}

/// The most payments of a tenant that are held against the provider in one run, newest first.
const PROVIDER_PAYMENTS_MAX: i64 = 500;

/// Holds a tenant's newest succeeded payments against what the provider says of them.
///
/// # Errors
/// If the database or the provider does not answer.
pub async fn against_provider(cell: &Cell, provider: &Provider, reseller: ResellerId) -> Result<Checked> {
    let mut tx = cell.tenant(reseller).await?;
    let rows: Vec<(PaymentId, Option<String>, Decimal, String)> = sqlx::query_as(
        "select payment_id, provider_intent, received, currency from payments
         where reseller_id = $1 and state = 'succeeded' order by payment_id desc limit $2",
    )
    .bind(reseller)
    .bind(PROVIDER_PAYMENTS_MAX)
    .fetch_all(tx.conn())
    .await?;
    drop(tx);
    let mut violations = Vec::new();
    for (payment, intent, amount, currency) in rows {
        let Some(intent) = intent else {
            violations.push(format!("{payment} succeeded without the provider's id"));
            continue;
        };
        let state = provider.intent(&intent).await?;
        let received = currency.parse::<Currency>().map(|currency| major(state.amount_received, currency));
        if state.standing != Standing::Succeeded || received != Ok(amount) {
            violations
                .push(format!("{payment}: {amount} {currency} here, {received:?} and {:?} there", state.standing));
        }
    }
    Ok(Checked { invariant: "every succeeded payment succeeded at the provider with the same amount", violations })
}
