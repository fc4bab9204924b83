//! The golden ticket and order, and what holds for every rule and every price.

use foundation::{Error, id::ShowId};
use proptest::prelude::*;

use super::{
    scope::{Channel, FeeRules, Scope},
    *,
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn one(rule: &FeeRule, price: &str, currency: &str) -> (String, String, String) {
    let fees = rule.for_tickets(&[decimal(price)], currency.parse().unwrap())[0];
    (fees.platform_fee.to_string(), fees.platform_fee_tax.to_string(), fees.buyer_fee.to_string())
}

fn rule(components: Vec<Component>, tax: &str) -> FeeRule {
    FeeRule::new(FeeRuleId::new(), components, decimal(tax)).unwrap()
}

fn per_ticket(percentage: &str, fixed: &str, payer: Payer) -> Component {
    Component::per_ticket(decimal(percentage), decimal(fixed), payer)
}

fn per_order(percentage: &str, fixed: &str, payer: Payer) -> Component {
    Component { basis: Basis::Order, ..per_ticket(percentage, fixed, payer) }
}

fn of(fee: &str, tax: &str, buyer: &str) -> (String, String, String) {
    (fee.to_owned(), tax.to_owned(), buyer.to_owned())
}

fn golden_sums(rule: &FeeRule) -> (Decimal, Decimal, Decimal) {
    let fees = rule.for_tickets(&[decimal("50.00"), decimal("50.00")], "EUR".parse().unwrap());
    let sum = |amount: fn(&TicketFees) -> Decimal| fees.iter().map(amount).sum();
    (sum(|f| f.platform_fee), sum(|f| f.platform_fee_tax), sum(|f| f.buyer_fee))
}

#[test]
fn the_golden_ticket_and_order() {
    let (absorbed, passed_on) = (FeeRule::platform_default(), FeeRule::platform_default().paid_by(Payer::Buyer));
    assert_eq!(one(&absorbed, "50.00", "EUR"), of("2.80", "0.59", "0"));
    assert_eq!(one(&passed_on, "50.00", "EUR"), of("2.80", "0.59", "3.39"));
    assert_eq!(golden_sums(&absorbed), (decimal("5.60"), decimal("1.18"), Decimal::ZERO));
    assert_eq!(golden_sums(&passed_on), (decimal("5.60"), decimal("1.18"), decimal("6.78")));
    // The same by the order: 5 % and 0.60 once, taxed once.
    let by_order = rule(vec![per_order("5", "0.60", Payer::Reseller)], "21");
    assert_eq!(golden_sums(&by_order), (decimal("5.60"), decimal("1.18"), Decimal::ZERO));
}

#[test]
fn with_the_providers_share_passed_on_too_the_golden_buyer_pays_108_66() {
    let share = ProviderShare { percentage: decimal("1.5"), fixed: decimal("0.25"), payer: Payer::Buyer };
    let eur = "EUR".parse().unwrap();
    let all = FeeRule::platform_default().paid_by(Payer::Buyer).expecting(Some(share.clone())).unwrap();
    let (fee, tax, buyer) = golden_sums(&all);
    assert_eq!((fee, tax, buyer), (decimal("5.60"), decimal("1.18"), decimal("8.66")));
    assert_eq!(share.of(decimal("108.66"), eur), decimal("1.88"));
    assert_eq!(decimal("108.66") - fee - tax - share.of(decimal("108.66"), eur), decimal("100.00"));
    // Borne by the reseller, it changes nothing for the buyer.
    let borne = FeeRule::platform_default().expecting(Some(ProviderShare { payer: Payer::Reseller, ..share })).unwrap();
    assert_eq!(golden_sums(&borne).2, Decimal::ZERO);
}

#[test]
fn rounding_is_once_and_in_the_currency() {
    let five_percent = rule(vec![per_ticket("5", "0", Payer::Reseller)], "0");
    assert_eq!(one(&five_percent, "12.345", "KWD").0, "0.617");
    assert_eq!(one(&five_percent, "1999", "JPY").0, "100");
    // 0.005 + 0.005 is one cent; each rounded by itself would be two.
    assert_eq!(one(&rule(vec![per_ticket("5", "0.005", Payer::Reseller)], "0"), "0.10", "EUR").0, "0.01");
}

#[test]
fn a_fee_is_at_least_its_minimum_and_at_most_its_maximum() {
    let bounds =
        Component { minimum: Some(decimal("0.50")), maximum: Some(decimal("4")), ..per_ticket("5", "0", Payer::Buyer) };
    let bounded = rule(vec![bounds.clone()], "0");
    for (price, fee) in [("0.00", "0"), ("1.00", "0.50"), ("10.00", "0.50"), ("50.00", "2.50"), ("500.00", "4.00")] {
        assert_eq!(one(&bounded, price, "EUR").0, fee, "{price}");
    }
    let of_order = rule(vec![Component { basis: Basis::Order, ..bounds }], "0");
    assert_eq!(golden_sums(&of_order).0, decimal("4.00"));
}

#[test]
fn a_fee_of_the_order_is_divided_over_its_tickets_that_are_not_free() {
    let fees = rule(vec![per_order("0", "1.00", Payer::Buyer)], "21")
        .for_tickets(&[decimal("10.00"), Decimal::ZERO, decimal("10.00"), decimal("10.00")], "EUR".parse().unwrap());
    let shares: Vec<_> = fees.iter().map(|f| (f.platform_fee.to_string(), f.buyer_fee.to_string())).collect();
    let expected = [("0.34", "0.41"), ("0.00", "0.00"), ("0.33", "0.40"), ("0.33", "0.40")];
    assert_eq!(shares, expected.map(|(fee, both)| (fee.to_owned(), both.to_owned())));
}

#[test]
fn the_hosted_shops_fee_has_a_line_of_its_own() {
    let hosting = Component { kind: FeeKind::Hosting, ..per_ticket("2", "0", Payer::Reseller) };
    let both = rule(vec![per_ticket("5", "0.30", Payer::Reseller), hosting], "21");
    let fees = both.for_tickets(&[decimal("50.00")], "EUR".parse().unwrap())[0];
    assert_eq!((fees.platform_fee, fees.platform_fee_tax), (decimal("2.80"), decimal("0.59")));
    assert_eq!((fees.hosting_fee, fees.hosting_fee_tax), (decimal("1.00"), decimal("0.21")));
    assert_eq!(fees.all(), decimal("4.60"));
}

#[test]
fn a_free_ticket_pays_nothing_and_a_cheap_one_no_more_than_it_brings() {
    for payer in [Payer::Reseller, Payer::Buyer] {
        for component in [per_ticket("5", "0.30", payer), per_order("5", "0.30", payer)] {
            let share = ProviderShare { percentage: decimal("1.5"), fixed: decimal("0.25"), payer };
            let rule = rule(vec![component], "21").expecting(Some(share)).unwrap();
            assert_eq!(rule.for_tickets(&[Decimal::ZERO], "EUR".parse().unwrap()), [TicketFees::default()]);
        }
    }
    let (absorbed, passed_on) = (FeeRule::platform_default(), FeeRule::platform_default().paid_by(Payer::Buyer));
    assert_eq!(one(&absorbed, "0.01", "EUR"), of("0.01", "0.00", "0"));
    assert_eq!(one(&absorbed, "0.37", "EUR"), of("0.31", "0.06", "0"));
    assert_eq!(one(&passed_on, "0.01", "EUR"), of("0.30", "0.06", "0.36"));
}

#[test]
fn rates_that_are_none_are_refused() {
    let good = per_ticket("5", "0.30", Payer::Buyer);
    let with = |minimum: Option<&str>, maximum: Option<&str>| Component {
        minimum: minimum.map(decimal),
        maximum: maximum.map(decimal),
        ..good.clone()
    };
    for (component, tax, pointer) in [
        (per_ticket("-1", "0", Payer::Buyer), "0", "/components/0/percentage"),
        (per_ticket("100.1", "0", Payer::Buyer), "0", "/components/0/percentage"),
        (per_ticket("5", "-0.01", Payer::Buyer), "0", "/components/0/fixed"),
        (with(Some("-1"), None), "0", "/components/0/minimum"),
        (with(None, Some("1000001")), "0", "/components/0/maximum"),
        (with(Some("2"), Some("1")), "0", "/components/0/minimum"),
        (good.clone(), "101", "/tax_rate"),
    ] {
        let refused = FeeRule::new(FeeRuleId::new(), vec![component], decimal(tax)).unwrap_err();
        let Error::Refused(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal.errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), [pointer]);
    }
    let many = vec![good; COMPONENTS_MAX + 1];
    assert!(matches!(FeeRule::new(FeeRuleId::new(), many, Decimal::ZERO), Err(Error::Refused(_))));
    for (percentage, fixed) in [("-1", "0"), ("51", "0"), ("1", "-1")] {
        let share = ProviderShare { percentage: decimal(percentage), fixed: decimal(fixed), payer: Payer::Reseller };
        assert!(FeeRule::platform_default().expecting(Some(share)).is_err(), "{percentage} {fixed}");
    }
}

