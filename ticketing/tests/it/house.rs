//! A reseller with a show that sells, and what tests look at behind its back.

use std::{future::Future, time::Duration};

use foundation::{
    Code, Error, Instant, Money, Result, TenantTx,
    id::{OfferId, OrderId, PerformanceId, ResellerId, TicketId, VenueId},
    sequencer,
};
use testkit::Database;
use ticketing::{
    rules::{
        offer::NewPriceTier,
        order::{Order, Pick, Want},
        payment::{Payment, Refund},
        performance::NewPerformance,
        seating::SeatKind,
        show::{NewShow, Show, ShowState, Visibility},
        tickets::{NewTickets, NewTicketsKind},
        times::GivenTimes,
        venue::NewVenue,
    },
    store::{
        listed_tickets::{self, TicketFilter},
        offers, orders, payments, refunds, venues,
    },
    use_cases::{add_performance::add_performance, create_show::create_show},
};

/// A performance on sale.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) id: PerformanceId,
    /// The adult's offer.
    pub(crate) offer: OfferId,
    /// In drawing order.
    pub(crate) tickets: Vec<TicketId>,
}

impl Stage {
    pub(crate) fn any(&self, quantity: usize) -> Want {
        Want { performance: self.id, pick: Pick::Any { offer: self.offer, quantity, section: None } }
    }

    pub(crate) fn ticket(&self, nth: usize) -> Want {
        self.ticket_as(nth, SeatKind::Ordinary)
    }

    /// A ticket asked for as a place of this kind.
    pub(crate) fn ticket_as(&self, nth: usize, kind: SeatKind) -> Want {
        Want { performance: self.id, pick: Pick::Ticket { offer: self.offer, ticket: self.tickets[nth], kind } }
    }

    pub(crate) fn these(&self, nth: &[usize]) -> Vec<Want> {
        nth.iter().map(|n| self.ticket(*n)).collect()
    }
}

/// A database with one reseller and one show.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) db: Database,
    pub(crate) reseller: ResellerId,
    pub(crate) venue: VenueId,
    pub(crate) show: Show,
    pub(crate) stages: Vec<Stage>,
}

pub(crate) fn eur(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), "EUR".parse().unwrap()).unwrap()
}

pub(crate) fn seats(rows: &[(&str, u32)]) -> NewTicketsKind {
    NewTicketsKind::Rows(rows.iter().map(|(label, seats)| ((*label).to_owned(), *seats)).collect())
}

pub(crate) fn places(count: u32) -> NewTicketsKind {
    NewTicketsKind::Places(count)
}

/// A performance a month ahead, on sale now, at this price.
pub(crate) fn performance(venue: VenueId, now: Instant, price: Money, kind: NewTicketsKind) -> NewPerformance {
    let starts_at = now.plus(Duration::from_secs(30 * 86_400));
    NewPerformance {
        venue,
        times: GivenTimes {
            starts_at: Some(starts_at.into()),
            ends_at: Some((starts_at.plus(Duration::from_secs(7_200))).into()),
            ..GivenTimes::default()
        },
        layout: None,
        price_tiers: vec![NewPriceTier { name: "one".to_owned(), prices: vec![("adult".to_owned(), price).into()] }],
        tickets: vec![NewTickets { section: "Hall".to_owned(), price_tier: "one".to_owned(), kind }],
    }
}

pub(crate) fn show(title: &str, price: Money, performances: Vec<NewPerformance>) -> NewShow {
    NewShow {
        title: title.to_owned(),
        description: String::new(),
        currency: price.currency(),
        visibility: Visibility::Public,
        public_from: None,
        state: ShowState::Published,
        ticket_types: vec!["adult".to_owned()],
        performances,
    }
}

impl House {
    /// One performance with these tickets at EUR 10.00.
    pub(crate) async fn with(kind: NewTicketsKind) -> Self {
        Self::of(eur("10.00"), vec![kind]).await
    }

    /// A performance for each, at this price.
    pub(crate) async fn of(price: Money, kinds: Vec<NewTicketsKind>) -> Self {
        let db = Database::create().await;
        let reseller = db.reseller().await;
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        let new = NewVenue {
            name: "Hall".to_owned(),
            city: "Amsterdam".to_owned(),
            country: "NL".to_owned(),
            time_zone: "Europe/Amsterdam".to_owned(),
        };
        let venue = venues::insert(&mut tx, &new).await.unwrap().id;
        let now = tx.now().await.unwrap();
        let mut performances = kinds.into_iter().map(|kind| performance(venue, now, price, kind));
        let first = performances.next().into_iter().collect();
        let mut show = create_show(&mut tx, &show("Show", price, first)).await.unwrap();
        // Each by itself: one request makes at most 100,000 tickets.
        for other in performances {
            show.performances.push(add_performance(&mut tx, show.id, &other).await.unwrap());
        }
        let mut stages = Vec::new();
        for performance in &show.performances {
            stages.push(stage(&mut tx, performance.id).await);
        }
        tx.commit().await.unwrap();
        let house = Self { db, reseller, venue, show, stages };
        house.unlimited().await;
        house
    }

    /// Lets every buyer have as many tickets as there are: one Ada buys all of most tests' tickets.
    async fn unlimited(&self) {
        let sql = "update shows set buyer_max = 10000 where reseller_id = $1";
        sqlx::query(sql).bind(self.reseller).execute(&mut self.db.as_owner().await).await.unwrap();
    }

