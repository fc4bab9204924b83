//! What nothing asks for any more is removed.

use foundation::throttle::{Rate, Throttle};
use ticketing::store::due::sweep;

use crate::{
    house::{House, places},
    process::{Process, key},
};

const ROWS: [&str; 3] = [
    "select count(*) from batches where reseller_id = $1",
    "select count(*) from idempotency_keys where reseller_id = $1",
    "select count(*) from throttles where $1::uuid is not null",
];

#[tokio::test]
async fn what_is_old_goes_and_what_may_still_be_asked_for_stays() {
    let house = House::with(places(5)).await;
    let (process, throttle) = (Process::first(&house), Throttle::new(house.db.cell().clone()));
    let slow = Rate { per_second: 1, burst: 3_600 };
    process.keyed(vec![house.stage().any(1)], key("old", 1)).await.unwrap();
    throttle.take("full again", slow).await.unwrap();
    let age = "update batches set created_at = created_at - interval '1 hour';
               update idempotency_keys set created_at = created_at - interval '7 days';
               update throttles set full_at = clock_timestamp()";
    sqlx::raw_sql(age).execute(&mut house.db.as_owner().await).await.unwrap();
    let answer = process.keyed(vec![house.stage().any(1)], key("new", 1)).await.unwrap();
    sqlx::query("insert into throttles (bucket, full_at) values ('\\x00', clock_timestamp() + interval '1 hour')")
        .execute(&mut house.db.as_owner().await)
        .await
        .unwrap();
    assert_eq!(sweep(house.db.cell()).await.unwrap(), 3);
    for rows in ROWS {
        assert_eq!(house.count(rows).await, 1, "{rows}");
    }
    assert_eq!(process.keyed(vec![house.stage().any(1)], key("new", 1)).await.unwrap(), answer);
    assert_eq!(sweep(house.db.cell()).await.unwrap(), 0);
    house.end().await;
}
