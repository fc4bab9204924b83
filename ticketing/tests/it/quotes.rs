//! What is quoted is what is charged.

use accounting::{Basis, Channel, Component, FeeRule, Payer, ProviderShare, Scope, set_fee_rule};
use foundation::{
    Cell, Code, Result, TenantTx,
    cell::CellSettings,
    id::{FeeRuleId, PromotionId, SaleRoundId},
};
use rust_decimal::Decimal;
use ticketing::{
    inventory::Inventory,
    rules::{
        block::Through,
        order::{Hold, Pick, Want},
        performance::PerformanceState,
        promotion::{Discount, Promotion},
        sale_round::{Access, SaleRound},
        terms::AskedBy,
    },
    use_cases::{
        change_hold::get_hold,
        create_order::NewOrder,
        price_list::price_list,
        quote::{self, Quote, QuoteLine},
        set_promotion::create_promotion,
        set_sale_round::{Guests, admit_guests, create_sale_round},
        update_performance::{PerformanceChanges, update_performance},
    },
};

use crate::{
    house::{House, code, eur, places},
    process::{Process, SETTINGS, new_order},
};

/// Prices what is wanted, in memory as it is wanted to be.
async fn quote(tx: &mut TenantTx, inventory: &Inventory, wants: &[Want], by: (&AskedBy, Channel)) -> Result<Quote> {
    quote::prepare(inventory, tx.reseller(), wants).await?;
    quote::quote(tx, inventory, wants, by).await
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_order_costs_what_was_quoted_under_every_kind_of_rule() {
    let share = ProviderShare { percentage: decimal("1.5"), fixed: decimal("0.25"), payer: Payer::Buyer };
    for payer in [Payer::Buyer, Payer::Reseller] {
        for provider in [None, Some(share.clone())] {
            let house = House::with(places(5)).await;
            let per_ticket = Component::per_ticket(decimal("5"), decimal("0.30"), payer);
            let per_order = Component {
                basis: Basis::Order,
                minimum: Some(decimal("1.00")),
                ..Component::per_ticket(decimal("1"), Decimal::ZERO, payer)
            };
            let rule = FeeRule::new(FeeRuleId::new(), vec![per_ticket, per_order], decimal("21")).unwrap();
            let mut tx = house.tx().await;
            set_fee_rule(&mut tx, Scope::default(), &rule.expecting(provider).unwrap()).await.unwrap();
            let wants = vec![house.stage().any(2), house.stage().any(1)];
            let process = Process::first(&house);
            let quoted = quote(&mut tx, &process.inventory, &wants, (&AskedBy::default(), Channel::Api)).await.unwrap();
            tx.commit().await.unwrap();
            let order = process.ordered(wants).await;
            assert_eq!(quoted.sum(QuoteLine::total).amount(), order.total);
            assert_eq!(quoted.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 1]);
            let fees: Decimal = order.items.iter().map(|item| item.platform_fee + item.platform_fee_tax).sum();
            assert_eq!(quoted.net().amount(), order.total - fees - quoted.provider_fee.unwrap_or_default());
            assert_eq!(quoted.sum(|line| line.fees.platform_fee + line.fees.platform_fee_tax).amount(), fees);
            house.end().await;
        }
    }
}

#[tokio::test]
async fn a_quote_holds_nothing_and_what_is_not_offered_has_none() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let wanted = house.stage().any(5);
    let mut tx = house.tx().await;
    let (inventory, anyone) = (&process.inventory, &AskedBy::default());
    let quoted = quote(&mut tx, inventory, std::slice::from_ref(&wanted), (anyone, Channel::Api)).await.unwrap();
    assert_eq!((quoted.sum(QuoteLine::total), quoted.provider_fee), (eur("50.00"), None));
    let nowhere = Pick::Any { offer: foundation::id::OfferId::new(), quantity: 2, section: None };
    let unknown = Want { pick: nowhere, ..wanted.clone() };
    assert_eq!(code(quote(&mut tx, inventory, &[unknown], (anyone, Channel::Api)).await), Code::NotFound);
    let elsewhere = Want { performance: foundation::id::PerformanceId::new(), ..wanted.clone() };
    assert_eq!(code(quote(&mut tx, inventory, &[elsewhere], (anyone, Channel::Api)).await), Code::NotFound);
    let nothing = Want { pick: Pick::Any { offer: house.stage().offer, quantity: 0, section: None }, ..wanted };
    assert_eq!(code(quote(&mut tx, inventory, &[nothing], (anyone, Channel::Api)).await), Code::InvalidField);
    drop(tx);
    assert_eq!(house.claimed().await, 0);
    assert_eq!(process.thinks_free(house.stage().id).await, 5);
    house.end().await;
}

