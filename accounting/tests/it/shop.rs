//! A shop as far as the books see it: writes the rows of ticketing as ticketing would, and posts what belongs to them.

use accounting::{
    FeeRule, Payer, Refund, Sale, SoldItem, post_refund, post_refund_failed, post_refund_paid, post_sale,
};
use foundation::{
    Currency, TenantTx,
    id::{HoldId, OfferId, OrderId, PaymentId, PerformanceId, RefundId, ShowId, TicketId},
};
use rust_decimal::Decimal;

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn eur() -> Currency {
    "EUR".parse().unwrap()
}

/// A ticket to sell.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) show: ShowId,
    pub(crate) performance: PerformanceId,
    pub(crate) ticket_type: &'static str,
    pub(crate) price: Decimal,
}

pub(crate) fn ticket(price: &str) -> Wanted {
    let (show, performance) = (ShowId::new(), PerformanceId::new());
    Wanted { show, performance, ticket_type: "Adult", price: decimal(price) }
}

/// An order of these tickets under the default rule; no row is written and nothing is posted.
pub(crate) fn order(payer: Payer, currency: Currency, tickets: &[Wanted]) -> Sale {
    let rule = FeeRule::platform_default().paid_by(payer);
    let item = |(wanted, item_no): (&Wanted, i16)| {
        let fees = rule.for_tickets(&[wanted.price], currency)[0];
        SoldItem {
            item_no,
            show: wanted.show,
            performance: wanted.performance,
            ticket: TicketId::new(),
            ticket_type: wanted.ticket_type.to_owned(),
            price_tier: "A".to_owned(),
            face_value: wanted.price,
            platform_fee: fees.platform_fee,
            platform_fee_tax: fees.platform_fee_tax,
            hosting_fee: fees.hosting_fee,
            hosting_fee_tax: fees.hosting_fee_tax,
            buyer_fee: fees.buyer_fee,
            tax: None,
        }
    };
    let items: Vec<_> = tickets.iter().zip(1..).map(item).collect();
    let total = items.iter().map(SoldItem::total).sum();
    Sale { order: OrderId::new(), currency, total, by_credit: Decimal::ZERO, items }
}

/// The golden order: two tickets of 50.00 EUR.
pub(crate) fn golden() -> Sale {
    order(Payer::Reseller, eur(), &[ticket("50.00"), ticket("50.00")])
}

/// Writes the rows of a paid order and posts its sale.
pub(crate) async fn sell(tx: &mut TenantTx, sale: &Sale) {
    write_order(tx, sale).await;
    if sale.total > Decimal::ZERO {
        write_payment(tx, sale, PaymentId::new(), 1).await;
    }
    post_sale(tx, sale).await.unwrap();
}

pub(crate) async fn write_order(tx: &mut TenantTx, sale: &Sale) {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into orders (reseller_id, order_id, state, hold_id, currency, total, refund_policy, pay_by,
                             due_at, created_at, paid_at)
         values ($1, $2, 'paid', $3, $4, $5, 'fees_kept', cell_now(), cell_now(), cell_now(), cell_now())",
    )
    .bind(reseller)
    .bind(sale.order)
    .bind(HoldId::new())
    .bind(sale.currency.code())
    .bind(sale.total)
    .execute(tx.conn())
    .await
    .unwrap();
    for item in &sale.items {
        write_item(tx, sale.order, item).await;
    }
}

async fn write_item(tx: &mut TenantTx, order: OrderId, item: &SoldItem) {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into order_items (reseller_id, order_id, item_no, performance_id, ticket_id, offer_id, show_id, ticket_type,
                                  price_tier, section, face_value, platform_fee, platform_fee_tax, buyer_fee, total, fee_rule_id, credential)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'Stalls', $10, $11, $12, $13, $14, $15, 'issued')",
    )
    .bind(reseller)
    .bind(order)
    .bind(item.item_no)
    .bind(item.performance)
    .bind(item.ticket)
    .bind(OfferId::new())
    .bind(item.show)
    .bind(&item.ticket_type)
    .bind(&item.price_tier)
    .bind(item.face_value)
    .bind(item.platform_fee)
    .bind(item.platform_fee_tax)
    .bind(item.buyer_fee)
    .bind(item.total())
    .bind(FeeRule::platform_default().id)
    .execute(tx.conn())
    .await
    .unwrap();
}

