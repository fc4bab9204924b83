//! The best seats of a hall of twenty thousand: how long a choice takes over HTTP, alone and while five hundred buyers compete, and
//! how long the search itself takes in halls that are empty, nearly full, and have nothing that fits.

use std::{collections::HashMap, time::Duration, time::Instant};

use anyhow::Context as _;
use foundation::{
    Money,
    id::{OfferId, PerformanceId, PriceTierId, TicketId},
};
use rust_decimal::Decimal;
use ticketing::{
    rules::{
        choose::{Line, Party, Together},
        layout::plan::Point,
        offer::NewPriceTier,
        performance::NewPerformance,
        seating::{SeatKind, SeatingRules, Spot},
        show::{NewShow, ShowState, Visibility},
        stock::{Keeper, Stock, StockOffer, StockTicket, Turn},
        tickets::{NewTickets, NewTicketsKind},
        times::GivenTimes,
        venue::NewVenue,
    },
    store::{offers, venues},
    use_cases::create_show::create_show,
};

use crate::{
    load::{Load, Request},
    platform::Platform,
    report::Comparison,
};

const ROWS: u32 = 200;
const SEATS: u32 = 100;
const PARTY: usize = 4;
/// Who competes.
const BUYERS: usize = 500;
/// How long they choose once a second: no longer than there are seats.
const PACED_FOR: Duration = Duration::from_secs(8);
/// How often the search is timed.
const SEARCHES: usize = 2_000;

/// All figures of choosing.
pub(crate) async fn measure(platform: &Platform) -> anyhow::Result<Vec<Comparison>> {
    let mut figures = Vec::new();
    let p99 = searched(|_| false)?;
    figures.push(Comparison::latency("search of the best 4 in memory, 20,000 seats all free, p99", p99, "none set"));
    let p99 = searched(|n| n % 500 >= PARTY)?;
    figures.push(Comparison::latency("the same, 40 groups of 4 left, p99", p99, "none set"));
    let p99 = searched(|n| n % 5 == 4)?;
    figures.push(Comparison::latency("the same, every fifth seat sold, p99", p99, "none set"));
    let p99 = searched(|n| n % 2 == 0)?;
    figures.push(Comparison::latency("the same, single seats left only, p99", p99, "none set"));
    let hall = on_sale(platform).await?;
    let lone = Load::rush(1, Duration::from_secs(2));
    let lone = lone.run(platform.address, &Request::best(platform, &hall, PARTY)).await?;
    figures.push(Comparison::latency("best 4 of 20,000 seats held by a lone buyer, p50", lone.p50, "none set"));
    figures.push(Comparison::latency("the same, p99", lone.p99, "none set"));
    let hall = on_sale(platform).await?;
    let rush = Load::rush(BUYERS, Duration::ZERO);
    let rush = rush.run(platform.address, &Request::best(platform, &hall, PARTY)).await?;
    figures.push(Comparison::latency(
        "best 4 of 20,000 seats, 500 buyers at the same moment, p50",
        rush.p50,
        "none set",
    ));
    figures.push(Comparison::latency("the same, p99", rush.p99, "< 10 ms"));
    let hall = on_sale(platform).await?;
    let first = Load::rush(1, Duration::ZERO);
    let first = first.run(platform.address, &Request::best(platform, &hall, PARTY)).await?;
    figures.push(Comparison::latency("the first hold of a hall that no memory knows yet", first.p50, "none set"));
    let paced = Load { connections: BUYERS, length: PACED_FOR, every: Duration::from_secs(1) };
    let paced = paced.run(platform.address, &Request::best(platform, &hall, PARTY)).await?;
    figures.push(Comparison::latency("the same, 500 buyers who each choose once a second, p50", paced.p50, "none set"));
    figures.push(Comparison::latency("the same, p99", paced.p99, "< 10 ms"));
    Ok(figures)
}

