//! What orders of holds cost now: prices, discounts, fees and taxes of every ticket, and what their buyers have answered. Writes nothing.

use std::collections::{BTreeMap, HashMap};

use accounting::{FeeRules, TaxRate, TicketFees, TicketTax, ticket_taxes};
use foundation::{
    Code, Refusal, Result, TenantTx,
    id::{FeeRuleId, HoldId, ShowId},
};
use rust_decimal::Decimal;

use super::{
    answer_questions,
    change_hold::overtaken,
    create_order::{Doors, NewOrder},
};
use crate::{
    rules::{
        order::{Credential, HeldTicket, HoldItem, Order, OrderItem, OrderState, check_guests},
        question::Question,
    },
    store::{
        holds::{self, StoredHold},
        questions,
    },
};

/// What is known of the tickets of some holds, and what is charged and asked for them.
pub(super) struct Prices {
    held: HashMap<HoldId, Vec<HoldItem>>,
    rules: FeeRules,
    asked: Vec<Question>,
}

impl Prices {
    /// Reads it for all of them at once.
    pub(super) async fn read(
        tx: &mut TenantTx,
        holds: impl Iterator<Item = &StoredHold> + Clone,
        doors: &Doors,
    ) -> Result<Self> {
        let tickets: Vec<HeldTicket> = holds.clone().flat_map(|hold| &hold.items).copied().collect();
        let mut items = holds::items(tx, &tickets).await?.into_iter();
        let held = holds.map(|hold| (hold.id, items.by_ref().take(hold.items.len()).collect())).collect();
        let shows = doors.shows();
        let rules = accounting::fees_in_force(tx, &shows).await?;
        let asked = questions::of_shows(tx, &shows).await?;
        Ok(Self { held, rules, asked })
    }

    /// The order of a hold, as it is made now.
    ///
    /// # Errors
    /// `currency_mismatch`, `invalid_field` for guests and answers.
    pub(super) fn order(&self, new: &NewOrder, hold: &StoredHold, doors: &Doors) -> Result<Order, Refusal> {
        let held = self.held.get(&hold.id).cloned().unwrap_or_default();
        let mut order = price_one(new, hold, held, doors, &self.rules)?;
        let shows = order.shows();
        let asked: Vec<Question> =
            self.asked.iter().filter(|question| shows.contains(&question.show)).cloned().collect();
        order.answers = answer_questions::read(&asked, BTreeMap::new(), &new.answers)?;
        order.note_unanswered(&asked);
        Ok(order)
    }
}

fn price_one(
    new: &NewOrder,
    hold: &StoredHold,
    held: Vec<HoldItem>,
    doors: &Doors,
    rules: &FeeRules,
) -> Result<Order, Refusal> {
    let currency = held.first().map(|item| item.price.currency()).ok_or_else(overtaken)?;
    if held.iter().any(|item| item.price.currency() != currency) {
        let detail = "The hold has tickets in several currencies; order them apart.";
        return Err(Refusal::new(Code::CurrencyMismatch, detail));
    }
    let held = match &new.guests {
        Some(guests) => given_away(held, guests)?,
        None => held,
    };
    let tickets: Vec<(ShowId, Decimal)> = held
        .iter()
        .map(|item| Ok((doors.show_of(item.held.performance)?, item.face_value().amount())))
        .collect::<Result<_, Refusal>>()?;
    let fees = rules.for_sale(new.sold_through, &tickets, currency);
    let prices: Vec<(Decimal, Option<TaxRate>)> =
        held.iter().map(|item| (item.face_value().amount(), item.tax_rate)).collect();
    let taxes = ticket_taxes(&prices, currency);
    let shows = tickets.into_iter().map(|(show, _)| show);
    let items = held.into_iter().zip(1..).zip(shows).zip(fees.tickets).zip(taxes);
    let mut items: Vec<OrderItem> =
        items.map(|((((item, no), show), fees), tax)| priced(item, no, show, fees, tax)).collect();
    for (item, guest) in items.iter_mut().zip(new.guests.iter().flatten()) {
        item.for_guest(guest.clone());
    }
    Ok(Order {
        id: new.id,
        state: OrderState::AwaitingPayment,
        hold: hold.id,
        reference: new.reference.clone(),
        buyer: new.buyer.clone(),
        currency,
        total: items.iter().map(|item| item.total).sum::<Decimal>(),
        by_credit: Decimal::ZERO,
        refund_policy: fees.refund_policy,
        sold_through: new.sold_through,
        pay_by: doors.now.plus(new.payable_for),
        accepts_equivalents: new.accepts_equivalents,
        created_at: doors.now,
        paid_at: None,
        version: 1,
        items,
        answers: BTreeMap::new(),
        unanswered: Vec::new(),
    })
}

/// Complimentary tickets: all of the price is taken off, and each is for a guest by name.
fn given_away(held: Vec<HoldItem>, guests: &[String]) -> Result<Vec<HoldItem>, Refusal> {
    check_guests(guests, held.len())?;
    let mut held = held;
    for item in &mut held {
        item.held.promotion = None;
        item.discount = item.price;
    }
    Ok(held)
}

fn priced(
    item: HoldItem,
    no: i16,
    show: ShowId,
    (fee_rule, fees): (FeeRuleId, TicketFees),
    tax: Option<TicketTax>,
) -> OrderItem {
    let face_value = item.face_value().amount();
    OrderItem {
        no,
        held: item.held,
        show,
        place: item.place,
        ticket_type: item.ticket_type,
        price_tier: item.price_tier,
        discount: item.discount.amount(),
        face_value,
        tax,
        platform_fee: fees.platform_fee,
        platform_fee_tax: fees.platform_fee_tax,
        hosting_fee: fees.hosting_fee,
        hosting_fee_tax: fees.hosting_fee_tax,
        fee_rule,
        buyer_fee: fees.buyer_fee,
        total: face_value + fees.buyer_fee,
        guest: None,
        credential: Credential::None,
        checked_in: None,
    }
}
