//! `/v1/orders`

pub(crate) mod cancel;
pub(crate) mod complimentary;
pub(crate) mod create;
pub(crate) mod credits;
pub(crate) mod get;
pub(crate) mod items;
pub(crate) mod list;
pub(crate) mod payments;
pub(crate) mod receipt;
pub(crate) mod receipt_pdf;
pub(crate) mod refunds;
pub(crate) mod reinstate;
pub(crate) mod update;

use accounting::{Channel, TaxRate};
use axum::http::StatusCode;
use foundation::{
    Currency, Instant, Money, Refusal, TenantTx,
    id::{HoldId, OfferId, OrderId, PerformanceId, PromotionId, QuestionId, SaleRoundId, ShowId, TicketId},
    idempotency::Key,
    mail::Language,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ticketing::{
    provider::Provider,
    rules::order::{Buyer, Credential, Missing, Order, OrderItem, OrderState, RefundPolicy},
    use_cases::{
        answer_order::{self, WholeOrder, answer_order},
        begin_order::{Begun, begin_order},
        place_order::{OrderRequest, place_order},
    },
};
use utoipa::ToSchema;

use super::{
    disputes::{DisputeView, FraudWarningView},
    payments::PaymentView,
    refunds::RefundView,
};
use crate::web::{Allowed, Answer, Reply, reply::stored};

/// A purchase: prices, fees and refund policy are as they were when it was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView {
    id: OrderId,
    #[schema(value_type = String, example = "awaiting_payment")]
    state: OrderState,
    /// The reseller's own name for it.
    reference: Option<String>,
    hold_id: HoldId,
    buyer: BuyerView,
    /// What the buyer answered to what the shows ask.
    answers: Vec<AnswerOfBuyer>,
    items: Vec<OrderItemView>,
    /// What promotions took off.
    discount: Money,
    /// The sum of the face values: the prices less the discount.
    face_value: Money,
    /// The tax that the face values include, as far as your offers told it; null where none did. It is yours to declare.
    ticket_tax: Option<Money>,
    /// The fees that the buyer pays on top.
    buyer_fee: Money,
    /// What the buyer pays, all in.
    total: Money,
    /// How much of it is paid with credit.
    paid_by_credit: Money,
    /// What is left of it for a payment.
    due: Money,
    /// The platform's fee, taken from the reseller's part.
    platform_fee: Money,
    /// The tax on it, taken from there too.
    platform_fee_tax: Money,
    /// What a refund does with the fees: `fees_kept` or `fees_returned`.
    #[schema(value_type = String, example = "fees_kept")]
    refund_policy: RefundPolicy,
    /// Who sold it: `api`, your own system, or `hosted_shop`. Fees may differ by that.
    #[schema(value_type = String, example = "api")]
    sold_through: Channel,
    /// What is missing or went wrong, until it can be paid; empty when there is nothing to do but pay.
    missing: Vec<MissingView>,
    /// Its payments and refunds; only where one order is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<Vec<PaymentView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunds: Option<Vec<RefundView>>,
    /// Disputes of its payments, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    disputes: Option<Vec<DisputeView>>,
    /// Fraud warnings about its payments, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    fraud_warnings: Option<Vec<FraudWarningView>>,
    /// Whether money that comes when the tickets are gone may buy others like them.
    accepts_equivalents: bool,
    /// Until when it can be paid.
    pay_by: Instant,
    created_at: Instant,
    paid_at: Option<Instant>,
    /// Counts its changes; also the ETag.
    version: i64,
}

/// Who buys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Buyer)]
pub(crate) struct BuyerView {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    /// The language to write in; without one it is the account's.
    language: Option<Language>,
}

impl From<Buyer> for BuyerView {
    fn from(buyer: Buyer) -> Self {
        Self { name: buyer.name, email: buyer.email, language: buyer.language }
    }
}

