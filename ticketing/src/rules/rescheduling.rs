//! A performance that moves to another time: how it goes on from there, and until when its buyers may choose. Pure.

use foundation::{
    Instant, Money,
    id::{OrderId, PerformanceId, RefundId, ReschedulingId},
    refusal::FieldErrors,
};
use serde::{Deserialize, Serialize};

use super::{
    as_text,
    choice::{ChoiceState, TO_DECIDE},
    times::Times,
};

/// What becomes of an order's tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They are good for the new time.
    Keep,
    /// They are given back for their money.
    Refund,
}

as_text! {
    Decision { Keep = "keep", Refund = "refund" }
}

/// The deadline as given, or two weeks from now, or the new start if that is earlier. What is wrong with it is noted.
pub fn deadline(fields: &mut FieldErrors, given: Option<Instant>, starts_at: Instant, now: Instant) -> Instant {
    let decide_by = given.unwrap_or_else(|| now.plus(TO_DECIDE).min(starts_at));
    fields.check(decide_by > now, "/decide_by", "must be in the future");
    fields.check(decide_by <= starts_at, "/decide_by", "must not be after the new starts_at");
    decide_by
}

/// A performance's move to another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescheduling {
    /// Its id.
    pub id: ReschedulingId,
    /// Of this performance.
    pub performance: PerformanceId,
    /// How far it is.
    pub state: ChoiceState,
    /// When the performance would have started.
    pub starts_before: Instant,
    /// When it starts now.
    pub starts_at: Instant,
    /// Until when buyers may choose.
    pub decide_by: Instant,
    /// What becomes of the tickets of who does not.
    pub default: Decision,
    /// When it was done.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// Who and what a rescheduling is about, as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// The times before it.
    pub before: Times,
    /// The times after it.
    pub after: Times,
    /// Until when buyers may choose.
    pub decide_by: Instant,
    /// Paid orders with good tickets, whose buyers are told.
    pub orders: i64,
    /// Their tickets.
    pub tickets: i64,
    /// What goes back if all of them are given back, by each order's refund policy.
    pub refundable: Money,
    /// Unpaid orders, which end.
    pub unpaid_orders: i64,
    /// Holds, which end.
    pub holds: i64,
}

/// An order of a rescheduling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDecision {
    /// The order.
    pub order: OrderId,
    /// What was decided; none yet.
    pub decision: Option<Decision>,
    /// Whether that is because nothing was said by the deadline.
    pub by_default: bool,
    /// The refund, if there is one.
    pub refund: Option<RefundId>,
    /// Why the tickets could not be given back though that was decided.
    pub problem: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Instant>,
}

/// How many orders stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// Found so far: their buyers were told, or, where that failed, are tried again.
    pub told: i64,
    /// Not decided yet.
    pub open: i64,
    /// Of those, the ones that failed for no fault of their buyers and are tried again.
    pub retrying: i64,
    /// Kept for the new time.
    pub kept: i64,
    /// Given back, or to be.
    pub refunded: i64,
    /// Of those, the ones that could not be given back.
    pub problems: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    #[test]
    fn a_deadline_is_before_the_new_start_and_two_weeks_away_unless_said() {
        let now = at("2030-05-01T00:00:00Z");
        let check = |given: Option<&str>, starts: &str| {
            let mut fields = FieldErrors::default();
            let decide_by = deadline(&mut fields, given.map(at), at(starts), now);
            fields.done().map(|()| decide_by.to_string())
        };
        assert_eq!(check(None, "2030-07-01T00:00:00Z").unwrap(), "2030-05-15T00:00:00Z");
        assert_eq!(check(None, "2030-05-03T00:00:00Z").unwrap(), "2030-05-03T00:00:00Z");
        assert!(check(Some("2030-05-02T00:00:00Z"), "2030-05-03T00:00:00Z").is_ok());
        for wrong in ["2030-05-01T00:00:00Z", "2030-05-03T00:00:01Z"] {
            assert_eq!(check(Some(wrong), "2030-05-03T00:00:00Z").unwrap_err().errors[0].pointer, "/decide_by");
        }
    }
}
