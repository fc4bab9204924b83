//! What happens when buyers of a performance are told of something and may choose: all are told, they choose until a deadline, and for
//! who has not chosen a default is carried out. So do a rescheduling and a cancellation. Pure.

use std::time::Duration;

use foundation::Instant;
use serde::{Deserialize, Serialize};

use super::states;

states! {
    /// How far it is.
    ChoiceState {
        /// Buyers are being told.
        Telling = "telling" -> [Deciding, Done];
        /// They may choose, until the deadline.
        Deciding = "deciding" -> [Closing, Done];
        /// The deadline has passed; for who has not chosen, the default is carried out.
        Closing = "closing" -> [Done];
        /// Everyone has what they get. A cancellation closes once more for an order whose money a bank had, and let go.
        Done = "done" -> [Closing];
    }
}

/// How long buyers may choose unless it is said.
pub const TO_DECIDE: Duration = Duration::from_secs(14 * 86_400);
/// How long between two looks for orders that were being paid when the rest was told.
pub const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// Where it goes from a state after a look in which so many were told, and when it is looked at next.
#[must_use]
pub fn next(state: ChoiceState, told: usize, decide_by: Instant, now: Instant) -> (ChoiceState, Instant) {
    match state {
        _ if told > 0 => (state, now),
        ChoiceState::Telling | ChoiceState::Deciding if now < decide_by => {
            (ChoiceState::Deciding, now.plus(LOOK_AGAIN).min(decide_by))
        }
        ChoiceState::Telling => (ChoiceState::Deciding, now),
        ChoiceState::Deciding => (ChoiceState::Closing, now),
        ChoiceState::Closing | ChoiceState::Done => (state, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_when_nobody_is_left_to_tell_and_closes_at_the_deadline() {
        let (now, later) = (Instant::from_micros(0), Instant::from_micros(1));
        assert_eq!(next(ChoiceState::Telling, 1, now, now), (ChoiceState::Telling, now));
        assert_eq!(next(ChoiceState::Telling, 0, later, now), (ChoiceState::Deciding, later));
        let far = now.plus(LOOK_AGAIN * 2);
        assert_eq!(next(ChoiceState::Deciding, 0, far, now), (ChoiceState::Deciding, now.plus(LOOK_AGAIN)));
        assert_eq!(next(ChoiceState::Telling, 0, now, now), (ChoiceState::Deciding, now));
        assert_eq!(next(ChoiceState::Deciding, 0, now, now), (ChoiceState::Closing, now));
    }
}
