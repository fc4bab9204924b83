//! The sale rounds of a performance as a list: which of them are open, when the others open, and whether each can. Pure; which are
//! sold out comes in as known.

use foundation::{Instant, Refusal, refusal::FieldErrors};

use super::{ROUNDS_MAX, SaleRound};
use crate::rules::{offer::Offer, times::Times};

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
pub fn open(
    rounds: &[SaleRound],
    sold_out: impl Fn(&SaleRound) -> bool,
    now: Instant,
) -> impl Iterator<Item = &SaleRound> {
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

/// Checks the rounds of a performance with a new one at their end or a changed one among them: that one itself, and what becomes of
/// those that follow it. What was wrong with the list as it was `before` is not held against the change.
///
/// # Errors
/// `invalid_field` naming all that are wrong, `currency_mismatch`.
pub fn check(
    rounds: &[SaleRound],
    before: &[SaleRound],
    (offers, sale): (&[Offer], &Times),
    now: Instant,
) -> Result<(), Refusal> {
    let mut fields = FieldErrors::default();
    let most = format!("is one of {ROUNDS_MAX} sale rounds already; that is the most");
    fields.check(rounds.len() <= ROUNDS_MAX, "/name", most);
    let mut changed = None;
    for (i, round) in rounds.iter().enumerate() {
        let was = before.get(i);
        let is_changed = was != Some(round);
        if is_changed {
            round.check(&mut fields, offers);
            // One that was made already may be ended at once.
            let over = was.is_none() && round.closed(now);
            fields.check(!over, "/closes_at", "must be in the future, or nothing can ever be sold in it");
            changed = Some((round, was));
        }
        let Some(found) = slip(&rounds[..=i], sale) else { continue };
        if was.is_some() && slip(&before[..=i], sale) == Some(found) {
            continue;
        }
        match changed {
            Some((changed, Some(was))) if !is_changed => {
                let detail = format!("would keep `{}`, which follows, from ever opening", round.name);
                fields.check(false, changed_at(changed, was), detail);
            }
            _ => found.note(&mut fields, &rounds[..=i], sale),
        }
    }
    fields.done()
}

/// What of a round keeps one that follows it from opening: its own opening where it may be sold out, else its end.
fn changed_at(changed: &SaleRound, was: &SaleRound) -> &'static str {
    match (changed.capacity.is_some(), changed.closes_at == was.closes_at) {
        (true, _) => "/opens_at",
        (false, true) => "/capacity",
        (false, false) => "/closes_at",
    }
}

/// Why a round could never sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slip {
    /// It follows one without an end and without a capacity.
    FollowsEndless,
    /// It cannot open before the performance's sale has closed.
    AfterSale,
    /// It closes before the performance's sale opens.
    BeforeSale,
    /// It closes before the round before lets it open.
    ClosesFirst,
}

/// What is wrong with when the last of these rounds sells.
fn slip(rounds: &[SaleRound], sale: &Times) -> Option<Slip> {
    let (round, earlier) = rounds.split_last()?;
    let follows = if round.opens_at.is_none() { earlier.last() } else { None };
    if follows.is_some_and(|before| before.capacity.is_none() && before.closes_at.is_none()) {
        return Some(Slip::FollowsEndless);
    }
    let opens = earliest(rounds);
    if opens.is_some_and(|opens| opens >= sale.off_sale_at) {
        return Some(Slip::AfterSale);
    }
    if round.closed(sale.on_sale_at) {
        return Some(Slip::BeforeSale);
    }
    // Where it says itself when it opens, its own window is at fault.
    let first = follows.is_some() && opens.is_some_and(|opens| round.closed(opens));
    first.then_some(Slip::ClosesFirst)
}

/// When the last of these rounds opens at the earliest; none: with the performance's sale.
fn earliest(rounds: &[SaleRound]) -> Option<Instant> {
    let (round, earlier) = rounds.split_last()?;
    match (round.opens_at, earlier.last()) {
        (None, Some(before)) if before.capacity.is_none() => before.closes_at,
        // One with a capacity may be sold out as soon as it has opened.
        (None, Some(_)) => earliest(earlier),
        (opens_at, _) => opens_at,
    }
}