/// A hall on sale, with a show of its own. Gives its performance and its offer.
async fn on_sale(platform: &Platform) -> anyhow::Result<(PerformanceId, OfferId)> {
    let mut tx = platform.cell.tenant(platform.reseller).await?;
    let text = |text: &str| text.to_owned();
    let venue =
        NewVenue { name: text("Hall"), city: text("Town"), country: text("NL"), time_zone: text("Europe/Amsterdam") };
    let venue = venues::insert(&mut tx, &venue).await?;
    let starts_at = tx.now().await?.plus(Duration::from_secs(30 * 86_400));
    let price = Money::new(Decimal::from(50), "EUR".parse()?)?;
    let rows = (0..ROWS).map(|row| (row.to_string(), SEATS)).collect();
    let performance = NewPerformance {
        venue: venue.id,
        times: GivenTimes {
            starts_at: Some(starts_at.into()),
            ends_at: Some(starts_at.plus(Duration::from_secs(3_600)).into()),
            ..GivenTimes::default()
        },
        layout: None,
        price_tiers: vec![NewPriceTier { name: text("stalls"), prices: vec![(text("adult"), price).into()] }],
        tickets: vec![NewTickets {
            section: text("Stalls"),
            price_tier: text("stalls"),
            kind: NewTicketsKind::Rows(rows),
        }],
    };
    let show = NewShow {
        title: text("Recital"),
        description: String::new(),
        currency: price.currency(),
        visibility: Visibility::Public,
        public_from: None,
        state: ShowState::Published,
        ticket_types: vec![text("adult")],
        performances: vec![performance],
    };
    let show = create_show(&mut tx, &show).await?;
    let performance = show.performances.first().context("the show has no performance")?.id;
    let offers = offers::of_performance(&mut tx, performance).await?;
    tx.commit().await?;
    Ok((performance, offers.first().context("the performance has no offer")?.id))
}

/// The slowest but one in a hundred of many searches in a hall of which these seats are sold.
fn searched(sold: impl Fn(usize) -> bool) -> anyhow::Result<Duration> {
    let (mut stock, offer) = hall(sold)?;
    let party = Party {
        lines: vec![Line { offer, quantity: PARTY, kind: SeatKind::Ordinary }],
        section: None,
        together: Together::Required,
        restricted_view: true,
    };
    let now = foundation::Instant::LONG_AGO;
    let mut times = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let began = Instant::now();
        let found = stock.propose_best(&party, Turn::FIRST, now);
        times.push(began.elapsed());
        for (ticket, _) in found.map(|chosen| chosen.tickets).unwrap_or_default() {
            stock.withdraw(ticket);
        }
    }
    times.sort_unstable();
    times.get(SEARCHES * 99 / 100).copied().context("nothing was searched")
}

fn hall(sold: impl Fn(usize) -> bool) -> anyhow::Result<(Stock, OfferId)> {
    let (tier, offer) = (PriceTierId::new(), OfferId::new());
    let price = Money::new(Decimal::from(50), "EUR".parse()?)?;
    let mut tickets = Vec::new();
    for row in 0..i32::try_from(ROWS)? {
        for seat in 0..i32::try_from(SEATS)? {
            let until = if sold(tickets.len()) { foundation::Instant::NEVER } else { foundation::Instant::LONG_AGO };
            tickets.push(StockTicket {
                id: TicketId::new(),
                tier,
                section: "Stalls".into(),
                row: Some(row.to_string().into()),
                seat: Some(seat.to_string().into()),
                spot: Spot { nth: seat, at: Some(Point { x: 54 * seat, y: 92 * row }) },
                attributes: Vec::new(),
                until,
                by: Keeper::Sold,
                set_aside: None,
            });
        }
    }
    let sold_as = StockOffer { tier, tier_name: "stalls".into(), ticket_type: "adult".into(), price };
    let stock = Stock::new(tickets, HashMap::from([(offer, sold_as)]), foundation::Instant::LONG_AGO, 0);
    Ok((stock.in_room(Some(Point { x: 54 * 50, y: -500 }), SeatingRules::default()), offer))
}
