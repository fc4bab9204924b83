//! Sale rounds and pools: when, at which price, how many and to whom, never one more.

use std::time::Duration;

use foundation::{
    Code, Instant, Money,
    id::{HoldId, PoolId, SaleRoundId},
};
use ticketing::{
    plans::Plans,
    rules::{
        offer::NewPriceTier,
        order::{Pick, Want},
        performance::NewPerformance,
        sale_round::{Access, Pool, SaleRound},
        terms::AskedBy,
        tickets::NewTickets,
        times::GivenTimes,
    },
    store::{offers, performances, pools, sale_rounds},
    use_cases::{
        add_extra_date::add_extra_date,
        add_performance::add_performance,
        change_hold::get_hold,
        create_order::NewOrder,
        set_buyer_limit::{of_performance, set_of_performance},
        set_pool::{create_pool, update_pool},
        set_sale_round::{Guests, SaleRoundChanges, admit_guests, create_sale_round, update_sale_round},
        try_terms::{Reached, ReachedHold, try_pool, try_sale_round},
    },
};

use crate::{
    bank::Bank,
    house::{House, MINUTES, Stage, at_once, code, eur, places, stage},
    lanes::refusal,
    process::{Process, new_order},
};

/// A round of the stage's offer for anyone, at once.
fn round(stage: &Stage, name: &str, price: Money, capacity: Option<i32>) -> SaleRound {
    SaleRound {
        id: SaleRoundId::new(),
        performance: stage.id,
        name: name.to_owned(),
        opens_at: None,
        closes_at: None,
        capacity,
        access: Access::Anyone,
        tickets_per_code: 1,
        prices: vec![(stage.offer, price)],
        version: 1,
    }
}

async fn create(house: &House, round: &SaleRound) {
    let mut tx = house.tx().await;
    create_sale_round(&mut tx, round).await.unwrap();
    tx.commit().await.unwrap();
}

async fn change(
    house: &House,
    round: &SaleRound,
    version: i64,
    changes: SaleRoundChanges,
) -> foundation::Result<SaleRound> {
    let mut tx = house.tx().await;
    let changed = update_sale_round(&mut tx, round.performance, round.id, version, changes).await?;
    tx.commit().await.unwrap();
    Ok(changed)
}