impl Slip {
    /// Notes it of the last of these rounds, which was itself made or changed.
    fn note(self, fields: &mut FieldErrors, rounds: &[SaleRound], sale: &Times) {
        let (at, detail) = match (self, earliest(rounds)) {
            (Self::AfterSale, _) => {
                ("/opens_at", format!("must let it open before the performance's sale closes, at {}", sale.off_sale_at))
            }
            (Self::BeforeSale, _) => {
                ("/closes_at", format!("must be after the performance's sale opens, at {}", sale.on_sale_at))
            }
            (Self::ClosesFirst, Some(opens)) => {
                ("/closes_at", format!("must be after {opens}, when the round before lets it open at the earliest"))
            }
            (Self::FollowsEndless | Self::ClosesFirst, _) => {
                let detail = "is needed: the round before has no end and no capacity, so nothing would follow it";
                ("/opens_at", detail.to_owned())
            }
        };
        fields.check(false, at, detail);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use foundation::{
        Money,
        id::{OfferId, PerformanceId, PriceTierId, SaleRoundId},
    };

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

    fn eur(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), "EUR".parse().unwrap()).unwrap()
    }

    /// The pointers of what is wrong with these rounds, that were those before, of a performance on sale from 10 to 100, at 20.
    fn slips(rounds: &[SaleRound], before: &[SaleRound]) -> Vec<String> {
        let sale =
            Times { doors_at: at(100), starts_at: at(100), ends_at: at(200), on_sale_at: at(10), off_sale_at: at(100) };
        let offer = Offer {
            id: OfferId::new(),
            price_tier_id: PriceTierId::new(),
            price_tier: "one".to_owned(),
            ticket_type: "adult".to_owned(),
            price: eur("9.00"),
            tax_rate: None,
            version: 1,
        };
        let priced = |rounds: &[SaleRound]| -> Vec<SaleRound> {
            let price = |round: &SaleRound| SaleRound { prices: vec![(offer.id, offer.price)], ..round.clone() };
            rounds.iter().map(price).collect()
        };
        let offers = std::slice::from_ref(&offer);
        let checked = check(&priced(rounds), &priced(before), (offers, &sale), at(20));
        checked.err().into_iter().flat_map(|refusal| refusal.errors).map(|error| error.pointer).collect()
    }

    #[test]
    fn each_slip_of_a_new_round_is_named_by_its_field() {
        let limited = round((Some(30), None), Some(5));
        let timed = round((Some(30), Some(50)), None);
        let endless = round((Some(30), None), None);
        let sound: [&str; 0] = [];
        for (before, window, wrong) in [
            (None, (None, None), &sound[..]),
            (None, (Some(5), Some(30)), &sound[..]),
            (None, (Some(99), None), &sound[..]),
            (None, (Some(50), Some(150)), &sound[..]),
            (None, (Some(50), Some(50)), &["/closes_at"][..]),
            (None, (Some(50), Some(40)), &["/closes_at"][..]),
            (None, (None, Some(20)), &["/closes_at"][..]),
            (None, (Some(15), Some(19)), &["/closes_at"][..]),
            (None, (None, Some(10)), &["/closes_at", "/closes_at"][..]),
            (None, (Some(100), None), &["/opens_at"][..]),
            (Some(&limited), (None, None), &sound[..]),
            (Some(&limited), (None, Some(31)), &sound[..]),
            (Some(&limited), (None, Some(30)), &["/closes_at"][..]),
            (Some(&timed), (None, Some(51)), &sound[..]),
            (Some(&timed), (None, Some(50)), &["/closes_at"][..]),
            (Some(&timed), (Some(40), Some(45)), &sound[..]),
            (Some(&endless), (Some(40), None), &sound[..]),
            (Some(&endless), (None, Some(60)), &["/opens_at"][..]),
        ] {
            let before: Vec<SaleRound> = before.into_iter().cloned().collect();
            let after: Vec<SaleRound> = before.iter().cloned().chain([round(window, None)]).collect();
            assert_eq!(slips(&after, &before), wrong, "{window:?} after {before:?}");
        }
        let many: Vec<SaleRound> = (0..=ROUNDS_MAX).map(|_| round((Some(30), Some(40)), None)).collect();
        assert_eq!(slips(&many, &many[1..]).first().map(String::as_str), Some("/name"));
    }

    #[test]
    fn a_change_that_keeps_a_round_that_follows_from_opening_is_named_by_its_field() {
        let rounds =
            [round((Some(30), Some(50)), Some(5)), round((None, Some(60)), Some(5)), round((None, None), None)];
        let with = |n: usize, change: &dyn Fn(&mut SaleRound)| {
            let mut after = rounds.to_vec();
            change(&mut after[n]);
            slips(&after, &rounds)
        };
        let sound: [&str; 0] = [];
        assert_eq!(with(0, &|round| round.closes_at = Some(at(70))), sound, "it may be sold out before");
        assert_eq!(with(0, &|round| (round.capacity, round.closes_at) = (None, Some(at(60)))), ["/closes_at"]);
        assert_eq!(with(0, &|round| (round.opens_at, round.closes_at) = (Some(at(60)), None)), ["/opens_at"]);
        assert_eq!(with(0, &|round| (round.capacity, round.closes_at) = (None, None)), ["/closes_at"]);
        assert_eq!(with(1, &|round| round.capacity = None), sound);
        assert_eq!(with(1, &|round| (round.capacity, round.closes_at) = (None, None)), ["/closes_at"]);
        assert_eq!(with(1, &|round| round.closes_at = Some(at(30))), ["/closes_at"]);
        assert_eq!(with(1, &|round| round.closes_at = Some(at(10))), ["/closes_at"]);
        assert_eq!(with(0, &|round| round.closes_at = Some(at(19))), ["/closes_at"], "its own window");
        let endless = [round((None, None), Some(5)), round((None, None), None)];
        let unlimited = [SaleRound { capacity: None, ..endless[0].clone() }, endless[1].clone()];
        assert_eq!(slips(&unlimited, &endless), ["/capacity"]);
        // What was wrong already, as after a change of the performance's times, is no fault of another change.
        let renamed = [unlimited[0].clone(), SaleRound { name: "n".to_owned(), ..unlimited[1].clone() }];
        assert_eq!(slips(&renamed, &unlimited), sound);
        // To end one at once is no slip.
        let open = [round((None, Some(50)), None)];
        assert_eq!(slips(&[SaleRound { closes_at: Some(at(20)), ..open[0].clone() }], &open), sound);
    }
}
