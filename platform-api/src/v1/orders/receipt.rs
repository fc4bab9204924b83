//! `GET /v1/orders/{order_id}/receipt`

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use accounting::{TaxRate, order_money};
use foundation::{
    Code, Instant, Money, Refusal, Result, TenantTx,
    id::{CredentialId, CreditId, OrderId, PaymentId, PerformanceId, RefundId},
};
use rust_decimal::Decimal;
use serde::Serialize;
use tenancy::get_reseller;
use ticketing::{
    rules::{
        order::{Credential, Order, OrderItem, OrderState},
        owner::Owners,
        payment::{Method, Payment, PaymentState, Refund, RefundState},
        performance::Performance,
        venue::Venue,
    },
    store,
};
use utoipa::ToSchema;

use super::BuyerView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// What was bought of whom, what was paid and what went back. `paid`, `refunded` and `remaining` are as they are in the books.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptView {
    pub(crate) order_id: OrderId,
    /// The reseller's own name for it.
    pub(crate) reference: Option<String>,
    pub(crate) paid_at: Option<Instant>,
    pub(crate) seller: SellerView,
    pub(crate) buyer: BuyerView,
    pub(crate) lines: Vec<LineView>,
    /// The prices before any discount.
    pub(crate) price: Money,
    /// What promotions took off.
    pub(crate) discount: Money,
    /// What was left of the prices.
    pub(crate) face_value: Money,
    /// The fees on top, tax on them included.
    pub(crate) fees: Money,
    pub(crate) total: Money,
    /// The tax that the prices include, by rate, as far as it is told.
    pub(crate) taxes: Vec<TaxView>,
    /// That tax together, what of it went back with what was given back, and what is left of it; null where none was told.
    pub(crate) ticket_tax: Option<TaxLeftView>,
    pub(crate) paid: PaidView,
    pub(crate) refunds: Vec<GivenBackView>,
    /// What went back, in money and credit, and what is on its way.
    pub(crate) refunded: Money,
    /// Of it, what is credit.
    pub(crate) refunded_as_credit: Money,
    /// What the buyer's bank has taken back in disputes, beyond what was refunded.
    pub(crate) taken_by_bank: Money,
    /// What the buyer has paid after all: the total less what was refunded and what the bank has taken.
    pub(crate) remaining: Money,
}

/// Who sells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seller)]
pub(crate) struct SellerView {
    pub(crate) name: String,
    pub(crate) legal_name: String,
    pub(crate) address: String,
    pub(crate) country: String,
    /// The VAT or other tax number.
    pub(crate) tax_id: Option<String>,
}

/// The tickets that were bought at one rate of tax.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptTax)]
pub(crate) struct TaxView {
    /// The percentage of tax that their prices include.
    #[schema(value_type = String, example = "9")]
    pub(crate) rate: TaxRate,
    /// Their face values without it.
    pub(crate) net: Money,
    pub(crate) tax: Money,
    /// Both together.
    pub(crate) face_value: Money,
}

/// The tax in the prices after what was given back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptTaxLeft)]
pub(crate) struct TaxLeftView {
    /// As it was sold.
    pub(crate) sold: Money,
    /// What of it went back, with refunds, those on their way too, and with what the bank has taken.
    pub(crate) given_back: Money,
    /// What of it is in `remaining`.
    pub(crate) remaining: Money,
}

/// A ticket that was bought.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptLine)]
pub(crate) struct LineView {
    /// Its number within the order.
    pub(crate) no: i16,
    pub(crate) performance_id: PerformanceId,
    pub(crate) show: String,
    pub(crate) venue: String,
    pub(crate) city: String,
    pub(crate) starts_at: Instant,
    pub(crate) time_zone: String,
    pub(crate) ticket_type: String,
    pub(crate) price_tier: String,
    pub(crate) section: String,
    pub(crate) row: Option<String>,
    pub(crate) seat: Option<String>,
    /// Before any discount.
    pub(crate) price: Money,
    pub(crate) discount: Money,
    pub(crate) face_value: Money,
    /// The percentage of tax that the face value includes; null where it is not told.
    #[schema(value_type = Option<String>, example = "9")]
    pub(crate) tax_rate: Option<TaxRate>,
    pub(crate) ticket_tax: Option<Money>,
    /// The fees on top, tax on them included.
    pub(crate) fees: Money,
    pub(crate) total: Money,
    #[schema(value_type = String, example = "issued")]
    pub(crate) credential: Credential,
    /// The right to enter as it is now; null where there is none.
    pub(crate) redemption_code: Option<CredentialId>,
}

