//! A sold ticket exchanged for another one of the same price: no money moves, and the sale is another performance's from now on.

use foundation::{Currency, id::OrderId};
use rust_decimal::Decimal;

use super::{moved, refuse_negative};
use crate::rules::{
    about::{About, AboutItem, SoldItem},
    account::Account,
    journal::{Journal, NotAJournal},
    source::Source,
};

/// A ticket of an order, exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The order.
    pub order: OrderId,
    /// Counts what became of this ticket of the order, so that each exchange of it is another one.
    pub nth: i16,
    /// The order's currency.
    pub currency: Currency,
    /// The ticket before, as sold.
    pub from: SoldItem,
    /// The ticket now, for the same amounts.
    pub to: SoldItem,
}

/// Takes the sale from one performance and gives it to the other: two journals that each leave every account as it is. None where
/// the performance is the same, or the ticket was free.
///
/// # Errors
/// If the amounts or the numbers in the order differ.
pub(crate) fn exchange(exchange: &Exchange) -> Result<Vec<Journal>, NotAJournal> {
    let Exchange { order, nth, currency, from, to } = exchange;
    let (out, into) = (Source::ExchangedOut(*order, from.item_no, *nth), Source::ExchangedIn(*order, to.item_no, *nth));
    refuse_negative(&out, &[from.clone(), to.clone()])?;
    if from.amounts() != to.amounts() || from.item_no != to.item_no {
        return Err(NotAJournal::Contradiction(out, "it is not exchanged for an equal ticket"));
    }
    if from.performance == to.performance || from.total().is_zero() {
        return Ok(Vec::new());
    }
    let journal = |source, sold: &SoldItem| {
        let item = AboutItem {
            sold: sold.written_in(*currency),
            refunded: Decimal::ZERO,
            fee_returned: Decimal::ZERO,
            fee_tax_returned: Decimal::ZERO,
            tax_returned: Decimal::ZERO,
        };
        let lines = moved(Account::ResellerPending, Account::ResellerPending, sold.total()).to_vec();
        Journal::new(source, *currency, lines, About { items: vec![item], ..About::order(*order) })
    };
    Ok(vec![journal(out, from)?, journal(into, to)?])
}

#[cfg(test)]
mod tests {
    use foundation::id::{PerformanceId, ShowId, TicketId};

    use super::*;

    fn sold(face_value: i64) -> SoldItem {
        SoldItem {
            item_no: 1,
            show: ShowId::new(),
            performance: PerformanceId::new(),
            ticket: TicketId::new(),
            ticket_type: "adult".to_owned(),
            price_tier: "stalls".to_owned(),
            face_value: Decimal::from(face_value),
            platform_fee: Decimal::from(1),
            platform_fee_tax: Decimal::ZERO,
            hosting_fee: Decimal::ZERO,
            hosting_fee_tax: Decimal::ZERO,
            buyer_fee: Decimal::ZERO,
            tax: None,
        }
    }

    fn of(from: SoldItem, to: SoldItem) -> Exchange {
        Exchange { order: OrderId::new(), nth: 2, currency: "EUR".parse().unwrap(), from, to }
    }

    #[test]
    fn an_exchange_moves_the_sale_and_no_money() {
        let exchanged = of(sold(50), sold(50));
        let journals = exchange(&exchanged).unwrap();
        let sides: Vec<_> = journals.iter().map(|journal| journal.about().items[0].sold.performance).collect();
        assert_eq!(sides, [exchanged.from.performance, exchanged.to.performance]);
        for journal in &journals {
            assert!(journal.changes_of_resellers_own().iter().all(|line| line.amount.is_zero()));
        }
    }

    #[test]
    fn within_a_performance_and_for_nothing_there_is_none() {
        let from = sold(50);
        let to = SoldItem { ticket: TicketId::new(), ..from.clone() };
        assert_eq!(exchange(&of(from, to)).unwrap(), []);
        let free = |sold| SoldItem { platform_fee: Decimal::ZERO, ..sold };
        assert_eq!(exchange(&of(free(sold(0)), free(sold(0)))).unwrap(), []);
    }

    #[test]
    fn what_is_not_equal_is_not_exchanged() {
        assert!(exchange(&of(sold(50), sold(51))).is_err());
        assert!(exchange(&of(sold(50), SoldItem { item_no: 2, ..sold(50) })).is_err());
    }
}
