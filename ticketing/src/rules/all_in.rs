//! What held tickets cost all in: with the fees that their buyer pays, as an order of them would have them. Pure.

use accounting::{Channel, FeeRules};
use foundation::{
    Code, Currency, Money, Refusal,
    id::{PerformanceId, ShowId},
};
use rust_decimal::Decimal;

use super::order::HoldItem;

/// The one currency of these tickets, which are some: an order has one, and so has a hold.
///
/// # Errors
/// `currency_mismatch`.
pub fn one_currency(items: &[HoldItem]) -> Result<Option<Currency>, Refusal> {
    let first = items.first().map(|item| item.price.currency());
    match first {
        Some(currency) if items.iter().any(|item| item.price.currency() != currency) => {
            let detail = "The tickets are sold in several currencies; hold those of each currency apart.";
            Err(Refusal::new(Code::CurrencyMismatch, detail))
        }
        first => Ok(first),
    }
}

/// Puts the fees on tickets that are held together through a channel, by the rules in force. Tickets of a show that is not known have none.
pub fn add_fees(
    items: &mut [HoldItem],
    show_of: impl Fn(PerformanceId) -> Option<ShowId>,
    (rules, sold_through): (&FeeRules, Channel),
) {
    let Ok(Some(currency)) = one_currency(items) else { return };
    let sold = |item: &HoldItem| Some((show_of(item.held.performance)?, item.face_value().amount()));
    let Some(tickets) = items.iter().map(sold).collect::<Option<Vec<(ShowId, Decimal)>>>() else { return };
    let fees = rules.for_sale(sold_through, &tickets, currency);
    for (item, (_, fees)) in items.iter_mut().zip(fees.tickets) {
        item.buyer_fee = Money::rounded(fees.buyer_fee, currency);
    }
}
