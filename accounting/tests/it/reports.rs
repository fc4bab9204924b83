//! The sales report, against figures worked out by hand.

use accounting::{
    Payer, ROWS_MAX, SalesFigures, SalesFilter, SalesGroup, SalesKey, SalesReport, balance, post_provider_fee,
    post_sale, sales_report,
};
use foundation::{
    Code, Error, Instant, TenantTx,
    id::{OrderId, PaymentId, PerformanceId, PromotionId, QuestionId, ShowId},
};
use rust_decimal::Decimal;
use serde_json::json;
use testkit::Database;

use crate::shop::{self, Wanted, decimal, eur};

/// Two shows, the first with two performances; what happened between the two instants is the second half.
struct Season {
    opera: ShowId,
    play: ShowId,
    matinee: PerformanceId,
    evening: PerformanceId,
    half_time: Instant,
}

/// First half: matinee 2 × 50.00 adult, evening 1 × 20.00 child, provider's fee 2.05. Second half: the play 10.00 with fees
/// passed on, provider's fee 0.40; one matinee ticket refunded with fees, the child's ticket without and then not after all.
async fn season(tx: &mut TenantTx) -> Season {
    let (opera, play) = (ShowId::new(), ShowId::new());
    let (matinee, evening) = (PerformanceId::new(), PerformanceId::new());
    let adult = Wanted { show: opera, performance: matinee, ticket_type: "Adult", price: decimal("50.00") };
    let child = Wanted { show: opera, performance: evening, ticket_type: "Child", price: decimal("20.00") };
    let first = shop::order(Payer::Reseller, eur(), &[adult.clone(), adult, child]);
    shop::sell(tx, &first).await;
    post_provider_fee(tx, (first.order, PaymentId::new()), "txn_1", decimal("2.05"), eur()).await.unwrap();
    let half_time = tx.now().await.unwrap();
    let second = shop::order(Payer::Buyer, eur(), &[Wanted { show: play, ..shop::ticket("10.00") }]);
    shop::sell(tx, &second).await;
    post_provider_fee(tx, (second.order, PaymentId::new()), "txn_2", decimal("0.40"), eur()).await.unwrap();
    let with_fees = shop::refund_of(&first, &first.items[..1], true);
    shop::accept(tx, &with_fees).await;
    shop::confirm(tx, &with_fees).await;
    let in_vain = shop::refund_of(&first, &first.items[2..], false);
    shop::accept(tx, &in_vain).await;
    shop::fail(tx, &in_vain).await;
    Season { opera, play, matinee, evening, half_time }
}

fn figures(sold: i64, refunded: i64, gross: &str, fees: &str, tax: &str, refunds: &str) -> SalesFigures {
    SalesFigures {
        tickets_sold: sold,
        tickets_refunded: refunded,
        ticket_tax: Decimal::ZERO,
        gross: decimal(gross),
        platform_fees: decimal(fees),
        platform_fee_tax: decimal(tax),
        refunds: decimal(refunds),
    }
}

fn rows(report: &SalesReport) -> Vec<(SalesKey, SalesFigures)> {
    report.rows.iter().map(|row| (row.key.clone(), row.figures)).collect()
}

async fn by(tx: &mut TenantTx, group_by: SalesGroup) -> SalesReport {
    sales_report(tx, &SalesFilter { group_by, ..SalesFilter::default() }).await.unwrap()
}

#[tokio::test]
async fn the_figures_are_those_worked_out_by_hand() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let season = season(&mut tx).await;
    // Fees: adult 2.80 and 0.59, child 1.30 and 0.27, play 0.80 and 0.17 on top of 10.00.
    let report = by(&mut tx, SalesGroup::Show).await;
    let opera = figures(3, 1, "120.00", "4.10", "0.86", "50.00");
    let play = figures(1, 0, "10.97", "0.80", "0.17", "0.00");
    assert_eq!(rows(&report), [(SalesKey::Show(season.opera), opera), (SalesKey::Show(season.play), play)]);
    assert_eq!(play.net(), decimal("10.00"));
    let [total] = report.totals.as_slice() else { panic!("one currency: {report:?}") };
    assert_eq!(total.figures, figures(4, 1, "130.97", "4.90", "1.03", "50.00"));
    assert_eq!(total.provider_fees, Some(decimal("2.45")));
    assert_eq!(total.net(), decimal("72.59"));
    assert_eq!(total.net(), balance(&mut tx).await.unwrap()[0].pending);
}