#[test]
fn the_rule_that_says_most_of_a_sale_holds() {
    let (show, other) = (ShowId::new(), ShowId::new());
    let of = |show, channel| (Scope { show, channel }, rule(Vec::new(), "21"));
    let (all, shop) = (of(None, None), of(None, Some(Channel::HostedShop)));
    let (shows, nearest) = (of(Some(show), None), of(Some(show), Some(Channel::HostedShop)));
    let resolved = |rules: &[(Scope, FeeRule)], show, channel| FeeRules(rules.to_vec()).nearest(show, channel).id;
    let rules = [nearest.clone(), all.clone(), shows.clone(), shop.clone()];
    assert_eq!(resolved(&rules, show, Channel::HostedShop), nearest.1.id);
    assert_eq!(resolved(&rules, show, Channel::Api), shows.1.id);
    assert_eq!(resolved(&rules, other, Channel::HostedShop), shop.1.id);
    assert_eq!(resolved(&rules, other, Channel::Api), all.1.id);
    // The show's own before the channel's, in whichever order they are read.
    for rules in [[shows.clone(), shop.clone()], [shop, shows.clone()]] {
        assert_eq!(resolved(&rules, show, Channel::HostedShop), shows.1.id);
    }
    assert_eq!(resolved(&[shows, nearest], other, Channel::Api), FeeRule::platform_default().id);
    for channel in [Channel::Api, Channel::HostedShop] {
        assert_eq!(Channel::named(channel.as_str()), Some(channel));
    }
}

