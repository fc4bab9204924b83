//! Credit and the books: what is owed for each.

pub(super) const CREDITS: &str = "
    with booked as (
        select j.about ->> 'credit_id' as id, j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'voucher_outstanding'
        group by 1, j.currency),
    kept as (
        select 'cred_' || replace(c.credit_id::text, '-', '') as id, c.currency,
               c.balance + coalesce((select sum(o.amount) from order_credits o
                                     where o.reseller_id = $1 and o.credit_id = c.credit_id and not o.redeemed), 0) as amount
        from credits c where c.reseller_id = $1)
    select format('%s %s: booked %s, left %s', coalesce(id, '?'), currency, coalesce(b.amount, 0), coalesce(k.amount, 0))
    from booked b full join kept k using (id, currency)
    where coalesce(b.amount, 0) <> coalesce(k.amount, 0) or coalesce(b.amount, 0) < 0
    limit 10";
