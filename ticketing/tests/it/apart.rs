//! Performances of one layout are apart in time, in whatever way they come to be where they are.

use std::sync::Arc;

use foundation::{
    Code, Error, Instant, Result,
    id::{LayoutId, PerformanceId},
};
use ticketing::{
    rules::{
        cancellation::{Plan as Cancelling, Remedy},
        performance::{NewManifest, NewPerformance, Performance},
        rescheduling::Decision,
        show::{NewShow, Show, ShowState},
        times::GivenTimes,
    },
    store::performances,
    use_cases::{
        add_extra_date::add_extra_date,
        add_performance::add_performance,
        cancel_performance::cancel_performance,
        create_layout::{NewLayout, create_layout},
        create_show::create_show,
        reschedule::{Plan, reschedule},
        update_performance::{PerformanceChanges, update_performance},
        update_show::{ShowChanges, update_show},
    },
};

use crate::{
    house::{House, at_once, eur, show},
    layouts::{Laid, plan, published, whole},
};

/// Whom a refusal names as being in the way.
#[track_caller]
fn in_the_way<T: std::fmt::Debug>(outcome: Result<T>) -> PerformanceId {
    match outcome {
        Err(Error::Refused(refusal)) if refusal.code == Code::PerformancesOverlap => {
            serde_json::from_value(refusal.alternatives.unwrap()["performance_id"].clone()).unwrap()
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// A hall whose one performance, 30 days ahead, lasts from its doors at 0 to 2 hours; times are said from then.
struct Hall {
    laid: Laid,
    zero: Instant,
}

impl Hall {
    async fn open() -> Self {
        let laid = Laid::out(1).await;
        let zero = performances::get(&mut laid.house.tx().await, laid.stages[0].id).await.unwrap().times.starts_at;
        Self { laid, zero }
    }

    fn house(&self) -> &House {
        &self.laid.house
    }

    fn first(&self) -> PerformanceId {
        self.laid.stages[0].id
    }

    /// So many minutes after the first performance begins, or before it.
    fn minute(&self, minutes: i64) -> Instant {
        Instant::from_micros(self.zero.as_micros() + minutes * 60_000_000)
    }

    fn times(&self, doors: i64, starts: i64, ends: i64) -> GivenTimes {
        GivenTimes {
            doors_at: Some(self.minute(doors).into()),
            starts_at: Some(self.minute(starts).into()),
            ends_at: Some(self.minute(ends).into()),
            ..GivenTimes::default()
        }
    }

    fn wanted(&self, doors: i64, starts: i64, ends: i64) -> NewPerformance {
        NewPerformance { times: self.times(doors, starts, ends), ..self.laid.wanted(self.zero, &["Stalls"]) }
    }

    async fn add(&self, new: NewPerformance) -> Result<Performance> {
        let mut tx = self.house().tx().await;
        let added = add_performance(&mut tx, self.house().show.id, &new).await?;
        tx.commit().await?;
        Ok(added)
    }

    fn draft(&self, new: NewPerformance) -> NewShow {
        NewShow { state: ShowState::Draft, ..show("Another", eur("600"), vec![new]) }
    }

    async fn create(&self, new: &NewShow) -> Result<Show> {
        let mut tx = self.house().tx().await;
        let created = create_show(&mut tx, new).await?;
        tx.commit().await?;
        Ok(created)
    }

    async fn publish(&self, show: &Show) -> Result<Show> {
        let changes = ShowChanges { state: Some(ShowState::Published), ..ShowChanges::default() };
        let mut tx = self.house().tx().await;
        let published = update_show(&mut tx, show.id, show.version, changes).await?;
        tx.commit().await?;
        Ok(published)
    }

    async fn moved(&self, id: PerformanceId, times: GivenTimes, dry: bool) -> Result<()> {
        let mut tx = self.house().tx().await;
        reschedule(&mut tx, id, &Plan { times, decide_by: None, default: Decision::Keep }, dry).await?;
        if !dry {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn update(&self, of: &Performance, times: GivenTimes) -> Result<()> {
        let mut tx = self.house().tx().await;
        update_performance(&mut tx, of.id, of.version, PerformanceChanges { times, ..PerformanceChanges::default() })
            .await?;
        Ok(tx.commit().await?)
    }
}

#[tokio::test]
async fn a_performance_is_not_where_another_of_its_layout_is_from_its_doors_to_its_end() {
    let hall = Hall::open().await;
    for (doors, starts, ends) in [(-60, -60, 6), (30, 36, 42), (114, 180, 240), (-60, -30, 180)] {
        assert_eq!(in_the_way(hall.add(hall.wanted(doors, starts, ends)).await), hall.first(), "{doors} {ends}");
    }
    let before = hall.add(hall.wanted(-180, -120, 0)).await.unwrap();
    let after = hall.add(hall.wanted(120, 150, 180)).await.unwrap();
    let elsewhere = NewPerformance { layout: None, tickets: places(), ..hall.wanted(0, 30, 60) };
    hall.add(elsewhere).await.unwrap();
    assert_eq!(in_the_way(hall.update(&after, hall.times(60, 150, 180)).await), hall.first());
    hall.update(&after, hall.times(120, 150, 300)).await.unwrap();
    for dry in [true, false] {
        assert_eq!(in_the_way(hall.moved(hall.first(), hall.times(-210, -192, -174), dry).await), before.id);
    }
    let mut tx = hall.house().tx().await;
    let date = GivenTimes { starts_at: Some(hall.minute(240).into()), ..GivenTimes::default() };
    assert_eq!(in_the_way(add_extra_date(&mut tx, hall.first(), date).await), after.id);
    drop(tx);
    hall.moved(hall.first(), hall.times(600, 600, 720), false).await.unwrap();
    hall.add(hall.wanted(0, 30, 120)).await.unwrap();
    hall.laid.house.end().await;
}

fn places() -> Vec<ticketing::rules::tickets::NewTickets> {
    use ticketing::rules::tickets::{NewTickets, NewTicketsKind};
    vec![NewTickets { section: "S".to_owned(), price_tier: "one".to_owned(), kind: NewTicketsKind::Places(1) }]
}

#[tokio::test]
async fn drafts_and_what_is_cancelled_are_in_nobodys_way() {
    let hall = Hall::open().await;
    let draft = hall.create(&hall.draft(hall.wanted(0, 30, 60))).await.unwrap();
    assert_eq!(in_the_way(hall.publish(&draft).await), hall.first());
    let twice = NewShow { state: ShowState::Published, ..hall.draft(hall.wanted(300, 330, 360)) };
    let twice = NewShow { performances: vec![hall.wanted(300, 330, 360), hall.wanted(354, 360, 420)], ..twice };
    let refused = hall.create(&twice).await;
    let Err(Error::Refused(refusal)) = &refused else { panic!("{refused:?}") };
    assert_eq!(
        (refusal.code, refusal.errors[0].pointer.as_str()),
        (Code::PerformancesOverlap, "/performances/1/starts_at")
    );
    let mut tx = hall.house().tx().await;
    let plan = Cancelling { offered: vec![Remedy::Refund], replacement: None, default: None, decide_by: None };
    cancel_performance(&mut tx, hall.first(), &plan, false).await.unwrap();
    tx.commit().await.unwrap();
    hall.publish(&draft).await.unwrap();
    assert_eq!(in_the_way(hall.add(hall.wanted(54, 60, 90)).await), draft.performances[0].id);
    hall.laid.house.end().await;
}

#[tokio::test]
async fn a_draft_is_published_with_a_performance_that_was_cancelled_and_whose_place_is_taken() {
    let hall = Hall::open().await;
    let two = vec![hall.wanted(300, 330, 360), hall.wanted(600, 630, 660)];
    let draft = hall.create(&NewShow { performances: two, ..hall.draft(hall.wanted(300, 330, 360)) }).await.unwrap();
    let gone = &draft.performances[0];
    let mut tx = hall.house().tx().await;
    let plan = Cancelling { offered: vec![Remedy::Refund], replacement: None, default: None, decide_by: None };
    cancel_performance(&mut tx, gone.id, &plan, false).await.unwrap();
    tx.commit().await.unwrap();
    let there = hall.add(hall.wanted(300, 330, 360)).await.unwrap();
    hall.publish(&draft).await.unwrap();
    // The other one has its place from now on, and the cancelled one still none.
    let other = draft.performances[1].id;
    assert_eq!(in_the_way(hall.add(hall.wanted(600, 606, 612)).await), other);
    assert_eq!(in_the_way(hall.add(hall.wanted(300, 306, 312)).await), there.id);
    hall.laid.house.end().await;
}

#[tokio::test]
async fn layouts_of_one_room_exclude_each_other_and_those_of_two_rooms_do_not() {
    let hall = Arc::new(Hall::open().await);
    let of = |layout, times: (i64, i64, i64)| {
        let manifest = NewManifest { layout, choices: Default::default() };
        NewPerformance { layout: Some(manifest), ..hall.wanted(times.0, times.1, times.2) }
    };
    let house = hall.house();
    let basketball = published(house, "Basketball", Some(hall.laid.layout)).await;
    // The room of a layout that is itself in another one's.
    let boxing = published(house, "Boxing", Some(basketball)).await;
    let studio = published(house, "Studio", None).await;
    for layout in [basketball, boxing] {
        assert_eq!(in_the_way(hall.add(of(layout, (30, 36, 42))).await), hall.first());
    }
    hall.add(of(studio, (30, 36, 42))).await.unwrap();
    let outcomes = at_once([hall.laid.layout, basketball, boxing, basketball].map(|layout| {
        let (hall, wanted) = (hall.clone(), of(layout, (600, 630, 660)));
        async move { hall.add(wanted).await.map(drop) }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let mut tx = house.tx().await;
    let astray = NewLayout { name: "Gala".to_owned(), same_room_as: Some(LayoutId::new()), plan: &plan(whole()) };
    let refused = create_layout(&mut tx, house.venue, astray).await.unwrap_err();
    let Error::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.errors[0].pointer, "/same_room_as");
    drop(tx);
    hall.laid.house.end().await;
}

#[tokio::test]
async fn of_several_that_want_the_same_hall_at_once_one_gets_it() {
    let hall = Arc::new(Hall::open().await);
    let away = hall.add(hall.wanted(3000, 3000, 3060)).await.unwrap();
    let draft = hall.create(&hall.draft(hall.wanted(1200, 1230, 1260))).await.unwrap();
    let outcomes = at_once((0..6).map(|i| {
        let (hall, draft) = (hall.clone(), draft.clone());
        async move {
            match i {
                0 => hall.moved(away.id, hall.times(1200, 1206, 1320), false).await,
                1 => hall.publish(&draft).await.map(drop),
                2 => hall
                    .create(&NewShow { state: ShowState::Published, ..hall.draft(hall.wanted(1140, 1206, 1320)) })
                    .await
                    .map(drop),
                _ => hall.add(hall.wanted(1230, 1236, 1242)).await.map(drop),
            }
        }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for refused in outcomes.into_iter().filter(Result::is_err) {
        in_the_way(refused);
    }
    hall.laid.house.end().await;
}
