//! The chart of accounts, as far as it is used. A name is written into every journal, so none is ever renamed or reused.

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
    /// Money at the payment provider that has not reached a bank (debit).
    PspClearing "psp_clearing";
    /// Promised back to buyers, not yet confirmed by the provider (credit).
    RefundsPayable "refunds_payable";
    /// The reseller's money that can be paid out (credit).
    ResellerAvailable "reseller_available";
    /// The reseller's money that cannot be paid out yet (credit).
    ResellerPending "reseller_pending";
    /// The platform's fees (credit).
    RevPlatformFee "rev_platform_fee";
    /// Money that came and bought nothing (credit). It waits there for its refund; what stays needs a person.
    Suspense "suspense";
    /// The tax on the platform's fees, owed to the authority (credit).
    TaxPlatformVat "tax_platform_vat";
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
            Self::ResellerAvailable | Self::ResellerPending => true,
            Self::PspClearing | Self::RefundsPayable | Self::RevPlatformFee | Self::Suspense | Self::TaxPlatformVat => {
                false
            }
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