/// Who buys, as far as known.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BuyerData)]
pub(crate) struct BuyerBody {
    #[schema(example = "Ada Lovelace")]
    pub(crate) name: Option<String>,
    #[schema(example = "ada@example.com")]
    pub(crate) email: Option<String>,
    /// The language to write in; without one it is the account's.
    pub(crate) language: Option<Language>,
}

impl BuyerBody {
    pub(crate) fn read(self) -> Result<Buyer, Refusal> {
        Buyer::parse(self.name, self.email, self.language)
    }
}

/// An answer to a question: text, number, day, true or false, as the question's kind says. Null takes it away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerOfBuyer {
    question_id: QuestionId,
    #[schema(value_type = Object, example = json!("vegan"))]
    value: serde_json::Value,
}

pub(crate) fn read_answers(answers: Vec<AnswerOfBuyer>) -> Vec<(QuestionId, serde_json::Value)> {
    answers.into_iter().map(|answer| (answer.question_id, answer.value)).collect()
}

/// Something to do before the order can be paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Missing)]
pub(crate) struct MissingView {
    /// A stable word: `answer`, `buyer_name`, `buyer_email`, `payment_confirmation`, `payment_declined`.
    #[schema(value_type = String)]
    code: &'static str,
    /// What to do.
    detail: String,
    /// Of `answer`: the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    question_id: Option<QuestionId>,
}

impl From<Missing> for MissingView {
    fn from(Missing { code, detail, question }: Missing) -> Self {
        Self { code, detail, question_id: question }
    }
}

/// One ticket of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderItem)]
pub(crate) struct OrderItemView {
    /// Its number within the order.
    no: i16,
    show_id: ShowId,
    performance_id: PerformanceId,
    ticket_id: TicketId,
    offer_id: OfferId,
    ticket_type: String,
    price_tier: String,
    section: String,
    row: Option<String>,
    seat: Option<String>,
    sale_round_id: Option<SaleRoundId>,
    promotion_id: Option<PromotionId>,
    /// The price before any discount.
    price: Money,
    /// What the promotion took off; of a complimentary ticket all of the price.
    discount: Money,
    /// What was left of the price.
    face_value: Money,
    /// The percentage of tax that it includes, as the offer told it when it was ordered; null: it did not.
    #[schema(value_type = Option<String>, example = "9")]
    tax_rate: Option<TaxRate>,
    /// That tax.
    ticket_tax: Option<Money>,
    buyer_fee: Money,
    total: Money,
    platform_fee: Money,
    platform_fee_tax: Money,
    /// Whose it is, where it is complimentary.
    guest_name: Option<String>,
    /// The right to enter: `none` until paid, then `issued`, `checked_in`, `voided` or `suspended`.
    #[schema(value_type = String, example = "issued")]
    credential: Credential,
    /// When somebody entered with it; null: nobody has.
    checked_in_at: Option<Instant>,
    /// Where, in the door's own word.
    gate: Option<String>,
    /// Whose the ticket is now, once it is paid; null when it is void. Only where one order is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Option<items::TicketOwnerView>>,
}

