//! The invariants of the books, each a statement that finds what breaks it: it takes the tenant's id and gives at most ten
//! texts. Orders, payments and refunds are read as ticketing left them; nothing here trusts the code that posted.

mod chain;
mod credits;
mod disputes;
mod payouts;
mod releases;
mod settlements;

use chain::{CHAIN, HEADS, PLACES, SOURCES, TRIAL_BALANCE};
use credits::CREDITS;
use disputes::{CAPTURED, DISPUTE_HOLD, DISPUTE_RESERVE};
use payouts::{BANK, IN_TRANSIT, PAYOUTS};
use releases::{PERFORMANCES, RELEASES, RESERVE};
use settlements::{FOLLOWS, INVOICES, STRAY_PAGES, SUMS};

/// The sentence and the statement of each invariant.
pub(crate) const INVARIANTS: [(&str, &str); 32] = [
    ("every journal sums to zero and has an amount for each account", BALANCED),
    ("every stored balance of the reseller is the sum of its entries", BALANCES),
    ("no balance is stored without entries", STRAY_BALANCES),
    ("every paid order has its sale in the books, with its total and its fees", PAID_ORDERS),
    ("every sale in the books has its paid order", SALES),
    ("every refund has the journals of its state, with its amount", REFUNDS),
    ("every refund in the books has its refund", STRAY_REFUNDS),
    ("what is owed to buyers is the sum of the pending refunds", REFUNDS_PAYABLE),
    ("the money at the provider is per order what came less its fees and what went back", CLEARING),
    ("no ticket of an order is refunded twice", TWICE_REFUNDED),
    ("all accounts together are zero in every currency", TRIAL_BALANCE),
    ("every source has one journal", SOURCES),
    ("the chain of digests is whole: nothing sealed was changed, left out or put in", CHAIN),
    ("every journal has its place or waits for one, and the places have no gap", PLACES),
    ("the end of the chain is its last link", HEADS),
    ("no order returns more of a fee than it was charged", FEES_RETURNED),
    ("tickets sold and not refunded are in the books at their price, per performance", INVENTORY),
    ("what buyers may still buy with is, credit by credit, what the books owe them", CREDITS),
    ("nothing of a person is in the ledger", NO_PERSON),
    ("what banks hold is the sum of the undecided disputes", DISPUTE_HOLD),
    ("what of it is the reseller's is held for the reseller", DISPUTE_RESERVE),
    ("of no payment more went back, or was taken by a bank from the reseller, than had come", CAPTURED),
    ("each settlement begins where the one before it ended, with what that closed with", FOLLOWS),
    ("each settlement comes to what the books have of its period", SUMS),
    ("every page of rows has its settlement", STRAY_PAGES),
    ("what orders have pending is the sum of what their performances have", PERFORMANCES),
    ("every release is in the books, once, and nothing of its performance is pending any more", RELEASES),
    ("what is kept back is the sum of what releases kept back and have not freed", RESERVE),
    ("what is on its way to banks is the sum of the payouts that are", IN_TRANSIT),
    ("what has left the provider for a bank is of a payout that has not arrived", BANK),
    ("every payout has the journals of its state, with its amount", PAYOUTS),
    ("fee invoices and credit notes are numbered without gaps, and come to the fees of their settlements", INVOICES),
];

const BALANCED: &str = "
    select format('%s sums to %s over %s accounts and %s amounts', source, sum_of(amounts), cardinality(accounts), cardinality(amounts))
    from journals
    where reseller_id = $1
      and (sum_of(amounts) <> 0 or cardinality(accounts) <> cardinality(amounts) or cardinality(accounts) < 2)
    limit 10";

const BALANCES: &str = "
    with entries as (
        select line.account, j.currency, sum(line.amount) as balance
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account like 'reseller\\_%'
        group by line.account, j.currency)
    select format('%s %s: stored %s, entries %s', e.account, e.currency, coalesce(b.balance::text, 'nothing'), e.balance)
    from entries e
    left join lateral (
        select sum(balance) as balance from account_balances
        where reseller_id = $1 and account = e.account and currency = e.currency) b on true
    where b.balance is distinct from e.balance
    limit 10";

const STRAY_BALANCES: &str = "
    select format('%s %s: stored %s', b.account, b.currency, b.balance)
    from account_balances b
    where b.reseller_id = $1 and b.balance <> 0 and not exists (
        select from journals j where j.reseller_id = $1 and j.currency = b.currency and b.account = any (j.accounts))
    limit 10";