#[tokio::test]
async fn a_quote_knows_the_round_the_code_and_the_promotion_of_who_asks() {
    let house = House::with(places(9)).await;
    let (process, stage) = (Process::first(&house), house.stage());
    let presale = SaleRound {
        id: SaleRoundId::new(),
        performance: stage.id,
        name: "presale".to_owned(),
        opens_at: None,
        closes_at: None,
        capacity: Some(4),
        access: Access::Codes,
        tickets_per_code: 3,
        prices: vec![(stage.offer, eur("6.00"))],
        version: 1,
    };
    let promotion = Promotion {
        id: PromotionId::new(),
        code: "HALF".to_owned(),
        name: "Half".to_owned(),
        discount: Discount::Percent(50.into()),
        starts_at: None,
        ends_at: None,
        max_uses: Some(3),
        max_per_buyer: None,
        offers: Vec::new(),
        version: 1,
    };
    let mut tx = house.tx().await;
    create_sale_round(&mut tx, &presale).await.unwrap();
    admit_guests(&mut tx, stage.id, presale.id, &Guests::Codes(vec!["FRIEND-1".to_owned()])).await.unwrap();
    create_promotion(&mut tx, &promotion).await.unwrap();
    tx.commit().await.unwrap();
    let by = AskedBy {
        access_code: Some("friend-1".to_owned()),
        promotion_code: Some("half".to_owned()),
        ..AskedBy::default()
    };
    let wants = vec![stage.any(3)];
    let mut tx = house.tx().await;
    let quoted = quote(&mut tx, &process.inventory, &wants, (&by, Channel::Api)).await.unwrap();
    assert_eq!(quoted.lines[0].item.held.round, Some(presale.id));
    assert_eq!((quoted.sum(QuoteLine::total), quoted.sum(QuoteLine::discount)), (eur("9.00"), eur("9.00")));
    assert_eq!(
        code(quote(&mut tx, &process.inventory, &wants, (&AskedBy::default(), Channel::Api)).await),
        Code::NotOnSale
    );
    assert_eq!(code(quote(&mut tx, &process.inventory, &[stage.any(4)], (&by, Channel::Api)).await), Code::CodeUsed);
    drop(tx);
    let hold = process.hold_by(by, wants).await.unwrap();
    assert_eq!(process.order(hold.id).await.unwrap().total, eur("9.00").amount());
    house.end().await;
}

