//! The one module that writes orders and their items.

use std::collections::{BTreeMap, HashMap};

use accounting::{Channel, TaxRate, TicketTax};
use foundation::{
    Currency, Instant, Result, TenantTx,
    id::{
        BlockId, FeeRuleId, HoldId, OfferId, OrderId, PerformanceId, PromotionId, QuestionId, SaleRoundId, ShowId,
        TicketId,
    },
    mail::Language,
    refusal::{Code, Refusal},
};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{AssertSqlSafe, types::Json};

use super::known;
use crate::rules::order::{Buyer, CheckIn, Credential, HeldTicket, Order, OrderItem, OrderState, Place, RefundPolicy};

#[derive(sqlx::FromRow)]
struct Row {
    order_id: OrderId,
    state: String,
    hold_id: HoldId,
    reference: Option<String>,
    buyer_name: Option<String>,
    buyer_email: Option<String>,
    buyer_language: Option<Language>,
    currency: String,
    total: Decimal,
    by_credit: Decimal,
    refund_policy: String,
    sold_through: String,
    pay_by: Instant,
    accepts_equivalents: bool,
    created_at: Instant,
    paid_at: Option<Instant>,
    answers: Json<BTreeMap<QuestionId, Value>>,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    order_id: OrderId,
    item_no: i16,
    performance_id: PerformanceId,
    ticket_id: TicketId,
    offer_id: OfferId,
    sale_round_id: Option<SaleRoundId>,
    promotion_id: Option<PromotionId>,
    block_id: Option<BlockId>,
    show_id: ShowId,
    ticket_type: String,
    price_tier: String,
    section: String,
    row_label: Option<String>,
    seat_label: Option<String>,
    discount: Decimal,
    face_value: Decimal,
    tax_rate: Option<TaxRate>,
    ticket_tax: Option<Decimal>,
    platform_fee: Decimal,
    platform_fee_tax: Decimal,
    hosting_fee: Decimal,
    hosting_fee_tax: Decimal,
    fee_rule_id: FeeRuleId,
    buyer_fee: Decimal,
    total: Decimal,
    guest_name: Option<String>,
    credential: String,
    checked_in_at: Option<Instant>,
    check_in_gate: Option<String>,
}

const COLUMNS: &str = "order_id, state, hold_id, reference, buyer_name, buyer_email, buyer_language, currency, total, by_credit, \
     refund_policy, sold_through, pay_by, accepts_equivalents, created_at, paid_at, answers, version";

impl Row {
    fn order(self, items: Vec<OrderItem>) -> Result<Order> {
        Ok(Order {
            id: self.order_id,
            state: known("an order's state", &self.state, OrderState::parse(&self.state))?,
            hold: self.hold_id,
            reference: self.reference,
            buyer: Buyer { name: self.buyer_name, email: self.buyer_email, language: self.buyer_language },
            currency: known("a currency", &self.currency, self.currency.parse::<Currency>().ok())?,
            total: self.total,
            by_credit: self.by_credit,
            refund_policy: known("a refund policy", &self.refund_policy, RefundPolicy::parse(&self.refund_policy))?,
            sold_through: known("a channel", &self.sold_through, Channel::named(&self.sold_through))?,
            pay_by: self.pay_by,
            accepts_equivalents: self.accepts_equivalents,
            created_at: self.created_at,
            paid_at: self.paid_at,
            version: self.version,
            items,
            answers: self.answers.0,
            unanswered: Vec::new(),
        })
    }
}

