//! The papers of the platform's fees in a settlement: the invoice of what was taken, with what article 226 of the VAT Directive
//! (2006/112/EC) asks for, and the credit note of what was given back of earlier invoices, which names them (article 219). Amounts are
//! those of the books, tax included, so that what is invoiced is what was taken.

use std::collections::BTreeMap;

use foundation::{Currency, Money, id::ResellerId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    category::Category,
    document::Party,
    row::{Amounts, Row},
};

/// The member states of the European Union, between which charges are reversed (ISO 3166-1).
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Fees at one rate of tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeeInvoiceLine {
    /// The nature of the service.
    #[schema(example = "Platform fees for tickets sold")]
    pub description: String,
    /// The number of the invoice that it corrects; null on an invoice.
    pub corrects: Option<String>,
    /// Of how many tickets; below zero where fees were given back.
    pub tickets: i64,
    /// The percentage of tax; null where the fee was of no rule.
    #[schema(value_type = Option<String>, example = "21")]
    pub tax_rate: Option<Decimal>,
    /// The taxable amount.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
    /// Both together.
    pub total: Money,
}

/// An invoice, or a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeeInvoice {
    /// Sequential without gaps in its series: region, reseller, currency; credit notes have a series of their own.
    #[schema(example = "EU-3F2A90C41B7D-EUR-0003")]
    pub number: String,
    /// The date of issue.
    pub issued_on: String,
    /// Between when the services were supplied, or given back.
    pub supplied_from: String,
    /// The last day of that.
    pub supplied_until: String,
    /// Who supplies.
    pub supplier: Party,
    /// Who is supplied.
    pub customer: Party,
    /// The fees, by rate of tax and, on a credit note, by the invoice that they were on.
    pub lines: Vec<FeeInvoiceLine>,
    /// The taxable amounts together.
    pub net: Money,
    /// The tax together.
    pub tax: Money,
    /// What was taken; below zero, given back.
    pub total: Money,
    /// Whether the customer is liable for the tax: it is established in another member state of the European Union than the supplier,
    /// has a tax number, and none was charged.
    pub is_reverse_charge: bool,
    /// Whether it gives back.
    pub is_credit_note: bool,
}

/// Fees of a period at one rate, while its book is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fees {
    tickets: i64,
    net: Decimal,
    tax: Decimal,
}

impl Fees {
    fn add(&mut self, more: &Self) {
        self.tickets += more.tickets;
        self.net += more.net;
        self.tax += more.tax;
    }
}

/// What was supplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// Tickets were sold.
    Tickets,
    /// The hosted shop stood for a month.
    HostedShop,
    /// A person has put fees right.
    Correction,
}

impl Service {
    fn of(category: Category) -> Self {
        match category {
            Category::Hosting => Self::HostedShop,
            Category::Adjustment | Category::Reversal => Self::Correction,
            _ => Self::Tickets,
        }
    }

    /// The nature of the service, on an invoice or on a credit note.
    fn described(self, is_credit_note: bool) -> &'static str {
        match (self, is_credit_note) {
            (Self::Tickets, false) => "Platform fees for tickets sold",
            (Self::Tickets, true) => "Platform fees given back",
            (Self::HostedShop, false) => "Hosted shop, by the month",
            (Self::HostedShop, true) => "Hosted shop, given back",
            (Self::Correction, _) => "Platform fees, corrected",
        }
    }
}

/// Fees of a period by the number of the earlier invoice that they are given back of, if any, by service and by rate.
pub(crate) type FeesByRate = BTreeMap<(Option<i32>, Service, Option<Decimal>), Fees>;

/// Enters the fees of a row at this rate. `invoiced` is the invoice that the fees of its order were on, if that was in a period before.
pub(crate) fn enter(fees: &mut FeesByRate, row: &Row, rate: Option<Decimal>, invoiced: Option<i32>) {
    let Amounts { platform_fee, hosting_fee, platform_fee_tax, .. } = row.amounts;
    let moved = Fees { tickets: row.quantity, net: platform_fee + hosting_fee, tax: platform_fee_tax };
    if moved.net.is_zero() && moved.tax.is_zero() {
        return;
    }
    // What is taken is of this period's invoice, whatever it is for.
    let invoiced = invoiced.filter(|_| moved.net + moved.tax < Decimal::ZERO);
    let service = Service::of(row.category);
    fees.entry((invoiced, service, rate.map(|rate| rate.normalize()))).or_default().add(&moved);
}

