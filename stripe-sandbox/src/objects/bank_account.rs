//! The bank account to which payouts go. Like a card number, its number is looked up and forgotten.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::metadata::Metadata;
use crate::table::Row;

/// Why a bank sends a payout back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PayoutFailure {
    NoAccount,
    AccountClosed,
    InsufficientFunds,
    DebitNotAuthorized,
    InvalidCurrency,
    CouldNotProcess,
}

impl PayoutFailure {
    /// Stripe's `failure_code`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::AccountClosed => "account_closed",
            Self::InsufficientFunds => "insufficient_funds",
            Self::DebitNotAuthorized => "debit_not_authorized",
            Self::InvalidCurrency => "invalid_currency",
            Self::CouldNotProcess => "could_not_process",
        }
    }

    /// Words for whoever waits for the money.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::NoAccount => {
                "The bank account details on file are probably incorrect. No bank account could be located with those details."
            }
            Self::AccountClosed => "The bank account has been closed.",
            Self::InsufficientFunds => "Your Stripe account has insufficient funds to cover the payout.",
            Self::DebitNotAuthorized => "Debit transactions are not approved on your bank account.",
            Self::InvalidCurrency => "The bank was unable to process this payout because of its currency.",
            Self::CouldNotProcess => "The bank could not process this payout.",
        }
    }
}

/// Stripe's test numbers, without the part that names the bank.
const TEST_NUMBERS: &[(&str, Option<PayoutFailure>)] = &[
    ("000123456789", None),
    ("000123456", None),
    ("00012345", None),
    ("0001234", None),
    ("000111111116", Some(PayoutFailure::NoAccount)),
    ("000111111113", Some(PayoutFailure::AccountClosed)),
    ("000222222227", Some(PayoutFailure::InsufficientFunds)),
    ("000333333335", Some(PayoutFailure::DebitNotAuthorized)),
    ("000444444440", Some(PayoutFailure::InvalidCurrency)),
    // Without leading zeros in the United Kingdom and in Australia.
    ("11111116", Some(PayoutFailure::NoAccount)),
    ("11111113", Some(PayoutFailure::AccountClosed)),
    ("22222227", Some(PayoutFailure::InsufficientFunds)),
    ("33333335", Some(PayoutFailure::DebitNotAuthorized)),
    ("44444440", Some(PayoutFailure::InvalidCurrency)),
    ("111111116", Some(PayoutFailure::NoAccount)),
    ("111111113", Some(PayoutFailure::AccountClosed)),
    ("222222227", Some(PayoutFailure::InsufficientFunds)),
    ("333333335", Some(PayoutFailure::DebitNotAuthorized)),
    ("444444440", Some(PayoutFailure::InvalidCurrency)),
];

/// The same for an IBAN of any country, after country and checksum.
const TEST_IBANS: &[(&str, Option<PayoutFailure>)] = &[
    ("370400440532013000", None),
    ("370400440532013001", Some(PayoutFailure::NoAccount)),
    ("370400440532013002", Some(PayoutFailure::AccountClosed)),
    ("370400440532013003", Some(PayoutFailure::InsufficientFunds)),
    ("370400440532013004", Some(PayoutFailure::DebitNotAuthorized)),
    ("370400440532013005", Some(PayoutFailure::InvalidCurrency)),
];

/// What a payout to this number comes to. `None` if it is no test number.
pub(crate) fn by_number(number: &str) -> Option<Option<PayoutFailure>> {
    let is_iban = number.bytes().take(2).all(|byte| byte.is_ascii_alphabetic());
    let (numbers, rest) = if is_iban { (TEST_IBANS, number.get(4..)?) } else { (TEST_NUMBERS, number) };
    numbers.iter().find(|(test, _)| *test == rest).map(|(_, failure)| *failure)
}

/// A bank account as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BankAccount {
    pub(crate) id: String,
    pub(crate) country: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    /// Payouts in its currency go here unless they say otherwise.
    pub(crate) default_for_currency: bool,
    pub(crate) deleted: bool,
    pub(crate) failure: Option<PayoutFailure>,
    pub(crate) holder_name: Option<String>,
    pub(crate) holder_type: Option<String>,
    pub(crate) last4: String,
    pub(crate) metadata: Metadata,
    pub(crate) routing_number: Option<String>,
}

impl Row for BankAccount {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl BankAccount {
    /// `account` is the connected account that has it, if it is one's.
    pub(crate) fn to_json(&self, account: Option<&str>) -> Value {
        let digest = Sha256::digest(format!("{}/{:?}/{}", self.country, self.routing_number, self.last4));
        let fingerprint: String = hex::encode(digest).chars().take(16).collect();
        let requirements = json!({"currently_due": [], "errors": [], "past_due": [], "pending_verification": []});
        json!({
            "id": self.id,
            "object": "bank_account",
            "account": account,
            "account_holder_name": self.holder_name,
            "account_holder_type": self.holder_type,
            "account_type": null,
            "available_payout_methods": ["standard"],
            "bank_name": "STRIPE TEST BANK",
            "country": self.country,
            "currency": self.currency,
            "default_for_currency": self.default_for_currency,
            "fingerprint": fingerprint,
            "future_requirements": requirements,
            "last4": self.last4,
            "metadata": self.metadata,
            "requirements": requirements,
            "routing_number": self.routing_number,
            "status": "new",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_numbers_tell_what_becomes_of_a_payout() {
        assert_eq!(by_number("000123456789"), Some(None));
        assert_eq!(by_number("000111111116"), Some(Some(PayoutFailure::NoAccount)));
        assert_eq!(by_number("DE89370400440532013000"), Some(None));
        assert_eq!(by_number("FR89370400440532013002"), Some(Some(PayoutFailure::AccountClosed)));
        for wrong in ["000123456780", "DE02120300000000202051", "DE", "", "DÉ"] {
            assert_eq!(by_number(wrong), None, "{wrong}");
        }
    }
}
