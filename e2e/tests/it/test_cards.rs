//! The table of the payment provider's test cards: what a purchase that is tried with each comes to. It must be the sandbox's own
//! table: each card that its README names stands here once.

use std::collections::BTreeSet;

/// What comes of a purchase that is tried with a card.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Story {
    /// It is sold.
    Paid,
    /// The bank refuses; `ask it` is a part of the advice that the buyer gets.
    Declined(Words),
    /// The provider's widget refuses it before the shop hears of a payment method.
    Mistyped(&'static str),
    /// The bank wants to see the buyer, and then pays, or refuses all the same.
    Asked(Option<Words>),
    /// The provider takes its time, and then it is paid, or refused.
    Slow(Option<Words>),
    /// It is sold; a refund ends like this.
    Refunded(&'static str),
    /// It is sold; later the buyer's bank wants the money back, or asks: the dispute's state and the bank's reason.
    Disputed(&'static str, &'static str),
    /// It is sold; later the issuer warns of fraud.
    Warned,
    /// The payment does not take such a method.
    Refused,
}

/// A decline's code and words of its advice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) code: &'static str,
    pub(crate) advice: &'static str,
}

/// A card or bank account as the README names it.
#[derive(Debug)]
pub(crate) struct Card {
    /// What a buyer types, if it can be typed.
    pub(crate) number: Option<&'static str>,
    /// What follows `pm_card_`, or `pm_`.
    pub(crate) names: &'static [&'static str],
    pub(crate) story: Story,
}

use Story::{Asked, Declined, Disputed, Mistyped, Paid, Refunded, Refused, Slow, Warned};

const fn words(code: &'static str, advice: &'static str) -> Words {
    Words { code, advice }
}

/// The decline without a reason.
const DECLINED: Words = words("generic_decline", "with another card or in another way");
const NO_FUNDS: Words = words("insufficient_funds", "may ask it, or pay in another way");
const USELESS: &str = "needs another one";

const fn typed(number: &'static str, names: &'static [&'static str], story: Story) -> Card {
    Card { number: Some(number), names, story }
}

const fn named(names: &'static [&'static str], story: Story) -> Card {
    Card { number: None, names, story }
}

/// The cards.
pub(crate) const CARDS: &[Card] = &[
    typed("4242424242424242", &["visa"], Paid),
    typed("4000056655665556", &["visa_debit"], Paid),
    typed("5555555555554444", &["mastercard"], Paid),
    named(&["mastercard_debit", "mastercard_prepaid", "amex", "discover", "diners", "jcb", "unionpay"], Paid),
    named(&["nl", "gb", "de", "fr", "be"], Paid),
    typed("4000000000000002", &["chargeDeclined"], Declined(DECLINED)),
    typed("4000000000009995", &["chargeDeclinedInsufficientFunds"], Declined(NO_FUNDS)),
    typed("4000000000009987", &["chargeDeclinedLostCard"], Declined(words("lost_card", USELESS))),
    typed("4000000000009979", &["chargeDeclinedStolenCard"], Declined(words("stolen_card", USELESS))),
    typed(
        "4000000000006975",
        &["chargeDeclinedVelocityLimitExceeded"],
        Declined(words("card_velocity_exceeded", "may ask it")),
    ),
    typed("4100000000000019", &["chargeDeclinedFraudulent"], Declined(words("fraudulent", USELESS))),
    typed("4000000000000069", &["chargeDeclinedExpiredCard"], Declined(words("expired_card", USELESS))),
    typed(
        "4000000000000127",
        &["chargeDeclinedIncorrectCvc"],
        Declined(words("incorrect_cvc", "enter the card again")),
    ),
    typed(
        "4000000000000119",
        &["chargeDeclinedProcessingError"],
        Declined(words("processing_error", "may work in a moment")),
    ),
    typed("4000000000000341", &["chargeCustomerFail"], Declined(DECLINED)),
    typed("4000000000005126", &["refundFail"], Refunded("failed")),
    typed("4000000000007726", &["pendingRefund"], Refunded("succeeded")),
    typed("4000000000003220", &["threeDSecure2Required"], Asked(None)),
    typed("4000000000003063", &["threeDSecureRequired"], Asked(None)),
    typed("4000002760003184", &["authenticationRequired"], Asked(None)),
    typed("4000002500003155", &["authenticationRequiredOnSetup"], Asked(None)),
    typed("4000003800000446", &["authenticationRequiredSetupForOffSession"], Asked(None)),
    typed("4000008400001629", &["threeDSecureRequiredChargeDeclined"], Asked(Some(DECLINED))),
    typed("4000008260003178", &["authenticationRequiredChargeDeclinedInsufficientFunds"], Asked(Some(NO_FUNDS))),
    typed("4000000000003055", &["threeDSecureOptional"], Paid),
    typed("4000000000000077", &["bypassPending"], Paid),
    typed("4000000000000259", &["createDispute"], Disputed("needs_response", "fraudulent")),
    typed("4000000000002685", &["createDisputeProductNotReceived"], Disputed("needs_response", "product_not_received")),
    typed("4000000000001976", &["createDisputeInquiry"], Disputed("inquiry", "general")),
    typed("4000000000005423", &["createIssuerFraudRecord"], Warned),
    typed("4242424242424241", &[], Mistyped("incorrect_number")),
    typed("4012888888881881", &[], Mistyped("card_declined")),
    named(&["sandboxProcessing"], Slow(None)),
    named(&["sandboxProcessingFails"], Slow(Some(DECLINED))),
];

/// The bank accounts: the shop's payments take none.
pub(crate) const BANK_ACCOUNTS: Card = Card {
    number: None,
    names: &[
        "success",
        "successDelayed",
        "failed",
        "failedDelayed",
        "disputed",
        "insufficientFunds",
        "exceedsWeeklyVolumeLimit",
        "exceedsWeeklyTransactionLimit",
    ],
    story: Refused,
};

const README: &str = include_str!("../../../stripe-sandbox/README.md");

/// The numbers and names in the first two columns of the table under a heading, and those of the same kind that the third adds.
fn written(heading: &str) -> BTreeSet<String> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap_or(section);
    let mut all = BTreeSet::new();
    for row in section.lines().filter(|line| line.starts_with('|')) {
        let [_, number, name, rest, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let also = rest.split_once("(also ").and_then(|(_, also)| also.split_once(')')).map_or("", |(also, _)| also);
        let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect::<Vec<_>>();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let unquoted: String = also.split('`').step_by(2).collect();
        all.extend([digits(number), digits(&unquoted)].into_iter().filter(|number| number.len() > 12));
        all.extend([quoted(name), quoted(also)].concat());
    }
    all
}

#[test]
fn every_test_card_of_the_sandboxs_readme_has_its_story() {
    let names = |card: &Card| card.names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let number = |card: &Card| card.number.map(ToOwned::to_owned);
    let told: BTreeSet<String> = CARDS.iter().flat_map(|card| names(card).into_iter().chain(number(card))).collect();
    // It stands for any other valid number.
    let other = BTreeSet::from(["4012888888881881".to_owned()]);
    assert_eq!(told, written("Test cards").union(&other).cloned().collect());
    let accounts = written("Test bank accounts").into_iter().filter(|word| !word.starts_with(char::is_numeric));
    assert_eq!(names(&BANK_ACCOUNTS).into_iter().collect::<BTreeSet<_>>(), accounts.collect());
}
