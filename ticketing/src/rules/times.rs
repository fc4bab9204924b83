//! When a performance is and when it is sold. Pure: the caller brings the time and the venue's zone.

use foundation::{Instant, local_time::When, refusal::FieldErrors};

/// When a performance is and when it is sold, with nothing left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Doors open.
    pub doors_at: Instant,
    /// Start.
    pub starts_at: Instant,
    /// End.
    pub ends_at: Instant,
    /// Sales open.
    pub on_sale_at: Instant,
    /// Sales close.
    pub off_sale_at: Instant,
}

/// Times as a request gives them; what it does not say is left open.
#[derive(Debug, Clone, Copy, Default)]
pub struct GivenTimes {
    /// Doors open.
    pub doors_at: Option<When>,
    /// Start.
    pub starts_at: Option<When>,
    /// End.
    pub ends_at: Option<When>,
    /// Sales open.
    pub on_sale_at: Option<When>,
    /// Sales close.
    pub off_sale_at: Option<When>,
}

/// The same as instants.
struct Read {
    doors_at: Option<Instant>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    on_sale_at: Option<Instant>,
    off_sale_at: Option<Instant>,
}

impl GivenTimes {
    /// Reads them in a zone; none if one of them is no instant there, which is then noted.
    fn read(&self, fields: &mut FieldErrors, at: &str, zone: &str) -> Option<Read> {
        let mut whole = true;
        let mut read = |name: &str, given: Option<When>| match given.map(|when| when.in_zone(zone)) {
            None => None,
            Some(Ok(instant)) => Some(instant),
            Some(Err(why)) => {
                fields.note(why.code(), format!("{at}/{name}"), why.to_string());
                whole = false;
                None
            }
        };
        let read = Read {
            doors_at: read("doors_at", self.doors_at),
            starts_at: read("starts_at", self.starts_at),
            ends_at: read("ends_at", self.ends_at),
            on_sale_at: read("on_sale_at", self.on_sale_at),
            off_sale_at: read("off_sale_at", self.off_sale_at),
        };
        whole.then_some(read)
    }

    /// The times of a new performance: doors open at the start, sales at once and until the start, unless said. What is wrong
    /// with them is noted, and then there are none.
    pub fn of_new(&self, fields: &mut FieldErrors, at: &str, zone: &str, now: Instant) -> Option<Times> {
        let read = self.read(fields, at, zone)?;
        let (Some(starts_at), Some(ends_at)) = (read.starts_at, read.ends_at) else {
            fields.check(read.starts_at.is_some(), format!("{at}/starts_at"), "is missing");
            fields.check(read.ends_at.is_some(), format!("{at}/ends_at"), "is missing");
            return None;
        };
        let times = Times {
            doors_at: read.doors_at.unwrap_or(starts_at),
            starts_at,
            ends_at,
            on_sale_at: read.on_sale_at.unwrap_or(now),
            off_sale_at: read.off_sale_at.unwrap_or(starts_at),
        };
        let past = |time: Instant| time <= now;
        fields.check(!past(times.starts_at), format!("{at}/starts_at"), "must be in the future");
        let doors = read.doors_at.is_some_and(past);
        fields.check(!doors, format!("{at}/doors_at"), "must be in the future");
        let closed = read.off_sale_at.is_some_and(past);
        fields.check(!closed, format!("{at}/off_sale_at"), "must be in the future, or nothing can ever be sold");
        times.check_order(fields, at, read.off_sale_at.is_none());
        Some(times)
    }

    /// The times of another date like a performance: as long, doors and the end of sales as far from the start, on sale at once,
    /// unless said. What is wrong with them is noted, and then there are none.
    pub fn another_date(
        &self,
        like: Times,
        fields: &mut FieldErrors,
        at: &str,
        zone: &str,
        now: Instant,
    ) -> Option<Times> {
        let read = self.read(fields, at, zone)?;
        let Some(starts_at) = read.starts_at else {
            fields.check(false, format!("{at}/starts_at"), "is missing");
            return None;
        };
        let later = starts_at.as_micros().saturating_sub(like.starts_at.as_micros());
        let moved = |time: Instant| Instant::from_micros(time.as_micros().saturating_add(later));
        let times = Times {
            doors_at: read.doors_at.unwrap_or_else(|| moved(like.doors_at)),
            starts_at,
            ends_at: read.ends_at.unwrap_or_else(|| moved(like.ends_at)),
            on_sale_at: read.on_sale_at.unwrap_or(now),
            off_sale_at: read.off_sale_at.unwrap_or_else(|| moved(like.off_sale_at)),
        };
        fields.check(times.starts_at > now, format!("{at}/starts_at"), "must be in the future");
        fields.check(
            times.off_sale_at > now,
            format!("{at}/off_sale_at"),
            "must be in the future, or nothing can ever be sold",
        );
        times.check_order(fields, at, false);
        Some(times)
    }

