//! Stripe's test cards: which number behaves how. A number is looked up and forgotten; only what a receipt shows is kept.

use crate::behaviour::{Authentication, Behaviour, Pace, Trouble};
use crate::decline::Decline;

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
    fn numbers_that_are_no_test_cards_are_told_apart() {
        assert_eq!(by_number("4242424242424241").map(|_| ()), Err(Decline::IncorrectNumber));
        assert_eq!(by_number("4012888888881881").map(|_| ()), Err(Decline::NotATestCard));
        assert_eq!(by_number("4000000000000002").map(|card| card.behaviour), Ok(Behaviour::Declines(Decline::Generic)));
    }
}
