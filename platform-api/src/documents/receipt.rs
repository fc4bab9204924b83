//! The receipt of an order.

use foundation::Result;

use super::{
    amount,
    sheet::{Column, Sheet},
    statement::{plain, sum},
    wall,
};
use crate::v1::orders::receipt::{LineView, ReceiptView};

/// The receipt as PDF.
pub(crate) fn receipt(told: &ReceiptView) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(&format!("Receipt {}", told.order_id), &format!("Receipt of order {}", told.order_id))?;
    let zone = told.lines.first().map_or("UTC", |line| line.time_zone.as_str());
    sheet.heading(&told.seller.name, "Receipt");
    let mut seller = vec![told.seller.legal_name.clone(), told.seller.address.clone(), told.seller.country.clone()];
    seller.extend(told.seller.tax_id.iter().map(|id| format!("VAT {id}")));
    let mut order = vec![told.order_id.to_string()];
    order.extend(told.reference.iter().map(|reference| format!("Reference {reference}")));
    order.extend(told.paid_at.map(|at| format!("Paid {}", wall(at, zone))));
    let buyer = [&told.buyer.name, &told.buyer.email].into_iter().flatten().cloned().collect();
    sheet.blocks(&[("Seller", seller), ("Buyer", buyer), ("Order", order)]);
    sheet.part("Your tickets");
    let columns =
        [Column("Ticket", 52, false), Column("Price", 16, true), Column("Fees", 14, true), Column("Total", 18, true)];
    let row =
        |line: &LineView| (false, vec![ticket(line), amount(line.face_value), amount(line.fees), amount(line.total)]);
    sheet.table(&columns, &told.lines.iter().map(row).collect::<Vec<_>>());
    let mut sums = vec![plain("Prices", told.price)];
    if !told.discount.amount().is_zero() {
        sums.push(plain("Discount, taken off", told.discount));
    }
    sums.extend([plain("Fees, tax on them included", told.fees), sum("Total", told.total)]);
    sums.push(plain("Paid by payment", told.paid.by_payment));
    if !told.paid.by_credit.amount().is_zero() {
        sums.push(plain("Paid with credit", told.paid.by_credit));
    }
    if !told.refunds.is_empty() {
        sums.push(plain("Given back", told.refunded));
        sums.push(sum("Paid after all", told.remaining));
    }
    sheet.table(&[Column("", 70, false), Column("Amount", 30, true)], &sums);
    for payment in &told.paid.payments {
        let provider = payment.provider_payment.as_deref().unwrap_or_default();
        sheet.paragraph(&format!("Payment {} {provider}", payment.id));
    }
    sheet.pdf()
}

/// What a ticket is, where it is good, and what lets its owner in.
fn ticket(line: &LineView) -> String {
    let mut text = format!("{}, {}, {} {}.", line.show, wall(line.starts_at, &line.time_zone), line.venue, line.city);
    let place = [Some(line.section.as_str()), line.row.as_deref(), line.seat.as_deref()];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    text.push_str(&format!(" {} {}, {}.", line.ticket_type, line.price_tier, place.join(" ")));
    match line.redemption_code {
        Some(code) => text.push_str(&format!(" Code {code}")),
        None => text.push_str(" No longer good"),
    }
    text
}