impl ItemRow {
    fn item(self) -> Result<OrderItem> {
        Ok(OrderItem {
            no: self.item_no,
            held: HeldTicket {
                performance: self.performance_id,
                ticket: self.ticket_id,
                offer: self.offer_id,
                round: self.sale_round_id,
                promotion: self.promotion_id,
                block: self.block_id,
            },
            show: self.show_id,
            place: Place { section: self.section, row: self.row_label, seat: self.seat_label },
            ticket_type: self.ticket_type,
            price_tier: self.price_tier,
            discount: self.discount,
            face_value: self.face_value,
            tax: self.tax_rate.zip(self.ticket_tax).map(|(rate, amount)| TicketTax { rate, amount }),
            platform_fee: self.platform_fee,
            platform_fee_tax: self.platform_fee_tax,
            hosting_fee: self.hosting_fee,
            hosting_fee_tax: self.hosting_fee_tax,
            fee_rule: self.fee_rule_id,
            buyer_fee: self.buyer_fee,
            total: self.total,
            guest: self.guest_name,
            credential: known("a credential", &self.credential, Credential::parse(&self.credential))?,
            checked_in: self.checked_in_at.map(|at| CheckIn { at, gate: self.check_in_gate }),
        })
    }
}

/// Writes new orders with their items.
///
/// # Errors
/// `reference_taken`, `hold_not_active` if a hold has an order already, or the database's.
pub async fn insert(tx: &mut TenantTx, orders: &[&Order]) -> Result<()> {
    let reseller = tx.reseller();
    let written = sqlx::query(
        "insert into orders (reseller_id, order_id, hold_id, reference, buyer_name, buyer_email, buyer_language, currency, total,
                             refund_policy, pay_by, due_at, accepts_equivalents, created_at, answers, sold_through)
         select $1, order_id, hold_id, reference, buyer_name, buyer_email, buyer_language, currency, total, refund_policy, pay_by,
                pay_by, accepts_equivalents, created_at, answers, sold_through
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::numeric[],
                     $10::text[], $11::timestamptz[], $12::bool[], $13::timestamptz[], $14::jsonb[], $15::text[])
             as o (order_id, hold_id, reference, buyer_name, buyer_email, buyer_language, currency, total, refund_policy, pay_by,
                   accepts_equivalents, created_at, answers, sold_through)
         on conflict (reseller_id, reference) where reference is not null do nothing",
    )
    .bind(reseller)
    .bind(orders.iter().map(|o| o.id).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.hold).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.reference.as_deref()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.buyer.name.as_deref()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.buyer.email.as_deref()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.buyer.language.map(Language::as_str)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.currency.code()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.total).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.refund_policy.as_str()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.pay_by).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.accepts_equivalents).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.created_at).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| Json(&o.answers)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.sold_through.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    if written.rows_affected() < orders.len() as u64 {
        return Err(reference_taken(tx, orders).await?.into());
    }
    insert_items(tx, orders).await
}

/// The refusal of orders of which one has a reference that another one has, which it names; of two of them with the same it names none.
async fn reference_taken(tx: &mut TenantTx, orders: &[&Order]) -> Result<Refusal> {
    let reseller = tx.reseller();
    let other: Option<OrderId> = sqlx::query_scalar(
        "select order_id from orders where reseller_id = $1 and reference = any($2) and order_id <> all($3) limit 1",
    )
    .bind(reseller)
    .bind(orders.iter().filter_map(|o| o.reference.as_deref()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.id).collect::<Vec<_>>())
    .fetch_optional(tx.conn())
    .await?;
    let refusal =
        Refusal::new(Code::ReferenceTaken, "Another order has this reference; references are unique for ever.");
    Ok(match other {
        Some(order) => refusal.with_alternatives(serde_json::json!({ "order_id": order })),
        None => refusal,
    })
}

