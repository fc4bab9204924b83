//! Stripe's test cards: which number behaves how. A number is looked up and forgotten; only what a receipt shows is kept.
//! Also why a payment is refused and how a payment method behaves, which test bank accounts share with cards.

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

/// What happens when the payment method is charged or refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Behaviour {
    Approves,
    Declines(Decline),
    /// A customer can keep the card; each payment with it is declined.
    DeclinesOnceKept,
    /// The payment succeeds; each refund of it fails some time after it seemed to succeed.
    RefundFails,
    /// The payment succeeds; each refund of it stays pending for some time.
    RefundPends,
    /// The payment succeeds and its money is available at once.
    AvailableAtOnce,
    /// The payment succeeds; some time later the bank makes trouble.
    Trouble(Trouble),
}

impl Behaviour {
    /// Why a payment fails, if it does.
    pub(crate) fn decline(self) -> Option<Decline> {
        match self {
            Self::Declines(decline) => Some(decline),
            Self::DeclinesOnceKept => Some(Decline::Generic),
            _ => None,
        }
    }
}

/// How long the bank takes to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    AtOnce,
    /// The payment is `processing` for some time.
    Slow,
    /// The same, for three minutes at least.
    Late,
}

/// Whether the bank wants to see the buyer (3-D Secure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Authentication {
    Never,
    /// Only if the seller asks for it.
    OnRequest,
    /// For every payment but those off session with a card that was set up for them.
    UnlessSetUp,
    /// The same for a card that is set up already.
    AlreadySetUp,
    Always,
}

impl Authentication {
    /// Whether this payment needs it.
    pub(crate) fn is_needed(self, off_session: bool, set_up: bool, requested: bool) -> bool {
        match self {
            Self::Never => false,
            Self::OnRequest => requested,
            Self::UnlessSetUp => !(off_session && set_up),
            Self::AlreadySetUp => !off_session,
            Self::Always => true,
        }
    }
}

/// What the bank does some time after a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    /// A dispute: the buyer says that it was somebody else.
    DisputeFraudulent,
    /// A dispute: the buyer says that nothing came.
    DisputeNotReceived,
    /// Only a question, before any dispute.
    Inquiry,
    /// An early fraud warning.
    FraudWarning,
}

/// One test card.
#[derive(Debug)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// The part after `pm_card_` or `tok_`.
    name: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) funding: &'static str,
    pub(crate) country: &'static str,
    pub(crate) behaviour: Behaviour,
    pub(crate) authentication: Authentication,
    pub(crate) pace: Pace,
}

const fn card(
    number: &'static str,
    name: &'static str,
    brand: &'static str,
    funding: &'static str,
    country: &'static str,
) -> TestCard {
    let (behaviour, authentication) = (Behaviour::Approves, Authentication::Never);
    TestCard { number, name, brand, funding, country, behaviour, authentication, pace: Pace::AtOnce }
}

const fn special(number: &'static str, name: &'static str, behaviour: Behaviour) -> TestCard {
    secured(number, name, Authentication::Never, behaviour)
}

const fn secured(
    number: &'static str,
    name: &'static str,
    authentication: Authentication,
    behaviour: Behaviour,
) -> TestCard {
    TestCard { behaviour, authentication, ..card(number, name, "visa", "credit", "US") }
}

