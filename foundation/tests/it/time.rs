//! Times as PostgreSQL sends them.

use foundation::Instant;
use sqlx::Row as _;
use testkit::Database;

#[tokio::test]
async fn both_ends_of_time_and_what_lies_between_come_back_as_they_went() {
    let mut owner = Database::create().await.as_owner().await;
    let between: Instant = serde_json::from_value("2027-05-01T19:30:00.123456Z".into()).unwrap();
    for time in [Instant::NEVER, Instant::LONG_AGO, between] {
        let back: Instant =
            sqlx::query_scalar("select $1::timestamptz").bind(time).fetch_one(&mut owner).await.unwrap();
        assert_eq!(back, time);
    }
}

/// A statement without parameters may be answered in text, in the session's own style and zone: that is not guessed at.
#[tokio::test]
async fn a_time_in_text_is_refused() {
    let mut owner = Database::create().await.as_owner().await;
    let row = sqlx::raw_sql("select clock_timestamp()").fetch_one(&mut owner).await.unwrap();
    let refused = row.try_get::<Instant, _>(0).unwrap_err().to_string();
    assert!(refused.contains("binary form only"), "{refused}");
}
