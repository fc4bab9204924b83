//! Which fee rule is in force.

use accounting::{FeeRule, Payer, rule_in_force, set_fee_rule};
use foundation::id::FeeRuleId;
use testkit::Database;

use crate::shop::decimal;

fn rule(percentage: &str) -> FeeRule {
    FeeRule::new(FeeRuleId::new(), decimal(percentage), decimal("0.10"), decimal("19"), Payer::Buyer).unwrap()
}

#[tokio::test]
async fn the_newest_rule_whose_time_has_come_is_in_force() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    assert_eq!(rule_in_force(&mut tx).await.unwrap(), FeeRule::platform_default());
    for percentage in ["3", "2.5"] {
        let newer = rule(percentage);
        set_fee_rule(&mut tx, &newer).await.unwrap();
        assert_eq!(rule_in_force(&mut tx).await.unwrap(), newer);
    }
    let in_force = rule_in_force(&mut tx).await.unwrap();
    let reseller = tx.reseller();
    sqlx::query(
        "insert into fee_rules (reseller_id, fee_rule_id, valid_from, percentage, fixed_per_ticket, tax_rate, payer)
         values ($1, $2, cell_now() + interval '1 day', 9, 9, 9, 'buyer')",
    )
    .bind(reseller)
    .bind(FeeRuleId::new())
    .execute(tx.conn())
    .await
    .unwrap();
    assert_eq!(rule_in_force(&mut tx).await.unwrap(), in_force);
    // The tenant's clock decides, which in a test environment can be moved.
    sqlx::query("insert into test_clocks (reseller_id, ahead) values ($1, interval '2 days')")
        .bind(reseller)
        .execute(tx.conn())
        .await
        .unwrap();
    assert_eq!(rule_in_force(&mut tx).await.unwrap().percentage(), decimal("9"));
}

#[tokio::test]
async fn a_rule_is_its_resellers_only() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    set_fee_rule(&mut tx, &rule("3")).await.unwrap();
    tx.commit().await.unwrap();
    let mut other = db.cell().tenant(db.reseller().await).await.unwrap();
    assert_eq!(rule_in_force(&mut other).await.unwrap(), FeeRule::platform_default());
}
