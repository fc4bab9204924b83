//! What may happen next, made of what there is: each gives the journals that the rules make of it, and notes it in the past. Here
//! sales and refunds; the rest is in `later`.

use foundation::id::{OrderId, PaymentId, PerformanceId, RefundId, ShowId, TicketId};
use rust_decimal::Decimal;

use super::{
    Dice, later,
    past::{Late, Order, Past, Refund, RefundState},
};
use crate::rules::{
    about::SoldItem,
    allocation::due_after,
    fees::{FeeRule, component::Payer},
    journal::Journal,
    postings::{self, AmountRefund, Bearer, LatePayment, Pot, Refund as Given, Sale, credits::Credited},
    source::Source,
};

/// One thing happens, or nothing if what it would happen to is not there.
pub(super) fn happen(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    match dice.below(20) {
        0..=3 => sell(past, dice),
        4 => provider_fee(past, dice),
        5 => refund_tickets(past, dice),
        6 => refund_amount(past, dice),
        7 | 8 => confirm(past, dice),
        9 => fail(past, dice),
        10 => late(past, dice),
        11 => later::dispute(past, dice),
        12 | 13 => later::decide(past, dice),
        14 => later::credit(past, dice),
        15 => later::expire(past, dice),
        16 => later::release(past, dice),
        17 => later::pay_out(past, dice),
        18 => later::settle_or_host(past, dice),
        _ => later::correct(past, dice),
    }
}

pub(super) fn pick<T>(from: &[T], dice: &mut Dice, wanted: impl Fn(&T) -> bool) -> Option<usize> {
    let of_them: Vec<usize> = (0..from.len()).filter(|i| wanted(&from[*i])).collect();
    if of_them.is_empty() { None } else { Some(of_them[dice.below(of_them.len())]) }
}

pub(super) fn pot(dice: &mut Dice) -> Pot {
    if dice.flip() { Pot::Pending } else { Pot::Available }
}

pub(super) fn bearer(dice: &mut Dice) -> Bearer {
    if dice.flip() { Bearer::Reseller } else { Bearer::Platform }
}

/// Half up, in whole numbers.
fn rounded(numerator: i64, denominator: i64) -> i64 {
    (2 * numerator + denominator) / (2 * denominator)
}

/// The default fee and its tax, worked out without a decimal.
fn naive_fee(price: i64, exponent: u32, payer: Payer) -> (i64, i64) {
    if price == 0 {
        return (0, 0);
    }
    let fee = rounded(price * 5 + 30 * 10_i64.pow(exponent), 100);
    let tax = rounded(fee * 21, 100);
    if payer == Payer::Buyer || fee + tax <= price {
        return (fee, tax);
    }
    let fee = rounded(price * 100, 121);
    (fee, price - fee)
}

fn sell(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let (currency, payer) = (past.currency, if dice.flip() { Payer::Buyer } else { Payer::Reseller });
    let prices: Vec<i64> = (0..=dice.below(4)).map(|_| dice.amount(0, 20_000)).collect();
    let decimals: Vec<Decimal> = prices.iter().map(|price| currency.from_minor(*price)).collect();
    let fees = FeeRule::platform_default().paid_by(payer).for_tickets(&decimals, currency);
    let item = |(i, fees): (usize, &crate::TicketFees)| SoldItem {
        item_no: i16::try_from(i + 1).unwrap(),
        show: ShowId::new(),
        performance: PerformanceId::new(),
        ticket: TicketId::new(),
        ticket_type: "Adult".to_owned(),
        price_tier: "A".to_owned(),
        face_value: decimals[i],
        platform_fee: fees.platform_fee,
        platform_fee_tax: fees.platform_fee_tax,
        hosting_fee: fees.hosting_fee,
        hosting_fee_tax: fees.hosting_fee_tax,
        buyer_fee: fees.buyer_fee,
        tax: None,
    };
    let items: Vec<SoldItem> = fees.iter().enumerate().map(item).collect();
    let naive: Vec<(i64, i64)> = prices.iter().map(|price| naive_fee(*price, currency.exponent(), payer)).collect();
    let (fee, tax) = (naive.iter().map(|f| f.0).sum::<i64>(), naive.iter().map(|f| f.1).sum::<i64>());
    let total = prices.iter().sum::<i64>() + if payer == Payer::Buyer { fee + tax } else { 0 };
    let id = OrderId::new();
    let mut journals = Vec::new();
    let mut by_credit = 0;
    if let Some(with) = pick(&past.credits, dice, |c| c.amount > c.redeemed + c.expired).filter(|_| total > 0) {
        let credit = &mut past.credits[with];
        by_credit = (credit.amount - credit.redeemed - credit.expired).min(total);
        credit.redeemed += by_credit;
        let now = Credited { amount: currency.from_minor(by_credit), ..credit.facts };
        journals.push(now.redeemed(id).unwrap());
    }
    let sale = Sale {
        order: id,
        currency,
        total: currency.from_minor(total),
        by_credit: currency.from_minor(by_credit),
        items: items.clone(),
    };
    journals.extend(postings::sale(&sale).unwrap());
    let payment = PaymentId::new();
    let (provider_fee, refunded, by_amount, disputed) = (0, 0, 0, 0);
    past.orders.push(Order {
        id,
        payment,
        items,
        total,
        by_credit,
        fee,
        tax,
        provider_fee,
        refunded,
        by_amount,
        disputed,
    });
    journals
}