const CARDS: &[TestCard] = &[
    card("4242424242424242", "visa", "visa", "credit", "US"),
    card("4000056655665556", "visa_debit", "visa", "debit", "US"),
    card("5555555555554444", "mastercard", "mastercard", "credit", "US"),
    card("5200828282828210", "mastercard_debit", "mastercard", "debit", "US"),
    card("5105105105105100", "mastercard_prepaid", "mastercard", "prepaid", "US"),
    card("378282246310005", "amex", "amex", "credit", "US"),
    card("378282246310005", "amex_threeDSecureNotSupported", "amex", "credit", "US"),
    card("6011111111111117", "discover", "discover", "credit", "US"),
    card("3056930009020004", "diners", "diners", "credit", "US"),
    card("3566002020360505", "jcb", "jcb", "credit", "JP"),
    card("6200000000000005", "unionpay", "unionpay", "credit", "CN"),
    card("4000005280000002", "nl", "visa", "credit", "NL"),
    card("4000008260000000", "gb", "visa", "credit", "GB"),
    card("4000002760000016", "de", "visa", "credit", "DE"),
    card("4000002500000003", "fr", "visa", "credit", "FR"),
    card("4000000560000004", "be", "visa", "credit", "BE"),
    special("4000000000000002", "chargeDeclined", Behaviour::Declines(Decline::Generic)),
    special("4000000000000341", "chargeCustomerFail", Behaviour::DeclinesOnceKept),
    special("4000000000009995", "chargeDeclinedInsufficientFunds", Behaviour::Declines(Decline::InsufficientFunds)),
    special("4000000000009987", "chargeDeclinedLostCard", Behaviour::Declines(Decline::Lost)),
    special("4000000000009979", "chargeDeclinedStolenCard", Behaviour::Declines(Decline::Stolen)),
    special("4000000000006975", "chargeDeclinedVelocityLimitExceeded", Behaviour::Declines(Decline::Velocity)),
    special("4100000000000019", "chargeDeclinedFraudulent", Behaviour::Declines(Decline::Fraudulent)),
    special("4000000000000069", "chargeDeclinedExpiredCard", Behaviour::Declines(Decline::Expired)),
    special("4000000000000127", "chargeDeclinedIncorrectCvc", Behaviour::Declines(Decline::IncorrectCvc)),
    special("4000000000000119", "chargeDeclinedProcessingError", Behaviour::Declines(Decline::ProcessingError)),
    special("4000000000005126", "refundFail", Behaviour::RefundFails),
    special("4000000000007726", "pendingRefund", Behaviour::RefundPends),
    TestCard { pace: Pace::Slow, ..special("4242424242424242", "sandboxProcessing", Behaviour::Approves) },
    TestCard {
        pace: Pace::Slow,
        ..special("4242424242424242", "sandboxProcessingFails", Behaviour::Declines(Decline::Generic))
    },
    secured("4000002500003155", "authenticationRequiredOnSetup", Authentication::UnlessSetUp, Behaviour::Approves),
    secured("4000002760003184", "authenticationRequired", Authentication::Always, Behaviour::Approves),
    secured(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        Authentication::AlreadySetUp,
        Behaviour::Approves,
    ),
    secured(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        Authentication::Always,
        Behaviour::Declines(Decline::InsufficientFunds),
    ),
    secured("4000000000003220", "threeDSecure2Required", Authentication::Always, Behaviour::Approves),
    secured("4000000000003063", "threeDSecureRequired", Authentication::Always, Behaviour::Approves),
    secured("4000000000003055", "threeDSecureOptional", Authentication::OnRequest, Behaviour::Approves),
    secured(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        Authentication::Always,
        Behaviour::Declines(Decline::Generic),
    ),
    special("4000000000000077", "bypassPending", Behaviour::AvailableAtOnce),
    special("4000000000000259", "createDispute", Behaviour::Trouble(Trouble::DisputeFraudulent)),
    special("4000000000002685", "createDisputeProductNotReceived", Behaviour::Trouble(Trouble::DisputeNotReceived)),
    special("4000000000001976", "createDisputeInquiry", Behaviour::Trouble(Trouble::Inquiry)),
    special("4000000000005423", "createIssuerFraudRecord", Behaviour::Trouble(Trouble::FraudWarning)),
];

/// The card with this number (digits only). A number that is no test card is refused with the reason that Stripe gives.
pub(crate) fn by_number(number: &str) -> Result<&'static TestCard, Decline> {
    match CARDS.iter().find(|card| card.number == number) {
        Some(card) => Ok(card),
        None if (12..=19).contains(&number.len()) && checksum_holds(number) => Err(Decline::NotATestCard),
        None => Err(Decline::IncorrectNumber),
    }
}

/// The card behind `pm_card_visa`, `pm_card_visa_chargeDeclined`, `tok_visa` and so on.
pub(crate) fn by_token(token: &str) -> Option<&'static TestCard> {
    let name = token.strip_prefix("pm_card_").or_else(|| token.strip_prefix("tok_"))?;
    let short = name.strip_prefix("visa_").unwrap_or(name);
    CARDS.iter().find(|card| card.name == name || card.name == short)
}

/// The Luhn checksum. False for anything but digits.
fn checksum_holds(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else {
            return false;
        };
        let weighted = if place % 2 == 1 { digit * 2 } else { digit };
        sum += if weighted > 9 { weighted - 9 } else { weighted };
    }
    sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_card_has_a_true_checksum_and_a_token() {
        for card in CARDS {
            assert!(checksum_holds(card.number), "{}", card.number);
            assert!(by_token(&format!("pm_card_{}", card.name)).is_some_and(|found| found.name == card.name));
        }
    }

    #[test]
    fn a_card_that_was_set_up_spares_the_absent_buyer_only() {
        let needed = Authentication::is_needed;
        assert!(needed(Authentication::UnlessSetUp, true, false, false));
        assert!(!needed(Authentication::UnlessSetUp, true, true, false));
        assert!(needed(Authentication::UnlessSetUp, false, true, false), "a buyer who is there is asked");
        assert!(!needed(Authentication::AlreadySetUp, true, false, false));
        assert!(needed(Authentication::Always, true, true, false));
        assert!(!needed(Authentication::OnRequest, false, false, false));
        assert!(needed(Authentication::OnRequest, false, false, true));
    }

    #[test]
    fn numbers_that_are_no_test_cards_are_told_apart() {
        assert_eq!(by_number("4242424242424241").map(|_| ()), Err(Decline::IncorrectNumber));
        assert_eq!(by_number("4012888888881881").map(|_| ()), Err(Decline::NotATestCard));
        assert_eq!(by_number("4000000000000002").map(|card| card.behaviour), Ok(Behaviour::Declines(Decline::Generic)));
    }
}