    /// The times of a performance that moves: what is not said stays as far from the start as it was, but for the opening of
    /// sales, which has been or will be when it was. What is wrong with them is noted, and then there are none.
    pub fn rescheduled(
        &self,
        before: Times,
        fields: &mut FieldErrors,
        at: &str,
        zone: &str,
        now: Instant,
    ) -> Option<Times> {
        let opened = before.on_sale_at;
        let times = Self { on_sale_at: self.on_sale_at.or(Some(opened.into())), ..*self };
        let times = Self { starts_at: times.starts_at.or(Some(before.starts_at.into())), ..times };
        times.another_date(before, fields, at, zone, now)
    }

    /// These times in the place of others; what is not said stays. What is wrong with them is noted, and then there are none.
    pub fn over(&self, before: Times, fields: &mut FieldErrors, at: &str, zone: &str, now: Instant) -> Option<Times> {
        let read = self.read(fields, at, zone)?;
        let times = Times {
            doors_at: read.doors_at.unwrap_or(before.doors_at),
            starts_at: read.starts_at.unwrap_or(before.starts_at),
            ends_at: read.ends_at.unwrap_or(before.ends_at),
            on_sale_at: read.on_sale_at.unwrap_or(before.on_sale_at),
            off_sale_at: read.off_sale_at.unwrap_or(before.off_sale_at),
        };
        // Only what changes is held against the clock: a performance that runs may still be paused.
        let past = |to: Instant, from: Instant| to != from && to <= now;
        for (name, to, from) in [
            ("doors_at", times.doors_at, before.doors_at),
            ("starts_at", times.starts_at, before.starts_at),
            ("ends_at", times.ends_at, before.ends_at),
        ] {
            fields.check(!past(to, from), format!("{at}/{name}"), "must be in the future");
        }
        let closed = past(times.off_sale_at, before.off_sale_at);
        fields.check(
            !closed,
            format!("{at}/off_sale_at"),
            "must be in the future; to end sales now, close them by `state`",
        );
        times.check_order(fields, at, false);
        Some(times)
    }
}

impl Times {
    /// Whether the performance itself is at another time.
    #[must_use]
    pub fn moved_from(&self, before: &Self) -> bool {
        (self.doors_at, self.starts_at, self.ends_at) != (before.doors_at, before.starts_at, before.ends_at)
    }

    /// Notes what is in the wrong order. Where the end of sales was not said it is the start, and the opening is at fault.
    fn check_order(&self, fields: &mut FieldErrors, at: &str, closes_at_start: bool) {
        fields.check(self.ends_at > self.starts_at, format!("{at}/ends_at"), "must be after starts_at");
        fields.check(self.doors_at <= self.starts_at, format!("{at}/doors_at"), "must not be after starts_at");
        let window = self.off_sale_at > self.on_sale_at;
        if closes_at_start {
            let detail = "must be before sales close, which is at starts_at unless off_sale_at says when";
            fields.check(window, format!("{at}/on_sale_at"), detail);
        } else {
            fields.check(window, format!("{at}/off_sale_at"), "must be after on_sale_at");
        }
        fields.check(self.off_sale_at <= self.ends_at, format!("{at}/off_sale_at"), "must not be after ends_at");
    }
}

#[cfg(test)]
mod tests {
    use foundation::Refusal;

    use super::*;

    fn when(text: &str) -> When {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    fn at(text: &str) -> Instant {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    fn evening() -> GivenTimes {
        GivenTimes {
            starts_at: Some(when("2030-05-01T19:30:00")),
            ends_at: Some(when("2030-05-01T22:00:00")),
            ..GivenTimes::default()
        }
    }

    fn new(given: GivenTimes) -> Result<Times, Refusal> {
        let mut fields = FieldErrors::default();
        let times = given.of_new(&mut fields, "", "Europe/Amsterdam", at("2030-01-01T00:00:00Z"));
        fields.done().map(|()| times.unwrap())
    }

    #[track_caller]
    fn refused(given: GivenTimes, code: &str, pointer: &str) {
        let refusal = new(given).unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.errors[0].pointer.as_str()), (code, pointer), "{refusal}");
    }

