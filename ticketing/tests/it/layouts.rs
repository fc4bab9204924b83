//! Layouts and the performances that use them: what clashes, what follows, what waits for its date.

use std::time::Duration;

use foundation::{
    Code, Error, Instant, Refusal, Result,
    id::{LayoutId, PerformanceId, TicketId},
};
use serde_json::{Value, json};
use ticketing::{
    rules::{
        layout::{LayoutState, LayoutVersion, Plan},
        performance::{NewManifest, NewPerformance},
        task::TaskState,
        tickets::{NewTickets, NewTicketsKind, Portion, Selection},
        times::GivenTimes,
    },
    store::{capacity, layouts, listed_tickets, performances, tasks},
    use_cases::{
        add_extra_date::add_extra_date,
        add_performance::add_performance,
        add_tickets::add_tickets,
        create_layout::{NewLayout, create_layout},
        move_tickets::{Destination, move_tickets},
        publish_layout::{Publication, Published, publish_due, publish_layout},
        update_layout::{LayoutChanges, update_layout},
        withdraw_layout::withdraw_layout,
    },
};

use crate::{
    house::{House, Stage, at_once, code, eur, performance, places, stage},
    process::Process,
};

const DAY: Duration = Duration::from_secs(86_400);

/// Stalls of two rows of four seats, and a floor for ten. The rows and seats that are wanted, and the floor's places.
pub(crate) fn hall(rows: &[(&str, u32)], floor: u32) -> Value {
    let row = |(y, (label, seats)): (usize, &(&str, u32))| {
        let seat = |n: u32| json!({ "label": n.to_string(), "x": n * 50, "y": y * 90 });
        json!({ "label": label, "seats": (1..=*seats).map(seat).collect::<Vec<_>>() })
    };
    let corner = |x: i32| json!({ "x": x, "y": -100 });
    json!({
        "sections": [{ "name": "Stalls", "rows": rows.iter().enumerate().map(row).collect::<Vec<_>>() }],
        "areas": [{ "name": "Floor", "capacity": floor, "outline": [corner(0), corner(9), corner(18)] }],
    })
}

pub(crate) fn whole() -> Value {
    hall(&[("A", 4), ("B", 4)], 10)
}

pub(crate) fn plan(value: Value) -> Plan {
    serde_json::from_value(value).unwrap()
}

/// A layout of the house's venue that is in force.
pub(crate) async fn published(house: &House, name: &str, same_room_as: Option<LayoutId>) -> LayoutId {
    let mut tx = house.tx().await;
    let new = NewLayout { name: name.to_owned(), same_room_as, plan: &plan(whole()) };
    let layout = create_layout(&mut tx, house.venue, new).await.unwrap();
    let draft = layout.open.unwrap().id;
    publish_layout(&mut tx, house.venue, layout.id, draft, Publication::default()).await.unwrap();
    tx.commit().await.unwrap();
    layout.id
}

/// A house with a layout in force and performances on it.
pub(crate) struct Laid {
    pub(crate) house: House,
    pub(crate) layout: LayoutId,
    pub(crate) stages: Vec<Stage>,
}

impl Laid {
    /// With so many performances, each with all tickets of the whole hall.
    pub(crate) async fn out(many: usize) -> Self {
        let house = House::with(places(1)).await;
        let layout = published(&house, "Concert", None).await;
        let mut laid = Self { house, layout, stages: Vec::new() };
        for _ in 0..many {
            let stage = laid.perform(&["Stalls", "Floor"]).await;
            laid.stages.push(stage);
        }
        laid
    }

    /// A performance on the layout with all that it has in these sections.
    async fn perform(&self, sections: &[&str]) -> Stage {
        let mut tx = self.house.tx().await;
        let now = tx.now().await.unwrap();
        // In one hall, so one after the other.
        let before = "select count(*) from performances where reseller_id = $1 and layout_id is not null";
        let before = u32::try_from(self.house.count(before).await).unwrap();
        let wanted = self.wanted(now.plus(Duration::from_secs(3 * 3_600) * before), sections);
        let made = add_performance(&mut tx, self.house.show.id, &wanted).await.unwrap();
        let stage = stage(&mut tx, made.id).await;
        tx.commit().await.unwrap();
        stage
    }

