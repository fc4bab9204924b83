//! What a journal says beside its amounts: the ids that reports and checks group by. Its fields are the whole list, so
//! that no name or address of a person can get into the ledger.

use foundation::{
    Currency,
    id::{CreditId, DisputeId, OrderId, PaymentId, PayoutId, PerformanceId, RefundId, ShowId, TicketId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ticket_tax::TicketTax;

/// A ticket that was sold, with the amounts frozen in its order (major unit of the order's currency).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldItem {
    /// Its number in the order.
    pub item_no: i16,
    /// The show.
    #[serde(rename = "show_id")]
    pub show: ShowId,
    /// The performance.
    #[serde(rename = "performance_id")]
    pub performance: PerformanceId,
    /// The ticket.
    #[serde(rename = "ticket_id")]
    pub ticket: TicketId,
    /// The ticket type's name when it was sold.
    pub ticket_type: String,
    /// The price tier's name when it was sold.
    pub price_tier: String,
    /// The price of the ticket without fees passed on.
    pub face_value: Decimal,
    /// The platform's fee.
    pub platform_fee: Decimal,
    /// The tax on the platform's fee.
    pub platform_fee_tax: Decimal,
    /// The fee for the hosted shop; left out where it is zero, as every sale by the API has it.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub hosting_fee: Decimal,
    /// The tax on it.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub hosting_fee_tax: Decimal,
    /// How much of the fees the buyer paid on top of the face value.
    pub buyer_fee: Decimal,
    /// The tax in the face value, which is the reseller's own; left out where none is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TicketTax>,
}

impl SoldItem {
    /// What the buyer paid for it.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.face_value + self.buyer_fee
    }

    /// Its amounts.
    pub(crate) fn amounts(&self) -> [Decimal; 6] {
        let Self { face_value, platform_fee, platform_fee_tax, hosting_fee, hosting_fee_tax, buyer_fee, .. } = *self;
        [face_value, platform_fee, platform_fee_tax, hosting_fee, hosting_fee_tax, buyer_fee]
    }

    /// The tax in its price, as far as it is told.
    pub(crate) fn ticket_tax(&self) -> Decimal {
        self.tax.map(|tax| tax.amount).unwrap_or_default()
    }

    /// The tax on all its fees.
    pub(crate) fn fee_tax(&self) -> Decimal {
        self.platform_fee_tax + self.hosting_fee_tax
    }

    /// The same item with each amount written with the currency's own decimals, so that equal items are equal texts.
    pub(crate) fn written_in(&self, currency: Currency) -> Self {
        Self {
            face_value: currency.round(self.face_value),
            platform_fee: currency.round(self.platform_fee),
            platform_fee_tax: currency.round(self.platform_fee_tax),
            hosting_fee: currency.round(self.hosting_fee),
            hosting_fee_tax: currency.round(self.hosting_fee_tax),
            buyer_fee: currency.round(self.buyer_fee),
            tax: self.tax.map(|tax| tax.written_in(currency)),
            ..self.clone()
        }
    }
}

/// One ticket in a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutItem {
    /// The ticket as it was sold.
    #[serde(flatten)]
    pub sold: SoldItem,
    /// How much of its price the refund gives back; zero in a sale.
    pub refunded: Decimal,
    /// The platform's fee that the refund gives back to the reseller; zero in a sale.
    pub fee_returned: Decimal,
    /// The tax on it.
    pub fee_tax_returned: Decimal,
    /// Of the tax in its price, what the refund carries back; left out where that is nothing.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub tax_returned: Decimal,
}

/// What a journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// The order that everything belongs to, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The refund, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// The payment, if it is about one in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// The dispute, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute_id: Option<DisputeId>,
    /// The credit or voucher, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_id: Option<CreditId>,
    /// The performance, if it is about all sales of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_id: Option<PerformanceId>,
    /// The payout, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payout_id: Option<PayoutId>,
    /// The percentage of tax on the platform's fees, where these are of no ticket: a month of the hosted shop, a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_tax_rate: Option<Decimal>,
    /// Of the tax in the prices, what a refund of no ticket in particular carries back, or what a bank takes in a dispute; below zero, what
    /// comes again with what a bank gives back. Left out where that is nothing.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub tax_returned: Decimal,
    /// What the provider takes for a dispute beside the disputed money; below zero, what it gives back of that. Left out where that is nothing.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub provider_fee: Decimal,
    /// The tickets; none where no ticket is sold or refunded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<AboutItem>,
}

impl About {
    /// About an order only.
    #[must_use]
    pub fn order(order_id: OrderId) -> Self {
        Self { order_id: Some(order_id), ..Self::default() }
    }

    /// About a refund of an order.
    #[must_use]
    pub fn refund(order_id: OrderId, refund_id: RefundId) -> Self {
        Self { refund_id: Some(refund_id), ..Self::order(order_id) }
    }
}
