//! What the sales report sums up: the tickets in the journals of a period, and what there was beside them.

use foundation::{
    Instant, Result, TenantTx,
    id::{QuestionId, ShowId},
};
use rust_decimal::Decimal;

/// One group of tickets. Which of the keys are set depends on the grouping.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Group {
    pub(crate) currency: String,
    pub(crate) show_id: Option<String>,
    pub(crate) performance_id: Option<String>,
    pub(crate) day: Option<String>,
    /// The name of what it is grouped by, where that is no show, performance or day; null where it has none.
    pub(crate) label: Option<String>,
    pub(crate) tickets_sold: i64,
    pub(crate) tickets_refunded: i64,
    pub(crate) gross: Decimal,
    pub(crate) ticket_tax: Decimal,
    pub(crate) platform_fees: Decimal,
    pub(crate) platform_fee_tax: Decimal,
    pub(crate) refunds: Decimal,
}

/// The tickets sold and refunded in a period (`from` inclusive, `to` exclusive), grouped by this word; at most `limit` groups. A refund
/// that failed counts against the refund; a ticket that was exchanged is sold where it is now, and no longer where it was. By answers
/// to a question, it is named.
pub(crate) async fn groups(
    tx: &mut TenantTx,
    (from, to): (Instant, Instant),
    show: Option<ShowId>,
    (by, question): (&str, Option<QuestionId>),
    limit: i64,
) -> Result<Vec<Group>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "with moved as (
             select j.currency::text as currency, to_char(j.posted_at at time zone 'UTC', 'YYYY-MM-DD') as day,
                    replace(j.about ->> 'order_id', 'ord_', '')::uuid as order_id, i.*,
                    case when j.source like 'sale:%' or j.source like 'exchange_in:%' then 1
                         when j.source like 'exchange_out:%' then -1 else 0 end as sold,
                    case when j.source like 'refund:%' then 1 when j.source like 'refund_failed:%' then -1 else 0 end as back
             from journals j, jsonb_to_recordset(coalesce(j.about -> 'items', '[]')) as i (
                 item_no smallint, show_id text, performance_id text, ticket_type text, price_tier text, face_value numeric,
                 platform_fee numeric, platform_fee_tax numeric, hosting_fee numeric, hosting_fee_tax numeric, buyer_fee numeric,
                 refunded numeric, fee_returned numeric, fee_tax_returned numeric, tax jsonb, tax_returned numeric)
             where j.reseller_id = $1 and j.posted_at >= $2 and j.posted_at < $3 and ($4::text is null or i.show_id = $4)),
         keyed as (
             select m.*, case when $5 in ('show', 'performance', 'ticket_type', 'price_tier') then m.show_id end as by_show,
                    case when $5 = 'performance' then m.performance_id end as by_performance,
                    case when $5 = 'day' then m.day end as by_day,
                    case $5 when 'ticket_type' then m.ticket_type
                            when 'price_tier' then m.price_tier
                            when 'promotion' then 'promo_' || replace(oi.promotion_id::text, '-', '')
                            when 'channel' then coalesce(oi.channel, 'api')
                            when 'answer' then o.answers ->> $7 end as label
             from moved m
             left join told_items oi on $5 in ('promotion', 'channel') and oi.reseller_id = $1
                                     and oi.order_id = m.order_id and oi.item_no = m.item_no
             left join told_orders o on $5 = 'answer' and o.reseller_id = $1 and o.order_id = m.order_id)
         select currency, by_show as show_id, by_performance as performance_id, by_day as day, label,
                sum(sold) as tickets_sold, sum(back) as tickets_refunded,
                sum(sold * (face_value + buyer_fee)) as gross,
                coalesce(sum(sold * (tax ->> 'amount')::numeric), 0) - coalesce(sum(back * tax_returned), 0) as ticket_tax,
                sum(sold * (platform_fee + coalesce(hosting_fee, 0)) - back * fee_returned) as platform_fees,
                sum(sold * (platform_fee_tax + coalesce(hosting_fee_tax, 0)) - back * fee_tax_returned) as platform_fee_tax,
                sum(back * refunded) as refunds
         from keyed
         group by currency, by_show, by_performance, by_day, label
         order by currency, by_day, by_show, by_performance, label
         limit $6",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .bind(show.map(|show| show.to_string()))
    .bind(by)
    .bind(limit)
    .bind(question.map(|question| question.to_string()))
    .fetch_all(tx.conn())
    .await?)
}

/// What a period cost that is of no ticket, in one currency.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OfNoTicket {
    pub(crate) currency: String,
    /// The provider's fees that became known.
    pub(crate) provider_fees: Decimal,
    /// Amounts given back of no ticket in particular; those that failed are taken off again.
    pub(crate) amount_refunds: Decimal,
    /// The tax in the prices that these carried back.
    pub(crate) amount_refund_tax: Decimal,
    /// The same of what banks took in disputes and did not give back.
    pub(crate) dispute_tax: Decimal,
    /// What the provider took for disputes beside the disputed money, less what it gave back of that.
    pub(crate) dispute_fees: Decimal,
    /// What all else brought, below zero where it cost: disputes with the provider's fees for them, credit, corrections.
    pub(crate) other: Decimal,
}

/// What the reseller's sales of a period cost beside what the tickets tell, per currency. What an order was paid with in credit is in the
/// price of its tickets already.
pub(crate) async fn of_no_ticket(tx: &mut TenantTx, from: Instant, to: Instant) -> Result<Vec<OfNoTicket>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select j.currency::text as currency,
                coalesce(sum(line.amount) filter (where j.source like 'psp_fee:%'), 0) as provider_fees,
                coalesce(sum(line.amount) filter (where j.source like 'refund%'), 0) as amount_refunds,
                coalesce(sum(case when j.source like 'refund_failed:%' then -1 else 1 end * (j.about ->> 'tax_returned')::numeric)
                             filter (where j.source like 'refund%' and line.nth = first.nth), 0) as amount_refund_tax,
                coalesce(sum((j.about ->> 'tax_returned')::numeric) filter (where j.source like 'dispute:%' and line.nth = first.nth), 0)
                    as dispute_tax,
                coalesce(sum((j.about ->> 'provider_fee')::numeric) filter (where j.source like 'dispute:%' and line.nth = first.nth), 0)
                    as dispute_fees,
                coalesce(-sum(line.amount) filter (where j.source not like 'psp_fee:%' and j.source not like 'refund%'), 0) as other
         from journals j, unnest(j.accounts, j.amounts) with ordinality as line (account, amount, nth),
              -- What is said of the whole journal is counted with the first line that is counted.
              lateral (select min(own.nth) as nth from unnest(j.accounts) with ordinality as own (account, nth)
                       where own.account in ('reseller_pending', 'reseller_available')) as first
         where j.reseller_id = $1 and j.posted_at >= $2 and j.posted_at < $3
           and line.account in ('reseller_pending', 'reseller_available') and j.about -> 'items' is null
           -- What is kept back or paid out was sold all the same.
           and j.source not like 'reserve%' and j.source not like 'payout%'
           and j.source not like 'redeem:%'
         group by j.currency order by j.currency",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .fetch_all(tx.conn())
    .await?)
}