fn item_view(item: OrderItem, currency: Currency) -> OrderItemView {
    let money = |amount: Decimal| Money::rounded(amount, currency);
    let (checked_in_at, gate) = item.checked_in.map_or((None, None), |done| (Some(done.at), done.gate));
    OrderItemView {
        no: item.no,
        show_id: item.show,
        performance_id: item.held.performance,
        ticket_id: item.held.ticket,
        offer_id: item.held.offer,
        ticket_type: item.ticket_type,
        price_tier: item.price_tier,
        section: item.place.section,
        row: item.place.row,
        seat: item.place.seat,
        sale_round_id: item.held.round,
        promotion_id: item.held.promotion,
        price: money(item.face_value + item.discount),
        discount: money(item.discount),
        face_value: money(item.face_value),
        tax_rate: item.tax.map(|tax| tax.rate),
        ticket_tax: item.tax.map(|tax| money(tax.amount)),
        buyer_fee: money(item.buyer_fee),
        total: money(item.total),
        platform_fee: money(item.platform_fee),
        platform_fee_tax: money(item.platform_fee_tax),
        guest_name: item.guest,
        credential: item.credential,
        checked_in_at,
        gate,
        owner: None,
    }
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let sum = |of: fn(&OrderItem) -> Decimal| Money::rounded(order.items.iter().map(of).sum(), order.currency);
        let missing = order.missing(None).into_iter().map(MissingView::from).collect();
        Self {
            id: order.id,
            state: order.state,
            discount: sum(|i| i.discount),
            face_value: sum(|i| i.face_value),
            ticket_tax: order.ticket_tax().map(|tax| Money::rounded(tax, order.currency)),
            buyer_fee: sum(|i| i.buyer_fee),
            platform_fee: sum(|i| i.platform_fee),
            platform_fee_tax: sum(|i| i.platform_fee_tax),
            total: Money::rounded(order.total, order.currency),
            paid_by_credit: Money::rounded(order.by_credit, order.currency),
            due: Money::rounded(order.due(), order.currency),
            refund_policy: order.refund_policy,
            sold_through: order.sold_through,
            missing,
            payments: None,
            refunds: None,
            disputes: None,
            fraud_warnings: None,
            reference: order.reference,
            hold_id: order.hold,
            answers: order
                .answers
                .into_iter()
                .map(|(question_id, value)| AnswerOfBuyer { question_id, value })
                .collect(),
            buyer: order.buyer.into(),
            accepts_equivalents: order.accepts_equivalents,
            pay_by: order.pay_by,
            created_at: order.created_at,
            paid_at: order.paid_at,
            version: order.version,
            items: order.items.into_iter().map(|item| item_view(item, order.currency)).collect(),
        }
    }
}

/// Places an order in several steps, done once for its key, and answers it whole.
async fn place<N>(allowed: &Allowed<N>, key: Key, request: OrderRequest) -> Answer {
    let (id, reseller, services) = (request.id, allowed.caller.reseller, &allowed.services);
    let earlier = match begin_order(&services.inventory, reseller, key.clone(), id).await? {
        Begun::Before(answer) => return Err(Reply::replayed(&answer)),
        Begun::Now(earlier) => *earlier,
    };
    let placing = place_order(&services.inventory, &services.lanes, allowed.provider(), reseller, request, earlier);
    allowed.leased(key.clone()).run(placing).await?;
    let provider = allowed.provider().clone();
    let write = move |whole: WholeOrder| {
        let version = whole.order.version;
        stored(StatusCode::CREATED, &OrderView::whole(whole, &provider), Some(version))
    };
    Reply::stored(&answer_order(&services.inventory, reseller, key, id, write).await?)
}

/// The order with its payments and everything that happened to them; what went wrong with the newest is listed with what to do.
pub(crate) async fn whole(tx: &mut TenantTx, provider: &Provider, order: Order) -> Result<OrderView, Reply> {
    let whole = answer_order::whole(tx, vec![order]).await?.pop();
    Ok(OrderView::whole(whole.ok_or_else(|| Refusal::missing("order"))?, provider))
}

impl OrderView {
    fn whole(whole: WholeOrder, provider: &Provider) -> Self {
        let WholeOrder { order, payments, refunds, disputes, warnings, mut owners } = whole;
        let missing = order.missing(payments.last());
        let mut view = Self::from(order);
        for item in &mut view.items {
            item.owner = Some(owners.remove(&item.no).and_then(items::TicketOwnerView::now));
        }
        Self {
            missing: missing.into_iter().map(MissingView::from).collect(),
            payments: Some(payments.into_iter().map(|payment| PaymentView::of(payment, provider)).collect()),
            refunds: Some(refunds.into_iter().map(RefundView::from).collect()),
            disputes: Some(disputes.into_iter().map(DisputeView::from).collect()),
            fraud_warnings: Some(warnings.into_iter().map(FraudWarningView::from).collect()),
            ..view
        }
    }
}
