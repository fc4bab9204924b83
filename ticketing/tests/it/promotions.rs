//! Promotions: what they take off, of what, when, and never once too often.

use std::time::Duration;

use foundation::{Code, id::PromotionId};
use ticketing::{
    rules::{
        promotion::{Discount, Promotion},
        terms::AskedBy,
    },
    use_cases::{
        create_order::{NewOrder, free_excess},
        set_promotion::{PromotionChanges, create_promotion, update_promotion},
    },
};

use crate::{
    bank::Bank,
    house::{House, at_once, code, eur, places},
    lanes::refusal,
    process::{Process, new_order},
};

/// Ten percent off, for anyone and as often as one likes.
pub(crate) fn promotion(code: &str) -> Promotion {
    Promotion {
        id: PromotionId::new(),
        code: code.to_owned(),
        name: "Ten percent".to_owned(),
        discount: Discount::Percent(10.into()),
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_per_buyer: None,
        offers: Vec::new(),
        version: 1,
    }
}

async fn create(house: &House, promotion: &Promotion) {
    let mut tx = house.tx().await;
    create_promotion(&mut tx, promotion).await.unwrap();
    tx.commit().await.unwrap();
}

fn with(code: &str) -> AskedBy {
    AskedBy { promotion_code: Some(code.to_owned()), ..AskedBy::default() }
}

