//! What kind of thing a row of a settlement is.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a row stands for. The words are in sealed reports and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettlementCategory)]
pub enum Category {
    /// Tickets were sold.
    Sale,
    /// A ticket was given in for another performance's.
    ExchangeOut,
    /// And that one taken instead.
    ExchangeIn,
    /// A refund was accepted.
    Refund,
    /// A refund did not happen after all.
    RefundFailed,
    /// The payment provider's fee became known.
    ProviderFee,
    /// A bank has taken money back.
    Dispute,
    /// A bank has given it back.
    DisputeReversal,
    /// The provider's fee for a dispute.
    DisputeFee,
    /// Credit was given.
    VoucherIssue,
    /// An order was paid with credit.
    VoucherRedeem,
    /// What was left of a credit expired.
    VoucherExpire,
    /// A performance's money became available.
    Release,
    /// Money was kept back for what may still be taken.
    ReserveHold,
    /// And given free.
    ReserveRelease,
    /// A payout was decided on.
    Payout,
    /// It came back.
    PayoutFailed,
    /// The hosted shop's fee of a month.
    Hosting,
    /// A person's correction.
    Adjustment,
    /// A journal was undone.
    Reversal,
    /// Whatever else moved the balance.
    Other,
}

impl Category {
    /// Of what this source stands for; `dispute` is how much a bank took by it.
    pub(crate) fn of(source: &str, dispute: Decimal) -> Self {
        let (kind, _) = source.split_once(':').unwrap_or((source, ""));
        match kind {
            "sale" => Self::Sale,
            "exchange_out" => Self::ExchangeOut,
            "exchange_in" => Self::ExchangeIn,
            "refund" => Self::Refund,
            "refund_failed" => Self::RefundFailed,
            "psp_fee" => Self::ProviderFee,
            "dispute" | "dispute_lost" if dispute > Decimal::ZERO => Self::Dispute,
            "dispute" | "dispute_lost" if dispute < Decimal::ZERO => Self::DisputeReversal,
            "dispute" | "dispute_lost" => Self::DisputeFee,
            "credit" => Self::VoucherIssue,
            "redeem" => Self::VoucherRedeem,
            "expire" => Self::VoucherExpire,
            // What follows a release is released with it.
            "release" | "follow" => Self::Release,
            "reserve" => Self::ReserveHold,
            "reserve_release" | "reserve_used" => Self::ReserveRelease,
            "payout" | "payout_paid" => Self::Payout,
            "payout_failed" => Self::PayoutFailed,
            "hosting" => Self::Hosting,
            "adj" => Self::Adjustment,
            "rev" => Self::Reversal,
            _ => Self::Other,
        }
    }
}
