//! Disputes and the books: what banks hold, and that no more goes than came.

pub(super) const DISPUTE_HOLD: &str = "
    with booked as (
        select j.currency, sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'psp_dispute_hold'
        group by j.currency),
    held as (
        select currency, sum(own + excess) as amount from disputes where reseller_id = $1 and not loss_booked group by currency)
    select format('%s: booked %s, held %s', currency, coalesce(b.amount, 0), coalesce(h.amount, 0))
    from booked b full join held h using (currency)
    where coalesce(b.amount, 0) <> coalesce(h.amount, 0)
    limit 10";

pub(super) const DISPUTE_RESERVE: &str = "
    with booked as (
        select j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'reseller_dispute_reserve'
        group by j.currency),
    held as (select currency, sum(own) as amount from disputes where reseller_id = $1 and not loss_booked group by currency)
    select format('%s: booked %s, held %s', currency, coalesce(b.amount, 0), coalesce(h.amount, 0))
    from booked b full join held h using (currency)
    where coalesce(b.amount, 0) <> coalesce(h.amount, 0)
    limit 10";

pub(super) const CAPTURED: &str = "
    with gone as (
        select payment_id, amount from refunds where reseller_id = $1 and state <> 'failed'
        union all
        select payment_id, own from disputes where reseller_id = $1)
    select format('pay_%s: %s came, %s went', replace(p.payment_id::text, '-', ''), coalesce(p.received, 0), sum(g.amount))
    from payments p join gone g on g.payment_id = p.payment_id
    where p.reseller_id = $1
    group by p.payment_id, p.received having sum(g.amount) > coalesce(p.received, 0)
    limit 10";