const PAID_ORDERS: &str = "
    with paid as (
        select o.order_id, o.currency, o.total - o.by_credit as total, 'sale:ord_' || replace(o.order_id::text, '-', '') as source,
               (select coalesce(sum(i.platform_fee), 0) from order_items i where i.reseller_id = $1 and i.order_id = o.order_id) as fees,
               (select coalesce(sum(i.hosting_fee), 0) from order_items i where i.reseller_id = $1 and i.order_id = o.order_id) as hosting,
               (select coalesce(sum(i.platform_fee_tax + i.hosting_fee_tax), 0) from order_items i where i.reseller_id = $1 and i.order_id = o.order_id) as tax
        from orders o
        where o.reseller_id = $1 and o.state = 'paid' and o.total > 0),
    booked as (
        select j.source, j.currency,
               coalesce(sum(line.amount) filter (where line.account = 'psp_clearing'), 0) as total,
               coalesce(-sum(line.amount) filter (where line.account = 'rev_platform_fee'), 0) as fees,
               coalesce(-sum(line.amount) filter (where line.account = 'rev_hosting_fee'), 0) as hosting,
               coalesce(-sum(line.amount) filter (where line.account = 'tax_platform_vat'), 0) as tax
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and j.source like 'sale:%'
        group by j.source, j.currency)
    select case when b.source is null then format('%s is not in the books', p.source)
                else format('%s: order %s %s, fees %s, hosting %s, tax %s; booked %s %s, fees %s, hosting %s, tax %s',
                            p.source, p.total, p.currency, p.fees, p.hosting, p.tax,
                            b.total, b.currency, b.fees, b.hosting, b.tax) end
    from paid p left join booked b on b.source = p.source
    where (b.currency, b.total, b.fees, b.hosting, b.tax) is distinct from (p.currency, p.total, p.fees, p.hosting, p.tax)
    limit 10";

const SALES: &str = "
    select format('%s has no paid order', j.source)
    from journals j
    where j.reseller_id = $1 and j.source like 'sale:%' and not exists (
        select from orders o
        where o.reseller_id = $1 and o.state = 'paid' and j.source = 'sale:ord_' || replace(o.order_id::text, '-', ''))
    limit 10";

const REFUNDS: &str = "
    with owed as (
        select j.source, j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and j.source like 'refund%' and line.account in ('refunds_payable', 'voucher_outstanding')
        group by j.source, j.currency),
    given as (
        select r.state, r.amount, r.currency, r.credit_id, 'ref_' || replace(r.refund_id::text, '-', '') as id
        from refunds r where r.reseller_id = $1)
    select format('%s %s over %s %s: accepted %s, paid %s, failed %s, returned %s', g.id, g.state, g.amount, g.currency,
                  coalesce(accepted.amount::text, '-'), coalesce(paid.amount::text, '-'), coalesce(failed.amount::text, '-'),
                  coalesce(returned.amount::text, '-'))
    from given g
    left join owed accepted on accepted.source = 'refund:' || g.id
    left join owed paid on paid.source = 'refund_paid:' || g.id
    left join owed failed on failed.source = 'refund_failed:' || g.id
    left join owed returned on returned.source = 'refund_returned:' || g.id
    where (accepted.amount, accepted.currency) is distinct from (g.amount, g.currency)
       or paid.amount is distinct from (case when (g.state = 'succeeded' and g.credit_id is null) or returned.amount is not null then -g.amount end)
       or failed.amount is distinct from (case when g.state = 'failed' then -g.amount end)
       or (returned.amount is not null and (g.state <> 'failed' or returned.amount <> g.amount))
    limit 10";

const STRAY_REFUNDS: &str = "
    select format('%s has no refund', j.source)
    from journals j
    where j.reseller_id = $1 and j.source like 'refund%' and not exists (
        select from refunds r
        where r.reseller_id = $1 and split_part(j.source, ':', 2) = 'ref_' || replace(r.refund_id::text, '-', ''))
    limit 10";

const REFUNDS_PAYABLE: &str = "
    with booked as (
        select j.currency, -sum(line.amount) as amount
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and line.account = 'refunds_payable'
        group by j.currency),
    pending as (
        select r.currency, sum(r.amount) as amount
        from refunds r where r.reseller_id = $1 and r.state = 'pending'
        group by r.currency)
    select format('%s: booked %s, pending %s', currency, coalesce(b.amount, 0), coalesce(p.amount, 0))
    from booked b full join pending p using (currency)
    where coalesce(b.amount, 0) <> coalesce(p.amount, 0)
    limit 10";