#[tokio::test]
async fn every_grouping_has_its_rows_and_the_same_totals() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let season = season(&mut tx).await;
    let by_performance = by(&mut tx, SalesGroup::Performance).await;
    let found = rows(&by_performance);
    assert_eq!(found.len(), 3);
    for (performance, expected) in [
        (season.matinee, figures(2, 1, "100.00", "2.80", "0.59", "50.00")),
        (season.evening, figures(1, 0, "20.00", "1.30", "0.27", "0.00")),
    ] {
        assert!(found.contains(&(SalesKey::Performance(season.opera, performance), expected)), "{found:?}");
    }
    let by_type = by(&mut tx, SalesGroup::TicketType).await;
    let key = |name: &str| SalesKey::TicketType(season.opera, name.to_owned());
    assert_eq!(
        rows(&by_type)[..2],
        [
            (key("Adult"), figures(2, 1, "100.00", "2.80", "0.59", "50.00")),
            (key("Child"), figures(1, 0, "20.00", "1.30", "0.27", "0.00")),
        ]
    );
    assert_eq!(by_performance.totals, by_type.totals);
    assert_eq!(by_performance.totals, by(&mut tx, SalesGroup::Day).await.totals);
}

#[tokio::test]
async fn a_period_has_what_was_posted_in_it_and_a_show_has_only_its_own() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let season = season(&mut tx).await;
    let first = SalesFilter { to: Some(season.half_time), ..SalesFilter::default() };
    let second = SalesFilter { from: Some(season.half_time), ..SalesFilter::default() };
    let first = sales_report(&mut tx, &first).await.unwrap();
    assert_eq!(rows(&first), [(SalesKey::Show(season.opera), figures(3, 0, "120.00", "6.90", "1.45", "0.00"))]);
    assert_eq!(first.totals[0].provider_fees, Some(decimal("2.05")));
    // The refund counts where it was posted, though the sale was before.
    let second = sales_report(&mut tx, &second).await.unwrap();
    assert_eq!(rows(&second)[0], (SalesKey::Show(season.opera), figures(0, 1, "0.00", "-2.80", "-0.59", "50.00")));
    let whole = by(&mut tx, SalesGroup::Show).await;
    assert_eq!(first.totals[0].net() + second.totals[0].net(), whole.totals[0].net());
    let play = SalesFilter { show: Some(season.play), ..SalesFilter::default() };
    let play = sales_report(&mut tx, &play).await.unwrap();
    assert_eq!(rows(&play), rows(&whole)[1..]);
    assert_eq!(play.totals[0].provider_fees, None);
}

#[tokio::test]
async fn days_are_those_of_the_tenants_clock() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let reseller = tx.reseller();
    post_sale(&mut tx, &shop::golden()).await.unwrap();
    sqlx::query("insert into test_clocks (reseller_id, ahead) values ($1, interval '24 hours')")
        .bind(reseller)
        .execute(tx.conn())
        .await
        .unwrap();
    post_sale(&mut tx, &shop::golden()).await.unwrap();
    let report = by(&mut tx, SalesGroup::Day).await;
    let days: Vec<_> = report.rows.iter().map(|row| row.key.clone()).collect();
    let [SalesKey::Day(first), SalesKey::Day(second)] = days.as_slice() else { panic!("two days: {days:?}") };
    // At midnight the two postings may be two dates apart.
    assert!(first.tomorrow().unwrap() <= *second);
    assert_eq!(report.totals[0].figures.gross, decimal("200.00"));
}

