//! The golden ticket, and what holds for every price.

use foundation::Error;
use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn fees(rule: &FeeRule, face_value: &str, currency: &str) -> (String, String, String) {
    let fees = rule.for_ticket(decimal(face_value), currency.parse().unwrap());
    (fees.platform_fee.to_string(), fees.platform_fee_tax.to_string(), fees.buyer_fee.to_string())
}

fn rule(percentage: &str, fixed: &str, tax: &str, payer: Payer) -> FeeRule {
    FeeRule::new(FeeRuleId::new(), decimal(percentage), decimal(fixed), decimal(tax), payer).unwrap()
}

fn of(fee: &str, tax: &str, buyer: &str) -> (String, String, String) {
    (fee.to_owned(), tax.to_owned(), buyer.to_owned())
}

#[test]
fn the_golden_ticket() {
    assert_eq!(fees(&FeeRule::platform_default(), "50.00", "EUR"), of("2.80", "0.59", "0"));
    let passed_on = FeeRule { payer: Payer::Buyer, ..FeeRule::platform_default() };
    assert_eq!(fees(&passed_on, "50.00", "EUR"), of("2.80", "0.59", "3.39"));
}

#[test]
fn rounding_is_once_and_in_the_currency() {
    let five_percent = rule("5", "0", "0", Payer::Reseller);
    assert_eq!(fees(&five_percent, "12.345", "KWD").0, "0.617");
    assert_eq!(fees(&five_percent, "1999", "JPY").0, "100");
    // 0.005 + 0.005 is one cent; each rounded by itself would be two.
    assert_eq!(fees(&rule("5", "0.005", "0", Payer::Reseller), "0.10", "EUR").0, "0.01");
}

#[test]
fn a_free_ticket_pays_nothing_and_a_cheap_one_no_more_than_it_brings() {
    for payer in [Payer::Reseller, Payer::Buyer] {
        assert_eq!(
            rule("5", "0.30", "21", payer).for_ticket(Decimal::ZERO, "EUR".parse().unwrap()),
            TicketFees::default()
        );
    }
    assert_eq!(fees(&FeeRule::platform_default(), "0.01", "EUR"), of("0.01", "0.00", "0"));
    assert_eq!(fees(&FeeRule::platform_default(), "0.37", "EUR"), of("0.31", "0.06", "0"));
    let passed_on = FeeRule { payer: Payer::Buyer, ..FeeRule::platform_default() };
    assert_eq!(fees(&passed_on, "0.01", "EUR"), of("0.30", "0.06", "0.36"));
}

#[test]
fn rates_that_are_none_are_refused() {
    for (percentage, fixed, tax) in [("-1", "0", "0"), ("100.1", "0", "0"), ("5", "-0.01", "0"), ("5", "0", "101")] {
        let refused = FeeRule::new(FeeRuleId::new(), decimal(percentage), decimal(fixed), decimal(tax), Payer::Buyer)
            .unwrap_err();
        assert!(matches!(refused, Error::Refused(refusal) if refusal.errors.len() == 1));
    }
}

fn assert_sound(rule: &FeeRule, face_value: Decimal, currency: Currency) -> std::result::Result<(), TestCaseError> {
    let TicketFees { platform_fee, platform_fee_tax, buyer_fee } = rule.for_ticket(face_value, currency);
    for amount in [platform_fee, platform_fee_tax, buyer_fee] {
        prop_assert!(amount >= Decimal::ZERO);
        prop_assert!(amount.normalize().scale() <= currency.exponent(), "{amount} {currency}");
    }
    match rule.payer {
        Payer::Reseller => {
            prop_assert!(platform_fee + platform_fee_tax <= face_value);
            prop_assert!(buyer_fee.is_zero());
        }
        Payer::Buyer => prop_assert_eq!(buyer_fee, platform_fee + platform_fee_tax),
    }
    Ok(())
}

#[test]
fn every_price_of_the_default_rule_is_sound() {
    for code in ["EUR", "JPY", "KWD"] {
        let currency: Currency = code.parse().unwrap();
        for payer in [Payer::Reseller, Payer::Buyer] {
            let rule = FeeRule { payer, ..FeeRule::platform_default() };
            for minor in 1..=2_000 {
                assert_sound(&rule, currency.from_minor(minor), currency).unwrap();
            }
        }
    }
}

proptest! {
    #[test]
    fn every_rule_is_sound(
        percentage in 0_i64..=10_000, fixed in 0_i64..=100_000, tax in 0_i64..=10_000, buyer in any::<bool>(),
        minor in 1_i64..=100_000_000, code in prop::sample::select(vec!["EUR", "JPY", "KWD", "CLF"]),
    ) {
        let payer = if buyer { Payer::Buyer } else { Payer::Reseller };
        let rule = FeeRule::new(
            FeeRuleId::new(), Decimal::new(percentage, 2), Decimal::new(fixed, 3), Decimal::new(tax, 2), payer,
        ).unwrap();
        let currency: Currency = code.parse().unwrap();
        assert_sound(&rule, currency.from_minor(minor), currency)?;
    }
}
