//! The platform's own books: what its accounts of all resellers together come to, in one currency.

use std::collections::BTreeMap;

use foundation::{Currency, Money, id::ResellerId};
use rust_decimal::Decimal;
use serde::Serialize;

use super::account::Account;

/// What an account came to, debit positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    /// Before the period.
    pub(crate) opening: Decimal,
    /// In it.
    pub(crate) moved: Decimal,
}

impl Sums {
    pub(crate) fn closing(&self) -> Decimal {
        self.opening + self.moved
    }
}

/// The accounts of one reseller, or of all, in one currency.
pub(crate) type Accounts = BTreeMap<Account, Sums>;

/// A line of the trial balance; debit positive.
#[derive(Debug, Clone, Serialize)]
pub struct TrialLine {
    /// The account's stable name.
    pub account: &'static str,
    /// Before the period.
    pub opening: Money,
    /// In it.
    pub moved: Money,
    /// After it.
    pub closing: Money,
}

/// What the platform earned and what that cost, in a period.
#[derive(Debug, Clone, Serialize)]
pub struct Earnings {
    /// Its fees, less those given back.
    pub platform_fees: Money,
    /// The hosted shops'.
    pub hosting_fees: Money,
    /// What it bore of the payment provider's fees.
    pub provider_fees: Money,
    /// What it bore of lost disputes.
    pub dispute_losses: Money,
    /// What it gave away.
    pub goodwill: Money,
    /// What is left.
    pub result: Money,
}

/// What is owed to others at the end of a period.
#[derive(Debug, Clone, Serialize)]
pub struct Liabilities {
    /// Tax on fees, to the authority.
    pub tax_due: Money,
    /// To resellers, not yet to be paid out.
    pub resellers_pending: Money,
    /// To resellers, to be paid out.
    pub resellers_available: Money,
    /// To resellers, if banks decide for them.
    pub dispute_reserve: Money,
    /// To resellers, kept back.
    pub rolling_reserve: Money,
    /// On its way to resellers' banks.
    pub payouts_in_transit: Money,
    /// To buyers, accepted and not yet confirmed by the provider.
    pub refunds_payable: Money,
    /// To buyers, as credit and vouchers.
    pub credit_outstanding: Money,
    /// To nobody known yet.
    pub suspense: Money,
}

/// Where the money is at the end of a period.
#[derive(Debug, Clone, Serialize)]
pub struct Assets {
    /// At the payment provider.
    pub psp_clearing: Money,
    /// With buyers' banks.
    pub psp_dispute_hold: Money,
    /// In the bank account for resellers' money.
    pub bank: Money,
}

/// The platform's books in one currency.
#[derive(Debug, Clone, Serialize)]
pub struct CurrencyBooks {
    /// The currency of everything in it.
    pub currency: Currency,
    /// Of the period.
    pub earned: Earnings,
    /// At its end.
    pub liabilities: Liabilities,
    /// At its end.
    pub assets: Assets,
    /// Every account that was ever used; its columns sum to zero.
    pub trial_balance: Vec<TrialLine>,
}

impl CurrencyBooks {
    pub(crate) fn of(currency: Currency, accounts: &Accounts) -> Self {
        let money = |amount| Money::rounded(amount, currency);
        let sums = |account| accounts.get(&account).copied().unwrap_or_default();
        let income = |account| -sums(account).moved;
        let cost = |account| sums(account).moved;
        let owed = |account| money(-sums(account).closing());
        let has = |account| money(sums(account).closing());
        let result = income(Account::RevPlatformFee) + income(Account::RevHostingFee)
            - cost(Account::ExpPspFee)
            - cost(Account::ExpDisputeLoss)
            - cost(Account::ExpGoodwill);
        let line = |(account, sums): (&Account, &Sums)| TrialLine {
            account: account.as_str(),
            opening: money(sums.opening),
            moved: money(sums.moved),
            closing: money(sums.closing()),
        };
        Self {
            currency,
            earned: Earnings {
                platform_fees: money(income(Account::RevPlatformFee)),
                hosting_fees: money(income(Account::RevHostingFee)),
                provider_fees: money(cost(Account::ExpPspFee)),
                dispute_losses: money(cost(Account::ExpDisputeLoss)),
                goodwill: money(cost(Account::ExpGoodwill)),
                result: money(result),
            },
            liabilities: Liabilities {
                tax_due: owed(Account::TaxPlatformVat),
                resellers_pending: owed(Account::ResellerPending),
                resellers_available: owed(Account::ResellerAvailable),
                dispute_reserve: owed(Account::ResellerDisputeReserve),
                rolling_reserve: owed(Account::ResellerRollingReserve),
                payouts_in_transit: owed(Account::PayoutInTransit),
                refunds_payable: owed(Account::RefundsPayable),
                credit_outstanding: owed(Account::VoucherOutstanding),
                suspense: owed(Account::Suspense),
            },
            assets: Assets {
                psp_clearing: has(Account::PspClearing),
                psp_dispute_hold: has(Account::PspDisputeHold),
                bank: has(Account::Bank),
            },
            trial_balance: accounts.iter().map(line).collect(),
        }
    }
}

/// How one reseller stands with the platform in one currency; below zero, the reseller owes it.
#[derive(Debug, Clone, Serialize)]
pub struct ResellerPosition {
    /// The reseller.
    pub reseller_id: ResellerId,
    /// Not yet to be paid out.
    pub pending: Money,
    /// To be paid out.
    pub available: Money,
    /// Kept for undecided disputes and for what may still be taken back.
    pub reserved: Money,
    /// On its way to its bank.
    pub in_transit: Money,
    /// What its sales brought the platform in fees in the period, without tax.
    pub fees_earned: Money,
}

impl ResellerPosition {
    pub(crate) fn of(reseller_id: ResellerId, currency: Currency, accounts: &Accounts) -> Self {
        let sums = |account| accounts.get(&account).copied().unwrap_or_default();
        let owed = |account| -sums(account).closing();
        let money = |amount| Money::rounded(amount, currency);
        Self {
            reseller_id,
            pending: money(owed(Account::ResellerPending)),
            available: money(owed(Account::ResellerAvailable)),
            reserved: money(owed(Account::ResellerDisputeReserve) + owed(Account::ResellerRollingReserve)),
            in_transit: money(owed(Account::PayoutInTransit)),
            fees_earned: money(-sums(Account::RevPlatformFee).moved - sums(Account::RevHostingFee).moved),
        }
    }
}
