//! What is long over: out of the way of what sells, read as before, refunded as before, and nothing of it lost.

use std::{fmt::Write, time::Duration};

use accounting::{SalesFilter, SalesGroup};
use foundation::{
    Code, Error, Instant,
    id::{PerformanceId, SaleRoundId},
};
use sqlx::AssertSqlSafe;
use ticketing::{
    plans::Plans,
    rules::{
        offer::{NewOffer, NewPriceTier},
        order::{Order, OrderState},
        payment::RefundState,
        rescheduling::Decision,
        sale_round::{Access, SaleRound},
        terms::AskedBy,
        times::GivenTimes,
    },
    store::{
        capacity, doors,
        listed_tickets::{self, TicketFilter},
        owners, performances,
        shows_of::shows_of,
    },
    use_cases::{
        add_extra_date::add_extra_date,
        add_offer::add_offer,
        add_price_tier::add_price_tier,
        add_tickets::add_tickets,
        archive_performance::{PAGE, archive_due, archive_performance},
        change_hold::get_hold,
        reprice::reprice,
        reschedule::{Plan, reschedule},
        set_buyer_limit::set_of_performance,
        set_sale_round::{Guests, admit_guests, create_sale_round},
        update_offer::{OfferChanges, update_offer},
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    archive_refunds::give_back,
    bank::Bank,
    blocks::{block, of_hall},
    house::{House, Stage, code, eur, places, seats, stage},
    process::Process,
};

pub(crate) const VISA: &str = "pm_card_visa";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// A performance of the house is over a month and two hours after it was made, and archived thirty days later.
const OVER: Duration = Duration::from_secs(31 * 86_400);
pub(crate) const ARCHIVABLE: Duration = Duration::from_secs(61 * 86_400);

/// The live rows of the reseller: tickets, claims, slots, holds, guests.
pub(crate) async fn live(house: &House) -> [i64; 5] {
    [
        house.count("select count(*) from tickets where reseller_id = $1").await,
        house.count("select count(*) from claims where reseller_id = $1").await,
        house.count("select count(*) from slots where reseller_id = $1").await,
        house.count("select count(*) from holds where reseller_id = $1").await,
        house.count("select count(*) from sale_round_guests where reseller_id = $1").await,
    ]
}

/// Archives until nothing is due.
pub(crate) async fn archive_all(house: &House) -> usize {
    let mut moved = 0;
    loop {
        match archive_due(house.db.cell()).await.unwrap() {
            0 => return moved,
            rows => moved += rows,
        }
    }
}

/// Everything that can be read of a performance and an order of it, as text.
pub(crate) async fn read(house: &House, of: &Stage, orders: &[&Order]) -> String {
    let mut text = String::new();
    let mut tx = house.snapshot().await;
    let now = tx.now().await.unwrap();
    for available in [None, Some(true), Some(false)] {
        let filter = TicketFilter { available, ..TicketFilter::default() };
        let mut after = None;
        loop {
            let page = listed_tickets::list(&mut tx, of.id, &filter, after, 7).await.unwrap();
            writeln!(text, "{page:?}").unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.ordinal);
        }
    }
    writeln!(text, "{:?}", capacity::by_section(&mut tx, of.id).await.unwrap()).unwrap();
    let mut seats = capacity::seats(&mut tx, of.id, None).await.unwrap();
    seats.sort_by_key(|seat| (seat.row.clone(), seat.seat.clone()));
    writeln!(text, "{seats:?}").unwrap();
    let door = doors::read(&mut tx, of.id, now).await.unwrap();
    writeln!(text, "{:?} {:?}", door.taken, door.rounds).unwrap();
    for order in orders {
        writeln!(text, "{:?}", get_hold(&mut tx, &Plans::default(), order.hold).await.unwrap()).unwrap();
        writeln!(text, "{:?}", ticketing::store::orders::get(&mut tx, order.id).await.unwrap()).unwrap();
        for item in &order.items {
            writeln!(text, "{:?}", owners::of_item(&mut tx, order.id, item.no, None, 10).await.unwrap()).unwrap();
        }
        writeln!(text, "{:?}", shows_of(&mut tx, &[("hold", order.hold.uuid())]).await.unwrap()).unwrap();
    }
    for group_by in [SalesGroup::Show, SalesGroup::Performance] {
        let filter = SalesFilter { show: None, from: None, to: None, group_by };
        writeln!(text, "{:?}", accounting::sales_report(&mut tx, &filter).await.unwrap()).unwrap();
    }
    writeln!(text, "{:?}", accounting::balance(&mut tx).await.unwrap()).unwrap();
    drop(tx);
    // A process that has never heard of it.
    let availability = Process::first(house).inventory.availability(house.reseller, of.id).await.unwrap();
    writeln!(text, "{:?}", availability.counts).unwrap();
    text
}

