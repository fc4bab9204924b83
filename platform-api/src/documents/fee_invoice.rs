//! The invoice of the platform's fees in a settlement, with what article 226 of the VAT Directive (2006/112/EC) asks for.

use accounting::{FeeInvoice, FeeInvoiceLine};
use foundation::Result;

use super::{
    amount,
    sheet::{Column, Sheet},
    statement::{party, sum},
};

/// The invoice as PDF.
pub(crate) fn fee_invoice(invoice: &FeeInvoice) -> Result<Vec<u8>> {
    let title = if invoice.is_credit_note { "Credit note" } else { "Invoice" };
    let mut sheet = Sheet::new(&format!("{title} {}", invoice.number), &format!("{title} {}", invoice.number))?;
    sheet.heading(title, &format!("no. {}", invoice.number));
    sheet.blocks(&[
        ("Supplier", party(&invoice.supplier)),
        ("Customer", party(&invoice.customer)),
        (
            "Details",
            vec![
                format!("Date of issue {}", invoice.issued_on),
                format!("Supplied {} to {}", invoice.supplied_from, invoice.supplied_until),
                format!("Currency {}", invoice.total.currency()),
            ],
        ),
    ]);
    let columns = [
        Column("Service", 34, false),
        Column("Tickets", 12, true),
        Column("Net", 18, true),
        Column("VAT rate", 14, true),
        Column("VAT", 22, true),
    ];
    let line = |line: &FeeInvoiceLine| {
        let rate = line.tax_rate.map_or_else(|| "as charged".to_owned(), |rate| format!("{} %", rate.normalize()));
        let cells = vec![line.description.clone(), line.tickets.to_string(), amount(line.net), rate, amount(line.tax)];
        (false, cells)
    };
    sheet.table(&columns, &invoice.lines.iter().map(line).collect::<Vec<_>>());
    let columns = [Column("", 70, false), Column("Amount", 30, true)];
    sheet.table(&columns, &[sum("Taxable amount", invoice.net), sum("VAT", invoice.tax), sum("Total", invoice.total)]);
    if invoice.is_reverse_charge {
        sheet.paragraph("Reverse charge: the recipient is liable for the VAT (Directive 2006/112/EC, article 196).");
    }
    sheet.paragraph("The total was taken from your balance when the tickets were sold; there is nothing to pay.");
    sheet.pdf()
}