#[tokio::test]
async fn a_discount_is_shown_on_the_hold_frozen_on_the_order_and_the_books_see_what_was_paid() {
    let house = House::with(places(20)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    create(&house, &promotion("TEN")).await;
    let hold = process.hold_by(with(" ten "), vec![house.stage().any(2)]).await.unwrap();
    let item = &hold.items[0];
    assert_eq!((item.price, item.discount, item.face_value()), (eur("10.00"), eur("1.00"), eur("9.00")));
    let order =
        process.make_order(&NewOrder { expected_total: Some(eur("18.00")), ..new_order(hold.id) }).await.unwrap();
    // Five percent and 0.30 of what is paid.
    assert_eq!(order.items[0].platform_fee, eur("0.75").amount());
    let payment = bank.start(&process, order.id).await;
    let mut tx = house.tx().await;
    let ended = PromotionChanges { ends_at: Some(Some(tx.now().await.unwrap())), ..PromotionChanges::default() };
    update_promotion(&mut tx, order.items[0].held.promotion.unwrap(), 1, ended).await.unwrap();
    tx.commit().await.unwrap();
    bank.pay(&payment, "pm_card_visa").await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    let paid = house.order(order.id).await;
    let item = &paid.items[1];
    assert_eq!(
        (paid.total, item.discount, item.face_value),
        (eur("18.00").amount(), eur("1.00").amount(), eur("9.00").amount())
    );
    assert_eq!(code(process.hold_by(with("TEN"), vec![house.stage().any(1)]).await), Code::CodeInvalid, "it has ended");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_is_used_as_often_as_it_may_be_in_two_processes_and_no_oftener() {
    let house = House::with(places(150)).await;
    create(&house, &Promotion { max_uses: Some(11), ..promotion("ELEVEN") }).await;
    let processes = [Process::first(&house), Process::another(&house)];
    let outcomes = at_once((0..60).map(|n| {
        let (process, wants) = (processes[n % 2].clone(), vec![house.stage().any(1 + n % 2)]);
        async move { process.hold_by(with("ELEVEN"), wants).await }
    }))
    .await;
    let used: usize = outcomes.iter().flatten().map(|hold| hold.items.len()).sum();
    assert_eq!(used, 11);
    for refused in outcomes.into_iter().filter(std::result::Result::is_err) {
        assert_eq!(code(refused), Code::PromotionUsedUp);
    }
    processes[0].hold(vec![house.stage().any(1)]).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn a_buyer_uses_it_so_often_by_reference_and_again_by_address() {
    let house = House::with(places(50)).await;
    let process = Process::first(&house);
    create(&house, &Promotion { max_per_buyer: Some(2), ..promotion("TWICE") }).await;
    let by = |reference: &str| AskedBy { reference: Some(reference.to_owned()), ..with("TWICE") };
    let hold = process.hold_by(by("session 1"), vec![house.stage().any(2)]).await.unwrap();
    assert_eq!(code(process.hold_by(by("session 1"), vec![house.stage().any(1)]).await), Code::PromotionUsedUp);
    process.hold_as("session 1", vec![house.stage().any(1)]).await.unwrap();
    process.order(hold.id).await.unwrap();
    let other = process.hold_by(by("session 2"), vec![house.stage().any(1)]).await.unwrap();
    let refused = process.order(other.id).await.unwrap_err();
    let refused = free_excess(&process.inventory, process.reseller, other.id, refused).await;
    assert_eq!(code::<()>(Err(refused)), Code::PromotionUsedUp);
    assert_eq!(house.claimed().await, 3, "what it was refused for is on sale again");
    house.end().await;
}

#[tokio::test]
async fn it_is_for_its_offers_in_its_time_and_its_currency() {
    let house = House::of(eur("10.00"), vec![places(20), places(1)]).await;
    let process = Process::first(&house);
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    drop(tx);
    let hour = Duration::from_secs(3_600);
    let elsewhere = vec![house.stages[1].offer];
    let yen = foundation::Money::new(500.into(), "JPY".parse().unwrap()).unwrap();
    for (text, promotion) in [
        ("LATER", Promotion { starts_at: Some(now.plus(hour)), ..promotion("LATER") }),
        ("ELSEWHERE", Promotion { offers: elsewhere, ..promotion("ELSEWHERE") }),
        ("YEN", Promotion { discount: Discount::Amount(yen), ..promotion("YEN") }),
    ] {
        create(&house, &promotion).await;
        assert_eq!(code(process.hold_by(with(text), vec![house.stage().any(1)]).await), Code::CodeInvalid, "{text}");
    }
    assert_eq!(code(process.hold_by(with("NEVER"), vec![house.stage().any(1)]).await), Code::CodeInvalid);
    house.ahead(hour).await;
    process.hold_by(with("LATER"), vec![house.stage().any(1)]).await.unwrap();
    let five =
        Promotion { discount: Discount::Amount(eur("50.00")), offers: vec![house.stage().offer], ..promotion("ALL") };
    create(&house, &five).await;
    let free = process.hold_by(with("ALL"), vec![house.stage().any(1)]).await.unwrap();
    assert_eq!((free.items[0].discount, free.items[0].face_value()), (eur("10.00"), eur("0.00")));
    house.end().await;
}

#[tokio::test]
async fn the_code_is_taken_and_what_it_takes_off_is_as_it_was() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let limited = Promotion { max_uses: Some(4), ..promotion("FOUR") };
    create(&house, &limited).await;
    assert_eq!(code(create_promotion(&mut house.tx().await, &promotion("FOUR")).await), Code::NameTaken);
    for bad in [
        promotion("x"),
        Promotion { discount: Discount::Percent(101.into()), ..promotion("MUCH") },
        Promotion { discount: Discount::Amount(eur("0.00")), ..promotion("NONE") },
        Promotion { max_uses: Some(0), ..promotion("ZERO") },
        Promotion { offers: vec![house.stage().offer; 2], ..promotion("TWICE") },
        Promotion { offers: vec![foundation::id::OfferId::new()], ..promotion("NOBODYS") },
    ] {
        assert_eq!(code(create_promotion(&mut house.tx().await, &bad).await), Code::InvalidField, "{}", bad.code);
    }
    process.hold_by(with("FOUR"), vec![house.stage().any(3)]).await.unwrap();
    let uses = |max| PromotionChanges { max_uses: Some(max), ..PromotionChanges::default() };
    let mut tx = house.tx().await;
    assert_eq!(code(update_promotion(&mut tx, limited.id, 2, uses(5)).await), Code::IfMatchStale);
    assert_eq!(code(update_promotion(&mut tx, limited.id, 1, uses(2)).await), Code::InvalidField);
    let per_buyer = PromotionChanges { max_per_buyer: Some(1), ..PromotionChanges::default() };
    assert_eq!(code(update_promotion(&mut tx, limited.id, 1, per_buyer).await), Code::InvalidField);
    update_promotion(&mut tx, limited.id, 1, uses(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(process.hold_by(with("FOUR"), vec![house.stage().any(1)]).await), Code::PromotionUsedUp);
    house.end().await;
}

#[tokio::test]
async fn a_promotion_that_could_never_be_used_is_refused_by_its_field() {
    let house = House::with(places(1)).await;
    let mut tx = house.tx().await;
    let now = tx.now().await.unwrap();
    let later = now.plus(Duration::from_secs(60));
    let lasts = |starts_at, ends_at| Promotion { starts_at, ends_at, ..promotion("NEVER") };
    for slip in [lasts(Some(later), Some(later)), lasts(Some(later), Some(now)), lasts(None, Some(now))] {
        let refused = refusal(create_promotion(&mut tx, &slip).await);
        assert_eq!((refused.code, &*refused.errors[0].pointer), (Code::InvalidField, "/ends_at"), "{slip:?}");
    }
    let sound = lasts(Some(now), Some(later));
    create_promotion(&mut tx, &sound).await.unwrap();
    let inverted = PromotionChanges { starts_at: Some(Some(later)), ..PromotionChanges::default() };
    let refused = refusal(update_promotion(&mut tx, sound.id, 1, inverted).await);
    assert_eq!(refused.errors[0].pointer, "/ends_at");
    tx.commit().await.unwrap();
    house.end().await;
}
