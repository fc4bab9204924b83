//! The golden divisions, every cut of every price, and what holds for any division.

use proptest::prelude::*;

use super::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn minors(amount: i64, weights: &[i64], code: &str) -> Vec<i64> {
    let (currency, weights): (_, Vec<Decimal>) = (currency(code), weights.iter().map(|&w| w.into()).collect());
    let shares = split(currency.from_minor(amount), &weights, currency);
    shares.into_iter().map(|share| currency.to_minor(share).unwrap()).collect()
}

#[test]
fn the_golden_divisions() {
    for code in ["EUR", "JPY", "KWD"] {
        assert_eq!(minors(100, &[1, 1, 1], code), [34, 33, 33]);
        assert_eq!(minors(560, &[2500, 5000, 2501], code), [140, 280, 140]);
        assert_eq!(minors(7, &[0, 0, 0], code), [3, 2, 2]);
        assert_eq!(minors(-100, &[1, 1, 1], code), [-34, -33, -33]);
        assert_eq!(minors(5, &[1, 0, 1], code), [3, 0, 2]);
        assert_eq!(minors(5, &[], code), [0_i64; 0]);
    }
}

#[test]
fn the_golden_partial_refund_gives_fee_and_tax_back_to_the_cent() {
    let eur = currency("EUR");
    let (fee, tax, gross): (Decimal, Decimal, Decimal) =
        ("5.60".parse().unwrap(), "1.18".parse().unwrap(), "100.00".parse().unwrap());
    let mut so_far = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let mut given_back = Vec::new();
    for part in ["33.33", "33.33", "33.34"] {
        let refunded = so_far.0 + part.parse::<Decimal>().unwrap();
        let (fee_due, tax_due) = (due_after(fee, refunded, gross, eur), due_after(tax, refunded, gross, eur));
        given_back.push(((fee_due - so_far.1).to_string(), (tax_due - so_far.2).to_string()));
        so_far = (refunded, fee_due, tax_due);
    }
    let expected = [("1.87", "0.39"), ("1.86", "0.40"), ("1.87", "0.39")];
    assert_eq!(given_back, expected.map(|(fee, tax)| (fee.to_owned(), tax.to_owned())));
    assert_eq!((so_far.1, so_far.2), (fee, tax));
}

#[test]
fn a_price_with_its_tax_is_the_price() {
    let (net, tax) = net_and_tax("50.00".parse().unwrap(), 9.into(), currency("EUR"));
    assert_eq!((net.to_string(), tax.to_string()), ("45.87".to_owned(), "4.13".to_owned()));
}

/// Every price from 1 to 2000 of the smallest unit, cut in two at every point.
#[test]
fn every_cut_of_every_price_gives_the_whole_fee_and_its_tax_back_and_never_more() {
    for code in ["EUR", "JPY", "KWD"] {
        let currency = currency(code);
        for price in 1..=2_000_i64 {
            // 5 % and, as it may be, a tax of 21 %, in whole units, worked out without a decimal.
            let (fee, tax) = ((price * 5 + 50) / 100, ((price * 5 + 50) / 100 * 21 + 50) / 100);
            let [fee, tax, whole] = [fee, tax, price].map(|minor| currency.from_minor(minor));
            let mut before = (Decimal::ZERO, Decimal::ZERO);
            for cut in 1..=price {
                let part = currency.from_minor(cut);
                let now = (due_after(fee, part, whole, currency), due_after(tax, part, whole, currency));
                assert!(before.0 <= now.0 && now.0 <= fee, "{code} {price} cut at {cut}");
                assert!(before.1 <= now.1 && now.1 <= tax, "{code} {price} cut at {cut}");
                before = now;
            }
            assert_eq!(before, (fee, tax), "{code} {price}");
        }
    }
}

proptest! {
    #[test]
    fn shares_are_whole_within_one_unit_of_exact_and_sum_to_the_amount(
        amount in -1_000_000_i64..=1_000_000, weights in prop::collection::vec(0_i64..=1_000_000, 1..12),
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let shares = minors(amount, &weights, code);
        prop_assert_eq!(shares.iter().sum::<i64>(), amount);
        let whole: i128 = weights.iter().map(|&w| i128::from(w)).sum();
        for (&share, &weight) in shares.iter().zip(&weights) {
            if whole > 0 {
                let off = i128::from(share) * whole - i128::from(amount) * i128::from(weight);
                prop_assert!(off.abs() < whole, "{} of {} by {} of {}", share, amount, weight, whole);
            }
        }
    }

    #[test]
    fn any_parts_of_a_refund_give_the_whole_fee_back(
        fee in 0_i64..=100_000, parts in prop::collection::vec(1_i64..=100_000, 1..12),
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        let currency = currency(code);
        let whole = currency.from_minor(parts.iter().sum());
        let fee = currency.from_minor(fee);
        let (mut refunded, mut returned) = (Decimal::ZERO, Decimal::ZERO);
        for part in parts {
            refunded += currency.from_minor(part);
            let due = due_after(fee, refunded, whole, currency);
            prop_assert!(returned <= due && due <= fee);
            returned = due;
        }
        prop_assert_eq!(returned, fee);
    }
}
