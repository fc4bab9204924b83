//! `/v1/performances/{performance_id}/tickets`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod r#move;

use std::sync::Arc;

use foundation::{
    Refusal, TenantTx,
    id::{PerformanceId, TicketId},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::{
        layout::Plan,
        tickets::{NewTickets, NewTicketsKind, Portion, Selection},
    },
    use_cases::delete_tickets::TicketsChanged,
};
use utoipa::ToSchema;

use super::seen;
use crate::web::{Allowed, Reply, scope::ShowsRead};

/// The plan of the layout that a performance uses, if it uses one and the caller may see it.
async fn plan_of(
    allowed: &Allowed<ShowsRead>,
    tx: &mut TenantTx,
    performance: PerformanceId,
) -> Result<Option<Arc<Plan>>, Reply> {
    let Some(manifest) = seen(tx, &allowed.caller, performance).await?.manifest else { return Ok(None) };
    Ok(Some(allowed.services.inventory.plans.get(tx, manifest.version).await?))
}

/// Tickets of one section in one price tier. Without a layout: either `rows` of numbered seats, or so many `places` without a
/// number. With a layout: all that it has in the section or area, or `only_rows` of it, or all `except` some, or so many `places`.
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
    /// These rows of the layout's section, by label.
    only_rows: Option<Vec<String>>,
    /// Not these rows or seats of the layout's section.
    except: Option<Vec<ExceptBody>>,
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

/// Which tickets of the performance: these, or all of a section, of a row of it, of a price tier.
pub(crate) fn selection(
    ticket_ids: Option<Vec<TicketId>>,
    section: Option<String>,
    row: Option<String>,
    price_tier: Option<String>,
) -> Result<Selection, Refusal> {
    match ticket_ids {
        None => Ok(Selection::Where { section, rows: row.map(|row| vec![row]), price_tier }),
        Some(ids) if section.is_none() && row.is_none() && price_tier.is_none() => Ok(Selection::Named(ids)),
        Some(_) => Err(Refusal::field("/ticket_ids", "must not stand beside section, row or price_tier")),
    }
}

/// What became of the tickets, or would.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketsChanged)]
pub(crate) struct TicketsChangedView {
    /// How many tickets it is about.
    tickets: usize,
    /// How many of them stand in the way. With any of those, nothing is changed.
    in_use: usize,
    /// The first hundred of those.
    in_use_first: Vec<TicketId>,
    /// Whether this only says what would be.
    dry_run: bool,
}

impl TicketsChangedView {
    pub(crate) fn of(changed: TicketsChanged, dry_run: bool) -> Self {
        let TicketsChanged { tickets, in_use, in_use_first } = changed;
        Self { tickets, in_use, in_use_first, dry_run }
    }
}

/// A row of a layout's section, or one seat of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExceptSeats)]
pub(crate) struct ExceptBody {
    #[schema(example = "A")]
    row: String,
    /// The whole row unless said.
    #[schema(example = "1")]
    seat: Option<String>,
}

/// What the use cases take; `at` is where in the body it stands.
pub(crate) fn read_all(bodies: Vec<NewTicketsBody>, at: &str) -> Result<Vec<NewTickets>, Refusal> {
    bodies.into_iter().enumerate().map(|(i, body)| body.read(&format!("{at}/{i}"))).collect()
}

impl NewTicketsBody {
    fn read(self, at: &str) -> Result<NewTickets, Refusal> {
        let of_layout = self.only_rows.is_some() || self.except.is_some();
        let kind = match (self.rows, self.places) {
            (Some(rows), None) if !of_layout => {
                NewTicketsKind::Rows(rows.into_iter().map(|row| (row.label, row.seats)).collect())
            }
            (None, Some(places)) if !of_layout => NewTicketsKind::Places(places),
            (None, None) => NewTicketsKind::OfLayout(Portion {
                rows: self.only_rows,
                except: self.except.into_iter().flatten().map(|except| (except.row, except.seat)).collect(),
            }),
            _ => {
                let one = "must have either rows (numbered seats), or places (general admission), or what a layout has \
                           (only_rows, except)";
                return Err(Refusal::field(at, one));
            }
        };
        Ok(NewTickets { section: self.section, price_tier: self.price_tier, kind })
    }
}