    pub(crate) fn wanted(&self, now: Instant, sections: &[&str]) -> NewPerformance {
        let all = |section: &&str| NewTickets {
            section: (*section).to_owned(),
            price_tier: "one".to_owned(),
            kind: NewTicketsKind::OfLayout(Portion::default()),
        };
        let mut new = performance(self.house.venue, now, eur("10.00"), places(1));
        new.tickets = sections.iter().map(all).collect();
        new.layout = Some(NewManifest { layout: self.layout, choices: Default::default() });
        new
    }

    /// Drafts this plan. Gives the draft.
    async fn draft(&self, of: Value) -> LayoutVersion {
        let mut tx = self.house.tx().await;
        let layout = layouts::get(&mut tx, self.house.venue, self.layout).await.unwrap();
        let changes = LayoutChanges { plan: Some(plan(of)), name: None };
        let layout = update_layout(&mut tx, self.house.venue, self.layout, layout.version, changes).await.unwrap();
        tx.commit().await.unwrap();
        layout.open.unwrap()
    }

    async fn publish(&self, version: &LayoutVersion, how: Publication) -> Result<Published> {
        let mut tx = self.house.tx().await;
        let published = publish_layout(&mut tx, self.house.venue, self.layout, version.id, how).await?;
        tx.commit().await?;
        Ok(published)
    }

    async fn state(&self, version: &LayoutVersion) -> LayoutState {
        layouts::get_version(&mut self.house.tx().await, self.layout, version.id).await.unwrap().state
    }

    async fn uses(&self, performance: PerformanceId, version: &LayoutVersion) -> bool {
        let read = performances::get(&mut self.house.tx().await, performance).await.unwrap();
        read.manifest.unwrap().version == version.id
    }

    /// The ticket of this seat.
    async fn seat(&self, stage: &Stage, row: &str, seat: &str) -> usize {
        let mut tx = self.house.tx().await;
        let all = listed_tickets::list(&mut tx, stage.id, &listed_tickets::TicketFilter::default(), None, 1_000)
            .await
            .unwrap();
        let found = |t: &listed_tickets::ListedTicket| {
            t.place.row.as_deref() == Some(row) && t.place.seat.as_deref() == Some(seat)
        };
        let id = all.iter().find(|ticket| found(ticket)).unwrap().id;
        stage.tickets.iter().position(|ticket| *ticket == id).unwrap()
    }

    /// The open tasks: of which performance, about how many tickets.
    async fn tasks(&self, state: TaskState) -> Vec<(PerformanceId, i64)> {
        let mut tx = self.house.tx().await;
        let found = tasks::list(&mut tx, self.house.venue, Some(state), None, 100).await.unwrap();
        found.iter().map(|task| (task.performance, task.about.tickets_count)).collect()
    }

    /// created, sold, held, blocked of a section.
    async fn filled(&self, stage: &Stage, section: &str) -> [i64; 4] {
        let all = capacity::by_section(&mut self.house.tx().await, stage.id).await.unwrap();
        let of = all.iter().find(|filled| filled.section == section).unwrap();
        [of.created, of.sold, of.held, of.blocked]
    }