async fn insert_items(tx: &mut TenantTx, orders: &[&Order]) -> Result<()> {
    let reseller = tx.reseller();
    let (orders, items): (Vec<OrderId>, Vec<&OrderItem>) =
        orders.iter().flat_map(|order| order.items.iter().map(|item| (order.id, item))).unzip();
    sqlx::query(
        "insert into order_items (reseller_id, order_id, item_no, performance_id, ticket_id, offer_id, show_id, ticket_type,
             price_tier, section, row_label, seat_label, face_value, platform_fee, platform_fee_tax, buyer_fee, total,
             sale_round_id, promotion_id, discount, hosting_fee, hosting_fee_tax, fee_rule_id, block_id, guest_name, tax_rate, ticket_tax)
         select $1, * from unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[],
             $10::text[], $11::text[], $12::text[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[], $17::numeric[],
             $18::uuid[], $19::uuid[], $20::numeric[], $21::numeric[], $22::numeric[], $23::uuid[], $24::uuid[], $25::text[],
             $26::numeric[], $27::numeric[])",
    )
    .bind(reseller)
    .bind(orders)
    .bind(items.iter().map(|i| i.no).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.held.performance).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.held.ticket).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.held.offer).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.show).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.ticket_type.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.price_tier.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.place.section.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.place.row.as_deref()).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.place.seat.as_deref()).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.face_value).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.platform_fee).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.platform_fee_tax).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.buyer_fee).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.total).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.held.round).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.held.promotion).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.discount).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.hosting_fee).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.hosting_fee_tax).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.fee_rule).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.held.block).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.guest.as_deref()).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.tax.map(|tax| tax.rate)).collect::<Vec<_>>())
    .bind(items.iter().map(|i| i.tax.map(|tax| tax.amount)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The order that has a ticket now, paid or not, and which of its items the ticket is; none if no order has it.
///
/// # Errors
/// The database's.
pub async fn with_ticket(
    tx: &mut TenantTx,
    performance: PerformanceId,
    ticket: TicketId,
) -> Result<Option<(OrderId, i16)>> {
    let (now, reseller) = (tx.now().await?, tx.reseller());
    // An order may have had the ticket before as an item that is void.
    Ok(sqlx::query_as(
        "select i.order_id, i.item_no from all_claims c
         join order_items i on i.reseller_id = $1 and i.performance_id = $2 and i.ticket_id = $3 and i.order_id = c.owner_id
         where c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = $3 and c.owner_kind = 'order'
           and c.expires_at > $4 and i.credential <> 'voided'",
    )
    .bind(reseller)
    .bind(performance)
    .bind(ticket)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?)
}

/// The order of this id, if there is one.
///
/// # Errors
/// The database's.
pub async fn find(tx: &mut TenantTx, id: OrderId) -> Result<Option<Order>> {
    Ok(of_ids(tx, &[id]).await?.pop())
}

/// Those orders of these ids that there are, by id.
///
/// # Errors
/// The database's.
pub async fn of_ids(tx: &mut TenantTx, ids: &[OrderId]) -> Result<Vec<Order>> {
    let orders = read(tx, ids, "").await?;
    with_unanswered(tx, orders).await
}

/// The same, locked until the end of the transaction, without what their buyers have not answered. Claims are locked before them.
///
/// # Errors
/// The database's.
pub async fn lock_all(tx: &mut TenantTx, ids: &[OrderId]) -> Result<Vec<Order>> {
    read(tx, ids, LOCKED).await
}

const LOCKED: &str = " for update";

/// Who waits for a lock is given the row as it then is; the items are read after it.
async fn read(tx: &mut TenantTx, ids: &[OrderId], lock: &'static str) -> Result<Vec<Order>> {
    let reseller = tx.reseller();
    let select =
        format!("select {COLUMNS} from orders where reseller_id = $1 and order_id = any($2) order by order_id{lock}");
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(ids).fetch_all(tx.conn()).await?;
    with_items(tx, rows).await
}

async fn with_items(tx: &mut TenantTx, rows: Vec<Row>) -> Result<Vec<Order>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<OrderId> = rows.iter().map(|row| row.order_id).collect();
    let mut items = items(tx, &ids).await?;
    let order = |row: Row| {
        let its = items.remove(&row.order_id).unwrap_or_default();
        row.order(its)
    };
    rows.into_iter().map(order).collect()
}

/// Those that are still to be paid tell what their buyers have not answered yet.
async fn with_unanswered(tx: &mut TenantTx, mut orders: Vec<Order>) -> Result<Vec<Order>> {
    let unpaid = |order: &&mut Order| order.state == OrderState::AwaitingPayment;
    let mut shows: Vec<ShowId> = orders.iter_mut().filter(unpaid).flat_map(|order| order.shows()).collect();
    shows.sort_unstable();
    shows.dedup();
    if !shows.is_empty() {
        let asked = super::questions::of_shows(tx, &shows).await?;
        orders.iter_mut().filter(unpaid).for_each(|order| order.note_unanswered(&asked));
    }
    Ok(orders)
}

/// Writes what the buyer has answered, on a locked order.
///
/// # Errors
/// The database's.
pub async fn set_answers(tx: &mut TenantTx, order: &mut Order, answers: BTreeMap<QuestionId, Value>) -> Result<()> {
    let reseller = tx.reseller();
    order.version = sqlx::query_scalar(
        "update orders set answers = $3, version = version + 1 where reseller_id = $1 and order_id = $2 returning version",
    )
    .bind(reseller)
    .bind(order.id)
    .bind(Json(&answers))
    .fetch_one(tx.conn())
    .await?;
    order.answers = answers;
    Ok(())
}

/// The order of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: OrderId) -> Result<Order> {
    find(tx, id).await?.ok_or_else(|| Refusal::missing("order").into())
}

