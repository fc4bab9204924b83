//! The golden prices, every price from 1 to 2,000, and that what goes back is never more than what was in the price.

use super::*;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn rate(percent: &str) -> TaxRate {
    TaxRate::new(d(percent), "/tax_rate").unwrap()
}

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn amounts(tickets: &[(&str, Option<&str>)], code: &str) -> Vec<Option<String>> {
    let tickets: Vec<_> = tickets.iter().map(|(price, percent)| (d(price), percent.map(rate))).collect();
    let taxes = ticket_taxes(&tickets, code.parse().unwrap());
    taxes.into_iter().map(|tax| tax.map(|tax| tax.amount.to_string())).collect()
}

fn some(amounts: &[&str]) -> Vec<Option<String>> {
    amounts.iter().map(|amount| Some((*amount).to_owned())).collect()
}

#[test]
fn the_golden_prices() {
    // 50.00 at 9 %: 45.87 and 4.13.
    assert_eq!(amounts(&[("50.00", Some("9"))], "EUR"), some(&["4.13"]));
    assert_eq!(amounts(&[("100.00", Some("21"))], "EUR"), some(&["17.36"]));
    assert_eq!(amounts(&[("1999", Some("10"))], "JPY"), some(&["182"]));
    assert_eq!(amounts(&[("12.345", Some("5"))], "KWD"), some(&["0.588"]));
    assert_eq!(amounts(&[("10.00", Some("5.5"))], "EUR"), some(&["0.52"]));
    assert_eq!(amounts(&[("10.00", Some("0"))], "EUR"), some(&["0.00"]));
    assert_eq!(amounts(&[("0.00", Some("21"))], "EUR"), some(&["0.00"]));
    // Three of 10.00 are 30.00 at 9 %: 2.48, not three times 0.83.
    assert_eq!(amounts(&[("10.00", Some("9")); 3], "EUR"), some(&["0.83", "0.83", "0.82"]));
    // Each rate by itself; where none is told nothing is.
    let mixed = [("10.00", Some("9")), ("10.00", None), ("10.00", Some("21")), ("20.00", Some("9.000"))];
    let mut expected = some(&["0.83", "", "1.74", "1.65"]);
    expected[1] = None;
    assert_eq!(amounts(&mixed, "EUR"), expected);
}

#[test]
fn a_rate_has_bounds() {
    for good in ["0", "100", "5.5", "2.125", "9.0000"] {
        assert!(TaxRate::new(d(good), "/x").is_ok(), "{good}");
    }
    for bad in ["-0.001", "100.001", "2.1255"] {
        assert_eq!(TaxRate::new(d(bad), "/x").unwrap_err().errors[0].pointer, "/x", "{bad}");
    }
}

/// Every price from 1 to 2,000 of the smallest unit, alone and with two others, in currencies of each number of decimals.
#[test]
fn the_parts_of_every_price_are_the_whole() {
    for code in ["EUR", "JPY", "KWD"] {
        let currency: Currency = code.parse().unwrap();
        for price in 1..=2_000_i64 {
            for (percent, milli) in [("9", 9_000), ("21", 21_000), ("5.5", 5_500), ("2.125", 2_125), ("100", 100_000)] {
                let rate = Some(rate(percent));
                let minor = |amount: Decimal| currency.to_minor(amount).unwrap();
                // The net price in whole numbers, half up: nothing of it is shared with what is tested.
                let tax_of = |gross: i64| gross - (2 * gross * 100_000 + 100_000 + milli) / (2 * (100_000 + milli));
                let alone = ticket_taxes(&[(currency.from_minor(price), rate)], currency);
                assert_eq!(minor(alone[0].unwrap().amount), tax_of(price), "{price} {code} at {percent}");
                let prices = [price, 2_000 - price, price / 3].map(|price| (currency.from_minor(price), rate));
                let parts = ticket_taxes(&prices, currency);
                let parts: Vec<i64> = parts.iter().map(|tax| minor(tax.unwrap().amount)).collect();
                assert_eq!(parts.iter().sum::<i64>(), tax_of(2_000 + price / 3), "{price} {code} at {percent}");
                let within = |(part, (price, _)): (&i64, &(Decimal, _))| (0..=minor(*price)).contains(part);
                assert!(parts.iter().zip(&prices).all(within), "{price} {code} at {percent}: {parts:?}");
            }
        }
    }
}

#[test]
fn what_goes_back_by_amounts_comes_to_the_tax_and_never_to_more() {
    for code in ["EUR", "JPY", "KWD"] {
        let currency: Currency = code.parse().unwrap();
        for price in 1..=2_000_i64 {
            let whole = ticket_taxes(&[(currency.from_minor(price), Some(rate("21")))], currency)[0].unwrap().amount;
            let (mut left, mut price_left) = (whole, currency.from_minor(price));
            for part in [price / 3, price / 7, 1, price / 2, price] {
                let amount = currency.from_minor(part).min(price_left);
                let back = TaxBack { left, price_left, amount, of_tickets: None }.tax(currency);
                assert!(back >= Decimal::ZERO && back <= left, "{price} {code}");
                (left, price_left) = (left - back, price_left - amount);
            }
            assert!(left.is_zero() && price_left.is_zero(), "{price} {code}: {left} are left");
        }
    }
}

#[test]
fn tickets_take_their_own_tax_and_what_was_given_back_before_is_not_taken_twice() {
    let back = |left, price_left, amount, of_tickets: Option<(&str, &str)>| {
        let of_tickets = of_tickets.map(|(tax, price)| (d(tax), d(price)));
        TaxBack { left: d(left), price_left: d(price_left), amount: d(amount), of_tickets }.tax(eur()).to_string()
    };
    // Two tickets of 50.00 at 9 % and 21 %: the second one's tax goes with it.
    assert_eq!(back("12.81", "100.00", "50.00", Some(("8.68", "50.00"))), "8.68");
    assert_eq!(back("4.13", "50.00", "10.00", None), "0.83");
    assert_eq!(back("4.13", "50.00", "50.00", Some(("4.13", "50.00"))), "4.13");
    // 30.00 of 100.00 went back before, with 2.48 of 8.26: one ticket, then the other one, for which 20.00 are left.
    assert_eq!(back("5.78", "70.00", "50.00", Some(("4.13", "50.00"))), "4.13");
    assert_eq!(back("1.65", "20.00", "20.00", Some(("4.13", "50.00"))), "1.65");
    // Fees of 7.00 stay, and 3.00 went back before: the tickets cannot take 8.26 again.
    assert_eq!(back("8.03", "104.00", "100.00", Some(("8.26", "100.00"))), "8.03");
    // 20.00 of three tickets of 10.00 went back before, with 1.65 of 2.48: what cents are left of the others' tax stays theirs.
    assert_eq!(back("0.83", "10.00", "10.00", Some(("0.82", "10.00"))), "0.82");
    // Of one ticket at 21 % and one that tells 0 %, half went back before by amount.
    assert_eq!(back("4.34", "50.00", "50.00", Some(("0", "50.00"))), "0.00");
    // One ticket was made void without its money: its tax stays too.
    assert_eq!(back("8.26", "100.00", "50.00", Some(("4.13", "50.00"))), "4.13");
}
