//! The words of each letter, once per language. What is true of every letter of a language stands in its labels.
//!
//! The words are plain text: whoever sets them into HTML escapes them.

mod en;
mod nl;

use foundation::{Instant, Money, mail::Language};
use tenancy::Notice;
use ticketing::rules::{
    invitation::{Call, Invitation},
    letter::{Letter, News},
};

use crate::figures;

/// What a letter says beside its list of tickets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The subject, and the letter's heading.
    pub(crate) subject: String,
    /// What happened and what to do next: a paragraph each.
    pub(crate) paragraphs: Vec<String>,
}

/// Words that every letter of a language has.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) hello: &'static str,
    pub(crate) doors: &'static str,
    pub(crate) row: &'static str,
    pub(crate) seat: &'static str,
    pub(crate) show_ticket: &'static str,
    pub(crate) total: &'static str,
    pub(crate) fees: &'static str,
    pub(crate) discount: &'static str,
    pub(crate) order: &'static str,
    pub(crate) test: &'static str,
    pub(crate) why: &'static str,
    /// The same, of a notice to a reseller.
    pub(crate) why_notice: &'static str,
    /// The same for who did not buy.
    pub(crate) why_ticket: &'static str,
    /// The same for who waits.
    pub(crate) why_waiting: &'static str,
    pub(crate) entry: &'static str,
    pub(crate) go_on: &'static str,
}

/// What the words are made of.
struct Facts<'a> {
    language: Language,
    news: &'a News,
    /// Whom the buyer bought from.
    seller: &'a str,
    /// The first show's title, and how many other performances there are.
    show: (&'a str, usize),
    /// In which times are told.
    zone: &'a str,
    /// Whether the tickets have links.
    links: bool,
}

impl Facts<'_> {
    fn money(&self, money: Money) -> String {
        figures::money(self.language, money)
    }

    fn when(&self, at: Instant) -> String {
        figures::day_and_time(self.language, at, self.zone)
    }
}

/// The words of a letter in this language.
pub(crate) fn words(letter: &Letter, language: Language, seller: &str, links: bool) -> Words {
    let first = letter.performances.first();
    let show = first.map_or(("", 0), |first| (first.title.as_str(), letter.performances.len() - 1));
    let zone = first.map_or("UTC", |first| &first.time_zone);
    let facts = Facts { language, news: &letter.news, seller, show, zone, links };
    match language {
        Language::En => en::words(&facts),
        Language::Nl => nl::words(&facts),
    }
}

/// The words of a letter to somebody who waits, in this language.
pub(crate) fn invitation(letter: &Invitation, language: Language, seller: &str, linked: bool) -> Words {
    let when = |at: Instant| figures::day_and_time(language, at, &letter.told.time_zone);
    let facts = Waiting { call: &letter.call, seller, show: &letter.told.title, linked };
    match language {
        Language::En => en::invitation(&facts, when),
        Language::Nl => nl::invitation(&facts, when),
    }
}

/// What the words to somebody who waits are made of.
struct Waiting<'a> {
    call: &'a Call,
    seller: &'a str,
    show: &'a str,
    /// Whether there is a link to go on by.
    linked: bool,
}

/// The words of a notice to a reseller in this language.
pub(crate) fn notice(notice: &Notice, language: Language) -> Words {
    match notice {
        Notice::EndpointDisabled { endpoint, url, reason, since } => {
            let since = since.map(|at| figures::day_and_time(language, at, "UTC"));
            match language {
                Language::En => en::endpoint_disabled(&endpoint.to_string(), url, *reason, since.as_deref()),
                Language::Nl => nl::endpoint_disabled(&endpoint.to_string(), url, *reason, since.as_deref()),
            }
        }
        Notice::SupportCaseAnswered { case } => match language {
            Language::En => en::support_case_answered(&case.to_string()),
            Language::Nl => nl::support_case_answered(&case.to_string()),
        },
    }
}

/// The words that every letter in this language has.
pub(crate) fn labels(language: Language) -> &'static Labels {
    match language {
        Language::En => &en::LABELS,
        Language::Nl => &nl::LABELS,
    }
}
