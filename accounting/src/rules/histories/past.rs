//! What has happened, and how it stands. Amounts are in the smallest unit.

use foundation::{
    Currency,
    id::{OrderId, PaymentId, RefundId},
};

use crate::rules::{
    about::SoldItem,
    journal::Journal,
    postings::{Bearer, Pot, Refund as Given, corrections::Adjustment, credits::Credited, disputes::Disputed, payouts},
};

/// An order that was paid.
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) payment: PaymentId,
    pub(super) items: Vec<SoldItem>,
    pub(super) total: i64,
    pub(super) by_credit: i64,
    pub(super) fee: i64,
    pub(super) tax: i64,
    pub(super) provider_fee: i64,
    /// Given back or promised, all refunds together; what failed is taken off again.
    pub(super) refunded: i64,
    /// Of refunds by amount: cumulated.
    pub(super) by_amount: i64,
    /// Taken back by banks, and not given back.
    pub(super) disputed: i64,
}

impl Order {
    /// What came by a payment, and neither went back nor was taken.
    pub(super) fn left(&self) -> i64 {
        self.total - self.by_credit - self.refunded - self.disputed
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RefundState {
    Pending,
    Paid,
    Failed,
    /// Confirmed, and then taken back by the provider.
    Returned,
}

impl RefundState {
    pub(super) fn lives(self) -> bool {
        matches!(self, Self::Pending | Self::Paid)
    }
}

pub(super) struct Refund {
    pub(super) id: RefundId,
    pub(super) order: usize,
    pub(super) amount: i64,
    pub(super) fees_back: i64,
    pub(super) tax_back: i64,
    pub(super) items: Option<Given>,
    pub(super) accepted: Journal,
    pub(super) confirmed: Option<Journal>,
    pub(super) state: RefundState,
}

/// Money that bought nothing, and its refund if that has been asked for.
pub(super) struct Late {
    pub(super) amount: i64,
    pub(super) refund: Option<(RefundId, bool)>,
    pub(super) late: crate::rules::postings::LatePayment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DisputeState {
    Open,
    Won,
    Lost,
    WonAfterLoss,
}

pub(super) struct Dispute {
    pub(super) facts: Disputed,
    pub(super) own: i64,
    pub(super) excess: i64,
    pub(super) fee: i64,
    pub(super) fee_back: i64,
    pub(super) order: usize,
    pub(super) pot: Pot,
    pub(super) bearer: Bearer,
    pub(super) state: DisputeState,
}

pub(super) struct Credit {
    pub(super) facts: Credited,
    pub(super) amount: i64,
    pub(super) by: Bearer,
    pub(super) pot: Pot,
    pub(super) redeemed: i64,
    pub(super) expired: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PayoutState {
    InTransit,
    Paid,
    Failed,
}

pub(super) struct Payout {
    pub(super) facts: payouts::Payout,
    pub(super) amount: i64,
    pub(super) state: PayoutState,
}

/// The money of a performance that was released, and what of it is kept.
pub(super) struct Release {
    pub(super) facts: payouts::PerformanceMoney,
    pub(super) amount: i64,
    pub(super) held: i64,
    pub(super) freed: bool,
}

pub(super) struct Correction {
    pub(super) facts: Adjustment,
    pub(super) amount: i64,
    pub(super) pot: Pot,
    pub(super) journal: Journal,
    pub(super) undone: bool,
}

/// Everything in one currency.
pub(super) struct Past {
    pub(super) currency: Currency,
    pub(super) orders: Vec<Order>,
    pub(super) refunds: Vec<Refund>,
    pub(super) lates: Vec<Late>,
    pub(super) disputes: Vec<Dispute>,
    pub(super) credits: Vec<Credit>,
    pub(super) releases: Vec<Release>,
    pub(super) payouts: Vec<Payout>,
    /// Explained and not.
    pub(super) settled: Vec<(i64, i64)>,
    /// Fee, tax, and where from.
    pub(super) hosting: Vec<(i64, i64, Pot)>,
    pub(super) corrections: Vec<Correction>,
    /// The provider's fees that the platform bears.
    pub(super) provider_fees_borne: i64,
    /// Counts what the provider has named.
    pub(super) named: usize,
}

impl Past {
    pub(super) fn new(currency: Currency) -> Self {
        Self {
            currency,
            orders: Vec::new(),
            refunds: Vec::new(),
            lates: Vec::new(),
            disputes: Vec::new(),
            credits: Vec::new(),
            releases: Vec::new(),
            payouts: Vec::new(),
            settled: Vec::new(),
            hosting: Vec::new(),
            corrections: Vec::new(),
            provider_fees_borne: 0,
            named: 0,
        }
    }

    /// A name as the provider gives them.
    pub(super) fn name(&mut self) -> String {
        self.named += 1;
        format!("txn_{}", self.named)
    }
}
