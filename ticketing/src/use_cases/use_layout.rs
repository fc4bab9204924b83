//! What performances take from layouts: the version they are to use, and their tickets.

use std::borrow::Cow;

use foundation::{Code, Instant, Refusal, Result, TenantTx};

use crate::{
    rules::{
        layout::{Manifest, Plan, sale},
        performance::NewPerformance,
        tickets::{NewTickets, within_ticket_limit},
    },
    store::{layouts, tickets},
};

/// The manifest that a new performance asks for, with its plan. `at` is where the performance stands in the request.
pub(super) async fn choose(
    tx: &mut TenantTx,
    new: &NewPerformance,
    starts_at: Instant,
    at: &str,
) -> Result<Option<(Manifest, Plan)>> {
    let Some(wanted) = &new.layout else { return Ok(None) };
    let version = layouts::version_for(tx, new.venue, wanted.layout, starts_at).await?;
    let version = version.ok_or_else(|| {
        let detail = "Nothing of this layout is published yet; publish its draft first.";
        Refusal::new(Code::LayoutNotPublished, detail)
    })?;
    let plan = layouts::plan(tx, version).await?;
    plan.check_choices(&format!("{at}/layout/choices"), &wanted.choices)?;
    Ok(Some((Manifest { layout: wanted.layout, version, choices: wanted.choices.clone() }, plan)))
}

/// The tickets of a performance that is being made, seat by seat.
pub(super) fn first_tickets<'a>(
    layout: Option<&(Manifest, Plan)>,
    new: &'a [NewTickets],
    at: &str,
) -> Result<Cow<'a, [NewTickets]>> {
    let Some((manifest, plan)) = layout else { return Ok(new.into()) };
    let tickets = sale::tickets(&plan.chosen(&manifest.choices), new, &Default::default(), &format!("{at}/tickets"))?;
    within_ticket_limit(tickets.iter())?;
    Ok(tickets.into())
}

/// More tickets of a locked performance, seat by seat.
pub(super) async fn more_tickets<'a>(
    tx: &mut TenantTx,
    performance: foundation::id::PerformanceId,
    manifest: Option<&Manifest>,
    new: &'a [NewTickets],
) -> Result<Cow<'a, [NewTickets]>> {
    let Some(manifest) = manifest else { return Ok(new.into()) };
    let plan = layouts::plan(tx, manifest.version).await?;
    let there = tickets::count_by_section(tx, performance, manifest.layout).await?;
    Ok(sale::tickets(&plan.chosen(&manifest.choices), new, &there, "/tickets")?.into())
}
