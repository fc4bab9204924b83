//! What tickets must be before they are written. Pure.

use foundation::{
    Refusal,
    id::TicketId,
    refusal::{Code, FieldErrors},
};

use super::words::name;

/// The most tickets that one request creates.
pub const TICKETS_MAX: usize = 100_000;

/// The most tickets that one request names by their ids.
pub const NAMED_MAX: usize = 5_000;

/// Which tickets of a performance a change is about.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These.
    Named(Vec<TicketId>),
    /// All of a section, or of a row of it, or of a price tier, or what is all of that.
    Where {
        /// The section or area.
        section: Option<String>,
        /// The row.
        row: Option<String>,
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
            Self::Where { section: None, row: None, price_tier: None } => {
                Err(Refusal::field("", "must say which tickets: ticket_ids, or section, row or price_tier"))
            }
            Self::Where { section: None, row: Some(_), .. } => {
                Err(Refusal::field("/row", "needs the section that the row is in"))
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
}

impl NewTickets {
    /// How many tickets these are.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.kind {
            NewTicketsKind::Rows(rows) => rows.iter().map(|(_, seats)| *seats as usize).sum(),
            NewTicketsKind::Places(count) => *count as usize,
        }
    }
}

/// Checks tickets to be created in these tiers.
pub fn check_tickets(fields: &mut FieldErrors, at: &str, tickets: &[NewTickets], tiers: &[&str]) {
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
            NewTicketsKind::Rows(rows) => {
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
    let count: usize = tickets.map(NewTickets::count).sum();
    if count > TICKETS_MAX {
        let detail = format!(
            "{count} tickets are more than the {TICKETS_MAX} of one request; create the rest with further requests."
        );
        return Err(Refusal::new(Code::TooManyTickets, detail));
    }
    Ok(())
}