#[tokio::test]
async fn a_past_performance_is_archived_by_itself_and_reads_as_before() {
    let house = House::with(seats(&[("A", 8), ("B", 4)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let presale = SaleRound {
        id: SaleRoundId::new(),
        performance: house.stage().id,
        name: "presale".to_owned(),
        opens_at: None,
        closes_at: None,
        capacity: Some(10),
        access: Access::Codes,
        tickets_per_code: 4,
        prices: vec![(house.stage().offer, eur("8.00"))],
        version: 1,
    };
    let mut tx = house.tx().await;
    create_sale_round(&mut tx, &presale).await.unwrap();
    let codes = Guests::Codes(vec!["FRIEND-1".to_owned(), "FRIEND-2".to_owned()]);
    admit_guests(&mut tx, house.stage().id, presale.id, &codes).await.unwrap();
    tx.commit().await.unwrap();
    block(&process, house.stage(), ticketing::rules::block::NewBlock { quantity: Some(3), ..of_hall("press") })
        .await
        .unwrap();
    let friend = || AskedBy { access_code: Some("FRIEND-1".to_owned()), ..AskedBy::default() };
    let hold = process.hold_by(friend(), vec![house.stage().any(3)]).await.unwrap();
    let order = process.order(hold.id).await.unwrap();
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    let order = house.order(order.id).await;
    assert_eq!(give_back(&process, &bank, order.id, Some(vec![2])).await.unwrap(), RefundState::Succeeded);
    let let_go = process.hold_by(friend(), vec![house.stage().any(1)]).await.unwrap();
    process.release(let_go.id).await.unwrap();

    let rows = live(&house).await;
    assert!(rows.iter().all(|rows| *rows > 0), "{rows:?}");
    house.ahead(OVER).await;
    assert_eq!(archive_all(&house).await, 2, "the holds, which ended a month ago, and nothing else");
    assert_eq!(live(&house).await, [rows[0], rows[1], rows[2], 0, rows[4]]);
    house.ahead(ARCHIVABLE).await;
    let before = read(&house, house.stage(), &[&order]).await;
    assert!(archive_all(&house).await > 0);
    assert_eq!(live(&house).await, [0; 5]);
    assert_eq!(read(&house, house.stage(), &[&order]).await, before);
    let released = get_hold(&mut house.snapshot().await, &Plans::default(), let_go.id).await.unwrap();
    assert_eq!(released.items.len(), 1);
    assert_eq!(shows_of(&mut house.tx().await, &[("hold", let_go.id.uuid())]).await.unwrap().len(), 1);
    let told = "select count(*) from events where reseller_id = $1 and type = 'performance.archived' and (data ->> 'tickets')::int = 12";
    assert_eq!(house.count(told).await, 1);
    assert_eq!(archive_all(&house).await, 0);
    house.end().await;
}

#[tokio::test]
async fn what_is_archived_is_changed_no_more_and_another_date_is_made_like_it() {
    let house = House::with(seats(&[("A", 6)])).await;
    let process = Process::first(&house);
    house.ahead(ARCHIVABLE).await;
    assert!(archive_all(&house).await > 0);
    let mut tx = house.tx().await;
    let archived = performances::get(&mut tx, house.stage().id).await.unwrap();
    assert!(archived.archived_at.is_some());
    let later = tx.now().await.unwrap().plus(DAY);
    let times =
        GivenTimes { starts_at: Some(later.into()), ends_at: Some(later.plus(DAY).into()), ..GivenTimes::default() };
    let changes = PerformanceChanges { times, ..PerformanceChanges::default() };
    let moved = update_performance(&mut tx, archived.id, archived.version, changes).await;
    assert_eq!(code(moved), Code::PerformanceArchived);
    let again = Plan { times, decide_by: None, default: Decision::Keep };
    assert_eq!(code(reschedule(&mut tx, archived.id, &again, false).await), Code::PerformanceArchived);
    assert_eq!(code(add_tickets(&mut tx, archived.id, &[]).await), Code::PerformanceArchived);
    let prices = vec![("adult".to_owned(), eur("30.00")).into()];
    let tier = NewPriceTier { name: "balcony".to_owned(), prices };
    assert_eq!(code(add_price_tier(&mut tx, archived.id, &tier).await), Code::PerformanceArchived);
    let offer = NewOffer { price_tier: "one".to_owned(), price: tier.prices[0].clone() };
    assert_eq!(code(add_offer(&mut tx, archived.id, &offer).await), Code::PerformanceArchived);
    let cheap = [(house.stage().offer, eur("1.00"))];
    assert_eq!(code(reprice(&mut tx, archived.id, &cheap, true).await), Code::PerformanceArchived);
    let untaxed = OfferChanges { price: None, tax_rate: Some(None) };
    let changed = update_offer(&mut tx, archived.id, house.stage().offer, 1, untaxed).await;
    assert_eq!(code(changed), Code::PerformanceArchived);
    assert_eq!(code(set_of_performance(&mut tx, archived.id, archived.version, None).await), Code::PerformanceArchived);
    drop(tx);
    assert_eq!(
        block(&process, house.stage(), of_hall("late")).await.map_err(refused).err(),
        Some(Code::PerformanceArchived)
    );
    assert_eq!(code(process.hold(house.stage().these(&[0])).await), Code::NotOnSale);
    let mut tx = house.tx().await;
    let times = GivenTimes { starts_at: Some(later.into()), ..GivenTimes::default() };
    let date = add_extra_date(&mut tx, archived.id, times).await.unwrap();
    let extra = stage(&mut tx, date.id).await;
    tx.commit().await.unwrap();
    assert_eq!((extra.tickets.len(), date.archived_at), (6, None));
    process.hold(extra.these(&[0, 5])).await.unwrap();
    house.end().await;
}

fn refused(error: Error) -> Code {
    match error {
        Error::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn over_ten_performances_in_a_row_the_live_tables_stay_as_small() {
    let house = House::with(places(1)).await;
    let process = Process::first(&house);
    for nth in 1..=10_u32 {
        let of = house.another_show(eur("0.00"), 40).await;
        for _ in 0..3 {
            process.ordered(vec![of.any(4)]).await;
        }
        let lapsed = process.hold(vec![of.any(2)]).await.unwrap();
        // Beside the first one is the house's own ticket.
        assert_eq!(live(&house).await, [40 + i64::from(nth == 1), 14, 12, 4, 0], "the {nth}th while it sells");
        house.ahead(ARCHIVABLE * nth).await;
        Bank::open().await.due(&process).await;
        assert!(archive_all(&house).await > 0);
        assert_eq!(live(&house).await, [0; 5], "after {nth}");
        assert!(get_hold(&mut house.tx().await, &Plans::default(), lapsed.id).await.is_ok());
    }
    let kept = [
        ("select count(*) from archived_tickets where reseller_id = $1", 401),
        ("select count(*) from archived_tickets where reseller_id = $1 and owner_id is not null", 140),
        ("select count(*) from archived_holds where reseller_id = $1", 40),
        ("select count(*) from order_items where reseller_id = $1", 120),
    ];
    for (sql, rows) in kept {
        assert_eq!(house.count(sql).await, rows, "{sql}");
    }
    for table in ["tickets", "claims", "holds", "slots", "archived_tickets", "archived_holds", "order_items"] {
        let bytes: i64 = sqlx::query_scalar("select pg_total_relation_size($1::regclass)")
            .bind(table)
            .fetch_one(&mut house.db.as_owner().await)
            .await
            .unwrap();
        println!("{table}: {bytes} bytes");
    }
    house.end().await;
}

/// What keeps a performance from being archived: how it begins and how it ends.
const UNDER_WAY: [(&str, &str); 10] = [
    ("update claims set owner_kind = 'hold', expires_at = 'infinity'", "update claims set owner_kind = 'order'"),
    ("update orders set state = 'processing', paid_at = null", "update orders set state = 'paid', paid_at = created_at"),
    (
        "update payments set state = 'processing', received = null",
        "update payments set state = 'succeeded', received = amount",
    ),
    (
        "insert into refunds (reseller_id, refund_id, order_id, payment_id, amount, currency, item_nos, reason, due_at, created_at)
         select reseller_id, gen_random_uuid(), order_id, payment_id, 1, currency, '{}', '', 'infinity', created_at from payments",
        "delete from refunds",
    ),
    (
        "insert into disputes (reseller_id, dispute_id, order_id, payment_id, provider_dispute, amount, currency, reason, state, created_at)
         select reseller_id, gen_random_uuid(), order_id, payment_id, payment_id::text, 1, currency, '', 'under_review', created_at from payments",
        "delete from disputes",
    ),
    (
        "insert into reschedulings (reseller_id, rescheduling_id, performance_id, starts_before, starts_at, decide_by, default_decision, due_at, created_at)
         select reseller_id, gen_random_uuid(), performance_id, starts_at, starts_at, starts_at, 'keep', 'infinity', created_at from performances",
        "update reschedulings set state = 'done'",
    ),
    (
        "insert into cancellations (reseller_id, cancellation_id, performance_id, offered, default_decision, replacement_id, decide_by, due_at, created_at)
         select reseller_id, gen_random_uuid(), performance_id, '{refund}', 'refund', null, starts_at, 'infinity', created_at from performances",
        "delete from cancellations",
    ),
    (
        "insert into cancellations (reseller_id, cancellation_id, performance_id, offered, default_decision, replacement_id, decide_by, due_at, created_at)
         select reseller_id, gen_random_uuid(), (select max(performance_id::text)::uuid from performances), '{replacement}', 'replacement',
                (select min(performance_id::text)::uuid from performances), starts_at, 'infinity', created_at
         from performances limit 1",
        "delete from cancellations",
    ),
    (
        "insert into blocks (reseller_id, block_id, performance_id, name, reason, channel, tickets, release_at, created_at)
         select reseller_id, gen_random_uuid(), performance_id, 'theirs', 'allocation', 'box office', 1, 'infinity', created_at from performances",
        "delete from blocks",
    ),
    ("update performances set checkouts_due = true", "update performances set checkouts_due = false"),
];

#[tokio::test]
async fn nothing_is_archived_while_something_of_it_is_under_way() {
    let house = House::of(eur("10.00"), vec![places(2), places(2)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    for of in &house.stages {
        bank.sold(&house, &process, vec![of.any(1)], VISA).await;
    }
    let mut owner = house.db.as_owner().await;
    for (nth, (begins, ends)) in (0_u32..).zip(UNDER_WAY) {
        // Each is looked at again a day after it was found to be kept.
        house.ahead(ARCHIVABLE + (DAY + Duration::from_secs(1)) * nth).await;
        sqlx::raw_sql(begins).execute(&mut owner).await.unwrap();
        archive_all(&house).await;
        let left = house.count("select count(distinct performance_id) from tickets where reseller_id = $1").await;
        assert!(left > 0, "{begins}");
        assert_eq!(archive_all(&house).await, 0);
        sqlx::raw_sql(ends).execute(&mut owner).await.unwrap();
        let kept = "select count(*) from performances where reseller_id = $1 and archived_at is null";
        assert_eq!(house.count(kept).await, 2, "{begins}");
    }
    house.ahead(ARCHIVABLE + DAY * 12).await;
    assert!(archive_all(&house).await > 0);
    assert_eq!(live(&house).await[..3], [0; 3]);
    house.end().await;
}

#[tokio::test]
async fn an_archive_that_is_cut_after_any_page_goes_on_and_reads_whole_in_between() {
    let many = u32::try_from(PAGE * 2 + 500).unwrap();
    let house = House::with(places(many)).await;
    let process = Process::first(&house);
    process.ordered(vec![house.stage().any(3)]).await;
    house.ahead(Duration::from_secs(1_000)).await;
    Bank::open().await.due(&process).await;
    house.ahead(ARCHIVABLE).await;
    let id = house.stage().id;
    let all = async |of: PerformanceId| {
        listed_tickets::list(&mut house.tx().await, of, &TicketFilter::default(), None, 10_000).await.unwrap().len()
    };
    for left in [i64::from(many) - PAGE, i64::from(many) - 2 * PAGE, 0] {
        assert!(archive_performance(house.db.cell(), house.reseller, id).await.unwrap() > 0);
        let live = "select count(*) from tickets t join performances p using (reseller_id, performance_id)
                    where t.reseller_id = $1 and p.archived_at is not null";
        assert_eq!(house.count(live).await, left);
        assert_eq!(all(id).await, usize::try_from(many).unwrap());
        assert_eq!(code(add_tickets(&mut house.tx().await, id, &[]).await), Code::PerformanceArchived);
        house.end().await;
    }
    assert_eq!(archive_performance(house.db.cell(), house.reseller, id).await.unwrap(), 0, "all of it");
    house.end().await;
}

#[tokio::test]
async fn a_limit_of_the_whole_show_counts_what_is_archived() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let mut owner = house.db.as_owner().await;
    sqlx::raw_sql("update shows set buyer_max = 2, buyer_max_per = 'show'").execute(&mut owner).await.unwrap();
    let free = "update offers set price = 0";
    sqlx::raw_sql(free).execute(&mut owner).await.unwrap();
    let held = process.hold_as("customer 1", vec![house.stage().any(2)]).await.unwrap();
    assert_eq!(process.order(held.id).await.unwrap().state, OrderState::Paid);
    house.ahead(ARCHIVABLE).await;
    archive_all(&house).await;
    assert_eq!(live(&house).await[..2], [0, 0]);
    let mut tx = house.tx().await;
    let later: Instant = tx.now().await.unwrap().plus(DAY);
    let times = GivenTimes { starts_at: Some(later.into()), ..GivenTimes::default() };
    let date = add_extra_date(&mut tx, house.stage().id, times).await.unwrap();
    let extra = stage(&mut tx, date.id).await;
    tx.commit().await.unwrap();
    assert_eq!(code(process.hold_as("customer 1", vec![extra.any(1)]).await), Code::BuyerLimit);
    process.hold_as("customer 2", vec![extra.any(1)]).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn the_checks_see_what_the_archive_lost_or_doubled() {
    for (sql, invariant) in [
        ("delete from archived_tickets where owner_id is null", "an archived performance has all the tickets"),
        ("update performances set archived_tickets = 7", "an archived performance has all the tickets"),
        (
            "insert into tickets select reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal, block_id from archived_tickets",
            "nothing is live and archived at once",
        ),
        (
            "with t as (delete from archived_tickets where owner_id is null returning *) insert into tickets select reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal, block_id from t",
            "of a performance that is all archived nothing is live",
        ),
        (
            "update archived_tickets set owner_id = gen_random_uuid() where owner_id is not null",
            "every issued or used credential",
        ),
        (
            "update archived_tickets set expires_at = '-infinity' where owner_id is not null",
            "every issued or used credential",
        ),
        ("insert into holds select * from archived_holds", "nothing is live and archived at once"),
        ("update archived_slots set owner_id = gen_random_uuid()", "every live slot of a limit"),
    ] {
        let house = House::with(places(4)).await;
        let (process, mut bank) = (Process::first(&house), Bank::open().await);
        bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
        house.ahead(ARCHIVABLE).await;
        archive_all(&house).await;
        house.end().await;
        let mut owner = house.db.as_owner().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut owner).await.unwrap();
        let found = ticketing::verify::checks(&mut house.tx().await).await.unwrap();
        let found: Vec<_> = found.into_iter().filter(|c| !c.violations.is_empty()).map(|c| c.invariant).collect();
        assert!(found.iter().any(|found| found.starts_with(invariant)), "{invariant}: found {found:?}");
    }
}
