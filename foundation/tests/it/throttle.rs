//! Tokens that are drawn in handfuls.

use foundation::throttle::{Rate, Throttle, Verdict};
use sha2::{Digest as _, Sha256};
use testkit::Database;

/// A handful is two tokens, of ten milliseconds each.
const RATE: Rate = Rate { per_second: 100, burst: 300 };

/// Sets how many microseconds the bucket is from letting nothing through.
async fn leave(db: &Database, left_us: i64) {
    sqlx::query(
        "insert into throttles (bucket, full_at)
         values ($1, clock_timestamp() + interval '3 seconds' - $2 * interval '1 microsecond')
         on conflict (bucket) do update set full_at = excluded.full_at",
    )
    .bind(Sha256::digest("b").to_vec())
    .bind(left_us)
    .execute(&mut db.as_owner().await)
    .await
    .unwrap();
}

#[tokio::test]
async fn where_less_than_a_handful_is_left_the_one_that_is_there_is_given() {
    let db = Database::create().await;
    let throttle = Throttle::new(db.cell().clone());
    leave(&db, 10_000).await;
    // On a machine so slow that the second token is back by now, it is a handful: given alike.
    assert!(matches!(throttle.take("b", RATE).await.unwrap(), Verdict::Pass { .. }));
}

#[tokio::test]
async fn a_handful_is_drawn_once_and_spent_from_memory_and_what_is_left_in_the_bucket_is_told_with_it() {
    let db = Database::create().await;
    let throttle = Throttle::new(db.cell().clone());
    assert_eq!(throttle.take("b", RATE).await.unwrap(), Verdict::Pass { remaining: 299 });
    leave(&db, -3_600_000_000).await;
    assert_eq!(throttle.take("b", RATE).await.unwrap(), Verdict::Pass { remaining: 298 });
    let Verdict::Wait(wait) = throttle.take("b", RATE).await.unwrap() else { panic!("a third token of two") };
    assert!((3_590..=3_601).contains(&wait.as_secs()), "{wait:?}");
}