#[tokio::test]
async fn the_first_price_that_a_buyer_sees_is_all_of_it() {
    let house = House::with(places(9)).await;
    let (process, stage) = (Process::first(&house), house.stage());
    let rule = vec![Component::per_ticket(decimal("5"), decimal("0.30"), Payer::Buyer)];
    let rule = FeeRule::new(FeeRuleId::new(), rule, decimal("21")).unwrap();
    let mut tx = house.tx().await;
    set_fee_rule(&mut tx, Scope::default(), &rule).await.unwrap();
    tx.commit().await.unwrap();
    let prices =
        async || price_list(&mut house.snapshot().await, &process.inventory, (stage.id, Channel::Api)).await.unwrap();
    let listed = prices().await;
    let price = listed[0].price.as_ref().unwrap();
    // 0.80 and 21 percent of that.
    assert_eq!((price.face_value, price.buyer_fee, price.total()), (eur("10.00"), eur("0.97"), eur("10.97")));
    assert!(listed[0].not_sold.is_none());
    let round = |name: &str, price: &str, access| SaleRound {
        id: SaleRoundId::new(),
        performance: stage.id,
        name: name.to_owned(),
        opens_at: None,
        closes_at: None,
        capacity: Some(1),
        access,
        tickets_per_code: 1,
        prices: vec![(stage.offer, eur(price))],
        version: 1,
    };
    let early = round("early", "5.00", Access::Anyone);
    let mut tx = house.tx().await;
    create_sale_round(&mut tx, &early).await.unwrap();
    create_sale_round(&mut tx, &round("members", "4.00", Access::List)).await.unwrap();
    tx.commit().await.unwrap();
    let listed = prices().await;
    let price = listed[0].price.as_ref().unwrap();
    assert_eq!((price.round, price.face_value, price.total()), (Some(early.id), eur("5.00"), eur("5.67")));
    let order = process.ordered(vec![stage.any(1)]).await;
    assert_eq!(order.total, eur("5.67").amount());
    let listed = prices().await;
    assert!(listed[0].price.is_none(), "the members' price is not for anyone");
    assert_eq!(listed[0].not_sold.as_ref().unwrap().code, Code::NotEnoughTickets);
    house.end().await;
}

#[tokio::test]
async fn a_hold_says_what_its_order_will_cost_all_in() {
    let house = House::with(places(9)).await;
    let (process, other, stage) = (Process::first(&house), Process::another(&house), house.stage());
    let mut tx = house.tx().await;
    let per_ticket = Component::per_ticket(decimal("5"), decimal("1.50"), Payer::Buyer);
    let rule = FeeRule::new(FeeRuleId::new(), vec![per_ticket], decimal("21")).unwrap();
    set_fee_rule(&mut tx, Scope::default(), &rule).await.unwrap();
    let promotion = Promotion {
        id: PromotionId::new(),
        code: "TEN".to_owned(),
        name: "Early bird".to_owned(),
        discount: Discount::Percent(decimal("10")),
        starts_at: None,
        ends_at: None,
        max_uses: None,
        max_per_buyer: None,
        offers: Vec::new(),
        version: 1,
    };
    create_promotion(&mut tx, &promotion).await.unwrap();
    tx.commit().await.unwrap();
    let by = AskedBy { promotion_code: Some("TEN".to_owned()), ..AskedBy::default() };
    let made = process.hold_by(by.clone(), vec![stage.any(2)]).await.unwrap();
    let all_in = |hold: &Hold| -> Vec<Decimal> { hold.items.iter().map(|item| item.total().amount()).collect() };
    assert_eq!(made.items[0].discount, eur("1.00"));
    assert!(made.items[0].buyer_fee.amount() >= decimal("1.50"), "{:?}", made.items[0]);
    let read = get_hold(&mut house.tx().await, &other.inventory.plans, made.id).await.unwrap();
    assert_eq!(read.items, made.items, "whoever is asked");
    let grown = process.grow(made.id, &[stage.any(1)]).await.unwrap();
    let expected: Decimal = all_in(&grown).into_iter().sum();
    let total = eur(&expected.to_string());
    let new = NewOrder { expected_total: Some(total), ..new_order(made.id) };
    let order = process.make_order(&new).await.unwrap();
    assert_eq!(order.items.iter().map(|item| item.total).collect::<Vec<_>>(), all_in(&grown));
    assert_eq!(order.total, expected);
    house.end().await;
}