#[test]
fn tickets_of_several_shows_each_have_the_fees_of_their_rule_and_those_of_one_rule_are_counted_together() {
    let (show, other) = (ShowId::new(), ShowId::new());
    let share = ProviderShare { percentage: decimal("1.5"), fixed: decimal("0.25"), payer: Payer::Reseller };
    let own = rule(vec![per_order("0", "1.00", Payer::Buyer)], "0").expecting(Some(share)).unwrap();
    let rules = FeeRules(vec![(Scope { show: Some(show), channel: None }, own.clone())]);
    let price = decimal("50.00");
    let fees = rules.for_sale(Channel::Api, &[(show, price), (other, price), (show, price)], "EUR".parse().unwrap());
    let found: Vec<_> = fees.tickets.iter().map(|(id, f)| (*id, f.platform_fee.to_string())).collect();
    let default = FeeRule::platform_default().id;
    assert_eq!(found, [(own.id, "0.50".to_owned()), (default, "2.80".to_owned()), (own.id, "0.50".to_owned())]);
    assert_eq!(fees.provider, None, "not every rule expects something");
    let alone = rules.for_sale(Channel::Api, &[(show, price), (show, price)], "EUR".parse().unwrap());
    // 1.5 % of 101.00, and 0.25.
    assert_eq!(alone.provider, Some(decimal("1.77")));
}

fn assert_sound(rule: &FeeRule, prices: &[Decimal], currency: Currency) -> std::result::Result<(), TestCaseError> {
    let fees = rule.for_tickets(prices, currency);
    prop_assert_eq!(fees.len(), prices.len());
    for (fees, price) in fees.iter().zip(prices) {
        let TicketFees { platform_fee, platform_fee_tax, hosting_fee, hosting_fee_tax, buyer_fee } = *fees;
        for amount in [platform_fee, platform_fee_tax, hosting_fee, hosting_fee_tax, buyer_fee] {
            prop_assert!(amount >= Decimal::ZERO, "{} {:?}", price, fees);
            prop_assert!(amount.normalize().scale() <= currency.exponent(), "{} {}", amount, currency);
        }
        prop_assert!(*price > Decimal::ZERO || *fees == TicketFees::default(), "a free ticket pays {:?}", fees);
        // The reseller is never left with less than nothing for a ticket.
        prop_assert!(fees.all() - buyer_fee <= *price, "{} {:?}", price, fees);
    }
    Ok(())
}

#[test]
fn every_price_of_the_default_rule_is_sound() {
    for code in ["EUR", "JPY", "KWD"] {
        let currency: Currency = code.parse().unwrap();
        for payer in [Payer::Reseller, Payer::Buyer] {
            let rule = FeeRule::platform_default().paid_by(payer);
            for minor in 1..=2_000 {
                assert_sound(&rule, &[currency.from_minor(minor)], currency).unwrap();
            }
        }
    }
}

fn components() -> impl Strategy<Value = Component> {
    let amount = || prop::option::of((0_i64..=100_000).prop_map(|amount| Decimal::new(amount, 3)));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (0_i64..=10_000, 0_i64..=100_000, amount(), amount(), flags).prop_map(|(percentage, fixed, a, b, flags)| {
        let (minimum, maximum) = if b.is_some() && a > b { (b, a) } else { (a, b) };
        Component {
            kind: if flags.0 { FeeKind::Platform } else { FeeKind::Hosting },
            basis: if flags.1 { Basis::Ticket } else { Basis::Order },
            percentage: Decimal::new(percentage, 2),
            fixed: Decimal::new(fixed, 3),
            minimum,
            maximum,
            payer: if flags.2 { Payer::Buyer } else { Payer::Reseller },
        }
    })
}

proptest! {
    #[test]
    fn every_rule_is_sound(
        components in prop::collection::vec(components(), 0..=4), tax in 0_i64..=10_000,
        minors in prop::collection::vec(0_i64..=1_000_000, 1..8),
        code in prop::sample::select(vec!["EUR", "JPY", "KWD", "CLF"]), share in prop::option::of((0_i64..=5_000, 0_i64..=100, any::<bool>())),
    ) {
        let currency: Currency = code.parse().unwrap();
        let share = share.map(|(percentage, fixed, buyer)| ProviderShare {
            percentage: Decimal::new(percentage, 2), fixed: Decimal::new(fixed, 2),
            payer: if buyer { Payer::Buyer } else { Payer::Reseller },
        });
        let rule = rule(components, &Decimal::new(tax, 2).to_string()).expecting(share).unwrap();
        let prices: Vec<_> = minors.into_iter().map(|minor| currency.from_minor(minor)).collect();
        assert_sound(&rule, &prices, currency)?;
    }
}
