//! The invoice of the platform's fees in a settlement, with what article 226 of the VAT Directive (2006/112/EC) asks for, and the credit
//! note, which names the invoices that it corrects (article 219).

use accounting::{FeeInvoice, FeeInvoiceLine};
use foundation::Result;

use super::{
    amount,
    sheet::{Cells, Column, Sheet},
    statement::{party, plain, sum},
};

/// The invoice or credit note as PDF.
pub(crate) fn fee_invoice(invoice: &FeeInvoice) -> Result<Vec<u8>> {
    let title = if invoice.is_credit_note { "Credit note" } else { "Invoice" };
    let mut sheet = Sheet::new(&format!("{title} {}", invoice.number))?;
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
        Column("Tickets", 10, true),
        Column("Net", 17, true),
        Column("VAT rate", 10, true),
        Column("VAT", 13, true),
        Column("Total", 16, true),
    ];
    sheet.table(&columns, &invoice.lines.iter().map(line).collect::<Vec<_>>());
    let sums = [plain("Taxable amount", invoice.net), plain("VAT", invoice.tax), sum("Total", invoice.total)];
    sheet.table(&[Column("", 70, false), Column("Amount", 30, true)], &sums);
    if invoice.is_reverse_charge {
        sheet.paragraph("Reverse charge: the recipient is liable for the VAT (Directive 2006/112/EC, article 196).");
    }
    sheet.paragraph(if invoice.is_credit_note {
        "The total was given back to your balance when it was returned; nothing more is paid."
    } else {
        "The total was taken from your balance when the tickets were sold; there is nothing to pay."
    });
    sheet.pdf()
}

fn line(line: &FeeInvoiceLine) -> Cells {
    let mut service = line.description.clone();
    if let Some(invoice) = &line.corrects {
        service.push_str(&format!("\nInvoice {invoice}"));
    }
    let rate = line.tax_rate.map_or_else(|| "as charged".to_owned(), |rate| format!("{} %", rate.normalize()));
    (false, vec![service, line.tickets.to_string(), amount(line.net), rate, amount(line.tax), amount(line.total)])
}