    /// The first performance.
    pub(crate) fn stage(&self) -> &Stage {
        &self.stages[0]
    }

    pub(crate) async fn tx(&self) -> TenantTx {
        self.db.cell().tenant(self.reseller).await.unwrap()
    }

    pub(crate) async fn snapshot(&self) -> TenantTx {
        self.db.cell().snapshot(self.reseller).await.unwrap()
    }

    /// Adds a show at this price with one performance of so many places.
    pub(crate) async fn another_show(&self, price: Money, places: u32) -> Stage {
        let mut tx = self.tx().await;
        let now = tx.now().await.unwrap();
        let performance = performance(self.venue, now, price, NewTicketsKind::Places(places));
        let made = create_show(&mut tx, &show("Another", price, vec![performance])).await.unwrap();
        let stage = stage(&mut tx, made.performances[0].id).await;
        tx.commit().await.unwrap();
        self.unlimited().await;
        stage
    }

    /// Moves the reseller's clock to so far ahead of the cell's.
    pub(crate) async fn ahead(&self, by: Duration) {
        let mut owner = self.db.as_owner().await;
        sqlx::query(
            "insert into test_clocks (reseller_id, ahead) values ($1, make_interval(secs => $2))
             on conflict (reseller_id) do update set ahead = excluded.ahead",
        )
        .bind(self.reseller)
        .bind(by.as_secs_f64())
        .execute(&mut owner)
        .await
        .unwrap();
    }

    /// A number that the owner of the schema reads; `$1` is the reseller.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let mut owner = self.db.as_owner().await;
        sqlx::query_scalar(sql).bind(self.reseller).fetch_one(&mut owner).await.unwrap()
    }

    /// How many tickets have a live claim.
    pub(crate) async fn claimed(&self) -> i64 {
        let mut tx = self.tx().await;
        sqlx::query_scalar("select count(*) from claims where reseller_id = $1 and expires_at > cell_now()")
            .bind(self.reseller)
            .fetch_one(tx.conn())
            .await
            .unwrap()
    }

    /// The live owner of a ticket.
    pub(crate) async fn owner_of(&self, ticket: TicketId) -> Option<(String, uuid::Uuid)> {
        let mut tx = self.tx().await;
        sqlx::query_as("select owner_kind, owner_id from claims where reseller_id = $1 and ticket_id = $2 and expires_at > cell_now()")
            .bind(self.reseller)
            .bind(ticket)
            .fetch_optional(tx.conn())
            .await
            .unwrap()
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        orders::get(&mut self.tx().await, id).await.unwrap()
    }

    pub(crate) async fn payments(&self, order: OrderId) -> Vec<Payment> {
        payments::of_order(&mut self.tx().await, order).await.unwrap()
    }

    pub(crate) async fn refunds(&self, order: OrderId) -> Vec<Refund> {
        refunds::of_order(&mut self.tx().await, order).await.unwrap()
    }

    /// Waits until a lane waits for a lock.
    pub(crate) async fn wait_for_a_blocked_lane(&self) {
        self.wait_for_a_blocked("stagedoor lanes").await;
    }

    /// Waits until a connection of this name waits for a lock; the server itself says when.
    pub(crate) async fn wait_for_a_blocked(&self, application: &str) {
        self.wait_for_blocked(application, 1).await;
    }

    /// The same for so many of them.
    pub(crate) async fn wait_for_blocked(&self, application: &str, many: i64) {
        let mut owner = self.db.as_owner().await;
        let waits = async {
            loop {
                let waiting: bool = sqlx::query_scalar(
                    "select count(*) >= $2 from pg_stat_activity where datname = current_database()
                         and application_name = $1 and wait_event_type = 'Lock'",
                )
                .bind(application)
                .bind(many)
                .fetch_one(&mut owner)
                .await
                .unwrap();
                if waiting {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waits).await.expect("nothing waits for a lock");
    }

    /// Places the log and looks at every invariant.
    pub(crate) async fn end(&self) {
        end(&self.db, self.reseller).await;
    }
}

/// What every test ends with.
pub(crate) async fn end(db: &Database, reseller: ResellerId) {
    sequencer::place_all(db.cell()).await.unwrap();
    accounting::seal_all(db.cell()).await.unwrap();
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let checked = ticketing::verify::checks(&mut tx).await.unwrap();
    let broken: Vec<_> = checked.into_iter().filter(|checked| !checked.violations.is_empty()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The performance as it is sold.
pub(crate) async fn stage(tx: &mut TenantTx, id: PerformanceId) -> Stage {
    let offer = offers::of_performance(tx, id).await.unwrap()[0].id;
    let tickets = listed_tickets::list(tx, id, &TicketFilter::default(), None, 100_000).await.unwrap();
    Stage { id, offer, tickets: tickets.iter().map(|ticket| ticket.id).collect() }
}

/// The code of a refusal; anything else that failed stops the test.
#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(outcome: Result<T>) -> Code {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Runs them all at once, each in a task of its own, and gives what came of them in their order.
pub(crate) async fn at_once<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

pub(crate) const MINUTES: Duration = Duration::from_secs(600);
