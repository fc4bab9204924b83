//! Who gets in: when a ticket may be used at the door, and when that may be taken back. Pure.

use std::time::Duration;

use foundation::{
    Code, Instant, Refusal,
    id::{CredentialId, PerformanceId, TicketId},
    refusal::FieldErrors,
};
use serde_json::json;

use super::{
    order::{CheckIn, Credential, Order, OrderItem, OrderState},
    owner::{Ownership, takes_place},
    performance::{Performance, PerformanceState},
};

/// How long after a ticket was scanned that may be undone: the evening, also where it ends after midnight.
pub const UNDO_FOR: Duration = Duration::from_hours(24);
/// By how much a scanner's clock may be wrong.
const SKEW_MAX: Duration = Duration::from_secs(300);

/// A ticket that somebody shows at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which performance the door is of.
    pub performance: PerformanceId,
    /// The ticket.
    pub ticket: TicketId,
    /// The right to enter that was shown.
    pub credential: CredentialId,
    /// Which door, in its own word.
    pub gate: Option<String>,
    /// When, if that was before it is told: the scanner was offline.
    pub at: Option<Instant>,
}

impl Scan {
    /// When and where somebody enters, if it is admitted now.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check_in(&self, now: Instant) -> Result<CheckIn, Refusal> {
        let mut fields = FieldErrors::default();
        let said = |gate: &String| !gate.trim().is_empty() && gate.len() <= 100 && !gate.chars().any(char::is_control);
        fields.check(self.gate.as_ref().is_none_or(said), "/gate", "must be 1 to 100 bytes of text");
        let ahead = self.at.is_some_and(|at| at > now.plus(SKEW_MAX));
        fields.check(!ahead, "/scanned_at", format!("is in the future; it is {now}"));
        fields.done()?;
        Ok(CheckIn { at: self.at.unwrap_or(now).min(now), gate: self.gate.clone() })
    }
}

/// The order's ticket of this number, if whoever shows this right to enter is let in at this time.
///
/// # Errors
/// `not_found`, `order_not_paid`, `invalid_field` for a time before the sale, `ticket_void` also for the right of an owner before, `ticket_suspended`, `already_checked_in` with when
/// and where, `performance_cancelled`, `doors_not_open`, `performance_over`.
pub fn admits<'a>(
    order: &'a Order,
    no: i16,
    (shown, owner): (CredentialId, Option<&Ownership>),
    performance: &Performance,
    at: Instant,
) -> Result<&'a OrderItem, Refusal> {
    let item = order.item(no)?;
    if order.state != OrderState::Paid {
        return Err(Refusal::new(Code::OrderNotPaid, "The order is not paid: its tickets let nobody in yet."));
    }
    if order.paid_at.is_some_and(|paid| at.plus(SKEW_MAX) < paid) {
        let detail = "is before the ticket was bought; is the scanner's clock right?";
        return Err(Refusal::field("/scanned_at", detail));
    }
    if item.credential == Credential::Voided || owner.and_then(|of| of.credential) != Some(shown) {
        let detail = "This right to enter is not good any more: the ticket was made void, given away or exchanged.";
        return Err(Refusal::new(Code::TicketVoid, detail));
    }
    if item.credential == Credential::Suspended {
        return Err(Refusal::new(Code::TicketSuspended, "The ticket is suspended; the box office knows why."));
    }
    if let Some(before) = &item.checked_in {
        return Err(again(before));
    }
    takes_place(performance, at)?;
    let times = performance.times;
    // Where nothing was said of doors, they open at the start, and nobody is kept out until then.
    if times.doors_at < times.starts_at && at < times.doors_at {
        return Err(Refusal::new(Code::DoorsNotOpen, format!("The doors open at {}.", times.doors_at)));
    }
    Ok(item)
}

fn again(before: &CheckIn) -> Refusal {
    let at = before.gate.as_ref().map_or_else(String::new, |gate| format!(" at {gate}"));
    let detail = format!("Somebody entered with it at {}{at}.", before.at);
    let told = json!({ "checked_in_at": before.at, "gate": before.gate });
    Refusal::new(Code::AlreadyCheckedIn, detail).with_alternatives(told)
}

/// When and where somebody entered with the order's ticket of this number, if that may still be undone.
///
/// # Errors
/// `not_found`, `not_checked_in`, `check_in_final`, `performance_cancelled`: what its tickets get is decided by then.
pub fn may_be_undone(order: &Order, no: i16, performance: &Performance, now: Instant) -> Result<CheckIn, Refusal> {
    let Some(done) = order.item(no)?.checked_in.clone() else {
        return Err(Refusal::new(Code::NotCheckedIn, "Nobody has entered with the ticket."));
    };
    if now >= done.at.plus(UNDO_FOR) {
        let detail = format!("Somebody entered with it at {}; that could be undone for a day.", done.at);
        return Err(Refusal::new(Code::CheckInFinal, detail));
    }
    if performance.state == PerformanceState::Cancelled {
        let detail = "The performance does not take place; who had entered keeps a used ticket.";
        return Err(Refusal::new(Code::PerformanceCancelled, detail));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(gate: Option<&str>, at: Option<Instant>) -> Scan {
        let (performance, ticket, credential) = (PerformanceId::new(), TicketId::new(), CredentialId::new());
        Scan { performance, ticket, credential, gate: gate.map(str::to_owned), at }
    }

    #[test]
    fn a_scan_is_of_now_or_of_when_it_was_and_never_of_later() {
        let now = Instant::from_micros(1_000_000_000_000);
        let before = Instant::from_micros(999_000_000_000);
        assert_eq!(
            scan(Some("North"), None).check_in(now).unwrap(),
            CheckIn { at: now, gate: Some("North".to_owned()) }
        );
        assert_eq!(scan(None, Some(before)).check_in(now).unwrap().at, before);
        assert_eq!(
            scan(None, Some(now.plus(SKEW_MAX))).check_in(now).unwrap().at,
            now,
            "a clock that is a little fast"
        );
        let late = now.plus(SKEW_MAX + Duration::from_secs(1));
        let both = scan(Some(" "), Some(late)).check_in(now).unwrap_err();
        assert_eq!(both.errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), ["/gate", "/scanned_at"]);
        for wrong in ["a\nb", &"x".repeat(101)] {
            assert_eq!(scan(Some(wrong), None).check_in(now).unwrap_err().errors[0].pointer, "/gate", "{wrong}");
        }
    }
}