    #[test]
    fn what_is_not_said_of_a_new_performance_is_filled_in() {
        let times = new(evening()).unwrap();
        assert_eq!(times.starts_at, at("2030-05-01T17:30:00Z"), "the venue's clock is two hours ahead in May");
        assert_eq!((times.doors_at, times.off_sale_at), (times.starts_at, times.starts_at));
        assert_eq!(times.on_sale_at, at("2030-01-01T00:00:00Z"));
    }

    #[test]
    fn each_slip_in_new_times_is_named_by_its_field() {
        let with = |change: fn(&mut GivenTimes)| {
            let mut given = evening();
            change(&mut given);
            given
        };
        refused(with(|t| t.starts_at = None), "invalid_field", "/starts_at");
        refused(with(|t| t.ends_at = None), "invalid_field", "/ends_at");
        refused(with(|t| t.starts_at = Some(when("2029-05-01T19:30:00"))), "invalid_field", "/starts_at");
        refused(with(|t| t.doors_at = Some(when("2029-05-01T19:30:00"))), "invalid_field", "/doors_at");
        refused(with(|t| t.doors_at = Some(when("2030-05-01T20:00:00"))), "invalid_field", "/doors_at");
        refused(with(|t| t.ends_at = t.starts_at), "invalid_field", "/ends_at");
        refused(with(|t| t.off_sale_at = Some(when("2029-12-31T00:00:00"))), "invalid_field", "/off_sale_at");
        refused(with(|t| t.off_sale_at = Some(when("2030-05-02T00:00:00"))), "invalid_field", "/off_sale_at");
        refused(with(|t| t.on_sale_at = Some(when("2030-05-01T21:00:00"))), "invalid_field", "/on_sale_at");
        let inverted = with(|t| {
            t.on_sale_at = Some(when("2030-03-02T00:00:00"));
            t.off_sale_at = Some(when("2030-03-01T00:00:00"));
        });
        refused(inverted, "invalid_field", "/off_sale_at");
        refused(with(|t| t.on_sale_at = Some(when("2030-03-31T02:30:00"))), "local_time_missing", "/on_sale_at");
        refused(with(|t| t.ends_at = Some(when("2030-10-27T02:30:00"))), "local_time_ambiguous", "/ends_at");
    }

    #[test]
    fn another_date_keeps_what_is_not_said_as_far_from_the_start() {
        let like = GivenTimes {
            doors_at: Some(when("2030-05-01T18:30:00")),
            off_sale_at: Some(when("2030-05-01T20:00:00")),
            ..evening()
        };
        let like = new(like).unwrap();
        let now = at("2030-01-02T00:00:00Z");
        let date = |given: GivenTimes| {
            let mut fields = FieldErrors::default();
            let times = given.another_date(like, &mut fields, "", "Europe/Amsterdam", now);
            fields.done().map(|()| times.unwrap())
        };
        let winter = GivenTimes { starts_at: Some(when("2030-12-01T19:30:00")), ..GivenTimes::default() };
        let times = date(winter).unwrap();
        assert_eq!(times.doors_at, at("2030-12-01T17:30:00Z"));
        assert_eq!((times.ends_at, times.off_sale_at), (at("2030-12-01T21:00:00Z"), at("2030-12-01T19:00:00Z")));
        assert_eq!(times.on_sale_at, now);
        assert_eq!(date(GivenTimes::default()).unwrap_err().errors[0].pointer, "/starts_at");
        let past = GivenTimes { starts_at: Some(when("2029-12-01T19:30:00")), ..GivenTimes::default() };
        assert_eq!(date(past).unwrap_err().errors[0].pointer, "/starts_at");
    }

    #[test]
    fn only_what_changes_is_held_against_the_clock() {
        let before = new(evening()).unwrap();
        let later = at("2030-05-01T18:00:00Z");
        let change = |given: GivenTimes| {
            let mut fields = FieldErrors::default();
            let times = given.over(before, &mut fields, "", "Europe/Amsterdam", later);
            fields.done().map(|()| times.unwrap())
        };
        assert_eq!(change(GivenTimes::default()).unwrap(), before);
        let longer = GivenTimes { ends_at: Some(when("2030-05-01T23:00:00")), ..GivenTimes::default() };
        assert!(change(longer).unwrap().moved_from(&before));
        let shut = GivenTimes { off_sale_at: Some(when("2030-05-01T19:00:00")), ..GivenTimes::default() };
        assert_eq!(change(shut).unwrap_err().errors[0].pointer, "/off_sale_at");
        let started = GivenTimes { starts_at: Some(when("2030-05-01T19:45:00")), ..GivenTimes::default() };
        assert_eq!(change(started).unwrap_err().errors[0].pointer, "/starts_at");
    }
}
