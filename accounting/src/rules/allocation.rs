//! How an amount is divided so that nothing is lost: shares by largest remainder, and what is due after parts of a whole.

use foundation::Currency;
use rust_decimal::Decimal;

/// Divides an amount that has the currency's own decimals by weights. Each share is its exact one rounded down or up to the
/// currency, and all sum to the amount: what rounding down leaves goes, one smallest unit each, to the largest remainders, of
/// equals to the first. Where no weight is more than nothing, all weigh the same; a negative amount is divided as its mirror.
#[must_use]
pub fn split(amount: Decimal, weights: &[Decimal], currency: Currency) -> Vec<Decimal> {
    let whole: Decimal = weights.iter().filter(|weight| weight.is_sign_positive()).sum();
    let weight_of = |weight: &Decimal| if whole.is_zero() { Decimal::ONE } else { (*weight).max(Decimal::ZERO) };
    let whole = if whole.is_zero() { Decimal::from(weights.len()) } else { whole };
    let unit = currency.from_minor(1);
    let units = amount.abs() / unit;
    // The quotient and the remainder of one division of whole numbers of units: nothing is rounded twice.
    let exact: Vec<(Decimal, Decimal)> = weights
        .iter()
        .map(|weight| {
            let product = units * weight_of(weight);
            ((product / whole).floor(), product)
        })
        .map(|(floor, product)| {
            // A division that was rounded up to the next whole number is put right.
            let floor = if floor * whole > product { floor - Decimal::ONE } else { floor };
            (floor, product - floor * whole)
        })
        .collect();
    let mut shares: Vec<Decimal> = exact.iter().map(|(floor, _)| *floor).collect();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    by_remainder.sort_by(|a, b| exact[*b].1.cmp(&exact[*a].1).then(a.cmp(b)));
    let mut left = units - shares.iter().sum::<Decimal>();
    for index in by_remainder {
        if left < Decimal::ONE {
            break;
        }
        shares[index] += Decimal::ONE;
        left -= Decimal::ONE;
    }
    let sign = if amount.is_sign_negative() { -unit } else { unit };
    shares.into_iter().map(|share| currency.round(share * sign)).collect()
}

/// How much of a fee is due once `part` of the `whole` it was for is done with: a running total, so that the parts of it never
/// come to more than the fee, and to exactly the fee at the end, however the whole is cut.
#[must_use]
pub fn due_after(fee: Decimal, part: Decimal, whole: Decimal, currency: Currency) -> Decimal {
    if part >= whole {
        return fee;
    }
    currency.round(fee * part / whole)
}

/// A price that includes tax at this percentage, divided into the net price and the tax.
#[must_use]
pub fn net_and_tax(gross: Decimal, percentage: Decimal, currency: Currency) -> (Decimal, Decimal) {
    let net = currency.round(gross * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + percentage));
    (net, gross - net)
}

#[cfg(test)]
#[path = "allocation_tests.rs"]
mod tests;
