//! What tickets must be before they are written. Pure.

use foundation::{
    Refusal,
    id::TicketId,
    refusal::{Code, FieldErrors},
};

use super::{as_text, words::name};

as_text! {
    TicketStock { Available = "available", Held = "held", Sold = "sold", Blocked = "blocked", Allocated = "allocated", Waitlist = "waitlist" }
}

/// How it is with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStock {
    /// Free, on open sale.
    Available,
    /// In a hold, or in an order that is not paid.
    Held,
    /// Paid.
    Sold,
    /// Kept off sale.
    Blocked,
    /// Free, but set aside for one seller.
    Allocated,
    /// Free, but for who is on the waitlist.
    Waitlist,
}

/// The most tickets that one request creates.
pub const TICKETS_MAX: usize = 100_000;

/// The most tickets that one request names by their ids.
pub const NAMED_MAX: usize = 5_000;

/// Which tickets of a performance a change is about.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These.
    Named(Vec<TicketId>),
    /// All of a section, or of rows of it, or of a price tier, or what is all of that.
    Where {
        /// The section or area.
        section: Option<String>,
        /// The rows of it, by label.
        rows: Option<Vec<String>>,
        /// The price tier, by name.
        price_tier: Option<String>,
    },
}

impl Selection {
    /// Checks its form.
    ///
    /// # Errors
    /// `invalid_field`, `too_many_tickets`.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::Named(ids) if ids.is_empty() => Err(Refusal::field("/ticket_ids", "must name at least one ticket")),
            Self::Named(ids) if ids.len() > NAMED_MAX => {
                let detail = format!("One request names at most {NAMED_MAX} tickets; name the rest with further ones.");
                Err(Refusal::new(Code::TooManyTickets, detail))
            }
            Self::Where { section: None, rows: None, price_tier: None } => Err(Refusal::field(
                "/ticket_ids",
                "is needed where neither a section, a row nor a price_tier says which tickets",
            )),
            Self::Where { section: None, rows: Some(_), .. } => {
                Err(Refusal::field("/section", "must be given where a row is"))
            }
            Self::Where { rows: Some(rows), .. } if rows.is_empty() || rows.len() > NAMED_MAX => {
                Err(Refusal::field("/rows", format!("must name 1 to {NAMED_MAX} rows")))
            }
            Self::Named(_) | Self::Where { .. } => Ok(()),
        }
    }
}

/// Tickets of one section in one price tier.
#[derive(Debug, Clone)]
pub struct NewTickets {
    /// The section or general admission area.
    pub section: String,
    /// The tier they are sold in.
    pub price_tier: String,
    /// Seats or places.
    pub kind: NewTicketsKind,
}

/// Numbered seats, or places without a number.
#[derive(Debug, Clone)]
pub enum NewTicketsKind {
    /// Rows by label with so many seats each, numbered from 1.
    Rows(Vec<(String, u32)>),
    /// General admission: so many places.
    Places(u32),
    /// What the performance's layout has in the section or area.
    OfLayout(Portion),
    /// Rows by label with the labels of their seats.
    Seats(Vec<(String, Vec<String>)>),
}

/// Which seats of a layout's section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Portion {
    /// Of these rows only.
    pub rows: Option<Vec<String>>,
    /// But for these rows, or seats of a row.
    pub except: Vec<(String, Option<String>)>,
}

impl NewTickets {
    /// How many tickets these are; what a layout has is counted once it is known.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.kind {
            NewTicketsKind::Rows(rows) => rows.iter().map(|(_, seats)| *seats as usize).sum(),
            NewTicketsKind::Places(count) => *count as usize,
            NewTicketsKind::OfLayout(_) => 0,
            NewTicketsKind::Seats(rows) => rows.iter().map(|(_, seats)| seats.len()).sum(),
        }
    }
}

/// Checks tickets to be created in these tiers. What a performance with a layout can have of it is checked by
/// [`super::layout::sale`].
pub fn check_tickets(fields: &mut FieldErrors, at: &str, tickets: &[NewTickets], tiers: &[&str], has_layout: bool) {
    let mut rows_seen = std::collections::HashSet::new();
    for (i, new) in tickets.iter().enumerate() {
        let at = format!("{at}/{i}");
        name(fields, &format!("{at}/section"), &new.section);
        let tier = tiers.contains(&new.price_tier.as_str());
        fields.check(
            tier,
            format!("{at}/price_tier"),
            format!("`{}` is not one of the performance's price_tiers", new.price_tier),
        );
        match &new.kind {
            NewTicketsKind::Places(count) => fields.check(*count > 0, format!("{at}/places"), "must be at least 1"),
            NewTicketsKind::OfLayout(_) => {
                let either = "must have either rows (numbered seats) or places (general admission), because the performance has \
                              no layout";
                fields.check(has_layout, at, either);
            }
            NewTicketsKind::Seats(_) => {}
            NewTicketsKind::Rows(rows) => {
                let laid_out =
                    "must be left out, because the layout says which seats there are; only_rows names some of its rows";
                fields.check(!has_layout, format!("{at}/rows"), laid_out);
                fields.check(!rows.is_empty(), format!("{at}/rows"), "must have at least one row");
                for (j, (label, seats)) in rows.iter().enumerate() {
                    name(fields, &format!("{at}/rows/{j}/label"), label);
                    fields.check((1..=1_000).contains(seats), format!("{at}/rows/{j}/seats"), "must be 1 to 1000");
                    let fresh = rows_seen.insert((new.section.as_str(), label.as_str()));
                    fields.check(
                        fresh,
                        format!("{at}/rows/{j}/label"),
                        format!("row `{label}` of section `{}` is named twice", new.section),
                    );
                }
            }
        }
    }
}

/// Checks what a section is to be called.
///
/// # Errors
/// `invalid_field`.
pub fn check_section(pointer: &str, section: &str) -> Result<(), Refusal> {
    let mut fields = FieldErrors::default();
    name(&mut fields, pointer, section);
    fields.done()
}

/// Refuses what is more than one request may create.
///
/// # Errors
/// `too_many_tickets`.
pub fn within_ticket_limit<'a>(tickets: impl Iterator<Item = &'a NewTickets>) -> Result<(), Refusal> {
    within_limit(tickets.map(NewTickets::count).sum())
}

/// The same for a count.
///
/// # Errors
/// `too_many_tickets`.
pub fn within_limit(count: usize) -> Result<(), Refusal> {
    if count > TICKETS_MAX {
        let detail = format!(
            "{count} tickets are more than the {TICKETS_MAX} of one request; create the rest with further requests."
        );
        return Err(Refusal::new(Code::TooManyTickets, detail));
    }
    Ok(())
}
