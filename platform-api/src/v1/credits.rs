//! `/v1/credits`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;

use foundation::{
    Instant, Money,
    id::{CreditId, OrderId},
};
use serde::Serialize;
use ticketing::rules::credit::{Credit, CreditCode};
use utoipa::ToSchema;

/// Money that a buyer has with you and may buy with, in part or whole: a voucher, or what a refund gave back of one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credit)]
pub(crate) struct CreditView {
    id: CreditId,
    /// What the buyer types, where one credit is made or read. Whoever knows it may spend it: hand it to the buyer, and keep it out of logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7KQ2-M9XA-RT4C-W8HB-3FNE-6PDG-VU5Y")]
    code: Option<String>,
    /// What it was given for.
    amount: Money,
    /// What is left; what unpaid orders keep of it is taken off, and comes back if they end.
    balance: Money,
    /// The order whose refund made it; null where you gave it.
    order_id: Option<OrderId>,
    reason: String,
    /// Until when it may be spent.
    expires_at: Option<Instant>,
    /// When what was left was yours again.
    expired_at: Option<Instant>,
    created_at: Instant,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Credit> for CreditView {
    fn from(credit: Credit) -> Self {
        Self {
            id: credit.id,
            code: None,
            amount: credit.amount,
            balance: credit.balance,
            order_id: credit.order,
            reason: credit.reason,
            expires_at: credit.expires_at,
            expired_at: credit.expired_at,
            created_at: credit.created_at,
            version: credit.version,
        }
    }
}

impl CreditView {
    /// With its code.
    fn with(self, code: &CreditCode) -> Self {
        Self { code: Some(code.text().to_owned()), ..self }
    }
}
