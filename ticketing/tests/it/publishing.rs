//! What a show needs before it is published, and times as the venue's clock shows them.

use foundation::{Code, id::PerformanceId};
use ticketing::{
    rules::{performance::NewPerformance, show::ShowState, tickets::NewTickets, times::GivenTimes},
    store::{performances, shows},
    use_cases::{
        add_performance::add_performance,
        add_tickets::add_tickets,
        create_show::create_show,
        update_performance::{PerformanceChanges, update_performance},
        update_show::{ShowChanges, update_show},
    },
};

use crate::house::{House, code, eur, performance, places, show};

fn publish() -> ShowChanges {
    ShowChanges { state: Some(ShowState::Published), ..ShowChanges::default() }
}

#[tokio::test]
async fn what_has_no_tickets_is_a_draft_until_it_has() {
    let house = House::with(places(1)).await;
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let bare = || NewPerformance { tickets: Vec::new(), ..performance(house.venue, now, eur("5.00"), places(1)) };
    assert_eq!(code(add_performance(&mut tx, house.show.id, &bare()).await), Code::InvalidField, "it is published");
    let mut new = show("Draft", eur("5.00"), vec![bare(), performance(house.venue, now, eur("5.00"), places(1))]);
    new.state = ShowState::Draft;
    let draft = create_show(&mut tx, &new).await.unwrap();
    let refused = update_show(&mut tx, draft.id, 1, publish()).await.unwrap_err();
    let foundation::Error::Refused(refusal) = refused else { panic!("{refused}") };
    let (bare, other) = (draft.performances[0].id, draft.performances[1].id);
    let named =
        |id: PerformanceId| refusal.errors.iter().any(|e| e.pointer == "/state" && e.detail.contains(&id.to_string()));
    assert!(named(bare) != named(other), "exactly the one without tickets is named: {:?}", refusal.errors);
    let empty = if named(bare) { bare } else { other };
    assert_eq!(shows::get(&mut tx, draft.id).await.unwrap().state, ShowState::Draft);
    let some = NewTickets { section: "Hall".to_owned(), price_tier: "one".to_owned(), kind: places(3) };
    add_tickets(&mut tx, empty, &[some]).await.unwrap();
    assert_eq!(update_show(&mut tx, draft.id, 1, publish()).await.unwrap().state, ShowState::Published);
    tx.commit().await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_time_is_that_of_the_venues_clock_and_what_is_none_there_changes_nothing() {
    let house = House::with(places(1)).await;
    let id = house.stage().id;
    let when = |text: &str| Some(serde_json::from_value(serde_json::Value::from(text)).unwrap());
    let mut tx = house.tx().await;
    let before = performances::get(&mut tx, id).await.unwrap();
    let moved = |starts: &str, ends: &str| PerformanceChanges {
        times: GivenTimes {
            starts_at: when(starts),
            ends_at: when(ends),
            doors_at: when(starts),
            ..GivenTimes::default()
        },
        ..PerformanceChanges::default()
    };
    let missing = moved("2031-03-30T02:30:00", "2031-03-30T05:00:00");
    assert_eq!(code(update_performance(&mut tx, id, 1, missing).await), Code::LocalTimeMissing);
    let twice = moved("2031-10-26T01:30:00", "2031-10-26T02:30:00");
    assert_eq!(code(update_performance(&mut tx, id, 1, twice).await), Code::LocalTimeAmbiguous);
    assert_eq!(performances::get(&mut tx, id).await.unwrap(), before);
    let night = moved("2031-10-26T01:30:00", "2031-10-26T04:30:00");
    let after = update_performance(&mut tx, id, 1, night).await.unwrap();
    assert_eq!(after.times.ends_at.since(after.times.starts_at).as_secs(), 4 * 3_600, "the night has an hour more");
    assert_eq!(performances::get(&mut tx, id).await.unwrap(), after);
    tx.commit().await.unwrap();
    house.end().await;
}
