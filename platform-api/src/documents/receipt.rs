//! The receipt of an order.

use foundation::Result;

use super::{
    amount, day,
    sheet::{Cells, Column, Sheet},
    statement::{plain, sum},
    wall,
};
use crate::v1::orders::receipt::{LineView, ReceiptView, TaxLeftView, TaxView};

/// The receipt as PDF.
pub(crate) fn receipt(told: &ReceiptView) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(&format!("Receipt of order {}", told.order_id))?;
    sheet.heading(&told.seller.name, "Receipt");
    sheet.blocks(&parties(told));
    sheet.part("Your tickets");
    let columns =
        [Column("Ticket", 49, false), Column("Price", 17, true), Column("Fees", 17, true), Column("Total", 17, true)];
    sheet.table(&columns, &told.lines.iter().map(ticket).collect::<Vec<_>>());
    sheet.table(&[Column("", 70, false), Column("Amount", 30, true)], &sums(told));
    if !told.taxes.is_empty() {
        sheet.part("Tax in the prices");
        let columns =
            [Column("Rate", 25, false), Column("Net", 25, true), Column("Tax", 25, true), Column("Prices", 25, true)];
        sheet.table(&columns, &told.taxes.iter().map(tax).collect::<Vec<_>>());
        let left = told.ticket_tax.as_ref().filter(|tax| !tax.given_back.amount().is_zero());
        if let Some(TaxLeftView { sold, given_back, remaining }) = left {
            let rows = [
                plain("Tax as it was sold", *sold),
                plain("Tax in what was given back", *given_back),
                sum("Tax in what was paid after all", *remaining),
            ];
            sheet.table(&[Column("", 70, false), Column("Amount", 30, true)], &rows);
        }
    }
    for payment in &told.paid.payments {
        let provider = payment.provider_payment.as_deref().unwrap_or_default();
        sheet.paragraph(&format!("Payment {} {provider}", payment.id));
    }
    sheet.pdf()
}

/// Who sold, who bought, and what it is called.
fn parties(told: &ReceiptView) -> [(&'static str, Vec<String>); 3] {
    let zone = told.lines.first().map_or("UTC", |line| line.time_zone.as_str());
    let mut seller = vec![told.seller.legal_name.clone(), told.seller.address.clone(), told.seller.country.clone()];
    seller.extend(told.seller.tax_id.iter().map(|id| format!("VAT {id}")));
    let mut order = vec![told.order_id.to_string()];
    order.extend(told.reference.iter().map(|reference| format!("Reference {reference}")));
    order.extend(told.paid_at.map(|at| format!("Paid {}", wall(at, zone))));
    let buyer = [&told.buyer.name, &told.buyer.email].into_iter().flatten().cloned().collect();
    [("Seller", seller), ("Buyer", buyer), ("Order", order)]
}

/// What it came to, how it was paid, and what went back.
fn sums(told: &ReceiptView) -> Vec<Cells> {
    let mut sums = vec![plain("Prices", told.price)];
    let is_some = |money: foundation::Money| !money.amount().is_zero();
    if is_some(told.discount) {
        sums.push(plain("Discount, taken off", told.discount));
    }
    sums.extend([plain("Fees, tax on them included", told.fees), sum("Total", told.total)]);
    sums.push(plain("Paid by payment", told.paid.by_payment));
    if is_some(told.paid.by_credit) {
        sums.push(plain("Paid with credit", told.paid.by_credit));
    }
    if !told.refunds.is_empty() {
        sums.push(plain("Given back", told.refunded));
        if is_some(told.refunded_as_credit) {
            sums.push(plain("Of it, as credit", told.refunded_as_credit));
        }
    }
    if is_some(told.taken_by_bank) {
        sums.push(plain("Taken back by the buyer's bank", told.taken_by_bank));
    }
    if told.remaining != told.total {
        sums.push(sum("Paid after all", told.remaining));
    }
    sums
}

/// What was bought at a rate of tax.
fn tax(of: &TaxView) -> Cells {
    (false, vec![format!("{} %", of.rate.percent()), amount(of.net), amount(of.tax), amount(of.face_value)])
}

/// What a ticket is, where it is good, what lets its owner in, and what it cost.
fn ticket(line: &LineView) -> Cells {
    let place = [Some(line.section.as_str()), line.row.as_deref(), line.seat.as_deref()];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    let code = line.redemption_code.map_or_else(|| "No longer good".to_owned(), |code| format!("Code {code}"));
    let about = [
        line.show.clone(),
        format!("{}, {}, {}", day(line.starts_at, &line.time_zone), line.venue, line.city),
        format!("{}, {}, {}", line.ticket_type, line.price_tier, place.join(" ")),
        code,
    ];
    let mut price = amount(line.price);
    if !line.discount.amount().is_zero() {
        price.push_str(&format!("\nless {}", amount(line.discount)));
    }
    (false, vec![about.join("\n"), price, amount(line.fees), amount(line.total)])
}
