//! A hundred thousand shows of one reseller, and how long their lists and searches take over HTTP.

use std::time::Duration;

use foundation::id::{PerformanceId, ResellerId, ShowId, VenueId};
use sqlx::{Connection as _, PgConnection};
use ticketing::rules::search::words_of;

use crate::{
    load::{Load, Request},
    platform::Platform,
    report::Comparison,
};

const SHOWS: usize = 100_000;
const AT_ONCE: usize = 5_000;
const VENUES: usize = 200;
const LENGTH: Duration = Duration::from_secs(2);
const WORDS: [&str; 24] = [
    "night", "day", "king", "queen", "garden", "winter", "summer", "storm", "island", "river", "mountain", "city",
    "love", "death", "dream", "mirror", "tower", "letter", "voyage", "silence", "thunder", "feast", "shadow", "light",
];

/// What is asked for: the name of the figure, and the address.
const QUERIES: [(&str, &str); 7] = [
    ("list of 100,000 shows, newest 20, p99", "/v1/shows"),
    ("search by a word that every show has, p99", "/v1/shows?q=play"),
    ("search by a word that one show has, p99", "/v1/shows?q=play%2077777"),
    ("search by words that no show has together, p99", "/v1/shows?q=thunder%20nothing"),
    ("shows in a city on a day, p99", "/v1/shows?city=Town%207&from=2031-01-05T00:00:00Z&to=2031-01-06T00:00:00Z"),
    ("shows on sale now, p99", "/v1/shows?on_sale=true"),
    (
        "performances by date in a city, on sale, p99",
        "/v1/performances?city=Town%207&from=2031-01-05T00:00:00Z&on_sale=true",
    ),
];

/// Writes the shows and asks for them, from four connections at once.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    let mut owner = PgConnection::connect(&platform.owner_url).await?;
    let venues = venues(&mut owner, platform.reseller).await?;
    for first in (0..SHOWS).step_by(AT_ONCE) {
        shows(&mut owner, platform.reseller, &venues, first).await?;
    }
    sqlx::query("vacuum analyze venues, shows, show_words, performances").execute(&mut owner).await?;
    owner.close().await?;
    let mut figures = Vec::new();
    for (name, path) in QUERIES {
        let request = Request::get(&platform.key, path);
        let outcome = Load::rush(4, LENGTH).run(platform.address, &request).await?;
        figures.push(Comparison::latency(name, outcome.p99, "none set"));
    }
    Ok(figures)
}

async fn venues(owner: &mut PgConnection, reseller: ResellerId) -> anyhow::Result<Vec<VenueId>> {
    let ids: Vec<VenueId> = (0..VENUES).map(|_| VenueId::new()).collect();
    sqlx::query(
        "insert into venues (reseller_id, venue_id, name, city, city_key, country, time_zone, created_at)
         select $1, v.id, 'Hall ' || v.nth, 'Town ' || v.nth % 40, 'town ' || v.nth % 40, 'NL', 'Europe/Amsterdam', now()
         from unnest($2::uuid[]) with ordinality as v (id, nth)",
    )
    .bind(reseller)
    .bind(&ids)
    .execute(owner)
    .await?;
    Ok(ids)
}

async fn shows(owner: &mut PgConnection, reseller: ResellerId, venues: &[VenueId], first: usize) -> anyhow::Result<()> {
    let ids: Vec<ShowId> = (0..AT_ONCE).map(|_| ShowId::new()).collect();
    let title = |n: usize| format!("Play {n}: {} of the {}", WORDS[n % 24], WORDS[n / 24 % 24]);
    let description = |n: usize| (1..=12).map(|k| WORDS[n * k % 24]).collect::<Vec<_>>().join(" ");
    let titles: Vec<String> = (first..first + AT_ONCE).map(title).collect();
    let descriptions: Vec<String> = (first..first + AT_ONCE).map(description).collect();
    sqlx::query(
        "insert into shows (reseller_id, show_id, title, description, currency, state, visibility, created_at)
         select $1, s.id, s.title, s.description, 'EUR', 'published', 'public', now()
         from unnest($2::uuid[], $3::text[], $4::text[]) as s (id, title, description)",
    )
    .bind(reseller)
    .bind(&ids)
    .bind(&titles)
    .bind(&descriptions)
    .execute(&mut *owner)
    .await?;
    let (mut of, mut words) = (Vec::new(), Vec::new());
    for (id, (title, description)) in ids.iter().zip(titles.iter().zip(&descriptions)) {
        for word in words_of(title, description) {
            of.push(*id);
            words.push(word);
        }
    }
    sqlx::query(
        "insert into show_words (reseller_id, word, show_id)
         select $1, w.word, w.show_id from unnest($2::uuid[], $3::text[]) as w (show_id, word)",
    )
    .bind(reseller)
    .bind(of)
    .bind(words)
    .execute(&mut *owner)
    .await?;
    sqlx::query(
        "insert into performances (reseller_id, performance_id, show_id, venue_id, starts_at, ends_at, doors_at, time_zone,
                                   on_sale_at, off_sale_at, created_at)
         select $1, p.id, p.show_id, p.venue_id, t, t + interval '2 hours', t, 'Europe/Amsterdam', now() - interval '1 year', t, now()
         from unnest($2::uuid[], $3::uuid[], $4::uuid[]) with ordinality as p (id, show_id, venue_id, nth),
              lateral (select timestamptz '2031-01-01' + ((p.nth + $5) % 400) * interval '1 day' as t) at",
    )
    .bind(reseller)
    .bind((0..AT_ONCE).map(|_| PerformanceId::new()).collect::<Vec<_>>())
    .bind(&ids)
    .bind((first..first + AT_ONCE).map(|n| venues[n * 7 % venues.len()]).collect::<Vec<_>>())
    .bind(i64::try_from(first)?)
    .execute(owner)
    .await?;
    Ok(())
}