/// What the papers of a period say beside their amounts.
pub(crate) struct Issue<'a> {
    pub(crate) region: &'a str,
    pub(crate) reseller: ResellerId,
    pub(crate) currency: Currency,
    /// The newest numbers until now: of invoices, of credit notes.
    pub(crate) newest: (i32, i32),
    pub(crate) supplier: Party,
    pub(crate) customer: Party,
    pub(crate) issued_on: String,
    pub(crate) supplied: (String, String),
}

/// The papers of a period, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Papers {
    pub(crate) invoice: Option<(i32, FeeInvoice)>,
    pub(crate) credit_note: Option<(i32, FeeInvoice)>,
}

/// The papers of these fees; none where none moved.
pub(crate) fn papers(fees: &FeesByRate, issue: &Issue<'_>) -> Papers {
    // What came and went back within the period is on no paper.
    let moved = fees.iter().filter(|(_, fees)| !(fees.net.is_zero() && fees.tax.is_zero()));
    let (mut taken, mut given): (FeesByRate, FeesByRate) =
        moved.map(|(&key, &fees)| (key, fees)).partition(|((invoiced, ..), _)| invoiced.is_none());
    if taken.values().map(|fees| fees.net + fees.tax).sum::<Decimal>() < Decimal::ZERO {
        // More was given back, of no sale in particular, than taken: that corrects the newest invoice.
        let (back, sold): (FeesByRate, FeesByRate) =
            taken.into_iter().partition(|(_, fees)| fees.net + fees.tax < Decimal::ZERO);
        taken = sold;
        for ((_, service, rate), fees) in back {
            given.entry((Some(issue.newest.0).filter(|newest| *newest > 0), service, rate)).or_default().add(&fees);
        }
    }
    let (invoice, credit_note) = (issue.newest.0 + 1, issue.newest.1 + 1);
    Papers {
        invoice: (!taken.is_empty()).then(|| (invoice, issue.paper(&taken, invoice, false))),
        credit_note: (!given.is_empty()).then(|| (credit_note, issue.paper(&given, credit_note, true))),
    }
}

