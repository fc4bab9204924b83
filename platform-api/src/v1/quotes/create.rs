//! `POST /v1/quotes`

use accounting::{Channel, RefundPolicy};
use axum::http::StatusCode;
use foundation::{
    Money,
    id::{OfferId, PerformanceId, SaleRoundId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::terms::AskedBy,
    use_cases::quote::{Quote, QuoteLine, prepare, quote},
};
use utoipa::ToSchema;

use crate::{
    v1::holds::{WantBody, read_wants, sold_through},
    web::{Allowed, Answer, Keyed, scope::OrdersRead},
};

/// What to price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewQuote)]
pub(crate) struct NewQuoteBody {
    /// Tickets as a hold or an order names them.
    items: Vec<WantBody>,
    /// The reseller's own word for the buyer, for sale rounds that have a list and for maxima per buyer.
    buyer_reference: Option<String>,
    /// The buyer's e-mail address, for sale rounds that have a list. It is compared and not kept.
    buyer_email: Option<String>,
    /// For sale rounds that have codes.
    access_code: Option<String>,
    /// Of a promotion.
    promotion_code: Option<String>,
}

/// What tickets would cost if they were ordered now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(crate) struct QuoteView {
    /// What the buyer would pay: the face values and the fees passed on.
    total: Money,
    /// What a promotion takes off; the face values are what is left.
    discount: Money,
    face_value: Money,
    /// How much of the fees the buyer would pay on top of the face values.
    buyer_fee: Money,
    platform_fee: Money,
    platform_fee_tax: Money,
    /// What the payment provider is expected to take, if the fee rules say so. What it does take is known after the payment.
    provider_fee_estimate: Option<Money>,
    /// What would be left for you; before the provider's fee, if there is no estimate of it.
    net: Money,
    /// What a refund would do with the fees: `fees_kept` or `fees_returned`.
    #[schema(value_type = String, example = "fees_kept")]
    refund_policy: RefundPolicy,
    /// Through whom it was priced, whose fees may differ: `api` or `hosted_shop`.
    #[schema(value_type = String, example = "api")]
    sold_through: Channel,
    items: Vec<QuoteItemView>,
}

/// Tickets of one offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuoteItem)]
pub(crate) struct QuoteItemView {
    performance_id: PerformanceId,
    offer_id: OfferId,
    ticket_type: String,
    price_tier: String,
    /// The sale round in which they would be sold, where there are rounds.
    sale_round_id: Option<SaleRoundId>,
    quantity: u32,
    total: Money,
    /// What a promotion takes off.
    discount: Money,
    face_value: Money,
    buyer_fee: Money,
    platform_fee: Money,
    platform_fee_tax: Money,
}

impl QuoteView {
    fn of(quote: &Quote, sold_through: Channel) -> Self {
        let money = |amount: Decimal| Money::rounded(amount, quote.currency);
        let item = |line: &QuoteLine| QuoteItemView {
            performance_id: line.item.held.performance,
            offer_id: line.item.held.offer,
            ticket_type: line.item.ticket_type.clone(),
            price_tier: line.item.price_tier.clone(),
            sale_round_id: line.item.held.round,
            quantity: u32::try_from(line.quantity).unwrap_or(u32::MAX),
            total: money(line.total()),
            discount: money(line.discount()),
            face_value: money(line.face_value()),
            buyer_fee: money(line.fees.buyer_fee),
            platform_fee: money(line.fees.platform_fee),
            platform_fee_tax: money(line.fees.platform_fee_tax),
        };
        Self {
            total: quote.sum(QuoteLine::total),
            discount: quote.sum(QuoteLine::discount),
            face_value: quote.sum(QuoteLine::face_value),
            buyer_fee: quote.sum(|line| line.fees.buyer_fee),
            platform_fee: quote.sum(|line| line.fees.platform_fee),
            platform_fee_tax: quote.sum(|line| line.fees.platform_fee_tax),
            provider_fee_estimate: quote.provider_fee.map(money),
            net: quote.net(),
            refund_policy: quote.refund_policy,
            sold_through,
            items: quote.lines.iter().map(item).collect(),
        }
    }
}

/// Prices tickets as an order of them would be priced now, with all fees. Nothing is held: an order made later costs what it costs
/// then, and `expected_total` refuses a surprise.
#[utoipa::path(post, path = "/v1/quotes", tag = "Orders", request_body = NewQuoteBody, responses((status = 200, body = QuoteView)))]
pub(crate) async fn create(allowed: Allowed<OrdersRead>, Keyed { key, body }: Keyed<NewQuoteBody>) -> Answer {
    let wants = read_wants(body.items)?;
    let by = AskedBy {
        reference: body.buyer_reference,
        email: body.buyer_email,
        access_code: body.access_code,
        promotion_code: body.promotion_code,
        ..AskedBy::default()
    };
    let sold_through = sold_through(&allowed.caller);
    let (inventory, reseller) = (&allowed.services.inventory, allowed.caller.reseller);
    prepare(inventory, reseller, &wants).await?;
    let mut call = allowed.begin(key).await?;
    let quoted = match quote(&mut call.tx, inventory, &wants, (&by, sold_through)).await {
        Ok(quoted) => quoted,
        Err(error) => {
            drop(call);
            return Err(inventory.with_dates(reseller, &wants, error).await.into());
        }
    };
    call.finish(StatusCode::OK, &QuoteView::of(&quoted, sold_through), None).await
}
