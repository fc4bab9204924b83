//! A performance that does not take place: what its buyers are offered, until when they may choose, and what each of them got. Pure.

use std::time::Duration;

use foundation::{
    Instant, Money, Refusal,
    id::{CancellationId, OrderId, PerformanceId, RefundId, TicketId},
    refusal::FieldErrors,
};
use serde::{Deserialize, Serialize};

use super::{
    as_text,
    choice::{ChoiceState, TO_DECIDE},
};

/// What a buyer gets for tickets of a performance that does not take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// All that was paid for them, with every fee.
    Refund,
    /// Equal tickets of another performance of the show.
    Replacement,
    /// All that was paid for them, with every fee, as credit with the reseller.
    Credit,
}

as_text! {
    Remedy { Refund = "refund", Replacement = "replacement", Credit = "credit" }
}

/// What the reseller wants to offer.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One remedy, or several for the buyer to choose from.
    pub offered: Vec<Remedy>,
    /// The performance whose tickets are the replacement.
    pub replacement: Option<PerformanceId>,
    /// What who does not choose gets; needed where there is something to choose.
    pub default: Option<Remedy>,
    /// Until when buyers may choose; two weeks, or until the replacement starts, unless said.
    pub decide_by: Option<Instant>,
}

impl Plan {
    /// Checks it. Gives what who does not choose gets, and until when there is something to choose. `starts_at` is when the
    /// replacement does.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self, starts_at: Option<Instant>, now: Instant) -> Result<(Remedy, Instant), Refusal> {
        let mut fields = FieldErrors::default();
        let offered = |remedy| self.offered.contains(&remedy);
        fields.check(!self.offered.is_empty(), "/offered", "must name at least one remedy");
        let twice = self.offered.iter().enumerate().any(|(i, remedy)| self.offered[..i].contains(remedy));
        fields.check(!twice, "/offered", "names a remedy twice");
        let wants = offered(Remedy::Replacement);
        let at = "/replacement_performance_id";
        fields.check(!wants || self.replacement.is_some(), at, "is needed where a replacement is offered");
        fields.check(wants || self.replacement.is_none(), at, "is of use only where a replacement is offered");
        let choice = self.offered.len() > 1;
        fields.check(!choice || self.default.is_some(), "/default", "is needed where there is something to choose");
        fields.check(self.default.is_none_or(offered), "/default", "is not offered");
        fields.check(
            choice || self.decide_by.is_none(),
            "/decide_by",
            "is of use only where there is something to choose",
        );
        let last = starts_at.unwrap_or(Instant::NEVER);
        let decide_by = self.decide_by.unwrap_or_else(|| now.plus(TO_DECIDE).min(last));
        if choice {
            fields.check(decide_by > now, "/decide_by", "must be in the future");
            fields.check(decide_by <= last, "/decide_by", "must not be after the replacement starts");
        }
        fields.done()?;
        let default = self.default.or(self.offered.first().copied()).unwrap_or(Remedy::Refund);
        Ok((default, if choice { decide_by } else { now }))
    }
}

/// The cancellation of a performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// Its id.
    pub id: CancellationId,
    /// Of this performance.
    pub performance: PerformanceId,
    /// How far it is.
    pub state: ChoiceState,
    /// What buyers may choose from.
    pub offered: Vec<Remedy>,
    /// What who does not choose gets.
    pub default: Remedy,
    /// The performance whose tickets are the replacement.
    pub replacement: Option<PerformanceId>,
    /// Until when buyers may choose; when it was made, where there is nothing to choose.
    pub decide_by: Instant,
    /// When it was made.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl Cancellation {
    /// As it is once its replacement does not take place either: who has not chosen chooses from what else is offered, and gets the
    /// default, which is the first of that, or the money, where it was the replacement. One remedy is nothing to wait for.
    #[must_use]
    pub fn without_replacement(mut self) -> Self {
        self.offered = self.open_to(false);
        self.default = self.default_for(false);
        if self.offered.len() == 1 {
            self.decide_by = self.decide_by.min(self.created_at);
        }
        self
    }

    /// What the buyer of an order may choose from, for whom equal tickets are kept or not; one remedy where there is nothing to choose.
    #[must_use]
    pub fn open_to(&self, kept: bool) -> Vec<Remedy> {
        let open = self.offered.iter().copied().filter(|remedy| kept || *remedy != Remedy::Replacement);
        let open: Vec<Remedy> = open.collect();
        // Who finds no equal tickets left, and is offered nothing else, gets the money.
        if open.is_empty() { vec![Remedy::Refund] } else { open }
    }

    /// What that buyer gets without choosing.
    #[must_use]
    pub fn default_for(&self, kept: bool) -> Remedy {
        let open = self.open_to(kept);
        if open.contains(&self.default) { self.default } else { open.first().copied().unwrap_or(Remedy::Refund) }
    }
}

