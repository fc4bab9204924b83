//! The ledger in itself: it is balanced as a whole, and its chain of digests is unbroken.

pub(super) const TRIAL_BALANCE: &str = "
    select format('%s: %s', j.currency, sum(line.amount))
    from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
    where j.reseller_id = $1
    group by j.currency having sum(line.amount) <> 0
    limit 10";

pub(super) const SOURCES: &str = "
    select format('%s has %s journals', source, count(*)) from journals where reseller_id = $1
    group by source having count(*) > 1
    limit 10";

pub(super) const CHAIN: &str = "
    select format('position %s (%s) is not what was sealed', position, coalesce(source, 'its journal is gone'))
    from (
        select p.position, p.digest, j.source,
               journal_chain(sha256(''), coalesce(journal_text(j), '')) over (order by p.position) as expected
        from journal_positions p left join journals j on j.reseller_id = $1 and j.journal_id = p.journal_id
        where p.reseller_id = $1) linked
    where digest <> expected
    order by position limit 10";

pub(super) const PLACES: &str = "
    select format('%s has no place', j.source) from journals j
    where j.reseller_id = $1
      and not exists (select from journal_positions p where p.reseller_id = $1 and p.journal_id = j.journal_id)
      and not exists (select from journal_inbox i where i.reseller_id = $1 and i.journal_id = j.journal_id)
    union all
    select format('%s places up to %s', count(*), max(position)) from journal_positions where reseller_id = $1
    having count(*) <> coalesce(max(position), 0)
    limit 10";

pub(super) const HEADS: &str = "
    select format('the end says %s, the last link is %s', h.position, coalesce(p.position, 0))
    from (select coalesce(max(position), 0) as position from journal_heads where reseller_id = $1) h
    full join (select coalesce(max(position), 0) as position from journal_positions where reseller_id = $1) p using (position)
    where h.position is null or p.position is null
    union all
    select format('the end of %s has another digest', h.position)
    from journal_heads h join journal_positions p on p.reseller_id = $1 and p.position = h.position
    where h.reseller_id = $1 and h.digest <> p.digest
    limit 10";
