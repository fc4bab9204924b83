//! What a journal stands for. One source has one journal for ever, which is what makes every posting safe to repeat.

use std::fmt;

use foundation::{
    Currency,
    id::{AdjustmentId, CreditId, DisputeId, JournalId, OrderId, PaymentId, PayoutId, PerformanceId, RefundId},
};

/// What a journal stands for; written `sale:ord_…`. The words are stored and never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// An order was paid.
    Sale(OrderId),
    /// The provider's fee became known; named by its own balance transaction.
    ProviderFee(String),
    /// A sold ticket was exchanged for another performance's: the order, its item, and which change of it. What was sold before.
    ExchangedOut(OrderId, i16, i16),
    /// The same: what is sold instead.
    ExchangedIn(OrderId, i16, i16),
    /// A refund was accepted.
    Refund(RefundId),
    /// The provider confirmed a refund.
    RefundPaid(RefundId),
    /// A refund did not happen after all.
    RefundFailed(RefundId),
    /// The provider took its confirmation of a refund back.
    RefundReturned(RefundId),
    /// Money came for an order that could not have it.
    LatePayment(PaymentId),
    /// A bank took money back or returned it; named by the provider's own balance transaction.
    DisputeMoney(String),
    /// A dispute was lost.
    DisputeLost(DisputeId),
    /// Credit was given to a buyer.
    Credit(CreditId),
    /// An order was paid with credit.
    CreditRedeemed(OrderId, CreditId),
    /// What was left of a credit when its time had come.
    CreditExpired(CreditId),
    /// A performance is over, and its money can be paid out.
    Release(PerformanceId, Currency),
    /// Some of it is kept back.
    ReserveHeld(PerformanceId, Currency),
    /// What was kept back is free.
    ReserveReleased(PerformanceId, Currency),
    /// Some of what was kept back has paid a debt; which piece of it.
    ReserveUsed(PerformanceId, Currency, i16),
    /// A batch of the provider's reached the bank; named by the provider.
    Settlement(String),
    /// A payout was decided on.
    Payout(PayoutId),
    /// It has left the bank.
    PayoutPaid(PayoutId),
    /// It came back, or never left.
    PayoutFailed(PayoutId),
    /// The hosted shop's fee of a month: year and month.
    Hosting(i16, i8, Currency),
    /// A person decided on a correction.
    Adjustment(AdjustmentId),
    /// A journal was undone.
    Reversal(JournalId),
    /// Another journal moved pending money of a performance whose money was released before.
    Followed(Box<Self>),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sale(order) => write!(f, "sale:{order}"),
            Self::ProviderFee(transaction) => write!(f, "psp_fee:{transaction}"),
            Self::ExchangedOut(order, item, nth) => write!(f, "exchange_out:{order}:{item}:{nth}"),
            Self::ExchangedIn(order, item, nth) => write!(f, "exchange_in:{order}:{item}:{nth}"),
            Self::Refund(refund) => write!(f, "refund:{refund}"),
            Self::RefundPaid(refund) => write!(f, "refund_paid:{refund}"),
            Self::RefundFailed(refund) => write!(f, "refund_failed:{refund}"),
            Self::RefundReturned(refund) => write!(f, "refund_returned:{refund}"),
            Self::LatePayment(payment) => write!(f, "late_payment:{payment}"),
            Self::DisputeMoney(transaction) => write!(f, "dispute:{transaction}"),
            Self::DisputeLost(dispute) => write!(f, "dispute_lost:{dispute}"),
            Self::Credit(credit) => write!(f, "credit:{credit}"),
            Self::CreditRedeemed(order, credit) => write!(f, "redeem:{order}:{credit}"),
            Self::CreditExpired(credit) => write!(f, "expire:{credit}"),
            Self::Release(performance, currency) => write!(f, "release:{performance}:{currency}"),
            Self::ReserveHeld(performance, currency) => write!(f, "reserve:{performance}:{currency}"),
            Self::ReserveReleased(performance, currency) => write!(f, "reserve_release:{performance}:{currency}"),
            Self::ReserveUsed(performance, currency, nth) => write!(f, "reserve_used:{performance}:{currency}:{nth}"),
            Self::Settlement(batch) => write!(f, "settle:{batch}"),
            Self::Payout(payout) => write!(f, "payout:{payout}"),
            Self::PayoutPaid(payout) => write!(f, "payout_paid:{payout}"),
            Self::PayoutFailed(payout) => write!(f, "payout_failed:{payout}"),
            Self::Hosting(year, month, currency) => write!(f, "hosting:{year}-{month:02}:{currency}"),
            Self::Adjustment(adjustment) => write!(f, "adj:{adjustment}"),
            Self::Reversal(journal) => write!(f, "rev:{journal}"),
            Self::Followed(source) => write!(f, "follow:{source}"),
        }
    }
}