#[tokio::test]
async fn a_hold_is_of_one_currency_as_its_order_will_be() {
    let house = House::with(places(9)).await;
    let process = Process::first(&house);
    let dollars = house.another_show(foundation::Money::new(decimal("10"), "USD".parse().unwrap()).unwrap(), 9).await;
    let both = vec![house.stage().any(1), dollars.any(1)];
    assert_eq!(code(process.hold(both).await), Code::CurrencyMismatch);
    assert_eq!((process.thinks_free(house.stage().id).await, process.thinks_free(dollars.id).await), (9, 9));
    let euros = process.hold(vec![house.stage().any(1)]).await.unwrap();
    assert_eq!(code(process.grow(euros.id, &[dollars.any(1)]).await), Code::CurrencyMismatch);
    assert_eq!((house.claimed().await, process.thinks_free(dollars.id).await), (1, 9));
    process.order(euros.id).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn what_could_not_be_held_now_has_no_quote() {
    let house = House::with(places(3)).await;
    let (process, stage) = (Process::first(&house), house.stage());
    let asked = async |many: usize| {
        let mut tx = house.snapshot().await;
        quote(&mut tx, &process.inventory, &[stage.any(many)], (&AskedBy::default(), Channel::Api)).await.map(drop)
    };
    asked(3).await.unwrap();
    assert_eq!(code(asked(4).await), Code::NotEnoughTickets);
    process.hold(vec![stage.any(1)]).await.unwrap();
    assert_eq!(code(asked(3).await), Code::NotEnoughTickets);
    asked(2).await.unwrap();
    assert_eq!(process.thinks_free(stage.id).await, 2, "and nothing is kept from anyone");
    sqlx::query("update shows set buyer_max = 1 where reseller_id = $1")
        .bind(house.reseller)
        .execute(&mut house.db.as_owner().await)
        .await
        .unwrap();
    let by = AskedBy { reference: Some("ada".to_owned()), ..AskedBy::default() };
    let limited = quote(&mut house.snapshot().await, &process.inventory, &[stage.any(2)], (&by, Channel::Api)).await;
    assert_eq!(code(limited), Code::BuyerLimit);
    let mut tx = house.tx().await;
    let paused = PerformanceChanges { state: Some(PerformanceState::Paused), ..PerformanceChanges::default() };
    update_performance(&mut tx, stage.id, 1, paused).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(asked(1).await), Code::NotOnSale);
    house.end().await;
}

#[tokio::test]
async fn a_quote_needs_one_connection_at_a_time() {
    let house = House::with(places(3)).await;
    let wants = [house.stage().any(2)];
    let settings = CellSettings { request_connections: 1, ..house.db.settings() };
    let (process, _) = Process::open(Cell::open(&settings).unwrap(), house.reseller, SETTINGS);
    quote::prepare(&process.inventory, house.reseller, &wants).await.unwrap();
    let mut tx = process.inventory.cell().snapshot(house.reseller).await.unwrap();
    let anyone = (&AskedBy::default(), Channel::Api);
    let quoted = quote::quote(&mut tx, &process.inventory, &wants, anyone).await.unwrap();
    assert_eq!(quoted.sum(QuoteLine::total), eur("20.00"));
    // Forgotten in between, it may well be there.
    process.inventory.forget_all(house.reseller);
    quote::quote(&mut tx, &process.inventory, &wants, anyone).await.unwrap();
    drop(tx);
    house.end().await;
}

#[tokio::test]
async fn a_hold_shows_the_fees_of_the_channel_whose_key_made_it() {
    let house = House::with(places(4)).await;
    let (process, stage) = (Process::first(&house), house.stage());
    let fee = |of: &str| vec![Component::per_ticket(Decimal::ZERO, decimal(of), Payer::Buyer)];
    let mut tx = house.tx().await;
    for (channel, of) in [(Channel::Api, "1.00"), (Channel::HostedShop, "3.00")] {
        let rule = FeeRule::new(FeeRuleId::new(), fee(of), Decimal::ZERO).unwrap();
        set_fee_rule(&mut tx, Scope { show: None, channel: Some(channel) }, &rule).await.unwrap();
    }
    tx.commit().await.unwrap();
    for (sold_through, total) in [(Channel::Api, "11.00"), (Channel::HostedShop, "13.00")] {
        let through = Through { sold_through, ..Through::default() };
        let hold = process.hold_by(AskedBy { through, ..AskedBy::default() }, vec![stage.any(1)]).await.unwrap();
        let read = get_hold(&mut house.tx().await, &process.inventory.plans, hold.id).await.unwrap();
        for hold in [&hold, &read] {
            let all_in = hold.items[0].face_value().amount() + hold.items[0].buyer_fee.amount();
            assert_eq!(all_in, decimal(total), "{sold_through:?}");
        }
    }
    house.end().await;
}
