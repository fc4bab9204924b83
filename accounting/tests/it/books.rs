//! The platform's own books, of more journals than one statement sums.

use accounting::{Account, BooksOf, CurrencyBooks, TrialLine, books};
use foundation::{Instant, Mode};
use rust_decimal::Decimal;
use testkit::Database;

/// Three pages and a bit.
const MANY: i32 = 151_000;

async fn of(db: &Database, from: Option<Instant>, to: Option<Instant>) -> CurrencyBooks {
    books(&[db.cell().clone()], &BooksOf { mode: Mode::Test, from, to }).await.unwrap().remove(0)
}

fn cents(books: &CurrencyBooks, account: Account) -> [Decimal; 3] {
    let line: &TrialLine = books.trial_balance.iter().find(|line| line.account == account.as_str()).unwrap();
    [line.opening, line.moved, line.closing].map(|money| money.amount() * Decimal::ONE_HUNDRED)
}

#[tokio::test]
async fn books_of_any_length_are_summed_in_pages_each_journal_once() {
    let db = Database::create().await;
    let reseller = db.reseller().await;
    // One a millisecond but for the first three thousand, which are of one moment, as those of one transaction are.
    sqlx::query(
        "insert into journals (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
         select $1, gen_random_uuid(), 'adj:' || n, 'EUR', '{psp_clearing,reseller_pending}', '{0.01,-0.01}', '{}', at, at
         from (select n, timestamptz '2030-01-01Z' + greatest(n - 3000, 0) * interval '1 ms' as at from generate_series(1, $2) n) j",
    )
    .bind(reseller)
    .bind(MANY)
    .execute(&mut db.as_owner().await)
    .await
    .unwrap();
    let instant = |text: &str| Some(serde_json::from_value::<Instant>(text.into()).unwrap());
    let all = Decimal::from(MANY);
    let whole = of(&db, None, None).await;
    assert_eq!(cents(&whole, Account::PspClearing), [Decimal::ZERO, all, all]);
    assert_eq!(cents(&whole, Account::ResellerPending), [Decimal::ZERO, -all, -all]);
    // 100 s later there were 103,000 before; the last of these 20 s is not of the period.
    let part = of(&db, instant("2030-01-01T00:01:40Z"), instant("2030-01-01T00:02:00Z")).await;
    assert_eq!(cents(&part, Account::PspClearing), [102_999, 20_000, 122_999].map(Decimal::from));
}
