//! What is told when memory has nothing to propose: why, and what could be had instead.

use foundation::{
    Code, Instant, Refusal,
    id::{PerformanceId, ResellerId, TicketId},
};
use serde_json::{Value, json};

use super::Inventory;
use crate::rules::{
    order::{Pick, Want},
    seating::SeatKind,
    stock::NoProposal,
};

impl Inventory {
    /// The refusal; none while it is being decided. `item` is where in the request the want stands, if it is about one.
    pub(super) fn refusal(
        &self,
        reseller: ResellerId,
        item: Option<usize>,
        want: &Want,
        why: NoProposal,
        now: Instant,
    ) -> Option<Refusal> {
        let at = item.map_or("/items".to_owned(), |item| format!("/items/{item}"));
        Some(match why {
            NoProposal::Undecided => return None,
            NoProposal::Taken(tickets) => self.taken(reseller, want.performance, &tickets, now),
            NoProposal::Unknown => unknown(want),
            NoProposal::TooFew(free) => {
                let detail = format!("{at} wants more tickets than are available; {free} can be had.");
                let refusal = Refusal::new(Code::NotEnoughTickets, detail);
                refusal.with_alternatives(self.instead(reseller, want, json!({ "available": free }), now))
            }
            NoProposal::NotTogether { largest } => {
                let detail = format!(
                    "{at} wants seats side by side, and so many are not left like that (the largest group is of {largest}); \
                     ask with `together: preferred`, or for an alternative."
                );
                let refusal = Refusal::new(Code::NotTogether, detail);
                refusal.with_alternatives(self.instead(reseller, want, json!({ "largest_group": largest }), now))
            }
            NoProposal::SeveralTiers => Refusal::field(
                format!("{at}/choose/party"),
                "must be of offers of one price tier: only those sit together",
            ),
            NoProposal::OtherKind(kind) => {
                let what = if kind == SeatKind::Wheelchair { "a wheelchair place" } else { "a companion's seat" };
                Refusal::field(format!("{at}/place"), format!("does not fit: the ticket is not for {what}"))
            }
            NoProposal::Kept(ticket, kind) => self.kept(reseller, want.performance, ticket, kind, now),
            NoProposal::Unattended(ticket) => companion_alone(ticket),
            NoProposal::LeavesSingle { singles, instead } => {
                self.leaves_single(reseller, want.performance, &singles, &instead)
            }
        })
    }

    /// The refusal of tickets that are taken, with the nearest that are free.
    pub fn taken(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        tickets: &[TicketId],
        now: Instant,
    ) -> Refusal {
        let nearest = self.nearest(reseller, performance, tickets, now);
        let detail = "Some of the tickets are held or sold; take others, such as the alternatives.";
        Refusal::new(Code::SeatsUnavailable, detail)
            .with_alternatives(json!({ "unavailable": tickets, "nearest_free": nearest }))
    }

    fn nearest(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        tickets: &[TicketId],
        now: Instant,
    ) -> Vec<TicketId> {
        let nearest = self.with(reseller, performance, |stock, _| {
            tickets.iter().flat_map(|ticket| stock.nearest_free(*ticket, 3, now)).collect::<Vec<TicketId>>()
        });
        nearest.unwrap_or_default()
    }

    fn kept(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        ticket: TicketId,
        kind: SeatKind,
        now: Instant,
    ) -> Refusal {
        let (whom, place) = match kind {
            SeatKind::Companion => ("who comes with somebody in a wheelchair", "companion"),
            _ => ("people in wheelchairs", "wheelchair"),
        };
        let detail =
            format!("The place is kept for {whom}; for them ask for it with `place: {place}`, else take another.");
        let nearest = self.nearest(reseller, performance, &[ticket], now);
        Refusal::new(Code::AccessiblePlace, detail)
            .with_alternatives(json!({ "kept": ticket, "nearest_free": nearest }))
    }

    fn leaves_single(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        singles: &[TicketId],
        instead: &[TicketId],
    ) -> Refusal {
        let named = self.with(reseller, performance, |stock, _| stock.name(singles)).unwrap_or_default();
        let detail = format!("{named} would be left alone; take that too, or others, such as the alternatives.");
        Refusal::new(Code::LeavesSingleSeat, detail)
            .with_alternatives(json!({ "single_seats": singles, "instead": instead }))
    }

    /// What else can be had in this performance, beside what is said already.
    fn instead(&self, reseller: ResellerId, want: &Want, mut told: Value, now: Instant) -> Value {
        let elsewhere = want
            .pick
            .party()
            .and_then(|party| self.with(reseller, want.performance, |stock, _| stock.elsewhere(&party, now)))
            .flatten();
        if let (Some(told), Some(elsewhere)) = (told.as_object_mut(), elsewhere) {
            told.insert("sections".to_owned(), json!(elsewhere.sections));
            told.insert("price_tiers".to_owned(), json!(elsewhere.price_tiers));
        }
        told
    }
}

/// The refusal of a companion's seat without its wheelchair place.
pub(super) fn companion_alone(ticket: TicketId) -> Refusal {
    let detail = "A companion's seat is held only together with the wheelchair place that it is beside.";
    Refusal::new(Code::CompanionAlone, detail).with_alternatives(json!({ "companion": ticket }))
}

fn unknown(want: &Want) -> Refusal {
    match want.pick {
        Pick::Ticket { .. } => Refusal::missing("performance, offer or ticket, or the offer does not sell that ticket"),
        Pick::Any { .. } | Pick::Best(_) => Refusal::missing("performance, offer or section"),
    }
}
