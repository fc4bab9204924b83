//! What a journal stands for. One source has one journal for ever, which is what makes every posting safe to repeat.

use std::fmt;

use foundation::id::{OrderId, PaymentId, RefundId};

/// What a journal stands for; written `sale:ord_…`. The words are stored and never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// An order was paid.
    Sale(OrderId),
    /// The provider's fee became known; named by its own balance transaction.
    ProviderFee(String),
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
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sale(order) => write!(f, "sale:{order}"),
            Self::ProviderFee(transaction) => write!(f, "psp_fee:{transaction}"),
            Self::Refund(refund) => write!(f, "refund:{refund}"),
            Self::RefundPaid(refund) => write!(f, "refund_paid:{refund}"),
            Self::RefundFailed(refund) => write!(f, "refund_failed:{refund}"),
            Self::RefundReturned(refund) => write!(f, "refund_returned:{refund}"),
            Self::LatePayment(payment) => write!(f, "late_payment:{payment}"),
        }
    }
}
