//! The sale rounds of a performance as a list: which of them are open, and when the others open. Pure; which are sold out comes in as
//! known.

use foundation::Instant;

use super::SaleRound;

/// How it is with a list of rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// One of them is open, whoever it is for and whether or not it has anything left.
    Open,
    /// None is open, and the next one opens then.
    ToCome(Instant),
    /// None is open, and none is to come.
    Over,
}

/// The rounds that are open at this moment, in their order. One without an opening time opens with the performance's sale where it is
/// the first, else as soon as the one before it has closed or is sold out.
pub fn open<'a>(
    rounds: &'a [SaleRound],
    sold_out: impl Fn(&SaleRound) -> bool,
    now: Instant,
) -> impl Iterator<Item = &'a SaleRound> {
    let mut before_is_over = true;
    rounds.iter().filter(move |round| {
        let opened = round.opens_at.map_or(before_is_over, |opens| opens <= now);
        before_is_over = round.closed(now) || (opened && sold_out(round));
        opened && !round.closed(now)
    })
}

/// Each round with when it opens at the latest: a round before it that sells out lets it open earlier. None: with the performance's
/// sale, or nobody knows when.
pub fn openings(rounds: &[SaleRound]) -> impl Iterator<Item = (&SaleRound, Option<Instant>)> {
    let closings = std::iter::once(None).chain(rounds.iter().map(|round| round.closes_at));
    rounds.iter().zip(closings).map(|(round, before_closes)| (round, round.opens_at.or(before_closes)))
}

/// How it is with them at this moment.
#[must_use]
pub fn standing(rounds: &[SaleRound], sold_out: impl Fn(&SaleRound) -> bool, now: Instant) -> Standing {
    if open(rounds, sold_out, now).next().is_some() {
        return Standing::Open;
    }
    // Whatever opens at a time that nobody knows comes after one that is to come itself.
    let to_come = openings(rounds).filter(|(round, _)| !round.closed(now)).filter_map(|(_, opens)| opens);
    to_come.min().map_or(Standing::Over, Standing::ToCome)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use foundation::id::{PerformanceId, SaleRoundId};

    use super::{super::Access, *};

    fn at(seconds: u64) -> Instant {
        let epoch: Instant = serde_json::from_value("2030-01-01T00:00:00Z".into()).unwrap();
        epoch.plus(Duration::from_secs(seconds))
    }

    fn round((opens, closes): (Option<u64>, Option<u64>), capacity: Option<i32>) -> SaleRound {
        SaleRound {
            id: SaleRoundId::new(),
            performance: PerformanceId::new(),
            name: "r".to_owned(),
            opens_at: opens.map(at),
            closes_at: closes.map(at),
            capacity,
            access: Access::Anyone,
            tickets_per_code: 1,
            prices: Vec::new(),
            version: 1,
        }
    }

    #[test]
    fn a_round_that_follows_opens_when_the_one_before_closes_or_is_sold_out() {
        let rounds =
            [round((Some(10), Some(20)), Some(1)), round((None, None), Some(1)), round((None, Some(40)), None)];
        let all_sold = |these: &'static [usize]| {
            let ids: Vec<SaleRoundId> = these.iter().map(|n| rounds[*n].id).collect();
            move |round: &SaleRound| ids.contains(&round.id)
        };
        let which = |sold: &'static [usize], now| {
            let open = open(&rounds, all_sold(sold), at(now));
            open.filter_map(|open| rounds.iter().position(|round| round.id == open.id)).collect::<Vec<_>>()
        };
        assert_eq!(which(&[], 9), [0_usize; 0]);
        assert_eq!(which(&[0, 1], 9), [0_usize; 0], "what is not open yet is not sold out");
        assert_eq!(which(&[], 10), [0]);
        assert_eq!(which(&[0], 10), [0, 1]);
        assert_eq!(which(&[1], 10), [0]);
        assert_eq!(which(&[0, 1], 10), [0, 1, 2]);
        assert_eq!(which(&[], 20), [1]);
        assert_eq!(which(&[1], 39), [1, 2]);
        assert_eq!(which(&[1], 40), [1]);
        let known: Vec<_> = openings(&rounds).map(|(_, opens)| opens).collect();
        assert_eq!(known, [Some(at(10)), Some(at(20)), None]);
    }

    #[test]
    fn the_next_opening_is_known_whenever_none_is_open_and_one_is_to_come() {
        let followed = [round((Some(10), Some(20)), None), round((None, Some(30)), None)];
        let apart = [round((Some(30), Some(40)), None), round((Some(10), Some(20)), None)];
        let at_once = [round((None, Some(20)), None)];
        for (rounds, now, is) in [
            (&followed[..], 9, Standing::ToCome(at(10))),
            (&followed[..], 10, Standing::Open),
            (&followed[..], 29, Standing::Open),
            (&followed[..], 30, Standing::Over),
            (&apart[..], 9, Standing::ToCome(at(10))),
            (&apart[..], 20, Standing::ToCome(at(30))),
            (&apart[..], 40, Standing::Over),
            (&at_once[..], 0, Standing::Open),
            (&at_once[..], 20, Standing::Over),
            (&[][..], 0, Standing::Over),
        ] {
            assert_eq!(standing(rounds, |_| false, at(now)), is, "{now}");
        }
        let sold_out = [round((Some(10), None), Some(1)), round((None, None), None)];
        assert_eq!(standing(&sold_out, |_| true, at(9)), Standing::ToCome(at(10)));
        assert_eq!(standing(&sold_out, |_| true, at(10)), Standing::Open);
    }
}
