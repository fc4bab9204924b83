//! What may happen long after a sale: disputes, credit, release, payouts, settlements, corrections.

use foundation::id::{AdjustmentId, CreditId, DisputeId, JournalId, PayoutId, PerformanceId};
use jiff::civil::Date;

use super::{
    Dice,
    past::{Correction, Credit, Dispute, DisputeState, Past, Payout, PayoutState, Release},
    steps::{bearer, pick, pot},
};
use crate::rules::{
    journal::Journal,
    postings::{
        corrections::{Adjustment, Reason, hosting, reversal},
        credits::Credited,
        disputes::{Disputed, ProviderMoney},
        payouts,
    },
};

/// A bank takes back up to twice of what is left of a payment, because what was refunded may be disputed all the same.
pub(super) fn dispute(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let currency = past.currency;
    let Some(of) = pick(&past.orders, dice, |o| o.left() > 0) else { return Vec::new() };
    let (name, fee, pot) = (past.name(), dice.amount(0, 1_500), pot(dice));
    let order = &mut past.orders[of];
    let taken = dice.amount(1, 2 * order.left());
    let own = taken.min(order.left());
    let excess = taken - own;
    order.disputed += own;
    let facts = Disputed {
        dispute: DisputeId::new(),
        order: order.id,
        payment: order.payment,
        currency,
        own: currency.from_minor(own),
        excess: currency.from_minor(excess),
        ticket_tax: currency.from_minor(0),
    };
    let (state, bearer, fee_back) = (DisputeState::Open, bearer(dice), 0);
    past.disputes.push(Dispute { facts, own, excess, fee, fee_back, order: of, pot, bearer, state });
    vec![facts.taken(&ProviderMoney { name, fee: currency.from_minor(fee), at: None }, pot).unwrap()]
}

pub(super) fn decide(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let undecided = |d: &Dispute| matches!(d.state, DisputeState::Open | DisputeState::Lost);
    let Some(of) = pick(&past.disputes, dice, undecided) else { return Vec::new() };
    let name = past.name();
    let dispute = &mut past.disputes[of];
    let fee_back = if dice.flip() { dispute.fee } else { 0 };
    let money = ProviderMoney { name, fee: past.currency.from_minor(-fee_back), at: None };
    let journal = match dispute.state {
        DisputeState::Open if dice.flip() => {
            (dispute.state, dispute.fee_back) = (DisputeState::Won, fee_back);
            dispute.facts.given_back(&money, dispute.pot)
        }
        DisputeState::Open => {
            dispute.state = DisputeState::Lost;
            dispute.facts.lost(dispute.bearer, dispute.pot)
        }
        _ => {
            (dispute.state, dispute.fee_back) = (DisputeState::WonAfterLoss, fee_back);
            dispute.facts.given_back_after_loss(&money, dispute.bearer, dispute.pot)
        }
    };
    if dispute.state != DisputeState::Lost {
        past.orders[dispute.order].disputed -= dispute.own;
    }
    vec![journal.unwrap()]
}

pub(super) fn credit(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let (amount, by, pot) = (dice.amount(1, 15_000), bearer(dice), pot(dice));
    let facts = Credited { credit: CreditId::new(), currency: past.currency, amount: past.currency.from_minor(amount) };
    past.credits.push(Credit { facts, amount, by, pot, redeemed: 0, expired: 0 });
    vec![facts.given(by, pot, None).unwrap()]
}

pub(super) fn expire(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let Some(of) = pick(&past.credits, dice, |c| c.amount > c.redeemed + c.expired) else { return Vec::new() };
    let credit = &mut past.credits[of];
    credit.expired = credit.amount - credit.redeemed;
    let left = Credited { amount: past.currency.from_minor(credit.expired), ..credit.facts };
    vec![left.expired(credit.by).unwrap()]
}

pub(super) fn release(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let currency = past.currency;
    if let Some(of) = pick(&past.releases, dice, |r| r.held > 0 && !r.freed).filter(|_| dice.flip()) {
        let release = &mut past.releases[of];
        release.freed = true;
        let kept = payouts::PerformanceMoney { amount: currency.from_minor(release.held), ..release.facts };
        return vec![kept.free_again().unwrap()];
    }
    let (amount, held) = (dice.amount(1, 20_000), dice.amount(0, 500));
    let facts =
        payouts::PerformanceMoney { performance: PerformanceId::new(), currency, amount: currency.from_minor(amount) };
    past.releases.push(Release { facts, amount, held, freed: false });
    let mut journals = vec![facts.released().unwrap()];
    if held > 0 {
        journals.push(payouts::PerformanceMoney { amount: currency.from_minor(held), ..facts }.held().unwrap());
    }
    journals
}

pub(super) fn pay_out(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    if let Some(of) = pick(&past.payouts, dice, |p| p.state != PayoutState::Failed).filter(|_| dice.flip()) {
        let payout = &mut past.payouts[of];
        let had_left = payout.state == PayoutState::Paid;
        if !had_left && dice.flip() {
            payout.state = PayoutState::Paid;
            return vec![payout.facts.paid().unwrap()];
        }
        payout.state = PayoutState::Failed;
        return vec![payout.facts.failed(had_left).unwrap()];
    }
    let amount = dice.amount(1, 30_000);
    let facts =
        payouts::Payout { payout: PayoutId::new(), currency: past.currency, amount: past.currency.from_minor(amount) };
    past.payouts.push(Payout { facts, amount, state: PayoutState::InTransit });
    vec![facts.created().unwrap()]
}

pub(super) fn settle_or_host(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let currency = past.currency;
    if dice.flip() {
        let (name, explained, unexplained) = (past.name(), dice.amount(1, 50_000), dice.amount(0, 20));
        past.settled.push((explained, unexplained));
        let [explained, unexplained] = [explained, unexplained].map(|minor| currency.from_minor(minor));
        return vec![payouts::settled(&name, currency, explained, unexplained).unwrap()];
    }
    let (fee, tax, from) = (dice.amount(1, 5_000), dice.amount(0, 1_000), pot(dice));
    let months = i16::try_from(past.hosting.len()).unwrap();
    let month = Date::new(2030 + months / 12, i8::try_from(months % 12 + 1).unwrap(), 1).unwrap();
    past.hosting.push((fee, tax, from));
    vec![
        hosting(
            month,
            currency,
            currency.from_minor(fee),
            (currency.from_minor(tax), rust_decimal::Decimal::ZERO),
            from,
        )
        .unwrap(),
    ]
}

pub(super) fn correct(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    if let Some(of) = pick(&past.corrections, dice, |c| !c.undone).filter(|_| dice.flip()) {
        let correction = &mut past.corrections[of];
        correction.undone = true;
        return vec![reversal(JournalId::new(), &correction.journal).unwrap()];
    }
    let reasons = [Reason::Goodwill, Reason::PlatformFee, Reason::ProviderFee, Reason::DisputeLoss, Reason::Unmatched];
    let (reason, pot) = (reasons[dice.below(reasons.len())], pot(dice));
    let amount = if dice.flip() { dice.amount(1, 5_000) } else { dice.amount(-5_000, -1) };
    let facts = Adjustment {
        adjustment: AdjustmentId::new(),
        order: None,
        currency: past.currency,
        amount: past.currency.from_minor(amount),
        reason,
    };
    let journal = facts.journal(pot).unwrap();
    past.corrections.push(Correction { facts, amount, pot, journal: journal.clone(), undone: false });
    vec![journal]
}
