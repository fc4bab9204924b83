//! Settlements: each goes on where the one before it ended, comes to what the books have, and is still what was sealed.

pub(super) const FOLLOWS: &str = "
    with linked as (
        select s.*, lag(number) over w as number_before, lag(last_position) over w as last_before, lag(ends_at) over w as end_before,
               lag(closing) over w as closing_before, lag(document_digest) over w as digest_before
        from settlements s where s.reseller_id = $1
        window w as (partition by currency order by number))
    select format('%s %s begins at %s with %s', currency, number, first_position, opening)
    from linked
    where number <> coalesce(number_before, 0) + 1 or first_position <> coalesce(last_before, 0) + 1
       or begins_at is distinct from end_before or opening <> coalesce(closing_before, 0)
       or document::jsonb ->> 'previous_sha256' is distinct from encode(digest_before, 'hex')
    limit 10";

pub(super) const SUMS: &str = "
    with booked as (
        select s.currency, s.number, coalesce(-sum(line.amount), 0) as net
        from settlements s
        join journal_positions p on p.reseller_id = $1 and p.position between s.first_position and s.last_position
        join journals j on j.reseller_id = $1 and j.journal_id = p.journal_id and j.currency = s.currency
        cross join unnest(j.accounts, j.amounts) as line (account, amount)
        where s.reseller_id = $1 and line.account in ('reseller_pending', 'reseller_available')
        group by s.currency, s.number)
    select format('%s %s: from %s to %s, booked %s', s.currency, s.number, s.opening, s.closing, coalesce(b.net, 0))
    from settlements s left join booked b using (currency, number)
    where s.reseller_id = $1 and s.closing - s.opening <> coalesce(b.net, 0)
    limit 10";

pub(super) const STRAY_PAGES: &str = "
    select format('page %s of %s has no settlement', page, settlement_id)
    from settlement_pages g
    where g.reseller_id = $1
      and not exists (select from settlements s where s.reseller_id = $1 and s.settlement_id = g.settlement_id)
    limit 10";

pub(super) const INVOICES: &str = "
    select format('%s has invoices up to %s, %s of them, and credit notes up to %s, %s of them', currency, max(fee_invoice_number),
                  count(fee_invoice_number), max(credit_note_number), count(credit_note_number))
    from settlements where reseller_id = $1
    group by currency
    having coalesce(max(fee_invoice_number), 0) <> count(fee_invoice_number)
        or coalesce(max(credit_note_number), 0) <> count(credit_note_number)
    union all
    select format('%s %s: on papers %s, settled %s', currency, number, written, settled)
    from settlements, lateral (
        select coalesce((document::jsonb -> 'fee_invoice' -> 'total' ->> 'amount')::numeric, 0)
             + coalesce((document::jsonb -> 'credit_note' -> 'total' ->> 'amount')::numeric, 0) as written,
               (document::jsonb -> 'totals' -> 'platform_fee' ->> 'amount')::numeric
             + (document::jsonb -> 'totals' -> 'hosting_fee' ->> 'amount')::numeric
             + (document::jsonb -> 'totals' -> 'platform_fee_tax' ->> 'amount')::numeric as settled) s
    where reseller_id = $1 and num_nonnulls(fee_invoice_number, credit_note_number) > 0 and written <> settled
    limit 10";
