//! What must be on each account, said from how things stand: one sentence an account, debit positive, in the smallest unit.

use super::past::{Dispute, DisputeState, Past, PayoutState, RefundState};
use crate::rules::{
    account::Account,
    postings::{Bearer, Pot, corrections::Reason},
};

fn sum<T>(of: &[T], amount: impl Fn(&T) -> i64) -> i64 {
    of.iter().map(amount).sum()
}

fn when(holds: bool, amount: i64) -> i64 {
    if holds { amount } else { 0 }
}

impl Dispute {
    fn is_with_the_bank(&self) -> bool {
        matches!(self.state, DisputeState::Open | DisputeState::Lost)
    }
}

impl Past {
    fn corrected(&self, reason: Reason) -> i64 {
        sum(&self.corrections, |c| when(c.facts.reason == reason && !c.undone, c.amount))
    }

    /// What the reseller has in one pot.
    fn has(&self, pot: Pot) -> i64 {
        let pending = pot == Pot::Pending;
        let sold = sum(&self.orders, |o| o.total - o.fee - o.tax - o.provider_fee);
        let given_back = sum(&self.refunds, |r| when(r.state.lives(), r.amount - r.fees_back - r.tax_back));
        let released = sum(&self.releases, |r| r.amount);
        let expired = sum(&self.credits, |c| when(c.by == Bearer::Reseller, c.expired));
        let kept = sum(&self.releases, |r| when(!r.freed, r.held));
        let paid_out = sum(&self.payouts, |p| when(p.state != PayoutState::Failed, p.amount));
        let either = sum(&self.corrections, |c| when(c.pot == pot && !c.undone, c.amount))
            - sum(&self.hosting, |(fee, tax, from)| when(*from == pot, fee + tax))
            - sum(&self.credits, |c| when(c.by == Bearer::Reseller && c.pot == pot, c.amount))
            - sum(&self.disputes, |d| {
                let borne = d.state == DisputeState::Lost && d.bearer == Bearer::Platform;
                when(d.pot == pot, when(d.is_with_the_bank() && !borne, d.own) + d.fee - d.fee_back)
            });
        if pending { either + sold - given_back - released } else { either + released + expired - kept - paid_out }
    }
}

/// The balance of an account.
pub(super) fn expected(past: &Past, account: Account) -> i64 {
    match account {
        Account::PspClearing => {
            sum(&past.orders, |o| o.total - o.by_credit - o.provider_fee)
                + sum(&past.lates, |l| when(!l.refund.is_some_and(|(_, paid)| paid), l.amount))
                - sum(&past.refunds, |r| when(r.state == RefundState::Paid, r.amount))
                - sum(&past.disputes, |d| when(d.is_with_the_bank(), d.own + d.excess) + d.fee - d.fee_back)
                - sum(&past.settled, |(explained, _)| *explained)
                - past.provider_fees_borne
        }
        Account::PspDisputeHold => sum(&past.disputes, |d| when(d.state == DisputeState::Open, d.own + d.excess)),
        Account::ResellerDisputeReserve => -sum(&past.disputes, |d| when(d.state == DisputeState::Open, d.own)),
        Account::RefundsPayable => {
            -sum(&past.refunds, |r| when(r.state == RefundState::Pending, r.amount))
                - sum(&past.lates, |l| when(l.refund.is_some_and(|(_, paid)| !paid), l.amount))
        }
        Account::Suspense => {
            sum(&past.disputes, |d| when(d.state == DisputeState::Lost, d.excess))
                - sum(&past.lates, |l| when(l.refund.is_none(), l.amount))
                - sum(&past.settled, |(_, unexplained)| *unexplained)
                + past.corrected(Reason::Unmatched)
        }
        Account::ResellerPending => -past.has(Pot::Pending),
        Account::ResellerAvailable => -past.has(Pot::Available),
        Account::ResellerRollingReserve => -sum(&past.releases, |r| when(!r.freed, r.held)),
        Account::VoucherOutstanding => -sum(&past.credits, |c| c.amount - c.redeemed - c.expired),
        Account::PayoutInTransit => -sum(&past.payouts, |p| when(p.state == PayoutState::InTransit, p.amount)),
        Account::Bank => {
            sum(&past.settled, |(explained, unexplained)| explained + unexplained)
                - sum(&past.payouts, |p| when(p.state == PayoutState::Paid, p.amount))
        }
        Account::RevPlatformFee => {
            sum(&past.refunds, |r| when(r.state.lives(), r.fees_back)) - sum(&past.orders, |o| o.fee)
                + past.corrected(Reason::PlatformFee)
        }
        Account::TaxPlatformVat => {
            sum(&past.refunds, |r| when(r.state.lives(), r.tax_back))
                - sum(&past.orders, |o| o.tax)
                - sum(&past.hosting, |(_, tax, _)| *tax)
        }
        Account::RevHostingFee => -sum(&past.hosting, |(fee, _, _)| *fee),
        Account::ExpDisputeLoss => {
            sum(&past.disputes, |d| when(d.state == DisputeState::Lost && d.bearer == Bearer::Platform, d.own))
                + past.corrected(Reason::DisputeLoss)
        }
        Account::ExpGoodwill => {
            sum(&past.credits, |c| when(c.by == Bearer::Platform, c.amount - c.expired))
                + past.corrected(Reason::Goodwill)
        }
        Account::ExpPspFee => past.provider_fees_borne + past.corrected(Reason::ProviderFee),
    }
}