fn provider_fee(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let Some(of) = pick(&past.orders, dice, |_| true) else { return Vec::new() };
    let (name, minor) = (past.name(), dice.amount(-50, 500));
    let (order, bearer) = (&mut past.orders[of], bearer(dice));
    match bearer {
        Bearer::Reseller => order.provider_fee += minor,
        Bearer::Platform => past.provider_fees_borne += minor,
    }
    let fee = past.currency.from_minor(minor);
    postings::provider_fee(order.id, &name, fee, past.currency, bearer).unwrap().into_iter().collect()
}

fn refund_tickets(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let (currency, fees_returned) = (past.currency, dice.flip());
    let wanted = |o: &Order| !o.items.is_empty() && o.by_amount == 0 && o.by_credit == 0 && o.left() > 0;
    let Some(of) = pick(&past.orders, dice, wanted) else { return Vec::new() };
    let order = &mut past.orders[of];
    let index = dice.below(order.items.len());
    let item = order.items[index].clone();
    let amount = currency.to_minor(item.total()).unwrap();
    if amount == 0 || amount > order.left() {
        return Vec::new();
    }
    order.items.remove(index);
    order.refunded += amount;
    let back = |part| if fees_returned { currency.to_minor(part).unwrap() } else { 0 };
    let (fees_back, tax_back) = (back(item.platform_fee), back(item.platform_fee_tax));
    let id = RefundId::new();
    let amount_given = item.total();
    let items = vec![item];
    let given = Given {
        refund: id,
        order: order.id,
        currency,
        amount: amount_given,
        items,
        fees_returned,
        ticket_tax: Decimal::ZERO,
        credit: None,
    };
    let accepted = postings::refund(&given).unwrap().unwrap();
    let (state, confirmed, items) = (RefundState::Pending, None, Some(given));
    let accepted_too = accepted.clone();
    past.refunds.push(Refund { id, order: of, amount, fees_back, tax_back, items, accepted, confirmed, state });
    vec![accepted_too]
}

fn refund_amount(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let currency = past.currency;
    let untouched = |o: &Order| o.by_amount > 0 || (o.refunded == 0 && o.disputed == 0 && o.by_credit == 0);
    let Some(of) = pick(&past.orders, dice, |o| untouched(o) && o.left() > 0) else { return Vec::new() };
    let order = &mut past.orders[of];
    let amount = if dice.below(4) == 0 { order.left() } else { dice.amount(1, order.left()) };
    let (before, after) = (order.by_amount, order.by_amount + amount);
    let share = |whole: i64, of: i64| if of >= order.total { whole } else { rounded(whole * of, order.total) };
    let fees_back = share(order.fee, after) - share(order.fee, before);
    let tax_back = share(order.tax, after) - share(order.tax, before);
    let due = |whole: i64| {
        let due = |minor| {
            let [whole, part, total] = [whole, minor, order.total].map(|minor| currency.from_minor(minor));
            due_after(whole, part, total, currency)
        };
        due(after) - due(before)
    };
    let id = RefundId::new();
    let accepted = postings::amount_refund(&AmountRefund {
        credit: None,
        refund: id,
        order: order.id,
        currency,
        amount: currency.from_minor(amount),
        fee_returned: due(order.fee),
        hosting_fee_returned: Decimal::ZERO,
        fee_tax_returned: due(order.tax),
        ticket_tax: Decimal::ZERO,
    })
    .unwrap();
    // What is given back once stays counted, as a running total must.
    (order.by_amount, order.refunded) = (after, order.refunded + amount);
    let (state, confirmed, items) = (RefundState::Pending, None, None);
    let accepted_too = accepted.clone();
    past.refunds.push(Refund { id, order: of, amount, fees_back, tax_back, items, accepted, confirmed, state });
    vec![accepted_too]
}

fn confirm(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let Some(of) = pick(&past.refunds, dice, |r| r.state == RefundState::Pending) else { return Vec::new() };
    let refund = &mut past.refunds[of];
    refund.state = RefundState::Paid;
    let amount = past.currency.from_minor(refund.amount);
    let paid = postings::refund_paid(refund.id, past.orders[refund.order].id, amount, past.currency).unwrap();
    refund.confirmed = Some(paid.clone());
    vec![paid]
}

fn fail(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let Some(of) = pick(&past.refunds, dice, |r| r.state.lives() && r.items.is_some()) else { return Vec::new() };
    let refund = &mut past.refunds[of];
    let mut journals = vec![refund.accepted.mirrored(Source::RefundFailed(refund.id))];
    journals.extend(refund.confirmed.iter().map(|paid| paid.mirrored(Source::RefundReturned(refund.id))));
    refund.state = if refund.confirmed.is_some() { RefundState::Returned } else { RefundState::Failed };
    let order = &mut past.orders[refund.order];
    order.refunded -= refund.amount;
    order.items.extend(refund.items.take().into_iter().flat_map(|given| given.items));
    journals
}

fn late(past: &mut Past, dice: &mut Dice) -> Vec<Journal> {
    let currency = past.currency;
    if let Some(of) = pick(&past.lates, dice, |l| l.refund.is_none_or(|(_, paid)| !paid)).filter(|_| dice.flip()) {
        let late = &mut past.lates[of];
        let journal = match late.refund {
            None => {
                let id = RefundId::new();
                late.refund = Some((id, false));
                postings::late_refund(id, &late.late)
            }
            Some((id, _)) => {
                late.refund = Some((id, true));
                postings::refund_paid(id, late.late.order, late.late.amount, currency)
            }
        };
        return vec![journal.unwrap()];
    }
    let amount = dice.amount(1, 10_000);
    let money = currency.from_minor(amount);
    let late = LatePayment { payment: PaymentId::new(), order: OrderId::new(), currency, amount: money };
    past.lates.push(Late { amount, refund: None, late });
    vec![postings::late_payment(&late).unwrap()]
}
