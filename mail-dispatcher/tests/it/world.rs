//! A reseller that writes to its buyers, and the means to queue letters, to let them be sent, and to look at the outbox.

use std::time::Duration;

use foundation::{
    Instant, Money,
    id::{OrderId, PerformanceId, ResellerId},
    mail::{self, Language, NewLetter},
};
use mail_dispatcher::{Dispatcher, Post};
use sqlx::AssertSqlSafe;
use tenancy::{MailChanges, ResellerChanges};
use testkit::Database;
use ticketing::rules::letter::{Letter, News, PAYMENT_FAILED, PerformanceTold, TicketTold};

pub(crate) const FROM: &str = "tickets@platform.example";

pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) reseller: ResellerId,
}

/// A letter as it stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Queued {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) due_at: Instant,
}

/// A try as it was recorded.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Tried {
    pub(crate) attempt: i32,
    pub(crate) outcome: String,
    pub(crate) answer: String,
}

impl World {
    pub(crate) async fn create() -> Self {
        // The first test to come here wins; the others find it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let db = Database::create().await;
        let reseller = db.reseller().await;
        Self { db, reseller }
    }

    /// A dispatcher of a process of its own.
    pub(crate) fn dispatcher(&self, url: &str) -> Dispatcher {
        self.dispatcher_with(url, Duration::from_secs(60))
    }

    pub(crate) fn dispatcher_with(&self, url: &str, patience: Duration) -> Dispatcher {
        Dispatcher::new(self.db.second_cell(), Post::open(url, FROM, patience).unwrap())
    }

    /// Lets everything that is due now be sent; gives how many letters had their turn.
    pub(crate) async fn send(&self, url: &str) -> usize {
        self.dispatcher(url).run_once(self.now().await).await.unwrap()
    }

    pub(crate) async fn set_mail(&self, mail: MailChanges) {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        let version = tenancy::get_reseller(&mut tx).await.unwrap().version;
        let changes = ResellerChanges { mail, ..ResellerChanges::default() };
        tenancy::update_reseller(&mut tx, version, &changes).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Queues a letter in a transaction of its own.
    pub(crate) async fn queue(&self, letter: NewLetter) {
        let mut tx = self.db.cell().tenant(self.reseller).await.unwrap();
        mail::queue(&mut tx, &[letter]).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn outbox(&self) -> Vec<Queued> {
        let mut owner = self.db.as_owner().await;
        sqlx::query_as("select kind, state, attempts, due_at from mail_outbox order by letter_id")
            .fetch_all(&mut owner)
            .await
            .unwrap()
    }

    /// The only letter there is.
    pub(crate) async fn only(&self) -> Queued {
        let outbox = self.outbox().await;
        assert_eq!(outbox.len(), 1, "{outbox:?}");
        outbox[0].clone()
    }

    pub(crate) async fn states(&self) -> Vec<String> {
        self.outbox().await.into_iter().map(|queued| queued.state).collect()
    }

    pub(crate) async fn tries(&self) -> Vec<Tried> {
        let mut owner = self.db.as_owner().await;
        sqlx::query_as("select attempt, outcome, answer from mail_attempts order by letter_id, attempt")
            .fetch_all(&mut owner)
            .await
            .unwrap()
    }

    /// What no rule lets anyone do.
    pub(crate) async fn execute(&self, statement: impl Into<String>) {
        let mut owner = self.db.as_owner().await;
        sqlx::query(AssertSqlSafe(statement.into())).execute(&mut owner).await.unwrap();
    }

    pub(crate) async fn now(&self) -> Instant {
        self.db.cell().clock().await.unwrap()
    }
}

pub(crate) fn eur(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), "EUR".parse().unwrap()).unwrap()
}

pub(crate) fn at(text: &str) -> Instant {
    serde_json::from_value(text.into()).unwrap()
}

/// Two seats for Hamlet and a place at a concert.
pub(crate) fn letter(news: News) -> Letter {
    let ticket = |item_no, seat: Option<&str>| TicketTold {
        item_no,
        ticket_type: "adult".to_owned(),
        section: if seat.is_some() { "Stalls" } else { "Floor" }.to_owned(),
        row: seat.map(|_| "C".to_owned()),
        seat: seat.map(ToOwned::to_owned),
        total: eur("49.90"),
    };
    let performance = |title: &str, venue: &str, starts_at: &str, doors_at: &str, tickets| PerformanceTold {
        id: PerformanceId::new(),
        title: title.to_owned(),
        venue: venue.to_owned(),
        city: "Amsterdam".to_owned(),
        doors_at: at(doors_at),
        starts_at: at(starts_at),
        time_zone: "Europe/Amsterdam".to_owned(),
        tickets,
    };
    Letter {
        news,
        order: "ord_0192f0c1000070008000000000000001".parse().unwrap(),
        reference: Some("SL-1001".to_owned()),
        buyer_name: Some("Zoë Müller".to_owned()),
        performances: vec![
            performance(
                "Hamlet & Søn <live>",
                "Royal Theatre",
                "2035-05-01T17:30:00Z",
                "2035-05-01T16:30:00Z",
                vec![ticket(1, Some("12")), ticket(2, Some("13"))],
            ),
            performance(
                "The Big Concert",
                "Harbour Arena",
                "2035-06-01T18:00:00Z",
                "2035-06-01T18:00:00Z",
                vec![ticket(3, None)],
            ),
        ],
        total: eur("149.70"),
        discounts: Vec::new(),
        fees: None,
    }
}

/// To be queued, about an order of its own.
pub(crate) fn new_letter(letter: &Letter) -> NewLetter {
    let order = OrderId::new();
    NewLetter {
        kind: letter.news.kind(),
        about: order.uuid(),
        once: format!("{}/{order}/1", letter.news.kind()),
        recipient: "zoe@example.com".to_owned(),
        recipient_name: letter.buyer_name.clone(),
        language: None,
        data: serde_json::to_value(letter).unwrap(),
        wait: Duration::ZERO,
        useful_until: Instant::NEVER,
        outdates: &[PAYMENT_FAILED],
        to_reseller: false,
    }
}

/// A confirmation to be queued.
pub(crate) fn confirmation() -> NewLetter {
    new_letter(&letter(News::OrderConfirmed))
}

/// A confirmation to be queued, in this language.
pub(crate) fn confirmation_in(language: Language) -> NewLetter {
    NewLetter { language: Some(language), ..confirmation() }
}

/// The last moment at which it is not yet so late.
pub(crate) fn just_before(at: Instant) -> Instant {
    Instant::from_micros(at.as_micros() - 1)
}