/// The order of this id, locked until the end of the transaction. Claims are locked before it.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock(tx: &mut TenantTx, id: OrderId) -> Result<Order> {
    let order = read(tx, &[id], LOCKED).await?;
    with_unanswered(tx, order).await?.pop().ok_or_else(|| Refusal::missing("order").into())
}

/// The tickets of orders, which are claimed before the orders are locked.
///
/// # Errors
/// The database's.
pub async fn tickets(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<HeldTicket>> {
    let items = items(tx, orders).await?;
    Ok(items.into_values().flatten().map(|item| item.held).collect())
}

async fn items(tx: &mut TenantTx, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<OrderItem>>> {
    let reseller = tx.reseller();
    let rows: Vec<ItemRow> = sqlx::query_as(
        "select order_id, item_no, performance_id, ticket_id, offer_id, sale_round_id, promotion_id, block_id, discount, show_id, ticket_type,
                price_tier, section, row_label, seat_label, face_value, tax_rate, ticket_tax, platform_fee, platform_fee_tax, hosting_fee,
                hosting_fee_tax, fee_rule_id, buyer_fee, total, guest_name, credential, checked_in_at, check_in_gate
         from order_items where reseller_id = $1 and order_id = any($2) order by order_id, item_no",
    )
    .bind(reseller)
    .bind(orders)
    .fetch_all(tx.conn())
    .await?;
    let mut by_order: HashMap<OrderId, Vec<OrderItem>> = HashMap::new();
    for row in rows {
        by_order.entry(row.order_id).or_default().push(row.item()?);
    }
    Ok(by_order)
}

/// Complimentary tickets of a performance.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct GivenAway {
    /// The show.
    pub show_id: ShowId,
    /// The performance.
    pub performance_id: PerformanceId,
    /// How many were given away and not taken back.
    pub tickets: i64,
}

/// How many tickets were given away in a period (`from` inclusive, `to` exclusive), by performance, at most so many.
///
/// # Errors
/// The database's.
pub async fn given_away(
    tx: &mut TenantTx,
    (from, to): (Option<Instant>, Option<Instant>),
    show: Option<ShowId>,
    limit: i64,
) -> Result<Vec<GivenAway>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select i.show_id, i.performance_id, count(*) as tickets
         from order_items i join orders o on o.reseller_id = $1 and o.order_id = i.order_id
         where i.reseller_id = $1 and i.guest_name is not null and i.credential in ('issued', 'checked_in', 'suspended')
           and ($2::timestamptz is null or o.paid_at >= $2) and ($3::timestamptz is null or o.paid_at < $3)
           and ($4::uuid is null or i.show_id = $4)
         group by i.show_id, i.performance_id order by i.show_id, i.performance_id limit $5",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .bind(show)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Which orders to list; what is not said does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderFilter<'a> {
    /// In this state.
    pub state: Option<OrderState>,
    /// With this reference.
    pub reference: Option<&'a str>,
    /// That have or had tickets of this performance.
    pub performance: Option<PerformanceId>,
}

