//! Releases and the books: pending money is its performances', and what was released is pending no more.

pub(super) const PERFORMANCES: &str = "
    with booked as (
        select j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'reseller_pending'
          and (j.about ->> 'order_id' is not null or j.source like 'release:%')
        group by j.currency),
    held as (select currency, sum(pending) as amount from performance_money where reseller_id = $1 group by currency)
    select format('%s: booked %s, of performances %s', currency, coalesce(b.amount, 0), coalesce(h.amount, 0))
    from booked b full join held h using (currency)
    where coalesce(b.amount, 0) <> coalesce(h.amount, 0)
    limit 10";

pub(super) const RELEASES: &str = "
    with booked as (
        select j.source, sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and j.source like 'release:%' and line.account = 'reseller_pending'
        group by j.source),
    noted as (
        select 'release:perf_' || replace(performance_id::text, '-', '') || ':' || currency as source, amount
        from releases where reseller_id = $1)
    select format('%s: booked %s, noted %s', source, coalesce(b.amount, 0), coalesce(n.amount::text, 'nothing'))
    from booked b full join noted n using (source)
    where n.amount is null or coalesce(b.amount, 0) <> n.amount
    union all
    select format('perf_%s: %s of ord_%s is %s', replace(m.performance_id::text, '-', ''), m.pending,
                  replace(m.order_id::text, '-', ''), case when m.released then 'released' else 'pending' end)
    from performance_money m
    left join releases r on r.reseller_id = $1 and r.performance_id = m.performance_id and r.currency = m.currency
    where m.reseller_id = $1 and m.released <> (r.performance_id is not null)
    limit 10";

pub(super) const RESERVE: &str = "
    with booked as (
        select j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'reseller_rolling_reserve'
        group by j.currency),
    held as (select currency, sum(reserved - used) as amount from releases where reseller_id = $1 and not reserve_freed group by currency)
    select format('%s: booked %s, kept back %s', currency, coalesce(b.amount, 0), coalesce(h.amount, 0))
    from booked b full join held h using (currency)
    where coalesce(b.amount, 0) <> coalesce(h.amount, 0)
    limit 10";
