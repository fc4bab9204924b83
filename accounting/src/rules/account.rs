//! The chart of accounts. A name is written into every journal, so none is ever renamed or reused.

macro_rules! chart {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// An account of the ledger. Debits are positive, credits negative.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Account { $($(#[$doc])* $variant,)* }

        impl Account {
            /// Every account there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

chart! {
    /// Money in the platform's bank account for resellers' money (debit).
    Bank "bank";
    /// What the platform bears of lost disputes (debit).
    ExpDisputeLoss "exp_dispute_loss";
    /// What the platform gives away (debit).
    ExpGoodwill "exp_goodwill";
    /// What the platform bears of the provider's fees (debit).
    ExpPspFee "exp_psp_fee";
    /// On its way to a reseller's bank account (credit).
    PayoutInTransit "payout_in_transit";
    /// Money at the payment provider that has not reached a bank (debit).
    PspClearing "psp_clearing";
    /// What buyers' banks have taken back and not yet decided about (debit).
    PspDisputeHold "psp_dispute_hold";
    /// Promised back to buyers, not yet confirmed by the provider (credit).
    RefundsPayable "refunds_payable";
    /// The reseller's money that can be paid out (credit).
    ResellerAvailable "reseller_available";
    /// The reseller's money that is with buyers' banks (credit).
    ResellerDisputeReserve "reseller_dispute_reserve";
    /// The reseller's money that cannot be paid out yet (credit).
    ResellerPending "reseller_pending";
    /// The reseller's money that is kept for what may still be taken back (credit).
    ResellerRollingReserve "reseller_rolling_reserve";
    /// The platform's fees for hosted shops (credit).
    RevHostingFee "rev_hosting_fee";
    /// The platform's fees (credit).
    RevPlatformFee "rev_platform_fee";
    /// Money that is nobody's yet (credit), or came out for nothing of ours (debit). What stays there needs a person.
    Suspense "suspense";
    /// The tax on the platform's fees, owed to the authority (credit).
    TaxPlatformVat "tax_platform_vat";
    /// What buyers may still buy with: credit and vouchers not yet redeemed (credit).
    VoucherOutstanding "voucher_outstanding";
}

impl Account {
    /// The account of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|account| account.as_str() == name)
    }

    /// Whether the account is the reseller's own, so that its balance is kept with the posting. A platform account never
    /// is: it would be one hot row for all sales, and is summed from the journals instead.
    #[must_use]
    pub fn is_resellers_own(self) -> bool {
        match self {
            Self::ResellerAvailable
            | Self::ResellerDisputeReserve
            | Self::ResellerPending
            | Self::ResellerRollingReserve => true,
            Self::Bank
            | Self::ExpDisputeLoss
            | Self::ExpGoodwill
            | Self::ExpPspFee
            | Self::PayoutInTransit
            | Self::PspClearing
            | Self::PspDisputeHold
            | Self::RefundsPayable
            | Self::RevHostingFee
            | Self::RevPlatformFee
            | Self::Suspense
            | Self::TaxPlatformVat
            | Self::VoucherOutstanding => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_found_by_its_name_and_the_prefix_tells_whose_it_is() {
        for &account in Account::ALL {
            assert_eq!(Account::named(account.as_str()), Some(account));
            // The checks of `stagedoor verify` go by the prefix.
            assert_eq!(account.is_resellers_own(), account.as_str().starts_with("reseller_"));
        }
        assert_eq!(Account::named("cash"), None);
    }
}
