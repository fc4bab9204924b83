//! What is said of a choice of seats: why these, and what they leave, in words and as codes.

use foundation::id::TicketId;
use serde::Serialize;

use super::stock::StockTicket;

/// Why these seats, or what is the matter with them. Codes are part of the contract: never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// All side by side in one row.
    Adjacent,
    /// So many were not side by side; these are as few groups as can be.
    Split,
    /// They leave a single seat alone: nothing else fits, or the buyer wanted these.
    LeavesSingleSeat,
    /// Something stands in the way of looking from one of them.
    RestrictedView,
    /// Places without a number.
    GeneralAdmission,
}

/// What is said of a choice of seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatingNote {
    /// As codes.
    pub codes: Vec<Code>,
    /// In words.
    pub detail: String,
    /// The single seats that are left alone.
    pub single_seats: Vec<TicketId>,
}

impl SeatingNote {
    /// Why these groups were chosen, each along its row; `alone` is what they leave alone.
    #[must_use]
    pub fn chosen(groups: &[Vec<&StockTicket>], alone: &[&StockTicket], restricted: bool) -> Self {
        let places: Vec<String> = groups.iter().map(|group| places(group)).collect();
        let mut codes = Vec::new();
        let mut detail = if groups.len() > 1 {
            codes.push(Code::Split);
            format!("So many are not side by side any more; these are the fewest groups: {}.", places.join("; "))
        } else {
            codes.push(Code::Adjacent);
            let free = if alone.is_empty() { " that leave no single seat" } else { "" };
            format!("{}: of the seats side by side{free}, the nearest to the focal point.", places.join("; "))
        };
        if !alone.is_empty() {
            codes.push(Code::LeavesSingleSeat);
            detail.push_str(&format!(" {} is left alone, because nothing else fits.", places_of_each(alone)));
        }
        if restricted {
            codes.push(Code::RestrictedView);
            detail.push_str(" Some have a restricted view; nothing better is left.");
        }
        Self { codes, detail, single_seats: alone.iter().map(|ticket| ticket.id).collect() }
    }

    /// That seats which were named leave others alone.
    #[must_use]
    pub fn warning(alone: &[&StockTicket]) -> Self {
        let detail =
            format!("{} is left alone; seats next to it, or others, would not do that.", places_of_each(alone));
        let single_seats = alone.iter().map(|ticket| ticket.id).collect();
        Self { codes: vec![Code::LeavesSingleSeat], detail, single_seats }
    }
}

/// `Stalls, row F, seats 12 to 15`
fn places(group: &[&StockTicket]) -> String {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return String::new() };
    let seat = |ticket: &StockTicket| ticket.seat.as_deref().unwrap_or_default().to_owned();
    let row = first.row.as_deref().unwrap_or_default();
    if group.len() == 1 {
        format!("{}, row {row}, seat {}", first.section, seat(first))
    } else {
        format!("{}, row {row}, seats {} to {}", first.section, seat(first), seat(last))
    }
}

/// `Stalls, row F, seat 12 and Stalls, row F, seat 15`
pub(super) fn places_of_each(tickets: &[&StockTicket]) -> String {
    let each: Vec<String> = tickets.iter().map(|ticket| places(&[*ticket])).collect();
    each.join(" and ")
}
