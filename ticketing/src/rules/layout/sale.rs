//! Which tickets a performance gets of its layout: what was asked for, seat by seat, and never more than there is room for or
//! than the law allows. Because tickets are never more than that, neither are those that are sold and held.

use std::collections::{HashMap, HashSet};

use foundation::{
    Refusal,
    refusal::{Code, FieldErrors},
};

use super::{
    chosen::Chosen,
    plan::{Part, Section},
};
use crate::rules::tickets::{NewTickets, NewTicketsKind, Portion};

/// What was asked for as seats and places, where `there` says how many tickets the performance has by section or area; `at` is
/// where it stands in the request.
///
/// # Errors
/// `invalid_field` for what the layout does not have, `over_maximum` for more than it lets be sold.
pub fn tickets(
    chosen: &Chosen<'_>,
    new: &[NewTickets],
    there: &HashMap<String, u64>,
    at: &str,
) -> Result<Vec<NewTickets>, Refusal> {
    let parts: HashMap<&str, Part<'_>> = chosen.parts().iter().map(|part| (part.name(), *part)).collect();
    let mut counts: HashMap<&str, u64> = there.iter().map(|(section, count)| (section.as_str(), *count)).collect();
    let mut fields = FieldErrors::default();
    let mut resolved = Vec::with_capacity(new.len());
    for (i, wanted) in new.iter().enumerate() {
        let at = format!("{at}/{i}");
        let Some(part) = parts.get(wanted.section.as_str()).copied() else {
            let section = format!("`{}` is no section or area of the layout as it is set up here", wanted.section);
            fields.check(false, format!("{at}/section"), section);
            continue;
        };
        let count = counts.entry(part.name()).or_default();
        let kind = resolve(part, &wanted.kind, *count, &at, &mut fields);
        let tickets = NewTickets { section: wanted.section.clone(), price_tier: wanted.price_tier.clone(), kind };
        *count += tickets.count() as u64;
        resolved.push((at, part, tickets));
    }
    fields.done()?;
    for (at, part, _) in &resolved {
        let count = counts.get(part.name()).copied().unwrap_or_default();
        if count > u64::from(part.limit()) {
            return Err(over(at, part.name(), count, u64::from(part.limit())));
        }
    }
    let total: u64 = counts.values().sum();
    if total > chosen.limit() {
        return Err(over(at, "The performance", total, chosen.limit()));
    }
    Ok(resolved.into_iter().map(|(_, _, tickets)| tickets).collect())
}

fn over(at: &str, what: &str, count: u64, limit: u64) -> Refusal {
    let detail = format!(
        "{what} would have {count} tickets, and the layout allows {limit}; leave some out with except, only_rows or fewer places"
    );
    let mut refusal = Refusal::field(at, detail);
    refusal.code = Code::OverMaximum;
    refusal
}

fn resolve(part: Part<'_>, kind: &NewTicketsKind, there: u64, at: &str, fields: &mut FieldErrors) -> NewTicketsKind {
    match (part, kind) {
        (Part::Section(section), NewTicketsKind::OfLayout(selection)) => {
            NewTicketsKind::Seats(select(section, selection, at, fields))
        }
        (Part::Area(area), NewTicketsKind::OfLayout(selection)) => {
            let plain = *selection == Portion::default();
            fields.check(plain, at, format!("`{}` has no rows, only places", area.name));
            let left = u64::from(part.limit()).saturating_sub(there);
            fields.check(left > 0, at, format!("`{}` has all its tickets already", area.name));
            NewTicketsKind::Places(u32::try_from(left).unwrap_or(u32::MAX))
        }
        (Part::Section(section), NewTicketsKind::Places(_)) => {
            fields.check(false, format!("{at}/places"), format!("`{}` has numbered seats", section.name));
            kind.clone()
        }
        _ => kind.clone(),
    }
}

fn select(section: &Section, selection: &Portion, at: &str, fields: &mut FieldErrors) -> Vec<(String, Vec<String>)> {
    let rows: HashSet<&str> = section.rows.iter().map(|row| row.label.as_str()).collect();
    for (i, label) in selection.rows.iter().flatten().enumerate() {
        let known = rows.contains(label.as_str());
        fields.check(known, format!("{at}/only_rows/{i}"), format!("`{}` has no row `{label}`", section.name));
    }
    for (i, (row, seat)) in selection.except.iter().enumerate() {
        let found = section.rows.iter().find(|known| known.label == *row);
        let known =
            found.is_some_and(|row| seat.as_ref().is_none_or(|seat| row.seats.iter().any(|s| s.label == *seat)));
        fields.check(known, format!("{at}/except/{i}"), format!("`{}` has no such row or seat", section.name));
    }
    let only: Option<HashSet<&str>> = selection.rows.as_ref().map(|rows| rows.iter().map(String::as_str).collect());
    let except: HashSet<(&str, Option<&str>)> =
        selection.except.iter().map(|(row, seat)| (row.as_str(), seat.as_deref())).collect();
    let wanted = section.rows.iter().filter(|row| {
        only.as_ref().is_none_or(|only| only.contains(row.label.as_str()))
            && !except.contains(&(row.label.as_str(), None))
    });
    let seats: Vec<(String, Vec<String>)> = wanted
        .map(|row| {
            let seats =
                row.seats.iter().filter(|seat| !except.contains(&(row.label.as_str(), Some(seat.label.as_str()))));
            (row.label.clone(), seats.map(|seat| seat.label.clone()).collect())
        })
        .collect();
    fields.check(seats.iter().any(|(_, seats)| !seats.is_empty()), at, "leaves no seat");
    seats
}

#[cfg(test)]
#[path = "sale_tests.rs"]
mod tests;