const CLEARING: &str = "
    with booked as (
        select j.about ->> 'order_id' as id, j.currency,
               coalesce(sum(line.amount) filter (where line.account = 'psp_clearing'), 0) as amount,
               coalesce(-sum(line.amount) filter (where line.account = 'psp_clearing' and j.source like 'psp_fee:%'), 0) as fees
        from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
        where j.reseller_id = $1 and j.about ->> 'order_id' is not null
        group by 1, j.currency),
    moved as (
        select order_id, currency, received as amount from payments where reseller_id = $1 and state = 'succeeded'
        union all
        select order_id, currency, -amount from refunds where reseller_id = $1 and state = 'succeeded' and credit_id is null
        union all
        select order_id, currency, -(own + excess + fee) from disputes where reseller_id = $1),
    expected as (
        select 'ord_' || replace(order_id::text, '-', '') as id, currency, sum(amount) as amount from moved group by 1, currency)
    select format('%s %s: booked %s, expected %s', id, currency, coalesce(b.amount, 0), coalesce(e.amount, 0) - coalesce(b.fees, 0))
    from booked b full join expected e using (id, currency)
    where coalesce(b.amount, 0) <> coalesce(e.amount, 0) - coalesce(b.fees, 0)
    limit 10";

const TWICE_REFUNDED: &str = "
    select format('%s item %s is refunded %s times', j.about ->> 'order_id', item.item_no,
                  sum(case when j.source like 'refund:%' then 1 else -1 end))
    from journals j, jsonb_to_recordset(coalesce(j.about -> 'items', '[]')) as item (item_no smallint)
    where j.reseller_id = $1 and (j.source like 'refund:%' or j.source like 'refund_failed:%')
    group by j.about ->> 'order_id', item.item_no
    having sum(case when j.source like 'refund:%' then 1 else -1 end) > 1
    limit 10";

const FEES_RETURNED: &str = "
    select format('%s %s: %s is %s after all', j.about ->> 'order_id', j.currency, line.account, sum(line.amount))
    from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
    where j.reseller_id = $1 and line.account in ('rev_platform_fee', 'rev_hosting_fee', 'tax_platform_vat')
      and (j.source like 'sale:%' or j.source like 'refund%')
    group by j.about ->> 'order_id', j.currency, line.account
    having sum(line.amount) > 0
    limit 10";

const INVENTORY: &str = "
    with booked as (
        select item.performance_id as id, sum(s.sign) as tickets, sum(s.sign * item.face_value) as price
        from journals j, jsonb_to_recordset(coalesce(j.about -> 'items', '[]')) as item (performance_id text, face_value numeric),
             (values ('sale:%', 1), ('refund:%', -1), ('refund_failed:%', 1), ('exchange_out:%', -1), ('exchange_in:%', 1)) as s (source, sign)
        where j.reseller_id = $1 and item.face_value > 0 and j.source like s.source
        group by 1),
    lives as (
        select i.order_id, i.item_no, 'perf_' || replace(i.performance_id::text, '-', '') as id, i.face_value
        from order_items i join orders o on o.reseller_id = $1 and o.order_id = i.order_id
        where i.reseller_id = $1 and o.state = 'paid' and i.face_value > 0
          and not exists (
              select from refunds r
              where r.reseller_id = $1 and r.order_id = i.order_id and i.item_no = any (r.item_nos) and r.state <> 'failed')),
    sold as (select id, count(*) as tickets, sum(face_value) as price from lives group by id)
    select format('%s: booked %s tickets at %s, sold %s at %s', id, coalesce(b.tickets, 0), coalesce(b.price, 0),
                  coalesce(s.tickets, 0), coalesce(s.price, 0))
    from booked b full join sold s using (id)
    where (coalesce(b.tickets, 0), coalesce(b.price, 0)) <> (coalesce(s.tickets, 0), coalesce(s.price, 0))
    limit 10";

const NO_PERSON: &str = "
    select format('%s says `%s`', j.source, field)
    from journals j, jsonb_object_keys(j.about) as field
    where j.reseller_id = $1 and field not in ('order_id', 'refund_id', 'payment_id', 'dispute_id', 'credit_id',
                                               'performance_id', 'payout_id', 'items', 'tax_returned', 'provider_fee', 'fee_tax_rate')
    union all
    select format('%s says `%s` of a ticket', j.source, field)
    from journals j, jsonb_array_elements(coalesce(j.about -> 'items', '[]')) as item, jsonb_object_keys(item) as field
    where j.reseller_id = $1 and field not in (
        'item_no', 'show_id', 'performance_id', 'ticket_id', 'ticket_type', 'price_tier', 'face_value', 'platform_fee',
        'platform_fee_tax', 'hosting_fee', 'hosting_fee_tax', 'buyer_fee', 'refunded', 'fee_returned', 'fee_tax_returned',
        'tax', 'tax_returned')
    union all
    select format('%s says `%s` of the tax in a price', j.source, field)
    from journals j, jsonb_array_elements(coalesce(j.about -> 'items', '[]')) as item, jsonb_object_keys(coalesce(item -> 'tax', '{}')) as field
    where j.reseller_id = $1 and field not in ('rate', 'amount')
    limit 10";
