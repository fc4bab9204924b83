//! No request reads a table of many rows from end to end. Row-level security keeps the planner from indexes that it would have
//! without, so this is looked at as the application's role, over many rows, by the server's own count of what a transaction read.

use std::time::Duration;

use foundation::Instant;
use ticketing::{
    rules::search::Search,
    store::{
        performances,
        show_filter::{PerformanceFilter, ShowFilter, WhenAndWhere},
        shows, venues,
    },
};

use crate::house::{House, places};

/// So many shows of one reseller, each with a performance on a day of its own, in some thirty cities.
const SHOWS: i32 = 50_000;

async fn fill(house: &House) {
    let mut owner = house.db.as_owner().await;
    for statement in [
        "insert into venues (reseller_id, venue_id, name, city, city_key, country, time_zone, created_at)
         select $1, gen_random_uuid(), 'Hall', 'Town ' || n % 30, 'town ' || n % 30, 'NL', 'Europe/Amsterdam', now()
         from generate_series(1, 300) n where $2 > 0",
        "insert into shows (reseller_id, show_id, title, description, currency, state, visibility, created_at)
         select $1, lpad(to_hex(n), 32, '0')::uuid, 'Play ' || n, '', 'EUR', 'published', 'public', now()
         from generate_series(1, $2) n",
        "insert into show_words (reseller_id, word, show_id)
         select s.reseller_id, w, s.show_id from shows s,
             lateral unnest(array['play', split_part(s.title, ' ', 2), 'genre' || left(md5(s.title), 2)]) w
         where s.reseller_id = $1 and s.title like 'Play %' and $2 > 0",
        "insert into performances (reseller_id, performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone,
                                   on_sale_at, off_sale_at, created_at)
         select $1, gen_random_uuid(), s.show_id, v.venue_id, t, t + interval '2 hours', t, 'Europe/Amsterdam',
                t - interval '1 year', t, now()
         from (select show_id, row_number() over () as n from shows where reseller_id = $1 and title like 'Play %') s
         join (select venue_id, row_number() over () as n from venues where reseller_id = $1) v on v.n = s.n % 300 + 1,
         lateral (select now() + (s.n % 2000 - 1500) * interval '1 day' as t) at
         where $2 > 0",
    ] {
        sqlx::query(statement).bind(house.reseller).bind(SHOWS).execute(&mut owner).await.unwrap();
    }
    sqlx::raw_sql("analyze venues, shows, show_words, performances").execute(&mut owner).await.unwrap();
}

/// Which of the large tables this transaction has read from end to end.
async fn read_whole(tx: &mut foundation::TenantTx) -> Vec<String> {
    sqlx::query_scalar(
        "select relname::text from pg_stat_xact_user_tables
         where relname in ('shows', 'show_words', 'performances') and seq_scan > 0 order by 1",
    )
    .fetch_all(tx.conn())
    .await
    .unwrap()
}

fn searched(text: &str) -> ShowFilter {
    ShowFilter { search: Search::parse("q", text).unwrap(), ..ShowFilter::default() }
}

fn filters(now: Instant, house: &House) -> Vec<(&'static str, ShowFilter, bool)> {
    let soon = now.plus(Duration::from_secs(86_400));
    let at = |at: WhenAndWhere| ShowFilter { at, ..ShowFilter::default() };
    let tomorrow = || WhenAndWhere { from: Some(now), to: Some(soon), ..WhenAndWhere::default() };
    let town = |name: &str| Some(name.to_owned());
    vec![
        ("all", ShowFilter::default(), true),
        ("a word that all have", searched("play"), true),
        ("a word that one has", searched("play 4711"), true),
        ("a word that none has", searched("opera"), false),
        ("the beginning of some words", searched("genre0 play"), true),
        ("a day", at(tomorrow()), true),
        ("a city", at(WhenAndWhere { city: town("TOWN 7"), ..WhenAndWhere::default() }), true),
        ("a city that none is in", at(WhenAndWhere { city: town("Nowhere"), ..WhenAndWhere::default() }), false),
        ("a venue without any", at(WhenAndWhere { venue: Some(foundation::id::VenueId::new()), ..tomorrow() }), false),
        ("a venue", at(WhenAndWhere { venue: Some(house.venue), ..WhenAndWhere::default() }), true),
        (
            "public, in a city, by a word",
            ShowFilter {
                public: true,
                at: WhenAndWhere { city: town("town 1"), from: Some(now), ..WhenAndWhere::default() },
                ..searched("play")
            },
            true,
        ),
        ("on sale", ShowFilter { on_sale: Some(true), ..ShowFilter::default() }, true),
        ("not on sale", ShowFilter { on_sale: Some(false), ..ShowFilter::default() }, true),
    ]
}

#[tokio::test]
async fn no_list_of_shows_reads_a_large_table_from_end_to_end() {
    let house = House::with(places(1)).await;
    fill(&house).await;
    let now = house.tx().await.now().await.unwrap();
    for (name, filter, some) in filters(now, &house) {
        let mut tx = house.tx().await;
        let page = shows::list(&mut tx, &filter, None, 21).await.unwrap();
        assert_eq!(!page.is_empty(), some, "{name}");
        assert_eq!(read_whole(&mut tx).await, [""; 0], "{name}");
        if let Some(last) = page.last() {
            shows::list(&mut tx, &filter, Some(last.id), 21).await.unwrap();
            assert_eq!(read_whole(&mut tx).await, [""; 0], "{name}, second page");
        }
    }
    for public in [false, true] {
        for (name, filter, _) in filters(now, &house) {
            let filter =
                PerformanceFilter { at: filter.at, on_sale: filter.on_sale, public, ..PerformanceFilter::default() };
            let mut tx = house.tx().await;
            let page = performances::list(&mut tx, &filter, None, 21).await.unwrap();
            assert!(page.is_sorted_by_key(|performance| (performance.times.starts_at, performance.id)));
            let after = page.last().map(|last| (last.times.starts_at, last.id));
            performances::list(&mut tx, &filter, after, 21).await.unwrap();
            assert_eq!(read_whole(&mut tx).await, [""; 0], "performances, {name}");
        }
    }
    let mut tx = house.tx().await;
    assert_eq!(venues::list_public(&mut tx, None, None, 21).await.unwrap().len(), 21);
    assert_eq!(read_whole(&mut tx).await, [""; 0], "public venues");
}