async fn now(house: &House) -> Instant {
    house.tx().await.now().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_is_never_exceeded_by_one_in_two_processes_and_the_next_one_goes_on() {
    let house = House::with(places(150)).await;
    let (early, regular) =
        (round(house.stage(), "early bird", eur("7.50"), Some(20)), round(house.stage(), "regular", eur("9.00"), None));
    create(&house, &early).await;
    create(&house, &regular).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let outcomes = at_once((0..100).map(|n| {
        let (process, wants) = (processes[n % 2].clone(), vec![house.stage().any(1)]);
        async move { process.hold(wants).await.unwrap() }
    }))
    .await;
    let in_round = |id| outcomes.iter().filter(|hold| hold.items[0].held.round == Some(id)).count();
    assert_eq!((in_round(early.id), in_round(regular.id)), (20, 80));
    for hold in &outcomes {
        let price = if hold.items[0].held.round == Some(early.id) { "7.50" } else { "9.00" };
        assert_eq!(hold.items[0].price, eur(price));
    }
    house.end().await;
    // What lapses is had at its old price again.
    house.ahead(2 * MINUTES).await;
    let again = processes[1].hold(vec![house.stage().any(20)]).await.unwrap();
    assert!(again.items.iter().all(|item| item.price == eur("7.50")));
    assert_eq!(processes[0].hold(vec![house.stage().any(1)]).await.unwrap().items[0].price, eur("9.00"));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_round_sold_out_sells_no_more_whatever_stock_there_is() {
    let house = House::with(places(100)).await;
    create(&house, &round(house.stage(), "only", eur("7.50"), Some(7))).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let outcomes = at_once((0..60).map(|n| {
        let (process, wants) = (processes[n % 2].clone(), vec![house.stage().any(1 + n % 2)]);
        async move { process.hold(wants).await }
    }))
    .await;
    let held: usize = outcomes.iter().flatten().map(|hold| hold.items.len()).sum();
    assert_eq!((held, house.claimed().await), (7, 7));
    for refused in outcomes.into_iter().filter(std::result::Result::is_err) {
        assert_eq!(code(refused), Code::NotEnoughTickets);
    }
    let told = refusal(processes[0].hold(vec![house.stage().any(2)]).await).alternatives.unwrap();
    assert_eq!(told, serde_json::json!({ "maximum": 7, "available": 0, "performances": [] }));
    house.end().await;
}

#[tokio::test]
async fn without_an_open_round_nothing_is_sold_and_the_opening_is_told() {
    let house = House::with(places(10)).await;
    let process = Process::first(&house);
    let opens = now(&house).await.plus(Duration::from_secs(3_600));
    let closes = opens.plus(Duration::from_secs(3_600));
    let window =
        SaleRound { opens_at: Some(opens), closes_at: Some(closes), ..round(house.stage(), "one", eur("5.00"), None) };
    create(&house, &window).await;
    let told = refusal(process.hold(vec![house.stage().any(1)]).await);
    assert_eq!(
        (told.code, told.alternatives.unwrap()["on_sale_at"].clone()),
        (Code::NotOnSale, serde_json::json!(opens))
    );
    house.ahead(Duration::from_secs(3_600)).await;
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let mut tx = house.tx().await;
    // A growth is sold on the same terms.
    drop(tx);
    process.grow(hold.id, &[house.stage().any(1)]).await.unwrap();
    house.ahead(Duration::from_secs(7_200)).await;
    assert_eq!(code(process.hold(vec![house.stage().any(1)]).await), Code::NotOnSale);
    tx = house.tx().await;
    assert_eq!(sale_rounds::of_performances(&mut tx, &[house.stage().id]).await.unwrap(), [window]);
    house.end().await;
}

#[tokio::test]
async fn a_round_that_could_never_sell_is_refused_by_its_field_and_nothing_is_changed() {
    let house = House::with(places(10)).await;
    let now = now(&house).await;
    let at = |seconds| Some(now.plus(Duration::from_secs(seconds)));
    let early = SaleRound { closes_at: at(60), ..round(house.stage(), "early", eur("5.00"), None) };
    let regular = SaleRound { closes_at: at(120), ..round(house.stage(), "regular", eur("8.00"), None) };
    create(&house, &early).await;
    create(&house, &regular).await;
    let late =
        |opens_at, closes_at| SaleRound { opens_at, closes_at, ..round(house.stage(), "late", eur("9.00"), None) };
    for (new, pointer) in [
        (late(at(90), at(80)), "/closes_at"),
        (late(None, Some(now)), "/closes_at"),
        (late(None, at(110)), "/closes_at"),
        (late(at(40 * 86_400), None), "/opens_at"),
    ] {
        let mut tx = house.tx().await;
        let refused = refusal(create_sale_round(&mut tx, &new).await);
        assert_eq!((refused.code, &*refused.errors[0].pointer), (Code::InvalidField, pointer));
    }
    for (of, changes, pointer) in [
        (&early, SaleRoundChanges { closes_at: Some(None), ..SaleRoundChanges::default() }, "/closes_at"),
        (&early, SaleRoundChanges { closes_at: Some(at(120)), ..SaleRoundChanges::default() }, "/closes_at"),
        (&regular, SaleRoundChanges { opens_at: Some(at(130)), ..SaleRoundChanges::default() }, "/closes_at"),
    ] {
        let refused = refusal(change(&house, of, 1, changes).await);
        assert_eq!((refused.code, &*refused.errors[0].pointer), (Code::InvalidField, pointer));
    }
    let rounds = sale_rounds::of_performances(&mut house.tx().await, &[house.stage().id]).await.unwrap();
    assert_eq!(rounds, [early.clone(), regular]);
    let ended = SaleRoundChanges { closes_at: Some(Some(now)), ..SaleRoundChanges::default() };
    change(&house, &early, 1, ended).await.unwrap();
    let hold = Process::first(&house).hold(vec![house.stage().any(1)]).await.unwrap();
    assert_eq!(hold.items[0].price, eur("8.00"), "ended at once, so that the next one sells");
    house.end().await;
}

#[tokio::test]
async fn when_a_round_that_follows_opens_at_the_latest_is_told_until_it_has_opened() {
    let house = House::with(places(10)).await;
    let process = Process::first(&house);
    let closes = now(&house).await.plus(Duration::from_secs(3_600));
    let members = SaleRound {
        access: Access::List,
        closes_at: Some(closes),
        ..round(house.stage(), "members", eur("5.00"), Some(1))
    };
    let friends = SaleRound { access: Access::List, ..round(house.stage(), "friends", eur("8.00"), None) };
    create(&house, &members).await;
    create(&house, &friends).await;
    let mut tx = house.tx().await;
    let buyers = Guests::Buyers(vec!["customer 1".to_owned()]);
    admit_guests(&mut tx, house.stage().id, members.id, &buyers).await.unwrap();
    tx.commit().await.unwrap();
    let told = async || refusal(process.hold(vec![house.stage().any(1)]).await);
    let next = serde_json::json!({ "on_sale_at": closes, "sale_round_id": friends.id, "access": "list" });
    assert_eq!(told().await.alternatives, Some(next));
    process.hold_as("customer 1", vec![house.stage().any(1)]).await.unwrap();
    let refused = told().await;
    assert_eq!((refused.code, refused.alternatives), (Code::NotOnSale, None), "it is open, though not to everybody");
    house.end().await;
}

#[tokio::test]
async fn a_round_that_follows_opens_when_the_one_before_closes() {
    let house = House::with(places(10)).await;
    let process = Process::first(&house);
    let closes = now(&house).await.plus(Duration::from_secs(60));
    create(&house, &SaleRound { closes_at: Some(closes), ..round(house.stage(), "early", eur("5.00"), Some(4)) }).await;
    create(&house, &round(house.stage(), "regular", eur("8.00"), Some(4))).await;
    let three = process.hold(vec![house.stage().any(3)]).await.unwrap();
    let two = process.hold(vec![house.stage().any(2)]).await.unwrap();
    assert_eq!(two.items[0].price, eur("8.00"), "the one that is left keeps no party out");
    assert_eq!(process.hold(vec![house.stage().any(1)]).await.unwrap().items[0].price, eur("5.00"));
    process.release(three.id).await.unwrap();
    process.release(two.id).await.unwrap();
    let mut tx = house.tx().await;
    let endless = round(house.stage(), "endless", eur("9.00"), None);
    create_sale_round(&mut tx, &endless).await.unwrap();
    let never = create_sale_round(&mut tx, &round(house.stage(), "never", eur("9.00"), None)).await;
    assert_eq!(refusal(never.map(|()| endless)).errors[0].pointer, "/opens_at");
    drop(tx);
    house.ahead(Duration::from_secs(61)).await;
    assert_eq!(process.hold(vec![house.stage().any(2)]).await.unwrap().items[0].price, eur("8.00"));
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_lets_in_once_however_many_show_it_at_once() {
    let house = House::with(places(50)).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let presale = SaleRound { access: Access::Codes, ..round(house.stage(), "presale", eur("6.00"), Some(30)) };
    create(&house, &presale).await;
    let mut tx = house.tx().await;
    let codes = Guests::Codes(vec!["FRIEND-1".to_owned(), "FRIEND-2".to_owned()]);
    assert_eq!(admit_guests(&mut tx, house.stage().id, presale.id, &codes).await.unwrap(), 2);
    let buyers = Guests::Buyers(vec!["customer 1".to_owned()]);
    assert_eq!(code(admit_guests(&mut tx, house.stage().id, presale.id, &buyers).await), Code::InvalidField);
    tx.commit().await.unwrap();
    let with = |code: &str| AskedBy { access_code: Some(code.to_owned()), ..AskedBy::default() };
    assert_eq!(code(processes[0].hold(vec![house.stage().any(1)]).await), Code::NotOnSale);
    assert_eq!(code(processes[0].hold_by(with("FRIEND-3"), vec![house.stage().any(1)]).await), Code::CodeInvalid);
    assert_eq!(code(processes[0].hold_by(with("FRIEND-1"), vec![house.stage().any(2)]).await), Code::CodeUsed);
    let outcomes = at_once((0..40).map(|n| {
        let (process, wants) = (processes[n % 2].clone(), vec![house.stage().any(1)]);
        let by = with(if n % 4 < 2 { "friend-1" } else { "FRIEND-2 " });
        async move { process.hold_by(by, wants).await }
    }))
    .await;
    let (held, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(std::result::Result::is_ok);
    assert_eq!((held.len(), house.claimed().await), (2, 2));
    for refused in refused {
        assert_eq!(code(refused), Code::CodeUsed);
    }
    let texts = house
        .count(
            "select count(*) from sale_round_guests where reseller_id = $1 and encode(mark, 'escape') like '%FRIEND%'",
        )
        .await;
    assert_eq!(texts, 0, "only marks are kept");
    house.end().await;
}

#[tokio::test]
async fn a_list_lets_in_by_reference_or_address() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let members = SaleRound { access: Access::List, ..round(house.stage(), "members", eur("6.00"), None) };
    create(&house, &members).await;
    let mut tx = house.tx().await;
    let buyers = Guests::Buyers(vec!["customer 1".to_owned(), "Ada@Example.com".to_owned()]);
    admit_guests(&mut tx, house.stage().id, members.id, &buyers).await.unwrap();
    tx.commit().await.unwrap();
    let reference = |text: &str| AskedBy { reference: Some(text.to_owned()), ..AskedBy::default() };
    let email = |text: &str| AskedBy { email: Some(text.to_owned()), ..AskedBy::default() };
    process.hold_by(reference("customer 1"), vec![house.stage().any(1)]).await.unwrap();
    process.hold_by(email("ada@example.com"), vec![house.stage().any(1)]).await.unwrap();
    for other in [reference("customer 2"), email("eve@example.com"), reference("ada@example.com")] {
        assert_eq!(code(process.hold_by(other, vec![house.stage().any(1)]).await), Code::NotOnSale);
    }
    house.end().await;
}

#[tokio::test]
async fn a_rounds_new_price_shows_on_holds_and_never_on_orders() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let only = round(house.stage(), "only", eur("6.00"), Some(10));
    create(&house, &only).await;
    let ordered = process.ordered(vec![house.stage().any(1)]).await;
    let held = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let prices = vec![(house.stage().offer, eur("8.00"))];
    change(&house, &only, 1, SaleRoundChanges { prices, ..SaleRoundChanges::default() }).await.unwrap();
    assert_eq!(house.order(ordered.id).await.total, eur("6.00").amount());
    assert_eq!(get_hold(&mut house.tx().await, &Plans::default(), held.id).await.unwrap().items[0].price, eur("8.00"));
    let expected = |amount: &str| NewOrder { expected_total: Some(eur(amount)), ..new_order(held.id) };
    let refused = refusal(process.make_order(&expected("6.00")).await);
    assert_eq!(
        (refused.code, refused.alternatives.unwrap()["total"]["amount"].clone()),
        (Code::PriceChanged, "8.00".into())
    );
    let order = process.make_order(&expected("8.00")).await.unwrap();
    assert_eq!(order.items[0].held.round, Some(only.id));
    house.end().await;
}

#[tokio::test]
async fn a_dry_run_of_a_round_or_a_pool_says_whom_it_reaches_and_changes_nothing() {
    let house = House::with(places(20)).await;
    let (process, stage) = (Process::first(&house), house.stage());
    let pool = Pool {
        id: PoolId::new(),
        performance: stage.id,
        name: "all".to_owned(),
        capacity: 10,
        offers: vec![stage.offer],
        version: 1,
    };
    let mut tx = house.tx().await;
    create_pool(&mut tx, &pool).await.unwrap();
    tx.commit().await.unwrap();
    let (early, regular) = (round(stage, "early", eur("6.00"), Some(4)), round(stage, "regular", eur("7.00"), None));
    create(&house, &early).await;
    create(&house, &regular).await;
    process.ordered(vec![stage.any(1)]).await;
    let held = process.hold_as("session 1", vec![stage.any(3)]).await.unwrap();
    let other = process.hold_as("session 2", vec![stage.any(2)]).await.unwrap();
    let rows = "select count(*) from events where reseller_id = $1";
    let before = house.count(rows).await;

    let prices = vec![(stage.offer, eur("8.00"))];
    let dearer = SaleRoundChanges { prices, ..SaleRoundChanges::default() };
    let tried = try_sale_round(house.tx().await, stage.id, early.id, 1.into(), dearer.clone()).await.unwrap();
    assert_eq!((tried.0.prices, tried.0.version), (vec![(stage.offer, eur("8.00"))], 1), "as it would be");
    let reached = |hold: HoldId, buyer: &str, before: &str, after: &str| ReachedHold {
        id: hold,
        buyer_reference: Some(buyer.to_owned()),
        total_before: Some(eur(before)),
        total: Some(eur(after)),
    };
    let one = reached(held.id, "session 1", "18.00", "24.00");
    assert_eq!(tried.1, Reached { holds: 1, holds_first: vec![one], unpaid_orders: 1, orders: 0 });
    let stale = try_sale_round(house.tx().await, stage.id, early.id, 2.into(), dearer).await;
    assert_eq!(code(stale), Code::IfMatchStale);

    let tried = try_pool(house.tx().await, stage.id, pool.id, 1.into(), (None, Some(6))).await.unwrap();
    assert_eq!((tried.0.capacity, tried.0.version), (6, 1));
    let two = reached(other.id, "session 2", "14.00", "14.00");
    let mut all = vec![reached(held.id, "session 1", "18.00", "18.00"), two];
    all.sort_by_key(|hold| hold.id);
    assert_eq!(tried.1, Reached { holds: 2, holds_first: all, unpaid_orders: 1, orders: 0 });
    let refused = refusal(try_pool(house.tx().await, stage.id, pool.id, 1.into(), (None, Some(5))).await);
    let who = refused.alternatives.unwrap();
    assert_eq!((refused.code, &who["taken"]), (Code::InvalidField, &serde_json::json!(6)));
    let named = |of: &str| who[of].as_array().unwrap().len();
    assert_eq!((named("holds_first"), named("orders_first")), (2, 1), "who has them");

    assert_eq!(house.count(rows).await, before, "nothing is told");
    let mut tx = house.tx().await;
    assert_eq!(sale_rounds::of_performances(&mut tx, &[stage.id]).await.unwrap(), [early, regular]);
    assert_eq!(pools::of_performances(&mut tx, &[stage.id]).await.unwrap(), [pool]);
    house.end().await;
}

#[tokio::test]
async fn a_capacity_may_be_lowered_to_what_is_taken_and_no_further() {
    let house = House::with(places(50)).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let only = round(house.stage(), "only", eur("6.00"), Some(40));
    create(&house, &only).await;
    // Both begin somewhere in the middle; so the slots that are left are numbered anyhow.
    let mut holds = Vec::new();
    for n in 0..20 {
        holds.push(processes[n % 2].hold(vec![house.stage().any(1)]).await.unwrap());
    }
    for hold in holds.drain(..10) {
        processes[0].release(hold.id).await.unwrap();
    }
    let to = |max| SaleRoundChanges { capacity: Some(Some(max)), ..SaleRoundChanges::default() };
    assert_eq!(code(change(&house, &only, 1, to(9)).await), Code::InvalidField);
    assert_eq!(code(change(&house, &only, 2, to(12)).await), Code::IfMatchStale);
    change(&house, &only, 1, to(12)).await.unwrap();
    crate::house::end(&house.db, house.reseller).await;
    processes[1].hold(vec![house.stage().any(2)]).await.unwrap();
    assert_eq!(code(processes[0].hold(vec![house.stage().any(1)]).await), Code::NotEnoughTickets);
    change(&house, &only, 2, to(13)).await.unwrap();
    processes[0].hold(vec![house.stage().any(1)]).await.unwrap();
    assert_eq!(code(processes[1].hold(vec![house.stage().any(1)]).await), Code::NotEnoughTickets);
    assert_eq!(
        code(
            change(&house, &only, 3, SaleRoundChanges { capacity: Some(Some(0)), ..SaleRoundChanges::default() }).await
        ),
        Code::InvalidField
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offers_of_a_pool_share_its_capacity() {
    let house = House::with(places(10)).await;
    let mut tx = house.tx().await;
    let time = tx.now().await.unwrap();
    let starts_at = time.plus(Duration::from_secs(86_400));
    let tier =
        |name: &str| NewPriceTier { name: name.to_owned(), prices: vec![("adult".to_owned(), eur("9.00")).into()] };
    let tickets = |tier: &str| NewTickets { section: tier.to_owned(), price_tier: tier.to_owned(), kind: places(50) };
    let new = NewPerformance {
        price_tiers: vec![tier("left"), tier("right"), tier("stand")],
        tickets: vec![tickets("left"), tickets("right"), tickets("stand")],
        ..crate::house::performance(house.venue, starts_at, eur("9.00"), places(1))
    };
    let performance = add_performance(&mut tx, house.show.id, &new).await.unwrap().id;
    let all: Vec<_> =
        offers::of_performance(&mut tx, performance).await.unwrap().into_iter().map(|offer| offer.id).collect();
    let pool = Pool {
        id: PoolId::new(),
        performance,
        name: "seats".to_owned(),
        capacity: 11,
        offers: all[..2].to_vec(),
        version: 1,
    };
    create_pool(&mut tx, &pool).await.unwrap();
    tx.commit().await.unwrap();
    let any = |n: usize| Want { performance, pick: Pick::Any { offer: all[n], quantity: 1, section: None } };
    let processes = [Process::first(&house), Process::another(&house)];
    let outcomes = at_once((0..60).map(|n| {
        let (process, wants) = (processes[n % 2].clone(), vec![any(n % 3)]);
        async move { (n % 3, process.hold(wants).await) }
    }))
    .await;
    let held = |offers: &[usize]| outcomes.iter().filter(|(n, outcome)| offers.contains(n) && outcome.is_ok()).count();
    assert_eq!((held(&[0, 1]), held(&[2])), (11, 20), "the third offer is not of the pool");
    let mut tx = house.tx().await;
    assert_eq!(code(update_pool(&mut tx, performance, pool.id, 1, (None, Some(10))).await), Code::InvalidField);
    update_pool(&mut tx, performance, pool.id, 1, (None, Some(12))).await.unwrap();
    let late = Pool { id: PoolId::new(), name: "late".to_owned(), ..pool };
    assert_eq!(code(create_pool(&mut tx, &late).await), Code::TicketsInUse);
    tx.commit().await.unwrap();
    processes[0].hold(vec![any(1)]).await.unwrap();
    assert_eq!(code(processes[1].hold(vec![any(0)]).await), Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn what_is_broken_of_a_round_is_found() {
    for (sql, invariant) in [
        ("update sale_rounds set capacity = 1", "no sale round, pool or promotion"),
        ("delete from slots where subject = ''", "every ticket of a live order that was sold in a round"),
    ] {
        let house = House::with(places(20)).await;
        create(&house, &round(house.stage(), "only", eur("6.00"), Some(9))).await;
        Process::first(&house).ordered(vec![house.stage().any(2)]).await;
        house.end().await;
        sqlx::raw_sql(sql).execute(&mut house.db.as_owner().await).await.unwrap();
        let found = ticketing::verify::checks(&mut house.tx().await).await.unwrap();
        let broken: Vec<_> =
            found.iter().filter(|checked| !checked.violations.is_empty()).map(|c| c.invariant).collect();
        assert!(broken.iter().any(|found| found.starts_with(invariant)), "{invariant}: {broken:?}");
    }
}

#[tokio::test]
async fn a_round_keeps_what_it_sold_and_sells_again_what_was_given_back() {
    let house = House::with(places(20)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    create(&house, &round(house.stage(), "only", eur("6.00"), Some(2))).await;
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await;
    house.ahead(10 * MINUTES).await;
    assert_eq!(code(process.hold(vec![house.stage().any(1)]).await), Code::NotEnoughTickets);
    let mut tx = house.tx().await;
    let new = ticketing::use_cases::refund::NewRefund { order: order.id, items: Some(vec![1]), reason: String::new() };
    ticketing::use_cases::refund::accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    process.hold(vec![house.stage().any(1)]).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn an_extra_date_is_sold_on_the_same_terms_and_counts_for_itself() {
    let house = House::with(places(20)).await;
    let process = Process::first(&house);
    let first = house.stage();
    let time = now(&house).await;
    let mut tx = house.tx().await;
    let pool = Pool {
        id: PoolId::new(),
        performance: first.id,
        name: "reduced".to_owned(),
        capacity: 3,
        offers: vec![first.offer],
        version: 1,
    };
    create_pool(&mut tx, &pool).await.unwrap();
    let members = SaleRound { access: Access::List, ..round(first, "members", eur("4.00"), Some(9)) };
    let over =
        SaleRound { closes_at: Some(time.plus(Duration::from_secs(60))), ..round(first, "early", eur("5.00"), None) };
    let presale = SaleRound { access: Access::Codes, ..round(first, "presale", eur("6.00"), Some(4)) };
    for round in [&members, &over, &presale] {
        create_sale_round(&mut tx, round).await.unwrap();
    }
    admit_guests(&mut tx, first.id, presale.id, &Guests::Codes(vec!["FRIEND-1".to_owned()])).await.unwrap();
    set_of_performance(&mut tx, first.id, 1, Some(Some(2))).await.unwrap();
    tx.commit().await.unwrap();
    house.ahead(Duration::from_secs(61)).await;
    let friend = || AskedBy { access_code: Some("FRIEND-1".to_owned()), ..AskedBy::default() };
    process.hold_by(friend(), vec![first.any(1)]).await.unwrap();
    let mut tx = house.tx().await;
    let starts_at =
        performances::get(&mut tx, first.id).await.unwrap().times.starts_at.plus(Duration::from_secs(86_400));
    let times = GivenTimes { starts_at: Some(starts_at.into()), ..GivenTimes::default() };
    let date = add_extra_date(&mut tx, first.id, times).await.unwrap();
    let extra = stage(&mut tx, date.id).await;
    let copied = sale_rounds::of_performances(&mut tx, &[date.id]).await.unwrap();
    let limit = of_performance(&mut tx, date.id).await.unwrap();
    let pools = pools::of_performances(&mut tx, &[date.id]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        copied.iter().map(|round| &round.name).collect::<Vec<_>>(),
        ["members", "presale"],
        "what is over is not copied"
    );
    assert_eq!((copied[1].capacity, &copied[1].prices), (Some(4), &vec![(extra.offer, eur("6.00"))]));
    assert_eq!((limit.max, limit.version), (Some(2), 1));
    assert_eq!((pools[0].capacity, &pools[0].offers), (3, &vec![extra.offer]));
    assert_eq!(code(process.hold(vec![extra.any(1)]).await), Code::NotOnSale);
    let hold = process.hold_by(friend(), vec![extra.any(1)]).await.unwrap();
    assert_eq!(
        hold.items[0].held.round,
        Some(copied[1].id),
        "what its end has opened is open, and a code used there is good here"
    );
    house.end().await;
}
