//! Payouts and the books: what is on its way, what has arrived, what came back.

pub(super) const IN_TRANSIT: &str = "
    with booked as (
        select j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'payout_in_transit'
        group by j.currency),
    open as (
        select currency, sum(amount) as amount from payouts
        where reseller_id = $1 and state in ('created', 'in_transit', 'returning') and paid_at is null group by currency)
    select format('%s: booked %s, on their way %s', currency, coalesce(b.amount, 0), coalesce(o.amount, 0))
    from booked b full join open o using (currency)
    where coalesce(b.amount, 0) <> coalesce(o.amount, 0)
    limit 10";

pub(super) const BANK: &str = "
    with booked as (
        select j.currency, sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'bank'
        group by j.currency),
    open as (
        select currency, sum(amount) as amount from payouts
        where reseller_id = $1 and state in ('in_transit', 'returning') and paid_at is null group by currency)
    select format('%s: booked %s, transferred and not there yet %s', currency, coalesce(b.amount, 0), coalesce(o.amount, 0))
    from booked b full join open o using (currency)
    where coalesce(b.amount, 0) <> coalesce(o.amount, 0)
    limit 10";

pub(super) const PAYOUTS: &str = "
    with booked as (
        select j.source, j.currency, line.amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1
          and (j.source like 'payout:%' and line.account = 'reseller_available'
               or j.source like 'payout_paid:%' and line.account = 'bank'
               or j.source like 'payout_failed:%' and line.account = 'reseller_available'
               or j.source like 'settle:%' and line.account = 'bank')),
    due as (
        select p.payout_id, p.currency, d.source, d.amount
        from payouts p, lateral (values
            ('payout:po_' || replace(p.payout_id::text, '-', ''), p.amount),
            ('payout_paid:po_' || replace(p.payout_id::text, '-', ''), case when p.paid_at is not null then -p.amount end),
            ('payout_failed:po_' || replace(p.payout_id::text, '-', ''), case when p.state = 'failed' then -p.amount end),
            ('settle:' || p.transfer_transaction, p.amount),
            ('settle:' || p.return_transaction, -p.amount)) as d (source, amount)
        where p.reseller_id = $1 and d.source is not null and d.amount is not null)
    select format('%s: booked %s, by its payout %s', source, coalesce(b.amount::text, 'nothing'), coalesce(d.amount::text, 'nothing'))
    from booked b full join due d using (source, currency)
    where b.amount is distinct from d.amount
    limit 10";