/// A page of orders, newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    filter: OrderFilter<'_>,
    after: Option<(Instant, OrderId)>,
    limit: i64,
) -> Result<Vec<Order>> {
    let reseller = tx.reseller();
    // The orders of one performance are found by its tickets, and not by going through all that the reseller has.
    let of_performance = match filter.performance {
        Some(_) => {
            "order_id = any (array(select order_id from order_items where reseller_id = $1 and performance_id = $7))"
        }
        None => "$7::uuid is null",
    };
    let select = format!(
        "select {COLUMNS} from orders
         where reseller_id = $1 and ($2::text is null or state = $2) and ($3::text is null or reference = $3)
           and ($4::timestamptz is null or (created_at, order_id) < ($4, $5)) and {of_performance}
         order by created_at desc, order_id desc limit $6"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select))
        .bind(reseller)
        .bind(filter.state.map(OrderState::as_str))
        .bind(filter.reference)
        .bind(after.map(|(at, _)| at))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .bind(filter.performance)
        .fetch_all(tx.conn())
        .await?;
    let mut orders = with_items(tx, rows).await?;
    let mut open: Vec<&mut Order> = orders.iter_mut().filter(|o| o.state == OrderState::AwaitingPayment).collect();
    let shows: Vec<ShowId> = open.iter().flat_map(|order| order.shows()).collect();
    if !shows.is_empty() {
        let asked = super::questions::of_shows(tx, &shows).await?;
        open.iter_mut().for_each(|order| order.note_unanswered(&asked));
    }
    Ok(orders)
}

/// Unpaid orders of tickets of this performance that were made before then, and that nobody is paying at this moment; at most
/// so many.
///
/// # Errors
/// The database's.
pub async fn unpaid_of(
    tx: &mut TenantTx,
    performance: PerformanceId,
    before: Instant,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<OrderId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select o.order_id from orders o
         where o.reseller_id = $1 and o.state = 'awaiting_payment' and o.created_at < $3 and ($4::uuid is null or o.order_id > $4)
           and exists (select from order_items i where i.reseller_id = $1 and i.order_id = o.order_id and i.performance_id = $2)
         order by o.order_id limit $5",
    )
    .bind(reseller)
    .bind(performance)
    .bind(before)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Whether there are orders of tickets of this performance that are not paid and may still be.
///
/// # Errors
/// The database's.
pub async fn any_unpaid(tx: &mut TenantTx, performance: PerformanceId) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        // From the few orders that are not paid to their tickets, and not from the many tickets to their orders.
        "select exists (
             select from orders o
             cross join lateral (select from order_items i
                 where i.reseller_id = $1 and i.order_id = o.order_id and i.performance_id = $2 limit 1) i
             where o.reseller_id = $1 and o.state in ('awaiting_payment', 'processing'))",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_one(tx.conn())
    .await?)
}

/// Moves a locked order to a state; `paid_at` goes with `paid`. An order that is payable again is looked at by the worker as soon as
/// its deadline has passed, however long the worker had put it off while it was not.
///
/// # Errors
/// Inconsistent if the lifecycle does not know the step; the database's.
pub async fn move_to(tx: &mut TenantTx, order: &mut Order, to: OrderState, paid_at: Option<Instant>) -> Result<()> {
    move_all(tx, &mut [order], to, paid_at).await
}

