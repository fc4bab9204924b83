//! `/v1/performances/{performance_id}/tickets`

pub(crate) mod create;
pub(crate) mod list;

use foundation::Refusal;
use serde::Deserialize;
use ticketing::rules::tickets::{NewTickets, NewTicketsKind};
use utoipa::ToSchema;

/// Tickets of one section in one price tier: either `rows` of numbered seats, or so many `places` without a number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTickets)]
pub(crate) struct NewTicketsBody {
    /// The section or general admission area.
    #[schema(example = "Stalls")]
    section: String,
    /// The tier they are sold in, by name.
    #[schema(example = "stalls")]
    price_tier: String,
    rows: Option<Vec<NewRowBody>>,
    places: Option<u32>,
}

/// A row of seats, numbered from 1.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRow)]
pub(crate) struct NewRowBody {
    #[schema(example = "A")]
    label: String,
    /// How many seats, 1 to 1000.
    seats: u32,
}

/// What the use cases take; `at` is where in the body it stands.
pub(crate) fn read_all(bodies: Vec<NewTicketsBody>, at: &str) -> Result<Vec<NewTickets>, Refusal> {
    bodies.into_iter().enumerate().map(|(i, body)| body.read(&format!("{at}/{i}"))).collect()
}

impl NewTicketsBody {
    fn read(self, at: &str) -> Result<NewTickets, Refusal> {
        let kind = match (self.rows, self.places) {
            (Some(rows), None) => NewTicketsKind::Rows(rows.into_iter().map(|row| (row.label, row.seats)).collect()),
            (None, Some(places)) => NewTicketsKind::Places(places),
            _ => {
                return Err(Refusal::field(at, "must have either rows (numbered seats) or places (general admission)"));
            }
        };
        Ok(NewTickets { section: self.section, price_tier: self.price_tier, kind })
    }
}
