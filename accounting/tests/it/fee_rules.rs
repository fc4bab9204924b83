//! Which fee rule is in force.

use accounting::{
    Basis, Channel, Component, FeeKind, FeeRule, Payer, ProviderShare, Scope, fees_in_force, set_fee_rule,
};
use foundation::{TenantTx, id::FeeRuleId, id::ShowId};
use testkit::Database;

use crate::shop::decimal;

/// A rule in which everything is set that can be.
fn rule(percentage: &str) -> FeeRule {
    let ticket = Component::per_ticket(decimal(percentage), decimal("0.10"), Payer::Buyer);
    let order = Component {
        kind: FeeKind::Hosting,
        basis: Basis::Order,
        minimum: Some(decimal("0.50")),
        maximum: Some(decimal("5")),
        ..Component::per_ticket(decimal("2"), decimal("0"), Payer::Reseller)
    };
    let share = ProviderShare { percentage: decimal("1.5"), fixed: decimal("0.25"), payer: Payer::Reseller };
    FeeRule::new(FeeRuleId::new(), vec![ticket, order], decimal("19")).unwrap().expecting(Some(share)).unwrap()
}

async fn nearest(tx: &mut TenantTx, show: ShowId, channel: Channel) -> FeeRule {
    fees_in_force(tx, &[show]).await.unwrap().nearest(show, channel)
}

#[tokio::test]
async fn the_newest_rule_whose_time_has_come_is_in_force() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let show = ShowId::new();
    assert_eq!(nearest(&mut tx, show, Channel::Api).await, FeeRule::platform_default());
    for percentage in ["3", "2.5"] {
        let newer = rule(percentage);
        set_fee_rule(&mut tx, Scope::default(), &newer).await.unwrap();
        assert_eq!(nearest(&mut tx, show, Channel::Api).await, newer);
    }
    let in_force = nearest(&mut tx, show, Channel::Api).await;
    let reseller = tx.reseller();
    sqlx::query(
        "insert into fee_rules (reseller_id, fee_rule_id, valid_from, tax_rate, components)
         values ($1, $2, cell_now() + interval '1 day', 9, '[]')",
    )
    .bind(reseller)
    .bind(FeeRuleId::new())
    .execute(tx.conn())
    .await
    .unwrap();
    assert_eq!(nearest(&mut tx, show, Channel::Api).await, in_force);
    // The tenant's clock decides, which in a test environment can be moved.
    sqlx::query("insert into test_clocks (reseller_id, ahead) values ($1, interval '2 days')")
        .bind(reseller)
        .execute(tx.conn())
        .await
        .unwrap();
    assert_eq!(nearest(&mut tx, show, Channel::Api).await.tax_rate(), decimal("9"));
}

#[tokio::test]
async fn a_show_and_a_channel_have_rules_of_their_own() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let (show, other) = (ShowId::new(), ShowId::new());
    let (all, shop, shows) = (rule("3"), rule("4"), rule("5"));
    for (scope, rule) in [
        (Scope { show: Some(show), channel: None }, &shows),
        (Scope { show: None, channel: Some(Channel::HostedShop) }, &shop),
        (Scope::default(), &all),
    ] {
        set_fee_rule(&mut tx, scope, rule).await.unwrap();
    }
    assert_eq!(nearest(&mut tx, show, Channel::Api).await, shows);
    assert_eq!(nearest(&mut tx, show, Channel::HostedShop).await, shows);
    assert_eq!(nearest(&mut tx, other, Channel::HostedShop).await, shop);
    assert_eq!(nearest(&mut tx, other, Channel::Api).await, all);
}

#[tokio::test]
async fn a_rule_is_its_resellers_only() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    set_fee_rule(&mut tx, Scope::default(), &rule("3")).await.unwrap();
    tx.commit().await.unwrap();
    let mut other = db.cell().tenant(db.reseller().await).await.unwrap();
    assert_eq!(nearest(&mut other, ShowId::new(), Channel::Api).await, FeeRule::platform_default());
}
