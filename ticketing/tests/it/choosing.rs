//! Seats that are chosen: by several processes at once, with places that are kept for who needs them, and with what could be had
//! instead.

use std::{collections::HashSet, time::Duration};

use foundation::{Code, Refusal, id::TicketId};
use serde_json::{Value, json};
use ticketing::{
    plans::Plans,
    rules::{
        choose::{Line, Party, Together},
        layout::{Plan, SeatAttribute},
        order::{Hold, Pick, Want},
        performance::{NewManifest, PerformanceState},
        seating::{SeatKind, SingleSeats},
        seating_note,
        tickets::{NewTickets, NewTicketsKind, Portion},
    },
    store::layouts,
    use_cases::{
        add_extra_date::add_extra_date,
        add_performance::add_performance,
        change_hold::get_hold,
        create_layout::{NewLayout, create_layout},
        publish_layout::{Publication, publish_layout},
        set_seating::{SeatingChanges, get_seating, set_seating},
        update_layout::{LayoutChanges, update_layout},
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    house::{House, Stage, at_once, code, eur, performance, places, seats, stage},
    lanes::refusal,
    process::Process,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn party(stage: &Stage, lines: &[(usize, SeatKind)]) -> Party {
    let line = |(quantity, kind): &(usize, SeatKind)| Line { offer: stage.offer, quantity: *quantity, kind: *kind };
    let lines = lines.iter().map(line).collect();
    Party { lines, section: None, together: Together::Required, restricted_view: true }
}

/// The best for so many.
fn best(stage: &Stage, quantity: usize) -> Want {
    Want { performance: stage.id, pick: Pick::Best(party(stage, &[(quantity, SeatKind::Ordinary)])) }
}

/// Which of the performance's tickets a hold has, in drawing order.
fn held(stage: &Stage, hold: &Hold) -> Vec<usize> {
    let nth = |ticket: TicketId| stage.tickets.iter().position(|known| *known == ticket).unwrap();
    let mut held: Vec<usize> = hold.items.iter().map(|item| nth(item.held.ticket)).collect();
    held.sort_unstable();
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parties_in_two_processes_at_once_each_sit_side_by_side_and_no_seat_is_given_twice() {
    const ROW: usize = 20;
    let rows: Vec<(String, u32)> = (0..6).map(|row| (row.to_string(), 20)).collect();
    let rows: Vec<(&str, u32)> = rows.iter().map(|(label, seats)| (label.as_str(), *seats)).collect();
    let house = House::with(seats(&rows)).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let asked = (0..20).map(|n| {
        let (process, want) = (processes[n % 2].clone(), best(house.stage(), 3));
        async move { process.hold(vec![want]).await }
    });
    let mut all = HashSet::new();
    for hold in at_once(asked).await {
        let seats = held(house.stage(), &hold.unwrap());
        assert!(seats[0] + 2 == seats[2] && seats[0] / ROW == seats[2] / ROW, "{seats:?}");
        assert!(seats.iter().all(|seat| all.insert(*seat)), "{seats:?}");
    }
    assert_eq!(house.claimed().await, 60);
    house.end().await;
}

#[tokio::test]
async fn who_loses_the_best_seats_gets_others_side_by_side() {
    let house = House::with(seats(&[("A", 6), ("B", 6)])).await;
    let (one, two) = (Process::first(&house), Process::another(&house));
    assert_eq!(two.thinks_free(house.stage().id).await, 12);
    let first = one.hold(vec![best(house.stage(), 6)]).await.unwrap();
    assert_eq!(held(house.stage(), &first), [0, 1, 2, 3, 4, 5]);
    // The other process has not heard of it: it proposes the same seats, loses, and looks again.
    let next = two.hold(vec![best(house.stage(), 6)]).await.unwrap();
    assert_eq!(held(house.stage(), &next), [6, 7, 8, 9, 10, 11]);
    assert_eq!(next.seating[0].note.codes, [seating_note::Code::Adjacent]);
    assert_eq!(code(one.hold(vec![best(house.stage(), 1)]).await), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn a_hold_grows_by_the_best_seats_and_is_told_why() {
    let house = House::with(seats(&[("A", 5)])).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().ticket(0)]).await.unwrap();
    assert!(hold.seating.is_empty());
    let grown = process.grow(hold.id, &[best(house.stage(), 2)]).await.unwrap();
    assert_eq!(held(house.stage(), &grown), [0, 1, 2], "of those that leave no single seat the nearest to the middle");
    assert_eq!(grown.seating[0].note.codes, [seating_note::Code::Adjacent]);
    assert!(get_hold(&mut house.tx().await, &Plans::default(), hold.id).await.unwrap().seating.is_empty());
    let refused = refusal(process.grow(hold.id, &[best(house.stage(), 3)]).await);
    assert_eq!(refused.code, Code::NotEnoughTickets);
    assert_eq!(refused.alternatives.unwrap()["available"], 2);
    house.end().await;
}

/// A row with these seats, by letters: `s`eat, `w`heelchair, `c`ompanion, `r`estricted view.
fn row(letters: &str) -> Plan {
    let seat = |(n, letter): (usize, char)| {
        let attributes = match letter {
            'w' => json!(["wheelchair"]),
            'c' => json!(["companion"]),
            'r' => json!(["restricted_view"]),
            _ => json!([]),
        };
        json!({ "label": n.to_string(), "x": n * 50, "y": 100, "attributes": attributes })
    };
    let seats: Vec<Value> = letters.chars().enumerate().map(seat).collect();
    let plan = json!({ "sections": [{ "name": "Stalls", "rows": [{ "label": "A", "seats": seats }] }] });
    serde_json::from_value(plan).unwrap()
}

/// A performance in a room of one row.
pub(crate) async fn laid_out(house: &House, letters: &str) -> Stage {
    let mut tx = house.tx().await;
    let layout = create_layout(
        &mut tx,
        house.venue,
        NewLayout { name: "Concert".to_owned(), same_room_as: None, plan: &row(letters) },
    )
    .await
    .unwrap();
    let draft = layout.open.unwrap().id;
    publish_layout(&mut tx, house.venue, layout.id, draft, Publication::default()).await.unwrap();
    let mut new = performance(house.venue, tx.now().await.unwrap(), eur("10.00"), places(1));
    let kind = NewTicketsKind::OfLayout(Portion::default());
    new.tickets = vec![NewTickets { section: "Stalls".to_owned(), price_tier: "one".to_owned(), kind }];
    new.layout = Some(NewManifest { layout: layout.id, choices: Default::default() });
    let made = add_performance(&mut tx, house.show.id, &new).await.unwrap();
    let stage = stage(&mut tx, made.id).await;
    tx.commit().await.unwrap();
    stage
}

async fn set(house: &House, stage: &Stage, changes: SeatingChanges) {
    let mut tx = house.tx().await;
    let version = get_seating(&mut tx, stage.id).await.unwrap().version;
    set_seating(&mut tx, stage.id, version, changes).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn accessible_places_are_kept_until_the_time_that_was_set() {
    let house = House::with(places(1)).await;
    let stage = laid_out(&house, "wcss").await;
    let (process, other) = (Process::first(&house), Process::another(&house));
    assert_eq!(other.thinks_free(stage.id).await, 4);
    assert_eq!(code(process.hold(vec![stage.any(3)]).await), Code::NotEnoughTickets);
    assert_eq!(code(process.hold(vec![best(&stage, 3)]).await), Code::NotEnoughTickets);
    let refused = refusal(process.hold(vec![stage.ticket(0)]).await);
    assert_eq!(refused.code, Code::AccessiblePlace);
    assert_eq!(refused.alternatives.unwrap()["nearest_free"], json!([stage.tickets[2], stage.tickets[3]]));
    assert_eq!(code(process.hold(vec![stage.ticket_as(2, SeatKind::Wheelchair)]).await), Code::InvalidField);
    let now = house.tx().await.now().await.unwrap();
    let until = SeatingChanges { accessible_until: Some(Some(now.plus(HOUR))), ..SeatingChanges::default() };
    set(&house, &stage, until).await;
    assert_eq!(code(process.hold(vec![best(&stage, 3)]).await), Code::NotEnoughTickets, "not yet");
    house.ahead(HOUR).await;
    // The other process has not heard of what was set; the batch sees it nevertheless.
    let everybody = other.hold(vec![best(&stage, 4)]).await.unwrap();
    assert_eq!(held(&stage, &everybody), [0, 1, 2, 3]);
    let attributes: Vec<_> = everybody.items.iter().map(|item| item.attributes.clone()).collect();
    assert_eq!(attributes[..2], [vec![SeatAttribute::Wheelchair], vec![SeatAttribute::Companion]]);
    let read = get_hold(&mut house.tx().await, &process.inventory.plans, everybody.id).await.unwrap();
    assert_eq!(read.items, everybody.items, "what is particular about a seat is told whenever the hold is");
    house.end().await;
}

#[tokio::test]
async fn a_companions_seat_is_held_beside_its_wheelchair_place_only() {
    let house = House::with(places(1)).await;
    let stage = laid_out(&house, "swccs").await;
    let process = Process::first(&house);
    let (wheelchair, companion) =
        (stage.ticket_as(1, SeatKind::Wheelchair), |n| stage.ticket_as(n, SeatKind::Companion));
    for alone in [vec![companion(2)], vec![wheelchair.clone(), companion(3)], vec![stage.ticket(4), companion(3)]] {
        assert_eq!(code(process.hold(alone).await), Code::CompanionAlone);
    }
    let hold = process.hold(vec![wheelchair]).await.unwrap();
    assert_eq!(code(process.grow(hold.id, &[companion(3)]).await), Code::CompanionAlone);
    let grown = process.grow(hold.id, &[companion(2)]).await.unwrap();
    assert_eq!(held(&stage, &grown), [1, 2]);
    assert_eq!(code(process.shrink(hold.id, &[stage.tickets[1]]).await), Code::CompanionAlone);
    assert_eq!(house.claimed().await, 2, "what was refused has changed nothing");
    process.shrink(hold.id, &[stage.tickets[2]]).await.unwrap();
    process.release(hold.id).await.unwrap();
    let wants = party(&stage, &[(1, SeatKind::Wheelchair), (2, SeatKind::Companion), (1, SeatKind::Ordinary)]);
    let chosen = process.hold(vec![Want { performance: stage.id, pick: Pick::Best(wants) }]).await.unwrap();
    assert_eq!(chosen.items.len(), 4);
    assert!([1, 2, 3].iter().all(|seat| held(&stage, &chosen).contains(seat)));
    house.end().await;
}

#[tokio::test]
async fn a_seat_that_becomes_a_wheelchair_place_is_kept_at_once_in_every_process() {
    let house = House::with(places(1)).await;
    let stage = laid_out(&house, "ssss").await;
    let (process, other) = (Process::first(&house), Process::another(&house));
    assert_eq!((process.thinks_free(stage.id).await, other.thinks_free(stage.id).await), (4, 4));
    let mut tx = house.tx().await;
    let layout = layouts::list(&mut tx, house.venue, None, 1).await.unwrap().remove(0);
    let changes = LayoutChanges { plan: Some(row("wsss")), name: None };
    let changed = update_layout(&mut tx, house.venue, layout.id, layout.version, changes).await.unwrap();
    let draft = changed.open.unwrap().id;
    publish_layout(&mut tx, house.venue, layout.id, draft, Publication::default()).await.unwrap();
    tx.commit().await.unwrap();
    // Neither has heard of it from the log.
    for process in [process, other] {
        assert_eq!(code(process.hold(vec![stage.ticket(0)]).await), Code::AccessiblePlace);
    }
    house.end().await;
}

#[tokio::test]
async fn a_selection_that_leaves_a_single_seat_is_refused_where_the_reseller_wants_that() {
    let house = House::with(seats(&[("A", 5), ("B", 5)])).await;
    let (process, other, stage) = (Process::first(&house), Process::another(&house), house.stage());
    let leaving = || stage.these(&[1, 2]);
    let free = process.hold(leaving()).await.unwrap();
    assert!(free.seating.is_empty(), "off unless set");
    process.release(free.id).await.unwrap();
    assert_eq!(other.thinks_free(stage.id).await, 10);
    set(&house, stage, SeatingChanges { single_seats: Some(SingleSeats::Warned), ..SeatingChanges::default() }).await;
    let warned = process.hold(leaving()).await.unwrap();
    assert_eq!(warned.seating[0].note.single_seats, [stage.tickets[0]]);
    process.release(warned.id).await.unwrap();
    set(&house, stage, SeatingChanges { single_seats: Some(SingleSeats::Refused), ..SeatingChanges::default() }).await;
    let refused: Refusal = refusal(other.hold(leaving()).await);
    assert_eq!(refused.code, Code::LeavesSingleSeat);
    assert!(refused.detail.starts_with("Hall, row A, seat 1 "), "{}", refused.detail);
    let alternatives = refused.alternatives.unwrap();
    assert_eq!(alternatives["single_seats"], json!([stage.tickets[0]]));
    let instead: Vec<TicketId> = serde_json::from_value(alternatives["instead"].clone()).unwrap();
    let nth = |ticket: &TicketId| stage.tickets.iter().position(|known| known == ticket).unwrap();
    let instead: Vec<usize> = instead.iter().map(nth).collect();
    assert_eq!(held(stage, &other.hold(stage.these(&instead)).await.unwrap()), instead, "what is offered can be had");
    house.end().await;
}

#[tokio::test]
async fn who_finds_it_sold_out_is_told_other_dates_that_sell() {
    let house = House::of(eur("10.00"), vec![seats(&[("A", 2)]), places(9), places(9), places(1)]).await;
    let process = Process::first(&house);
    let (first, open, paused) = (&house.stages[0], &house.stages[1], &house.stages[2]);
    let mut tx = house.tx().await;
    let changes = PerformanceChanges { state: Some(PerformanceState::Paused), ..PerformanceChanges::default() };
    update_performance(&mut tx, paused.id, 1, changes).await.unwrap();
    tx.commit().await.unwrap();
    process.hold(vec![first.any(2)]).await.unwrap();
    for want in [first.any(2), best(first, 2)] {
        let alternatives = refusal(process.hold(vec![want]).await).alternatives.unwrap();
        let dates = alternatives["performances"].as_array().unwrap();
        assert_eq!(dates.len(), 1, "one is paused, one has too few: {dates:?}");
        assert_eq!(dates[0]["performance_id"], json!(open.id));
        assert_eq!(dates[0]["offers"][0]["offer_id"], json!(open.offer));
        assert_eq!(dates[0]["available"], 9);
    }
    house.end().await;
}

#[tokio::test]
async fn an_extra_date_keeps_places_as_long_before_its_start() {
    let house = House::with(seats(&[("A", 4)])).await;
    let now = house.tx().await.now().await.unwrap();
    let until = Some(Some(now.plus(HOUR)));
    set(&house, house.stage(), SeatingChanges { accessible_until: until, single_seats: Some(SingleSeats::Refused) })
        .await;
    let mut tx = house.tx().await;
    let like = &house.show.performances[0];
    let starts_at = like.times.starts_at.plus(24 * HOUR);
    let times = ticketing::rules::times::GivenTimes { starts_at: Some(starts_at.into()), ..Default::default() };
    let date = add_extra_date(&mut tx, like.id, times).await.unwrap();
    let rules = get_seating(&mut tx, date.id).await.unwrap().rules;
    assert_eq!((rules.accessible_until, rules.single_seats), (Some(now.plus(25 * HOUR)), SingleSeats::Refused));
    tx.commit().await.unwrap();
    house.end().await;
}