impl Issue<'_> {
    fn number(&self, kind: &str, number: i32) -> String {
        let simple = self.reseller.uuid().simple().to_string();
        let series: String = simple.chars().skip(20).collect();
        format!("{}-{series}-{}-{kind}{number:04}", self.region, self.currency).to_uppercase()
    }

    fn paper(&self, fees: &FeesByRate, number: i32, is_credit_note: bool) -> FeeInvoice {
        let money = |amount| Money::rounded(amount, self.currency);
        let line = |(&(corrected, service, tax_rate), fees): (&(Option<i32>, Service, Option<Decimal>), &Fees)| {
            FeeInvoiceLine {
                description: service.described(is_credit_note).to_owned(),
                corrects: corrected.map(|number| self.number("", number)),
                tickets: fees.tickets,
                tax_rate,
                net: money(fees.net),
                tax: money(fees.tax),
                total: money(fees.net + fees.tax),
            }
        };
        let mut sum = Fees::default();
        fees.values().for_each(|fees| sum.add(fees));
        let in_union = |party: &Party| UNION.contains(&party.country.as_str());
        FeeInvoice {
            number: self.number(if is_credit_note { "CN" } else { "" }, number),
            issued_on: self.issued_on.clone(),
            supplied_from: self.supplied.0.clone(),
            supplied_until: self.supplied.1.clone(),
            supplier: self.supplier.clone(),
            customer: self.customer.clone(),
            lines: fees.iter().map(line).collect(),
            net: money(sum.net),
            tax: money(sum.tax),
            total: money(sum.net + sum.tax),
            is_reverse_charge: fees.values().all(|fees| fees.tax.is_zero())
                && self.customer.tax_id.is_some()
                && self.customer.country != self.supplier.country
                && in_union(&self.customer)
                && in_union(&self.supplier),
            is_credit_note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn fees(of: &[(Option<i32>, i64, &str, &str)]) -> FeesByRate {
        let line = |&(invoiced, tickets, net, tax): &(Option<i32>, i64, &str, &str)| {
            ((invoiced, Service::Tickets, Some(d("21"))), Fees { tickets, net: d(net), tax: d(tax) })
        };
        of.iter().map(line).collect()
    }

    fn issue(currency: &str, customer: &str, newest: (i32, i32)) -> Issue<'static> {
        let party = |country: &str| Party {
            name: "N".to_owned(),
            address: "A".to_owned(),
            country: country.to_owned(),
            tax_id: Some("T".to_owned()),
        };
        Issue {
            region: "eu",
            reseller: ResellerId::new(),
            currency: currency.parse().unwrap(),
            newest,
            supplier: party("NL"),
            customer: party(customer),
            issued_on: "2027-04-01".to_owned(),
            supplied: ("2027-03-01".to_owned(), "2027-03-31".to_owned()),
        }
    }

    #[test]
    fn what_was_taken_is_on_an_invoice_and_what_is_given_back_of_earlier_ones_on_a_credit_note_that_names_them() {
        let fees = fees(&[(None, 3, "8.40", "1.77"), (Some(2), -1, "-2.80", "-0.59"), (Some(4), -2, "-5.60", "-1.18")]);
        let papers = papers(&fees, &issue("EUR", "NL", (4, 1)));
        let ((number, invoice), (of_note, note)) = (papers.invoice.unwrap(), papers.credit_note.unwrap());
        assert_eq!((number, of_note), (5, 2));
        assert!(invoice.number.ends_with("-EUR-0005") && note.number.ends_with("-EUR-CN0002"), "{}", note.number);
        assert_eq!((invoice.total.amount(), note.total.amount()), (d("10.17"), d("-10.17")));
        assert!(!invoice.is_credit_note && note.is_credit_note);
        let named: Vec<_> = note.lines.iter().map(|line| line.corrects.as_deref().unwrap()).collect();
        assert!(named[0].ends_with("-EUR-0002") && named[1].ends_with("-EUR-0004"), "{named:?}");
        assert_eq!(invoice.lines[0].corrects, None);
    }

    #[test]
    fn what_is_given_back_of_no_sale_in_particular_lessens_the_invoice_or_corrects_the_newest() {
        let back = fees(&[(None, 0, "-10.00", "-2.10")]);
        let credited = papers(&back, &issue("EUR", "NL", (7, 0)));
        assert!(credited.invoice.is_none());
        let (number, note) = credited.credit_note.unwrap();
        assert_eq!((number, note.total.amount()), (1, d("-12.10")));
        assert!(note.lines[0].corrects.as_deref().unwrap().ends_with("-0007"));
        // Nothing was ever invoiced.
        let first = papers(&back, &issue("EUR", "NL", (0, 0)));
        assert_eq!(first.credit_note.unwrap().1.lines[0].corrects, None);
        // What was sold meanwhile is invoiced all the same.
        let mut more = fees(&[(None, 3, "8.40", "1.77")]);
        more.insert((None, Service::Correction, None), Fees { tickets: 0, net: d("-20.00"), tax: d("0") });
        let both = papers(&more, &issue("EUR", "NL", (7, 0)));
        assert_eq!(both.invoice.unwrap().1.total.amount(), d("10.17"));
        assert_eq!(both.credit_note.unwrap().1.total.amount(), d("-20.00"));
        // And what came and went takes no number.
        let nothing = papers(&fees(&[(None, 0, "0.00", "0.00")]), &issue("EUR", "DE", (7, 3)));
        assert!(nothing.invoice.is_none() && nothing.credit_note.is_none());
        let none = papers(&FeesByRate::new(), &issue("EUR", "NL", (7, 3)));
        assert!(none.invoice.is_none() && none.credit_note.is_none());
    }

    #[test]
    fn the_charge_is_reversed_between_members_of_the_union_only() {
        let untaxed = fees(&[(None, 1, "2.80", "0")]);
        for (customer, reversed) in [("DE", true), ("NL", false), ("US", false), ("GB", false)] {
            let (_, invoice) = papers(&untaxed, &issue("EUR", customer, (0, 0))).invoice.unwrap();
            assert_eq!(invoice.is_reverse_charge, reversed, "{customer}");
        }
        let taxed = fees(&[(None, 1, "2.80", "0.59")]);
        assert!(!papers(&taxed, &issue("EUR", "DE", (0, 0))).invoice.unwrap().1.is_reverse_charge);
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (code, net, tax) in [("JPY", "280", "59"), ("KWD", "0.617", "0.130")] {
            let (_, invoice) = papers(&fees(&[(None, 1, net, tax)]), &issue(code, "NL", (0, 0))).invoice.unwrap();
            assert_eq!(
                (invoice.net.amount().to_string(), invoice.tax.amount().to_string()),
                (net.to_owned(), tax.to_owned())
            );
        }
    }
}
