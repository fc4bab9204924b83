//! The demo: a reseller in each region with a theatre and an arena on sale, made through the same use cases as anyone's.
//! Loading it again changes nothing; `demo.json` says what is there.

use std::{collections::BTreeMap, fs, time::Duration};

use foundation::{Cell, Instant, Money, TenantTx, id::ResellerId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tenancy::{AccountForm, NewAccount};
use ticketing::{
    rules::{
        layout::Plan,
        offer::NewPriceTier,
        performance::{NewManifest, NewPerformance},
        show::{NewShow, ShowState, Visibility},
        tickets::{NewTickets, NewTicketsKind, Portion},
        times::GivenTimes,
        venue::NewVenue,
    },
    store::{offers, venues},
    use_cases::{
        create_layout::{NewLayout, create_layout},
        create_show::create_show,
        publish_layout::{Publication, publish_layout},
    },
};

use super::rooms;
use crate::{
    process::{self, tell},
    settings::Settings,
};

/// What the demo is, for scripts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Demo {
    api: String,
    admin: String,
    sandbox: String,
    regions: BTreeMap<String, RegionDemo>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RegionDemo {
    account_id: String,
    test: Keys,
    live: Keys,
    theatre: OnSale,
    arena: OnSale,
}

#[derive(Debug, Serialize, Deserialize)]
struct Keys {
    reseller_id: ResellerId,
    secret_key: String,
    publishable_key: String,
    /// The secret key of the payment sandbox's account through which the environment is paid.
    #[serde(default)]
    sandbox_secret_key: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct OnSale {
    show_id: String,
    performance_id: String,
    offers: Vec<OfferDemo>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfferDemo {
    id: String,
    price_tier: String,
    ticket_type: String,
}

/// Loads what is not there yet.
pub(super) async fn load(settings: &Settings) -> anyhow::Result<Demo> {
    let path = settings.postgres.home.join("demo.json");
    let known = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Demo>(&bytes).ok());
    let mut regions = known.map(|demo| demo.regions).unwrap_or_default();
    for settings in &settings.cells {
        let cell = process::open(settings)?;
        let there = match regions.get(&settings.region) {
            Some(demo) => cell.mode_of(demo.test.reseller_id).await?.is_some(),
            None => false,
        };
        if !there {
            regions.insert(settings.region.clone(), region(&cell).await?);
        }
        if let Some(demo) = regions.get_mut(&settings.region) {
            demo.test.sandbox_secret_key = settings.test_provider.secret_key.reveal().to_owned();
            demo.live.sandbox_secret_key = settings.live_provider.secret_key.reveal().to_owned();
        }
        cell.close().await;
    }
    let url = |address: std::net::SocketAddr| format!("http://{address}");
    let demo = Demo {
        api: url(settings.api.listen),
        admin: url(settings.admin.listen),
        sandbox: url(settings.sandbox.listen),
        regions,
    };
    super::private::keep(&path, &demo)?;
    Ok(demo)
}

async fn region(cell: &Cell) -> anyhow::Result<RegionDemo> {
    let (country, currency, zone, city) = match cell.region() {
        "us" => ("US", "USD", "America/New_York", "New York"),
        _ => ("NL", "EUR", "Europe/Amsterdam", "Amsterdam"),
    };
    let form = AccountForm {
        name: "Demo Tickets".to_owned(),
        email: "demo@example.com".to_owned(),
        country: country.to_owned(),
        currency: currency.to_owned(),
        legal_name: "Demo Tickets".to_owned(),
        address: format!("Stage Street 1, {city}"),
        tax_id: None,
    };
    let registered = tenancy::register(cell, &NewAccount::parse(form)?).await?;
    let keys = |environment: &tenancy::Environment| Keys {
        reseller_id: environment.reseller.id,
        secret_key: environment.secret_key.expose().to_owned(),
        publishable_key: environment.publishable_key.expose().to_owned(),
        sandbox_secret_key: String::new(),
    };
    let (test, live) = (keys(&registered.test), keys(&registered.live));
    let mut tx = cell.tenant(test.reseller_id).await?;
    let place = Place { country, zone, city, currency };
    let theatre =
        on_sale(&mut tx, &place, ("Royal Theatre", rooms::theatre()), ("Hamlet", theatre_tiers(&place)?, THEATRE))
            .await?;
    let arena =
        on_sale(&mut tx, &place, ("Harbour Arena", rooms::arena()), ("The Big Concert", arena_tiers(&place)?, ARENA))
            .await?;
    tx.commit().await?;
    Ok(RegionDemo { account_id: registered.account.to_string(), test, live, theatre, arena })
}

struct Place {
    country: &'static str,
    zone: &'static str,
    city: &'static str,
    currency: &'static str,
}

const ADULT: &str = "adult";
const CHILD: &str = "child";
const TWO_MONTHS: Duration = Duration::from_secs(60 * 86_400);
const EVENING: Duration = Duration::from_secs(3 * 3_600);

/// Section or area, and the tier that all of it is sold in.
type Sold = [(&'static str, &'static str)];

const THEATRE: &Sold = &[("Stalls", "stalls"), ("Circle", "circle"), ("Gallery", "gallery")];
const ARENA: &Sold = &[
    ("Pit", "pit"),
    ("Floor", "floor"),
    ("North", "stands"),
    ("East", "stands"),
    ("South", "stands"),
    ("West", "stands"),
];

async fn on_sale(
    tx: &mut TenantTx,
    place: &Place,
    (venue, room): (&str, Plan),
    (title, price_tiers, sold): (&str, Vec<NewPriceTier>, &Sold),
) -> anyhow::Result<OnSale> {
    let venue = NewVenue {
        name: venue.to_owned(),
        city: place.city.to_owned(),
        country: place.country.to_owned(),
        time_zone: place.zone.to_owned(),
    };
    let venue = venues::insert(tx, &venue).await?;
    let layout =
        create_layout(tx, venue.id, NewLayout { name: "As it stands".to_owned(), same_room_as: None, plan: &room })
            .await?;
    let draft = layout.open.ok_or_else(|| anyhow::anyhow!("a new layout has no draft"))?.id;
    publish_layout(tx, venue.id, layout.id, draft, Publication::default()).await?;
    let all = |(section, price_tier): &(&str, &str)| NewTickets {
        section: (*section).to_owned(),
        price_tier: (*price_tier).to_owned(),
        kind: NewTicketsKind::OfLayout(Portion::default()),
    };
    let starts_at = evening(tx.now().await?.plus(TWO_MONTHS));
    let performance = NewPerformance {
        venue: venue.id,
        times: GivenTimes {
            starts_at: Some(starts_at.into()),
            ends_at: Some((starts_at.plus(EVENING)).into()),
            ..GivenTimes::default()
        },
        layout: Some(NewManifest { layout: layout.id, choices: Default::default() }),
        price_tiers,
        tickets: sold.iter().map(all).collect(),
    };
    let new = NewShow {
        title: title.to_owned(),
        description: format!("{title} in {}: a show to try the platform with.", place.city),
        currency: place.currency.parse()?,
        visibility: Visibility::Public,
        public_from: None,
        state: ShowState::Published,
        ticket_types: vec![ADULT.to_owned(), CHILD.to_owned()],
        performances: vec![performance],
    };
    let show = create_show(tx, &new).await?;
    let performance =
        show.performances.first().ok_or_else(|| anyhow::anyhow!("the demo's show has no performance"))?.id;
    let offers = offers::of_performance(tx, performance).await?.into_iter();
    let offers =
        offers.map(|o| OfferDemo { id: o.id.to_string(), price_tier: o.price_tier, ticket_type: o.ticket_type });
    Ok(OnSale { show_id: show.id.to_string(), performance_id: performance.to_string(), offers: offers.collect() })
}

/// The same day at a whole hour, so that the demo reads well.
fn evening(at: Instant) -> Instant {
    let day_us = 86_400_000_000;
    Instant::from_micros(at.as_micros() / day_us * day_us + 19 * 3_600_000_000)
}

fn tier(place: &Place, name: &str, adult: i64, child: i64) -> anyhow::Result<NewPriceTier> {
    let price = |whole: i64| Ok::<_, anyhow::Error>(Money::new(Decimal::from(whole), place.currency.parse()?)?);
    Ok(NewPriceTier {
        name: name.to_owned(),
        prices: vec![(ADULT.to_owned(), price(adult)?).into(), (CHILD.to_owned(), price(child)?).into()],
    })
}

fn theatre_tiers(place: &Place) -> anyhow::Result<Vec<NewPriceTier>> {
    Ok(vec![tier(place, "stalls", 80, 40)?, tier(place, "circle", 60, 30)?, tier(place, "gallery", 35, 20)?])
}

fn arena_tiers(place: &Place) -> anyhow::Result<Vec<NewPriceTier>> {
    Ok(vec![tier(place, "pit", 120, 120)?, tier(place, "floor", 75, 75)?, tier(place, "stands", 55, 30)?])
}

impl Demo {
    /// Tells the person who started it where everything is and what to try first.
    pub(super) fn print(&self, settings: &Settings, took: Duration) {
        tell(format_args!("Stagedoor is selling after {}.{:03} s.\n", took.as_secs(), took.subsec_millis()));
        tell(format_args!("  API             {}   ({}/openapi.json, /readyz, /metrics)", self.api, self.api));
        tell(format_args!(
            "  operators       {}   (a token: stagedoor operator-token --region eu --operator you)",
            self.admin
        ));
        tell(format_args!("  payment sandbox {}   (its keys: sandbox_secret_key in demo.json)", self.sandbox));
        tell(format_args!("  keys, ids       {}", settings.postgres.home.join("demo.json").display()));
        tell(format_args!(
            "  letters         {}   (mail to buyers is written there and not sent)\n",
            settings.postgres.home.join("mail").display()
        ));
        for (region, demo) in &self.regions {
            tell(format_args!("  {region} test secret key  {}", demo.test.secret_key));
            tell(format_args!("  {region} live secret key  {}", demo.live.secret_key));
        }
        let Some(demo) = self.regions.get("eu").or_else(|| self.regions.values().next()) else { return };
        let (api, key, arena) = (&self.api, &demo.test.secret_key, &demo.arena);
        let offer = arena.offers.first().map(|offer| offer.id.as_str()).unwrap_or_default();
        tell("\nTry:\n");
        tell(format_args!("  curl -s {api}/v1/shows -H 'Authorization: Bearer {key}'\n"));
        tell(format_args!(
            "  curl -s {api}/v1/performances/{}/availability -H 'Authorization: Bearer {key}'\n",
            arena.performance_id
        ));
        tell(format_args!(
            "  curl -s {api}/v1/holds -H 'Authorization: Bearer {key}' -H 'Idempotency-Key: first-hold' \\\n    \
             -H 'Content-Type: application/json' \\\n    -d '{{\"items\":[{{\"performance_id\":\"{}\",\"offer_id\":\"{offer}\",\"quantity\":2}}]}}'\n",
            arena.performance_id
        ));
        tell("Ctrl-C stops it; what was sold stays.");
    }
}