/// What was paid, and how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptPaid)]
pub(crate) struct PaidView {
    pub(crate) amount: Money,
    /// Of it, by the payments below.
    pub(crate) by_payment: Money,
    /// Of it, with credit and vouchers.
    pub(crate) by_credit: Money,
    pub(crate) payments: Vec<PaymentLine>,
}

/// A payment that came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptPayment)]
pub(crate) struct PaymentLine {
    pub(crate) id: PaymentId,
    #[schema(value_type = String, example = "page")]
    pub(crate) method: Method,
    /// The payment provider's id of it.
    pub(crate) provider_payment: Option<String>,
    pub(crate) received: Option<Money>,
}

/// A refund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptRefund)]
pub(crate) struct GivenBackView {
    pub(crate) id: RefundId,
    #[schema(value_type = String, example = "succeeded")]
    pub(crate) state: RefundState,
    pub(crate) items: Vec<i16>,
    pub(crate) amount: Money,
    /// Of the tax in the prices, what went back with it; null where none was told.
    pub(crate) ticket_tax: Option<Money>,
    /// The credit that it was given as; null for money.
    pub(crate) credit_id: Option<CreditId>,
    pub(crate) created_at: Instant,
}

/// Reads the receipt of a paid order: who sold what to whom, what it cost, how it was paid, what went back, and what lets the buyer in.
#[utoipa::path(get, path = "/v1/orders/{order_id}/receipt", tag = "Orders", params(("order_id" = OrderId, Path)), responses((status = 200, body = ReceiptView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<OrderId>) -> Answer {
    Reply::ok(&receipt(&mut allowed.snapshot().await?, id).await?)
}

pub(crate) async fn receipt(tx: &mut TenantTx, id: OrderId) -> Result<ReceiptView> {
    let order = store::orders::get(tx, id).await?;
    if order.state != OrderState::Paid {
        return Err(Refusal::new(Code::OrderNotPaid, "There is a receipt once the order is paid.").into());
    }
    let payments = store::payments::of_order(tx, id).await?;
    let refunds = store::refunds::of_order(tx, id).await?;
    let of_refunds: Vec<RefundId> = refunds.iter().map(|refund| refund.id).collect();
    let booked = order_money(tx, id, &of_refunds).await?;
    let (taken_by_bank, tax_taken) = store::disputes::taken_of(tx, id).await?;
    let lines = lines(tx, &order).await?;
    let seller = get_reseller(tx).await?;
    let money = |amount| Money::rounded(amount, order.currency);
    let sum = |of: fn(&OrderItem) -> Decimal| money(order.items.iter().map(of).sum());
    let paid = PaidView {
        amount: money(booked.total),
        by_payment: money(booked.by_payment),
        by_credit: money(booked.by_credit),
        payments: payments.into_iter().filter(|payment| payment.state == PaymentState::Succeeded).map(came).collect(),
    };
    Ok(ReceiptView {
        order_id: order.id,
        paid_at: order.paid_at,
        seller: SellerView {
            name: seller.name,
            legal_name: seller.legal_name,
            address: seller.address,
            country: seller.country,
            tax_id: seller.tax_id,
        },
        lines,
        price: sum(|item| item.face_value + item.discount),
        discount: sum(|item| item.discount),
        face_value: sum(|item| item.face_value),
        fees: sum(|item| item.buyer_fee),
        total: money(order.total),
        taxes: taxes(&order),
        ticket_tax: tax_left(&order, &refunds, tax_taken),
        paid,
        refunds: refunds.into_iter().map(went_back).collect(),
        refunded: money(booked.refunded),
        refunded_as_credit: money(booked.refunded_as_credit),
        taken_by_bank: money(taken_by_bank),
        remaining: money(booked.total - booked.refunded - taken_by_bank),
        reference: order.reference,
        buyer: BuyerView { name: order.buyer.name, email: order.buyer.email, language: order.buyer.language },
    })
}

