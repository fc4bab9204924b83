//! Why a payment is refused: Stripe's codes, and words for the buyer.

use serde::{Deserialize, Serialize};

/// Why a payment is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decline {
    Generic,
    InsufficientFunds,
    Lost,
    Stolen,
    Velocity,
    Fraudulent,
    Expired,
    IncorrectCvc,
    ProcessingError,
    NotATestCard,
    IncorrectNumber,
    InvalidMonth,
    InvalidYear,
    InvalidCvc,
    /// The bank wants the buyer's authentication, and nobody is there to give it.
    AuthenticationRequired,
    /// The bank wants the buyer's authentication, and the seller wants none.
    AuthenticationNotHandled,
    /// The buyer did not prove who they are.
    AuthenticationFailed,
    /// The bank sends a debit back.
    DebitReturned,
    /// There is not enough money on the bank account.
    DebitNotCovered,
    /// The debit exceeds what the account may be debited.
    DebitOverLimit,
    /// The debit exceeds what the account may be debited in a week.
    DebitOverWeeklyLimit,
    InvalidIban,
}

impl Decline {
    /// Whether a bank refuses a debit, not a card.
    fn is_of_debit(self) -> bool {
        matches!(self, Self::DebitReturned | Self::DebitNotCovered | Self::DebitOverLimit | Self::DebitOverWeeklyLimit)
    }

    /// Stripe's `code` in an error, where a debit says less than its charge does.
    pub(crate) fn error_code(self) -> &'static str {
        if self.is_of_debit() { "payment_intent_payment_attempt_failed" } else { self.code() }
    }

    /// Stripe's `type` of the error.
    pub(crate) fn error_type(self) -> &'static str {
        let of_card = !self.is_of_debit() && !matches!(self, Self::AuthenticationFailed | Self::InvalidIban);
        if of_card { "card_error" } else { "invalid_request_error" }
    }

    /// Stripe's `failure_code` of a charge.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::AuthenticationRequired | Self::AuthenticationNotHandled => "authentication_required",
            Self::AuthenticationFailed => "payment_intent_authentication_failure",
            Self::DebitReturned => "incorrect_account_holder_name",
            Self::DebitNotCovered => "insufficient_funds",
            Self::DebitOverLimit => "charge_exceeds_source_limit",
            Self::DebitOverWeeklyLimit => "charge_exceeds_weekly_limit",
            Self::InvalidIban => "invalid_bank_account_iban",
            Self::Expired => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::IncorrectNumber => "incorrect_number",
            Self::InvalidMonth => "invalid_expiry_month",
            Self::InvalidYear => "invalid_expiry_year",
            Self::InvalidCvc => "invalid_cvc",
            _ => "card_declined",
        }
    }

    /// Stripe's `decline_code`, where the bank gives one.
    pub(crate) fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::Generic => Some("generic_decline"),
            Self::InsufficientFunds => Some("insufficient_funds"),
            Self::Lost => Some("lost_card"),
            Self::Stolen => Some("stolen_card"),
            Self::Velocity => Some("card_velocity_exceeded"),
            Self::Fraudulent => Some("fraudulent"),
            Self::NotATestCard => Some("test_mode_live_card"),
            Self::AuthenticationRequired => Some("authentication_required"),
            Self::AuthenticationNotHandled => Some("authentication_not_handled"),
            _ => None,
        }
    }

    /// Words for the buyer.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::Velocity => {
                "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
            }
            Self::Expired => "Your card has expired.",
            Self::IncorrectCvc => "Your card's security code is incorrect.",
            Self::ProcessingError => "An error occurred while processing your card. Try again in a little bit.",
            Self::NotATestCard => "Your card was declined. Your request was in test mode, but used a non test card.",
            Self::IncorrectNumber => "Your card number is incorrect.",
            Self::InvalidMonth => "Your card's expiration month is invalid.",
            Self::InvalidYear => "Your card's expiration year is invalid.",
            Self::InvalidCvc => "Your card's security code is invalid.",
            Self::AuthenticationRequired | Self::AuthenticationNotHandled => {
                "Your card was declined. This transaction requires authentication."
            }
            Self::AuthenticationFailed => {
                "We are unable to authenticate your payment method. Please choose a different payment method and try again."
            }
            Self::DebitReturned => "The payment failed: the bank sent the debit back.",
            Self::DebitNotCovered => "The payment failed: the bank account has insufficient funds.",
            Self::DebitOverLimit | Self::DebitOverWeeklyLimit => "The payment failed: it exceeds the account's limit.",
            Self::InvalidIban => "The IBAN you entered is invalid.",
            _ => "Your card was declined.",
        }
    }
}