pub(crate) async fn write_payment(tx: &mut TenantTx, sale: &Sale, payment: PaymentId, attempt: i16) {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into payments (reseller_id, payment_id, order_id, attempt, state, method, amount, received, currency, due_at, created_at)
         values ($1, $2, $3, $4, 'succeeded', 'client_secret', $5, $5, $6, cell_now(), cell_now())",
    )
    .bind(reseller)
    .bind(payment)
    .bind(sale.order)
    .bind(attempt)
    .bind(sale.total)
    .bind(sale.currency.code())
    .execute(tx.conn())
    .await
    .unwrap();
}

/// The refund of these items; no row is written and nothing is posted.
pub(crate) fn refund_of(sale: &Sale, items: &[SoldItem], fees_returned: bool) -> Refund {
    Refund {
        refund: RefundId::new(),
        order: sale.order,
        currency: sale.currency,
        items: items.to_vec(),
        amount: items.iter().map(SoldItem::total).sum(),
        fees_returned,
        ticket_tax: Decimal::ZERO,
        credit: None,
    }
}

/// Accepts a refund: its row, and its journal.
pub(crate) async fn accept(tx: &mut TenantTx, refund: &Refund) {
    let nos: Vec<i16> = refund.items.iter().map(|item| item.item_no).collect();
    write_refund(tx, refund.refund, refund.order, refund.amount, refund.currency, &nos).await;
    post_refund(tx, refund).await.unwrap();
}

pub(crate) async fn write_refund(
    tx: &mut TenantTx,
    refund: RefundId,
    order: OrderId,
    amount: Decimal,
    currency: Currency,
    item_nos: &[i16],
) {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into refunds (reseller_id, refund_id, order_id, payment_id, amount, currency, item_nos, reason, due_at, created_at)
         select $1, $2, $3, payment_id, $4, $5, $6, 'requested_by_buyer', cell_now(), cell_now()
         from payments where reseller_id = $1 and order_id = $3
         order by case when cardinality($6) = 0 then -attempt else attempt end limit 1",
    )
    .bind(reseller)
    .bind(refund)
    .bind(order)
    .bind(amount)
    .bind(currency.code())
    .bind(item_nos)
    .execute(tx.conn())
    .await
    .unwrap();
}

/// The provider confirms a refund.
pub(crate) async fn confirm(tx: &mut TenantTx, refund: &Refund) {
    set_refund_state(tx, refund.refund, "succeeded").await;
    post_refund_paid(tx, refund.refund, refund.amount, refund.currency, refund.order).await.unwrap();
}

/// The provider gives a refund up.
pub(crate) async fn fail(tx: &mut TenantTx, refund: &Refund) {
    set_refund_state(tx, refund.refund, "failed").await;
    post_refund_failed(tx, refund.refund).await.unwrap();
}

pub(crate) async fn set_refund_state(tx: &mut TenantTx, refund: RefundId, state: &str) {
    let reseller = tx.reseller();
    sqlx::query("update refunds set state = $3 where reseller_id = $1 and refund_id = $2")
        .bind(reseller)
        .bind(refund)
        .bind(state)
        .execute(tx.conn())
        .await
        .unwrap();
}

/// Every violation that the checks find, as `invariant: row`.
pub(crate) async fn violations(tx: &mut TenantTx) -> Vec<String> {
    let checked = accounting::checks(tx).await.unwrap();
    checked.iter().flat_map(|c| c.violations.iter().map(|row| format!("{}: {row}", c.invariant))).collect()
}

/// How many journals the tenant has.
pub(crate) async fn journals(tx: &mut TenantTx) -> i64 {
    let reseller = tx.reseller();
    sqlx::query_scalar("select count(*) from journals where reseller_id = $1")
        .bind(reseller)
        .fetch_one(tx.conn())
        .await
        .unwrap()
}
