//! Tickets that are given away: to guests by name, for nothing, and counted as such.

use foundation::{Code, Instant};
use rust_decimal::Decimal;
use ticketing::{
    rules::order::{Buyer, Credential, OrderState},
    store::orders,
    use_cases::create_order::NewOrder,
};

use crate::{
    house::{House, code, places},
    process::{Process, new_order},
};

fn guests(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test]
async fn complimentary_tickets_are_their_guests_at_once_and_cost_nobody_anything() {
    let house = House::with(places(10)).await;
    let process = Process::first(&house);
    let stage = house.stage();
    let before = house.count("select count(*) from journals where reseller_id = $1").await;
    let hold = process.hold(vec![stage.any(2)]).await.unwrap();
    let new = NewOrder { guests: guests(&["Ada", "Grace"]), buyer: Buyer::default(), ..new_order(hold.id) };
    let order = process.make_order(&new).await.unwrap();
    assert_eq!((order.state, order.total), (OrderState::Paid, Decimal::ZERO));
    let read = house.order(order.id).await;
    for (item, guest) in read.items.iter().zip(["Ada", "Grace"]) {
        assert_eq!((item.guest.as_deref(), item.credential), (Some(guest), Credential::Issued));
        assert_eq!((item.face_value, item.discount), (Decimal::ZERO, Decimal::TEN), "all of the price is taken off");
        let fees = [item.platform_fee, item.platform_fee_tax, item.hosting_fee, item.hosting_fee_tax, item.buyer_fee];
        assert_eq!(fees, [Decimal::ZERO; 5]);
    }
    assert!(house.payments(order.id).await.is_empty());
    assert_eq!(house.count("select count(*) from journals where reseller_id = $1").await, before);
    process.ordered(vec![stage.any(1)]).await;
    let mut tx = house.tx().await;
    let given = orders::given_away(&mut tx, (None, None), Some(house.show.id), 10).await.unwrap();
    assert_eq!(given.iter().map(|row| (row.performance_id, row.tickets)).collect::<Vec<_>>(), [(stage.id, 2)]);
    let later: Instant = tx.now().await.unwrap();
    assert_eq!(orders::given_away(&mut tx, (Some(later), None), None, 10).await.unwrap(), []);
    drop(tx);
    house.end().await;
}

#[tokio::test]
async fn each_ticket_that_is_given_away_has_a_name() {
    let house = House::with(places(3)).await;
    let process = Process::first(&house);
    let hold = process.hold(vec![house.stage().any(2)]).await.unwrap();
    for names in [&["Ada"][..], &["Ada", "Grace", "Mary"], &["Ada", " "]] {
        let new = NewOrder { guests: guests(names), ..new_order(hold.id) };
        assert_eq!(code(process.make_order(&new).await), Code::InvalidField, "{names:?}");
    }
    assert_eq!(house.count("select count(*) from orders where reseller_id = $1").await, 0);
    process.order(hold.id).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn what_is_given_away_counts_for_no_buyers_maximum() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let sql = "update shows set buyer_max = 2 where reseller_id = $1";
    sqlx::query(sql).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    let hold = process.hold(vec![house.stage().any(3)]).await.unwrap();
    let names = guests(&["Ada", "Grace", "Mary"]);
    process.make_order(&NewOrder { guests: names, ..new_order(hold.id) }).await.unwrap();
    process.ordered(vec![house.stage().any(2)]).await;
    let third = process.hold(vec![house.stage().any(1)]).await.unwrap();
    assert_eq!(code(process.order(third.id).await), Code::BuyerLimit);
    house.end().await;
}
