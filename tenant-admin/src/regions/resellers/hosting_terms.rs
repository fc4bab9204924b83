//! `/regions/{region}/resellers/{reseller}/hosting_terms`: what the hosted shop costs the environment by the month.

pub(super) mod get;
pub(super) mod set;

use accounting::HostingTerms;
use foundation::Money;
use rust_decimal::Decimal;
use serde::Serialize;

/// The terms in force; both null where nothing is charged.
#[derive(Serialize)]
pub(super) struct TermsShown {
    fee: Option<Money>,
    tax_rate: Option<Decimal>,
}

impl From<Option<HostingTerms>> for TermsShown {
    fn from(terms: Option<HostingTerms>) -> Self {
        Self { fee: terms.map(|terms| terms.fee()), tax_rate: terms.map(|terms| terms.tax_rate()) }
    }
}
