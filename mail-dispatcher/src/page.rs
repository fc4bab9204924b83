//! A letter set out on a page: its words, its tickets, its sums; as plain text and as HTML.
//!
//! The HTML has no picture, no script, and loads nothing: opening a letter tells nobody.

use askama::Template;
use foundation::mail::Language;
use tenancy::Notice;
use ticketing::rules::{
    invitation::Invitation,
    letter::{DiscountTold, Letter, News, PerformanceTold, TicketTold},
};

use crate::{
    figures,
    message::Sender,
    texts::{self, Labels, Words},
};

/// A letter ready to be read.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) language: Language,
    pub(crate) subject: String,
    labels: &'static Labels,
    hello: String,
    paragraphs: Vec<String>,
    performances: Vec<Block>,
    /// What all of it costs; none where that is not the point.
    total: Option<String>,
    /// What that is made of: its name, and how much.
    parts: Vec<(String, String)>,
    seller: String,
    /// Why the reader gets it; who sold it follows.
    why: &'static str,
    /// What the buyer can name the order by; a notice to a reseller is about none.
    order: Option<String>,
    /// What an entry of a waitlist can be named by.
    entry: Option<String>,
    /// Where the reader goes on, and what that is called.
    link: Option<(String, &'static str)>,
    test: bool,
}

/// One performance.
#[derive(Debug)]
struct Block {
    title: String,
    when: String,
    place: String,
    tickets: Vec<Ticket>,
}

/// One ticket.
#[derive(Debug)]
struct Ticket {
    place: String,
    kind: String,
    /// None where it is not the reader who has paid.
    price: Option<String>,
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Text<'a> {
    page: &'a Page,
}

impl Page {
    pub(crate) fn of(letter: &Letter, sender: &Sender, language: Language) -> Self {
        let linked = matches!(letter.news, News::OrderConfirmed | News::TicketReceived | News::TicketExchanged);
        let of_a_ticket = letter.news.is_of_a_ticket();
        let refunded = match &letter.news {
            News::TicketsRefunded { items, .. } | News::RefundFailed { items, .. } => Some(items.as_slice()),
            // An amount of no ticket in particular is of all of them.
            News::CreditGiven { items, .. } if !items.is_empty() => Some(items.as_slice()),
            _ => None,
        };
        let url = sender.ticket_url.as_ref().filter(|_| linked);
        let link = |item_no| url.map(|url| url.of(letter.order, item_no));
        let labels = texts::labels(language);
        let block = |told: &PerformanceTold| {
            let meant = |ticket: &&TicketTold| refunded.is_none_or(|items| items.contains(&ticket.item_no));
            let tickets = told.tickets.iter().filter(meant);
            Block::of(
                language,
                told,
                tickets.map(|ticket| Ticket::of(language, ticket, link(ticket.item_no), !of_a_ticket)).collect(),
            )
        };
        let performances = letter.performances.iter().map(block).filter(|block| !block.tickets.is_empty()).collect();
        let Words { subject, paragraphs } = texts::words(letter, language, &sender.name, url.is_some());
        let hello = match &letter.buyer_name {
            Some(name) => format!("{} {name},", labels.hello),
            None => format!("{},", labels.hello),
        };
        Self {
            language,
            subject,
            labels,
            hello,
            paragraphs,
            performances,
            parts: parts(letter, language),
            total: (refunded.is_none() && !of_a_ticket).then(|| figures::money(language, letter.total)),
            why: if of_a_ticket { labels.why_ticket } else { labels.why },
            seller: sender.name.clone(),
            order: Some(letter.reference.clone().unwrap_or_else(|| letter.order.to_string())),
            entry: None,
            link: None,
            test: sender.test,
        }
    }

    /// A letter to somebody who waits.
    pub(crate) fn of_invitation(letter: &Invitation, sender: &Sender, language: Language) -> Self {
        let labels = texts::labels(language);
        let link = sender.waiting_url.as_ref().map(|url| url.of(letter.performance, &letter.entry));
        let Words { subject, paragraphs } = texts::invitation(letter, language, &sender.name, link.is_some());
        let tickets = letter.told.tickets.iter().map(|ticket| Ticket::of(language, ticket, None, false)).collect();
        Self {
            language,
            subject,
            labels,
            hello: letter
                .name
                .as_ref()
                .map_or(format!("{},", labels.hello), |name| format!("{} {name},", labels.hello)),
            paragraphs,
            performances: vec![Block::of(language, &letter.told, tickets)],
            total: None,
            parts: Vec::new(),
            why: labels.why_waiting,
            seller: sender.name.clone(),
            order: None,
            entry: Some(letter.entry.clone()),
            link: link.map(|link| (link, labels.go_on)),
            test: sender.test,
        }
    }

    /// A notice to the reseller itself.
    pub(crate) fn of_notice(notice: &Notice, sender: &Sender, language: Language) -> Self {
        let labels = texts::labels(language);
        let Words { subject, paragraphs } = texts::notice(notice, language);
        Self {
            language,
            subject,
            labels,
            hello: format!("{},", labels.hello),
            paragraphs,
            performances: Vec::new(),
            total: None,
            parts: Vec::new(),
            why: labels.why_notice,
            seller: sender.name.clone(),
            order: None,
            entry: None,
            link: None,
            test: sender.test,
        }
    }

    /// The two parts of the message: plain text and HTML.
    pub(crate) fn render(&self) -> Result<(String, String), askama::Error> {
        Ok((Text { page: self }.render()?, Html { page: self }.render()?))
    }
}

/// What the total of a confirmed order is made of beside its tickets, whose prices have it in them already.
fn parts(letter: &Letter, language: Language) -> Vec<(String, String)> {
    let labels = texts::labels(language);
    let discount = |told: &DiscountTold| {
        let of = told.promotion.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        (format!("{}{of}", labels.discount), figures::money(language, told.amount))
    };
    let fees = letter.fees.map(|fees| (labels.fees.to_owned(), figures::money(language, fees)));
    fees.into_iter().chain(letter.discounts.iter().map(discount)).collect()
}

impl Block {
    fn of(language: Language, told: &PerformanceTold, tickets: Vec<Ticket>) -> Self {
        let doors = texts::labels(language).doors;
        let start = figures::day_and_time(language, told.starts_at, &told.time_zone);
        let when = if told.doors_at < told.starts_at {
            format!("{start}, {doors} {}", figures::time(language, told.doors_at, &told.time_zone))
        } else {
            start
        };
        Self { title: told.title.clone(), when, place: format!("{}, {}", told.venue, told.city), tickets }
    }
}

impl Ticket {
    fn of(language: Language, told: &TicketTold, link: Option<String>, priced: bool) -> Self {
        let labels = texts::labels(language);
        let place = match (&told.row, &told.seat) {
            (Some(row), Some(seat)) => format!("{}, {} {row}, {} {seat}", told.section, labels.row, labels.seat),
            _ => told.section.clone(),
        };
        Self {
            place,
            kind: told.ticket_type.clone(),
            price: priced.then(|| figures::money(language, told.total)),
            link,
        }
    }
}