/// The same of many.
///
/// # Errors
/// As [`move_to`].
pub async fn move_all(
    tx: &mut TenantTx,
    orders: &mut [&mut Order],
    to: OrderState,
    paid_at: Option<Instant>,
) -> Result<()> {
    if let Some(order) = orders.iter().find(|order| !order.state.may_become(to)) {
        let step = format!("an order cannot become {} from {}", to.as_str(), order.state.as_str());
        return Err(foundation::Error::Inconsistent(step));
    }
    let reseller = tx.reseller();
    let versions: HashMap<OrderId, i64> = sqlx::query_as::<_, (OrderId, i64)>(
        "update orders set state = $3, paid_at = $4, version = version + 1,
                           due_at = case when $3 = 'awaiting_payment' then pay_by else due_at end
         where reseller_id = $1 and order_id = any($2) returning order_id, version",
    )
    .bind(reseller)
    .bind(orders.iter().map(|order| order.id).collect::<Vec<_>>())
    .bind(to.as_str())
    .bind(paid_at)
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .collect();
    for order in orders {
        order.version = versions.get(&order.id).copied().unwrap_or(order.version);
        order.state = to;
        order.paid_at = paid_at;
    }
    Ok(())
}

/// Writes how much of a locked order's total it has in credit, and counts its version up.
///
/// # Errors
/// The database's.
pub async fn set_by_credit(tx: &mut TenantTx, order: &mut Order, by_credit: Decimal) -> Result<()> {
    let reseller = tx.reseller();
    order.version = sqlx::query_scalar(
        "update orders set by_credit = $3, version = version + 1 where reseller_id = $1 and order_id = $2 returning version",
    )
    .bind(reseller)
    .bind(order.id)
    .bind(by_credit)
    .fetch_one(tx.conn())
    .await?;
    order.by_credit = by_credit;
    Ok(())
}

/// Changes who buys, on a locked order. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn set_buyer(tx: &mut TenantTx, order: &mut Order, buyer: Buyer) -> Result<()> {
    let reseller = tx.reseller();
    order.version = sqlx::query_scalar(
        "update orders set buyer_name = $3, buyer_email = $4, buyer_language = $5, version = version + 1
         where reseller_id = $1 and order_id = $2 returning version",
    )
    .bind(reseller)
    .bind(order.id)
    .bind(&buyer.name)
    .bind(&buyer.email)
    .bind(buyer.language)
    .fetch_one(tx.conn())
    .await?;
    order.buyer = buyer;
    Ok(())
}