/// How long a tier that was gone through to its end is not gone through anew for what was given back.
const ANEW: Duration = Duration::from_secs(60);

/// How far the tickets of a tier of the replacement have been gone through for equal ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The ordinal that it goes on after.
    pub after: i32,
    /// When it may begin anew, once it has been at the end.
    pub anew_at: Option<Instant>,
}

impl Default for Drawn {
    fn default() -> Self {
        Self { after: i32::MIN, anew_at: None }
    }
}

impl Drawn {
    /// Goes on after the last ticket found, or to the end if fewer were found than wanted. Gives whether that is all for now; else it has
    /// begun anew.
    pub fn goes_on(&mut self, last: Option<i32>, at_the_end: bool, now: Instant) -> bool {
        if !at_the_end {
            self.after = last.unwrap_or(self.after);
            return true;
        }
        let from_the_start = self.after == i32::MIN;
        let all = from_the_start || self.anew_at.is_some_and(|at| now < at);
        self.after = if all { i32::MAX } else { i32::MIN };
        if from_the_start {
            self.anew_at = Some(now.plus(ANEW));
        }
        all
    }
}

/// Who and what a cancellation is about, as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// Paid orders with good tickets, whose buyers are told.
    pub orders: i64,
    /// Their tickets.
    pub tickets: i64,
    /// What goes back if all of them are given back, with all fees.
    pub refundable: Money,
    /// Orders of which nothing can be given back now, because their payment is disputed: a person looks at them.
    pub disputed_orders: i64,
    /// Tickets with which somebody has entered, which stay as they are.
    pub used_tickets: i64,
    /// Unpaid orders, which end.
    pub unpaid_orders: i64,
    /// Holds, which end.
    pub holds: i64,
    /// How many of the tickets have an equal one that is free in the replacement; none where that is not offered.
    pub replaceable: Option<i64>,
    /// What who does not choose gets.
    pub default: Remedy,
    /// Until when buyers may choose.
    pub decide_by: Instant,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRemedy {
    /// The order.
    pub order: OrderId,
    /// What was decided for it; with a `problem`, in vain. None yet.
    pub decision: Option<Remedy>,
    /// Whether that is because nothing was said by the deadline, or there was nothing to choose.
    pub by_default: bool,
    /// The refund, of money or as credit, if there is one: tickets that were free have none.
    pub refund: Option<RefundId>,
    /// Why it did not get that though it was decided, or why it is tried again.
    pub problem: Option<String>,
    /// The tickets that are kept for it as a replacement until it is decided, by the item that each is for.
    pub kept: Vec<(i16, TicketId)>,
    /// When it was decided.
    pub decided_at: Option<Instant>,
}

impl OrderRemedy {
    /// What it has got: what was tried in vain is nothing of that.
    #[must_use]
    pub fn got(&self) -> Option<Remedy> {
        self.decision.filter(|_| self.problem.is_none())
    }
}