#[tokio::test]
async fn currencies_are_never_summed_and_an_empty_report_is_empty() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    assert_eq!(by(&mut tx, SalesGroup::Show).await, SalesReport::default());
    shop::sell(&mut tx, &shop::golden()).await;
    let dinars = shop::order(Payer::Reseller, "KWD".parse().unwrap(), &[shop::ticket("12.345")]);
    shop::sell(&mut tx, &dinars).await;
    let report = by(&mut tx, SalesGroup::Show).await;
    let totals: Vec<_> = report.totals.iter().map(|t| (t.currency.code(), t.figures.gross.to_string())).collect();
    assert_eq!(totals, [("EUR", "100.00".to_owned()), ("KWD", "12.345".to_owned())]);
    let balances: Vec<_> = balance(&mut tx).await.unwrap().iter().map(|b| b.pending.to_string()).collect();
    // 12.345 less 0.917 and 0.193.
    assert_eq!(balances, ["93.22", "11.235"]);
}

#[tokio::test]
async fn a_report_beyond_its_bound_says_to_narrow_it() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let rows_max = usize::try_from(ROWS_MAX).unwrap();
    let shows: Vec<Wanted> = (0..=rows_max).map(|_| shop::ticket("1.00")).collect();
    post_sale(&mut tx, &shop::order(Payer::Reseller, eur(), &shows)).await.unwrap();
    let refused = sales_report(&mut tx, &SalesFilter::default()).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(refusal) if refusal.code == Code::InvalidField), "{refused}");
    let narrower = SalesFilter { group_by: SalesGroup::Day, ..SalesFilter::default() };
    assert_eq!(sales_report(&mut tx, &narrower).await.unwrap().totals[0].figures.gross, Decimal::from(rows_max + 1));
    let backwards = SalesFilter { from: Some(Instant::NEVER), to: Some(Instant::LONG_AGO), ..SalesFilter::default() };
    assert!(matches!(sales_report(&mut tx, &backwards).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn by_price_tier_promotion_channel_and_answer_the_totals_are_the_same() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let season = season(&mut tx).await;
    let reseller = tx.reseller();
    let (question, promotion) = (QuestionId::new(), PromotionId::new());
    // Of the first order, the children's ticket has a promotion, and the buyer has answered.
    let answers = json!({ question.to_string(): "vegan" });
    let first: OrderId = sqlx::query_scalar(
        "update orders o set answers = $2 where o.reseller_id = $1 and exists (
             select from order_items i where i.reseller_id = $1 and i.order_id = o.order_id and i.ticket_type = 'Child')
         returning order_id",
    )
    .bind(reseller)
    .bind(answers)
    .fetch_one(tx.conn())
    .await
    .unwrap();
    sqlx::query(
        "update order_items set promotion_id = $3
         where reseller_id = $1 and order_id = $2 and ticket_type = 'Child'",
    )
    .bind(reseller)
    .bind(first)
    .bind(promotion)
    .execute(tx.conn())
    .await
    .unwrap();
    let by_show = by(&mut tx, SalesGroup::Show).await;
    let sold = |report: &SalesReport| -> Vec<(SalesKey, i64)> {
        report.rows.iter().map(|row| (row.key.clone(), row.figures.tickets_sold)).collect()
    };
    let (all, opera) = (by_show.rows[0].figures, season.opera);
    for (group, expected) in [
        (
            SalesGroup::PriceTier,
            vec![
                (SalesKey::PriceTier(opera, "A".to_owned()), 3),
                (SalesKey::PriceTier(season.play, "A".to_owned()), 1),
            ],
        ),
        (SalesGroup::Promotion, vec![(SalesKey::Promotion(Some(promotion)), 1), (SalesKey::Promotion(None), 3)]),
        (SalesGroup::Channel, vec![(SalesKey::Channel("api".to_owned()), 4)]),
        (
            SalesGroup::Answer(question),
            vec![(SalesKey::Answer(Some("vegan".to_owned())), 3), (SalesKey::Answer(None), 1)],
        ),
    ] {
        let report = by(&mut tx, group).await;
        assert_eq!(sold(&report), expected, "{group:?}");
        assert_eq!(report.totals, by_show.totals, "{group:?}");
    }
    let answered = by(&mut tx, SalesGroup::Answer(question)).await;
    assert_eq!(answered.rows[0].figures, all, "all of the first order is of the opera");
}