    async fn told(&self, kind: &str) -> i64 {
        let mut tx = self.house.tx().await;
        let reseller = tx.reseller();
        sqlx::query_scalar("select count(*) from events where reseller_id = $1 and type = $2")
            .bind(reseller)
            .bind(kind)
            .fetch_one(tx.conn())
            .await
            .unwrap()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T>) -> Refusal {
    match outcome {
        Err(Error::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_version_that_takes_a_held_seat_away_is_refused_with_the_performances_and_tickets() {
    let laid = Laid::out(2).await;
    let process = Process::first(&laid.house);
    let (first, second) = (&laid.stages[0], &laid.stages[1]);
    let lost = laid.seat(first, "A", "4").await;
    process.hold(first.these(&[lost])).await.unwrap();
    process.hold(second.these(&[laid.seat(second, "A", "1").await])).await.unwrap();
    let draft = laid.draft(hall(&[("A", 3), ("B", 4)], 10)).await;
    let before = laid.house.count("select count(*) from events where reseller_id = $1").await;
    for _ in 0..2 {
        let refusal = refused(laid.publish(&draft, Publication::default()).await);
        assert_eq!(refusal.code, Code::LayoutClash);
        let told = refusal.alternatives.unwrap();
        assert_eq!(told["clashes_count"], 1, "{told}");
        let clash = &told["clashes"][0];
        assert_eq!(clash["performance_id"], json!(first.id), "only the performance with that seat: {told}");
        assert_eq!(clash["tickets"][0]["ticket_id"], json!(first.tickets[lost]));
        assert_eq!((&clash["tickets"][0]["seat"], &clash["tickets"][0]["state"]), (&json!("4"), &json!("held")));
    }
    // What is asked for only is told and nothing is done.
    let dry = laid.publish(&draft, Publication { dry_run: true, ..Publication::default() }).await.unwrap();
    assert_eq!((dry.clashes.len(), dry.clashes[0].about.tickets_count, dry.followed.len()), (1, 1, 2));
    assert_eq!(laid.house.count("select count(*) from events where reseller_id = $1").await, before);
    assert_eq!(laid.state(&draft).await, LayoutState::Draft);
    assert!(!laid.uses(first.id, &draft).await && laid.tasks(TaskState::Open).await.is_empty());
    laid.house.end().await;
}

#[tokio::test]
async fn performances_follow_a_version_and_what_is_gone_is_no_longer_sold() {
    let laid = Laid::out(1).await;
    let (process, stage) = (Process::first(&laid.house), &laid.stages[0]);
    process.hold(stage.these(&[laid.seat(stage, "B", "1").await])).await.unwrap();
    let gone = laid.seat(stage, "A", "4").await;
    // Row C is new: it has no tickets until somebody says what it costs. The floor has three places less.
    let draft = laid.draft(hall(&[("A", 3), ("B", 4), ("C", 2)], 7)).await;
    let published = laid.publish(&draft, Publication::default()).await.unwrap();
    assert_eq!((published.followed, laid.state(&draft).await), (vec![stage.id], LayoutState::Published));
    assert!(laid.uses(stage.id, &draft).await);
    assert_eq!((laid.filled(stage, "Stalls").await, laid.filled(stage, "Floor").await), ([8, 0, 1, 1], [10, 0, 0, 3]));
    assert_eq!(laid.told("performance.layout_changed").await, 1);
    // A memory that has not heard of it proposes the seat, and the claim disposes.
    let late = process.hold(stage.these(&[gone])).await;
    assert_eq!(code(late), Code::SeatsUnavailable);
    // Back again: what was shut can be sold as before, and the new row gets its tickets.
    let back = laid.draft(hall(&[("A", 4), ("B", 4), ("C", 2)], 9)).await;
    laid.publish(&back, Publication::default()).await.unwrap();
    assert_eq!((laid.filled(stage, "Stalls").await, laid.filled(stage, "Floor").await), ([8, 0, 1, 0], [10, 0, 0, 1]));
    let mut tx = laid.house.tx().await;
    let row = |label: &str| NewTickets {
        section: "Stalls".to_owned(),
        price_tier: "one".to_owned(),
        kind: NewTicketsKind::OfLayout(Portion { rows: Some(vec![label.to_owned()]), except: Vec::new() }),
    };
    assert_eq!(add_tickets(&mut tx, stage.id, &[row("C")]).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let fresh = Process::first(&laid.house);
    fresh.hold(stage.these(&[gone])).await.unwrap();
    laid.house.end().await;
}

#[tokio::test]
async fn another_date_follows_the_layout_too_without_the_seats_that_are_gone() {
    let laid = Laid::out(1).await;
    let stage = &laid.stages[0];
    let smaller = laid.draft(hall(&[("A", 4), ("B", 3)], 10)).await;
    laid.publish(&smaller, Publication::default()).await.unwrap();
    let mut tx = laid.house.tx().await;
    let starts_at = tx.now().await.unwrap().plus(60 * DAY);
    let times = GivenTimes { starts_at: Some(starts_at.into()), ..GivenTimes::default() };
    let date = add_extra_date(&mut tx, stage.id, times).await.unwrap();
    tx.commit().await.unwrap();
    assert!(laid.uses(date.id, &smaller).await);
    let mut tx = laid.house.tx().await;
    let all =
        listed_tickets::list(&mut tx, date.id, &listed_tickets::TicketFilter::default(), None, 100).await.unwrap();
    assert_eq!(all.len(), 17, "four, three, and the floor's ten");
    laid.house.end().await;
}

#[tokio::test]
async fn a_ticket_stays_where_its_layout_says_and_may_change_its_price_tier() {
    let laid = Laid::out(1).await;
    let mut tx = laid.house.tx().await;
    let which = Selection::Named(vec![laid.stages[0].tickets[0]]);
    let elsewhere = Destination { section: Some("Floor".to_owned()), price_tier: None };
    let moved = move_tickets(&mut tx, laid.stages[0].id, &which, &elsewhere, false).await;
    assert_eq!(code(moved), Code::InvalidField);
    let dearer = Destination { section: None, price_tier: Some("one".to_owned()) };
    assert!(move_tickets(&mut tx, laid.stages[0].id, &which, &dearer, false).await.is_ok());
    tx.commit().await.unwrap();
    laid.house.end().await;
}

#[tokio::test]
async fn fewer_places_than_are_held_are_refused_and_as_many_are_not() {
    let laid = Laid::out(1).await;
    let (process, stage) = (Process::first(&laid.house), &laid.stages[0]);
    let floor = |quantity| ticketing::rules::order::Want {
        performance: stage.id,
        pick: ticketing::rules::order::Pick::Any { offer: stage.offer, quantity, section: Some("Floor".to_owned()) },
    };
    process.hold(vec![floor(4)]).await.unwrap();
    let three = laid.draft(hall(&[("A", 4), ("B", 4)], 3)).await;
    let told = refused(laid.publish(&three, Publication::default()).await).alternatives.unwrap();
    let too_many = json!([{ "section": "Floor", "taken": 4, "maximum": 3 }]);
    assert_eq!(
        (&told["clashes"][0]["too_many"], &told["clashes"][0]["tickets_count"]),
        (&too_many, &json!(0)),
        "{told}"
    );
    // A lawful maximum in all is held against all of them together.
    let mut lawful = whole();
    lawful["maximum"] = json!(3);
    let lawful = laid.draft(lawful).await;
    let told = refused(laid.publish(&lawful, Publication::default()).await).alternatives.unwrap();
    assert_eq!(told["clashes"][0]["too_many"], json!([{ "section": null, "taken": 4, "maximum": 3 }]));
    let mut enough = whole();
    enough["maximum"] = json!(6);
    enough["areas"][0]["maximum"] = json!(4);
    let enough = laid.draft(enough).await;
    laid.publish(&enough, Publication::default()).await.unwrap();
    let [created, sold, held, blocked] = laid.filled(stage, "Floor").await;
    assert_eq!((created, sold, held, blocked), (10, 0, 4, 6));
    let stalls = laid.filled(stage, "Stalls").await;
    assert_eq!(stalls, [8, 0, 0, 6], "six in all, four of them on the floor");
    // The seats that are left are the front ones.
    assert!(process.hold(stage.these(&[laid.seat(stage, "A", "1").await])).await.is_ok());
    laid.house.end().await;
}

#[tokio::test]
async fn a_version_with_a_date_is_looked_at_again_when_the_date_has_come() {
    let laid = Laid::out(2).await;
    let (process, stage) = (Process::first(&laid.house), &laid.stages[0]);
    let held = process.hold_for(stage.these(&[laid.seat(stage, "A", "4").await]), 7 * DAY).await.unwrap();
    let draft = laid.draft(hall(&[("A", 3), ("B", 4)], 10)).await;
    let now = laid.house.tx().await.now().await.unwrap();
    let dated = Publication { effective_from: Some(now.plus(DAY)), dry_run: false };
    let scheduled = laid.publish(&draft, dated).await.unwrap();
    assert_eq!((scheduled.clashes.len(), laid.state(&draft).await), (1, LayoutState::Scheduled));
    assert_eq!(laid.tasks(TaskState::Open).await, [(stage.id, 1)], "somebody has a day to see to it");
    assert_eq!((laid.told("task.opened").await, laid.told("layout.scheduled").await), (1, 1));
    assert_eq!(publish_due(laid.house.db.cell()).await.unwrap(), 0, "its date has not come");
    laid.house.ahead(DAY + DAY).await;
    assert_eq!(publish_due(laid.house.db.cell()).await.unwrap(), 1);
    assert_eq!(laid.state(&draft).await, LayoutState::Clashed);
    assert!(!laid.uses(stage.id, &draft).await, "nothing has changed");
    assert_eq!((laid.told("layout.clashed").await, laid.told("task.updated").await), (1, 1));
    assert_eq!(laid.filled(stage, "Stalls").await, [8, 0, 1, 0]);
    assert_eq!(publish_due(laid.house.db.cell()).await.unwrap(), 0, "it is decided over once");
    // The hold is given back, and the version is published by hand: the task is done.
    process.release(held.id).await.unwrap();
    laid.publish(&draft, Publication::default()).await.unwrap();
    assert_eq!(laid.tasks(TaskState::Done).await, [(stage.id, 1)]);
    assert!(laid.tasks(TaskState::Open).await.is_empty() && laid.uses(stage.id, &draft).await);
    assert_eq!(laid.told("task.done").await, 1);
    laid.house.end().await;
}

#[tokio::test]
async fn a_version_with_a_date_comes_into_force_by_itself_in_one_of_two_processes() {
    let laid = Laid::out(2).await;
    let draft = laid.draft(hall(&[("A", 3), ("B", 4)], 10)).await;
    let now = laid.house.tx().await.now().await.unwrap();
    let dated = Publication { effective_from: Some(now.plus(DAY)), dry_run: false };
    assert!(laid.publish(&draft, dated).await.unwrap().clashes.is_empty());
    let past = Publication { effective_from: Some(now), dry_run: false };
    assert_eq!(refused(laid.publish(&draft, past).await).errors[0].pointer, "/effective_from");
    // A performance after that date is made on the coming version at once; one before it would not be.
    let later = laid.perform(&["Stalls"]).await;
    assert!(laid.uses(later.id, &draft).await && later.tickets.len() == 7);
    laid.house.ahead(DAY + DAY).await;
    let (one, other) = (laid.house.db.cell().clone(), laid.house.db.second_cell());
    at_once([one, other].map(|cell| async move { publish_due(&cell).await.unwrap() })).await;
    assert_eq!(laid.state(&draft).await, LayoutState::Published);
    assert_eq!((laid.told("layout.published").await, laid.told("performance.layout_changed").await), (2, 2));
    for stage in &laid.stages {
        assert!(laid.uses(stage.id, &draft).await);
    }
    laid.house.end().await;
}

#[tokio::test]
async fn a_performance_that_has_begun_or_is_cancelled_keeps_what_it_had() {
    let laid = Laid::out(2).await;
    let (process, over) = (Process::first(&laid.house), &laid.stages[0]);
    process.hold(over.these(&[laid.seat(over, "A", "4").await])).await.unwrap();
    sqlx::query("update performances set state = 'cancelled' where performance_id = $1")
        .bind(over.id)
        .execute(&mut laid.house.db.as_owner().await)
        .await
        .unwrap();
    let draft = laid.draft(hall(&[("A", 3), ("B", 4)], 10)).await;
    assert_eq!(laid.publish(&draft, Publication::default()).await.unwrap().followed, [laid.stages[1].id]);
    laid.house.ahead(60 * DAY).await;
    let last = laid.draft(hall(&[("A", 1)], 1)).await;
    assert!(laid.publish(&last, Publication::default()).await.unwrap().followed.is_empty());
    assert!(laid.uses(laid.stages[1].id, &draft).await, "its evening is over");
    laid.house.end().await;
}

/// Publishing drains what is being held, so of the two one wins and the other is told.
#[tokio::test]
async fn holds_and_a_version_that_takes_their_seats_away_never_both_succeed() {
    let laid = Laid::out(1).await;
    let stage = laid.stages[0].clone();
    let seat = laid.seat(&stage, "A", "4").await;
    let process = Process::first(&laid.house);
    let draft = laid.draft(hall(&[("A", 3), ("B", 4)], 10)).await;
    let wanted = stage.these(&[seat]);
    let (held, published) = tokio::join!(process.hold(wanted), laid.publish(&draft, Publication::default()));
    match (&held, &published) {
        (Ok(_), Err(Error::Refused(refusal))) => assert_eq!(refusal.code, Code::LayoutClash),
        (Err(Error::Refused(refusal)), Ok(_)) => assert_eq!(refusal.code, Code::SeatsUnavailable),
        other => panic!("{other:?}"),
    }
    let owner: Option<(String, uuid::Uuid)> = laid.house.owner_of(ticket(&stage, seat)).await;
    assert_eq!(owner.unwrap().0 == "hold", held.is_ok());
    laid.house.end().await;
}

fn ticket(stage: &Stage, nth: usize) -> TicketId {
    stage.tickets[nth]
}

#[tokio::test]
async fn what_is_published_can_be_neither_changed_nor_deleted_by_the_application() {
    let laid = Laid::out(1).await;
    for statement in [
        "update layout_versions set plan = '{}' where reseller_id = $1",
        "delete from layout_versions where reseller_id = $1",
    ] {
        let mut tx = laid.house.tx().await;
        let reseller = tx.reseller();
        let outcome = sqlx::query(statement).bind(reseller).execute(tx.conn()).await;
        assert!(outcome.is_err(), "{statement}");
    }
    let draft = laid.draft(hall(&[("A", 3)], 10)).await;
    let mut tx = laid.house.tx().await;
    withdraw_layout(&mut tx, laid.house.venue, laid.layout, draft.id).await.unwrap();
    let again = withdraw_layout(&mut tx, laid.house.venue, laid.layout, draft.id).await;
    assert_eq!(code(again), Code::LayoutInForce);
    drop(tx);
    laid.house.end().await;
}

#[tokio::test]
async fn the_checks_find_a_ticket_of_no_seat_and_more_than_the_law_allows() {
    let laid = Laid::out(1).await;
    let mut owner = laid.house.db.as_owner().await;
    let broken = async || -> Vec<&'static str> {
        let checked = ticketing::verify::checks(&mut laid.house.tx().await).await.unwrap();
        checked.into_iter().filter(|checked| !checked.violations.is_empty()).map(|checked| checked.invariant).collect()
    };
    assert!(broken().await.is_empty());
    sqlx::query(
        "update tickets set seat_label = '9' where section = 'Stalls' and row_label = 'A' and seat_label = '4'",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    assert_eq!(broken().await, ["tickets on sale of a performance with a layout are of seats and areas that it has"]);
    sqlx::query("update tickets set seat_label = '4' where seat_label = '9'").execute(&mut owner).await.unwrap();
    let less = "update layout_versions set plan = replace(plan::text, '\"capacity\":10', '\"capacity\":9')::json";
    sqlx::query(less).execute(&mut owner).await.unwrap();
    let law = "tickets on sale of a performance with a layout are no more than the law allows, in any area and in all";
    assert_eq!(broken().await, [law]);
}

#[tokio::test]
async fn a_change_of_a_layout_waits_for_the_performance_that_is_being_made_of_it() {
    let laid = Laid::out(0).await;
    let mut making = laid.house.tx().await;
    let now = making.now().await.unwrap();
    layouts::version_for(&mut making, laid.house.venue, laid.layout, now).await.unwrap().unwrap();
    let change = async { layouts::lock(&mut laid.house.tx().await, &[laid.layout]).await.unwrap() };
    let made = async {
        laid.house.wait_for_a_blocked("stagedoor requests").await;
        making.commit().await.unwrap();
    };
    tokio::join!(change, made);
    laid.house.end().await;
}