/// Sets the credential of these items of a locked order.
///
/// # Errors
/// Inconsistent if the lifecycle does not know the step; the database's.
pub async fn set_credentials(tx: &mut TenantTx, order: &mut Order, nos: &[i16], to: Credential) -> Result<()> {
    for item in order.items.iter_mut().filter(|item| nos.contains(&item.no)) {
        if !item.credential.may_become(to) {
            return Err(foundation::Error::Inconsistent(format!("a credential cannot become {}", to.as_str())));
        }
        item.credential = to;
    }
    let reseller = tx.reseller();
    sqlx::query(
        "update order_items set credential = $4 where reseller_id = $1 and order_id = $2 and item_no = any($3)",
    )
    .bind(reseller)
    .bind(order.id)
    .bind(nos)
    .bind(to.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Issues all tickets of locked orders.
///
/// # Errors
/// As [`set_credentials`].
pub async fn issue(tx: &mut TenantTx, orders: &mut [&mut Order]) -> Result<()> {
    let to = Credential::Issued;
    for item in orders.iter_mut().flat_map(|order| &mut order.items) {
        if !item.credential.may_become(to) {
            return Err(foundation::Error::Inconsistent(format!("a credential cannot become {}", to.as_str())));
        }
        item.credential = to;
    }
    let reseller = tx.reseller();
    sqlx::query("update order_items set credential = $3 where reseller_id = $1 and order_id = any($2)")
        .bind(reseller)
        .bind(orders.iter().map(|order| order.id).collect::<Vec<_>>())
        .bind(to.as_str())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes whether the tickets of a locked order open no door for now, those too that somebody has entered with.
///
/// # Errors
/// The database's.
pub async fn set_suspended(tx: &mut TenantTx, order: OrderId, suspended: bool) -> Result<()> {
    let reseller = tx.reseller();
    let sql = "update orders set suspended = $3 where reseller_id = $1 and order_id = $2 and suspended <> $3";
    sqlx::query(sql).bind(reseller).bind(order).bind(suspended).execute(tx.conn()).await?;
    Ok(())
}

/// Whether that is so.
///
/// # Errors
/// The database's.
pub async fn is_suspended(tx: &mut TenantTx, order: OrderId) -> Result<bool> {
    let reseller = tx.reseller();
    let sql = "select suspended from orders where reseller_id = $1 and order_id = $2";
    Ok(sqlx::query_scalar(sql).bind(reseller).bind(order).fetch_one(tx.conn()).await?)
}

/// Puts another ticket in the place of each of these items of a locked order.
///
/// # Errors
/// The database's.
pub async fn replace_tickets(tx: &mut TenantTx, order: &mut Order, with: &[(i16, TicketId, Place)]) -> Result<()> {
    let reseller = tx.reseller();
    for (no, ticket, place) in with {
        sqlx::query(
            "update order_items set ticket_id = $4, section = $5, row_label = $6, seat_label = $7
             where reseller_id = $1 and order_id = $2 and item_no = $3",
        )
        .bind(reseller)
        .bind(order.id)
        .bind(no)
        .bind(ticket)
        .bind(&place.section)
        .bind(&place.row)
        .bind(&place.seat)
        .execute(tx.conn())
        .await?;
        for item in order.items.iter_mut().filter(|item| item.no == *no) {
            item.held.ticket = *ticket;
            item.place = place.clone();
        }
    }
    Ok(())
}

/// Puts another ticket, as it would be sold, in the place of the one of its number in a locked order. What was paid stays.
///
/// # Errors
/// The database's.
pub async fn exchange(tx: &mut TenantTx, order: &mut Order, other: &OrderItem) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update order_items set performance_id = $4, ticket_id = $5, offer_id = $6, sale_round_id = $7, price_tier = $8, section = $9,
                                row_label = $10, seat_label = $11, block_id = $12
         where reseller_id = $1 and order_id = $2 and item_no = $3",
    )
    .bind(reseller)
    .bind(order.id)
    .bind(other.no)
    .bind(other.held.performance)
    .bind(other.held.ticket)
    .bind(other.held.offer)
    .bind(other.held.round)
    .bind(&other.price_tier)
    .bind(&other.place.section)
    .bind(&other.place.row)
    .bind(&other.place.seat)
    .bind(other.held.block)
    .execute(tx.conn())
    .await?;
    for item in order.items.iter_mut().filter(|item| item.no == other.no) {
        *item = other.clone();
    }
    Ok(())
}

/// Counts a locked order's version up, because something of it has changed that is written elsewhere.
///
/// # Errors
/// The database's.
pub async fn touch(tx: &mut TenantTx, order: &mut Order) -> Result<()> {
    let reseller = tx.reseller();
    order.version = sqlx::query_scalar(
        "update orders set version = version + 1 where reseller_id = $1 and order_id = $2 returning version",
    )
    .bind(reseller)
    .bind(order.id)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The same for many, in one statement.
///
/// # Errors
/// The database's.
pub async fn touch_all(tx: &mut TenantTx, orders: &mut [Order]) -> Result<()> {
    let reseller = tx.reseller();
    let versions: HashMap<OrderId, i64> = sqlx::query_as::<_, (OrderId, i64)>(
        "update orders set version = version + 1 where reseller_id = $1 and order_id = any($2) returning order_id, version",
    )
    .bind(reseller)
    .bind(orders.iter().map(|order| order.id).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .collect();
    for order in orders {
        order.version = versions.get(&order.id).copied().unwrap_or(order.version);
    }
    Ok(())
}
