//! How many deliveries to one endpoint may be under way at once. Pure.
//!
//! An endpoint earns its places: it begins with one, gets one more with each delivery that it takes, up to the most, and is back
//! at one when it fails. So one that hangs holds one place, and one that comes back is not met by everything at once.

/// The places of one endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    now: usize,
    most: usize,
}

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self { now: 1, most: most.max(1) }
    }

    /// Places at this moment; an ordered endpoint never has more than one.
    pub(crate) fn now(self, ordered: bool) -> usize {
        if ordered { 1 } else { self.now }
    }

    pub(crate) fn taken(&mut self) {
        self.now = (self.now + 1).min(self.most);
    }

    pub(crate) fn failed(&mut self) {
        self.now = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_earned_one_by_one_and_lost_at_once() {
        let mut places = Places::new(3);
        let mut seen = vec![places.now(false)];
        for _ in 0..3 {
            places.taken();
            seen.push(places.now(false));
        }
        assert_eq!(seen, [1, 2, 3, 3]);
        assert_eq!(places.now(true), 1);
        places.failed();
        assert_eq!(places.now(false), 1);
        assert_eq!(Places::new(0).now(false), 1, "nobody is left without any");
    }
}