/// What was bought at each rate of tax, the lowest first.
fn taxes(order: &Order) -> Vec<TaxView> {
    let mut by_rate = BTreeMap::<TaxRate, (Decimal, Decimal)>::new();
    for (item, tax) in order.items.iter().filter_map(|item| Some((item, item.tax?))) {
        let (face_value, sum) = by_rate.entry(tax.rate).or_default();
        (*face_value, *sum) = (*face_value + item.face_value, *sum + tax.amount);
    }
    let money = |amount| Money::rounded(amount, order.currency);
    let view = |(rate, (face_value, tax))| TaxView {
        rate,
        net: money(face_value - tax),
        tax: money(tax),
        face_value: money(face_value),
    };
    by_rate.into_iter().map(view).collect()
}

fn tax_left(order: &Order, refunds: &[Refund], taken_by_bank: Decimal) -> Option<TaxLeftView> {
    let sold = order.ticket_tax()?;
    let refunds = refunds.iter().filter(|refund| refund.state != RefundState::Failed);
    let given_back = refunds.filter_map(|refund| refund.ticket_tax).sum::<Decimal>() + taken_by_bank;
    let money = |amount| Money::rounded(amount, order.currency);
    Some(TaxLeftView { sold: money(sold), given_back: money(given_back), remaining: money(sold - given_back) })
}

fn came(payment: Payment) -> PaymentLine {
    PaymentLine {
        id: payment.id,
        method: payment.method,
        provider_payment: payment.provider_intent,
        received: payment.received,
    }
}

fn went_back(refund: Refund) -> GivenBackView {
    GivenBackView {
        id: refund.id,
        state: refund.state,
        items: refund.items,
        amount: refund.amount,
        ticket_tax: refund.ticket_tax.map(|tax| Money::rounded(tax, refund.amount.currency())),
        credit_id: refund.credit,
        created_at: refund.created_at,
    }
}

/// A performance as a receipt tells it.
struct Told {
    performance: Performance,
    show: String,
    venue: Venue,
}

async fn lines(tx: &mut TenantTx, order: &Order) -> Result<Vec<LineView>> {
    let owners: Owners = store::owners::of_order(tx, order.id).await?;
    let mut told = HashMap::<PerformanceId, Told>::new();
    for id in order.items.iter().map(|item| item.held.performance) {
        if let Entry::Vacant(entry) = told.entry(id) {
            let performance = store::performances::get(tx, id).await?;
            let show = store::shows::get(tx, performance.show).await?.title;
            let venue = store::venues::get(tx, performance.venue).await?;
            entry.insert(Told { performance, show, venue });
        }
    }
    let line = |item: &OrderItem| {
        let Told { performance, show, venue } = told.get(&item.held.performance)?;
        let money = |amount| Money::rounded(amount, order.currency);
        Some(LineView {
            no: item.no,
            performance_id: performance.id,
            show: show.clone(),
            venue: venue.name.clone(),
            city: venue.city.clone(),
            starts_at: performance.times.starts_at,
            time_zone: performance.time_zone.clone(),
            ticket_type: item.ticket_type.clone(),
            price_tier: item.price_tier.clone(),
            section: item.place.section.clone(),
            row: item.place.row.clone(),
            seat: item.place.seat.clone(),
            price: money(item.face_value + item.discount),
            discount: money(item.discount),
            face_value: money(item.face_value),
            tax_rate: item.tax.map(|tax| tax.rate),
            ticket_tax: item.tax.map(|tax| money(tax.amount)),
            fees: money(item.buyer_fee),
            total: money(item.total),
            credential: item.credential,
            redemption_code: owners.get(&item.no).and_then(|owner| owner.credential),
        })
    };
    Ok(order.items.iter().filter_map(line).collect())
}