/// How many orders stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// Found so far: their buyers were told, or, where that failed, are tried again.
    pub told: i64,
    /// Without an outcome yet.
    pub open: i64,
    /// Of those, the ones that failed for no fault of their buyers and are tried again.
    pub retrying: i64,
    /// Given back, or to be; or void, where there was nothing to give back.
    pub refunded: i64,
    /// With tickets of the replacement.
    pub replaced: i64,
    /// With credit for what was paid.
    pub credited: i64,
    /// That could not get what was decided: a person sees to them. They are none of the others.
    pub problems: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_equal_tickets_left_gets_what_else_is_offered_or_the_money() {
        use Remedy::{Credit, Refund, Replacement};
        let of = |offered: &[Remedy], default| Cancellation {
            id: CancellationId::new(),
            performance: PerformanceId::new(),
            state: ChoiceState::Telling,
            offered: offered.to_vec(),
            default,
            replacement: None,
            decide_by: Instant::from_micros(0),
            created_at: Instant::from_micros(0),
            version: 1,
        };
        for (offered, default, kept, open, gets) in [
            (&[Refund, Replacement, Credit][..], Replacement, true, &[Refund, Replacement, Credit][..], Replacement),
            (&[Refund, Replacement, Credit], Replacement, false, &[Refund, Credit], Refund),
            (&[Credit, Replacement], Replacement, false, &[Credit], Credit),
            (&[Refund, Credit], Credit, false, &[Refund, Credit], Credit),
            (&[Replacement], Replacement, false, &[Refund], Refund),
        ] {
            let of = of(offered, default);
            assert_eq!((of.open_to(kept).as_slice(), of.default_for(kept)), (open, gets), "{offered:?} {kept}");
        }
        let (made, later) = (Instant::from_micros(0), Instant::from_micros(1));
        for (offered, default, open, gets, decide_by) in [
            (&[Refund, Replacement, Credit][..], Replacement, &[Refund, Credit][..], Refund, later),
            (&[Credit, Replacement, Refund], Refund, &[Credit, Refund], Refund, later),
            (&[Credit, Replacement], Replacement, &[Credit], Credit, made),
            (&[Replacement], Replacement, &[Refund], Refund, made),
        ] {
            let left = Cancellation { decide_by: later, ..of(offered, default) }.without_replacement();
            assert_eq!((left.offered.as_slice(), left.default, left.decide_by), (open, gets, decide_by), "{offered:?}");
        }
    }

    #[test]
    fn what_is_taken_is_gone_through_once_and_from_the_start_again_after_a_while() {
        let now = Instant::from_micros(0);
        let mut drawn = Drawn::default();
        assert!(drawn.goes_on(Some(4), false, now));
        assert_eq!(drawn.after, 4);
        assert!(!drawn.goes_on(Some(9), true, now), "what was given back before it is looked for at the end");
        assert_eq!(drawn.after, i32::MIN);
        assert!(drawn.goes_on(None, true, now));
        assert!(drawn.goes_on(None, true, now), "and no second time");
        assert_eq!(drawn.after, i32::MAX);
        assert!(!drawn.goes_on(None, true, now.plus(ANEW)));
        assert_eq!(drawn.after, i32::MIN);
        assert!(drawn.goes_on(Some(2), false, now.plus(ANEW)));
        assert_eq!(drawn.after, 2);
    }

    #[test]
    fn a_plan_says_what_is_offered_and_what_who_is_silent_gets() {
        let (now, starts_at) = (Instant::from_micros(0), Instant::from_micros(0).plus(TO_DECIDE * 2));
        let refund = Plan { offered: vec![Remedy::Refund], replacement: None, default: None, decide_by: None };
        assert_eq!(refund.check(None, now).unwrap(), (Remedy::Refund, now), "nothing to choose, nothing to wait for");
        let both = Plan {
            offered: vec![Remedy::Refund, Remedy::Replacement],
            replacement: Some(PerformanceId::new()),
            default: Some(Remedy::Replacement),
            decide_by: None,
        };
        assert_eq!(both.check(Some(starts_at), now).unwrap(), (Remedy::Replacement, now.plus(TO_DECIDE)));
        let soon = now.plus(std::time::Duration::from_secs(1));
        assert_eq!(both.check(Some(soon), now).unwrap().1, soon);
        for (wrong, at) in [
            (Plan { offered: vec![], ..refund.clone() }, "/offered"),
            (Plan { offered: vec![Remedy::Refund; 2], default: Some(Remedy::Refund), ..refund.clone() }, "/offered"),
            (Plan { replacement: None, ..both.clone() }, "/replacement_performance_id"),
            (Plan { replacement: both.replacement, ..refund.clone() }, "/replacement_performance_id"),
            (Plan { default: None, ..both.clone() }, "/default"),
            (Plan { default: Some(Remedy::Replacement), ..refund.clone() }, "/default"),
            (Plan { decide_by: Some(starts_at), ..refund }, "/decide_by"),
            (Plan { decide_by: Some(now), ..both.clone() }, "/decide_by"),
            (Plan { decide_by: Some(starts_at.plus(TO_DECIDE)), ..both }, "/decide_by"),
        ] {
            assert_eq!(wrong.check(Some(starts_at), now).unwrap_err().errors[0].pointer, at, "{wrong:?}");
        }
    }
}
