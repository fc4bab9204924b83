//! English.

use foundation::{Instant, Money};
use tenancy::webhook_endpoints::DisabledReason;
use ticketing::rules::{
    cancellation::Remedy,
    invitation::Call,
    letter::{DeclineReason, News, ReturnReason},
    rescheduling::Decision,
};

use super::{Facts, Labels, Waiting, Words};

pub(super) const LABELS: Labels = Labels {
    hello: "Hello",
    doors: "doors",
    row: "row",
    seat: "seat",
    show_ticket: "Show this ticket",
    total: "Total",
    fees: "Of that fees",
    discount: "Discount taken off",
    order: "Order",
    test: "This is a test: nothing was really bought, and no money has moved.",
    why: "You get this e-mail because of your order at",
    why_notice: "You get this e-mail because it is the address of your account:",
    why_ticket: "You get this e-mail because of a ticket from",
    why_waiting: "You get this e-mail because this address was given to be told by",
    entry: "Reference",
    go_on: "Go on",
};

pub(super) fn words(facts: &Facts<'_>) -> Words {
    let seller = facts.seller;
    let show = match facts.show {
        (title, 0) => title.to_owned(),
        (title, others) => format!("{title} and {others} more"),
    };
    let (subject, paragraphs) = match facts.news {
        News::OrderConfirmed => (
            format!("Your tickets for {show}"),
            vec!["Thank you. Your order is paid and the tickets are yours.".to_owned(),
                if facts.links {
                    "Open each ticket by its link below and have it at hand, on your phone or on paper, when you arrive."
                        .to_owned()
                } else {
                    format!("Keep this e-mail: it is your confirmation. {seller} tells you how you get in.")
                },
            ],
        ),
        News::PaymentFailed { reason, pay_by } => (
            format!("Your payment for {show} did not go through"),
            vec![format!("Your payment was not accepted: {}. You have not been charged.", decline(*reason)),format!(
                "Your tickets are kept for you until {}. Go back to {seller} before then and try again, with another card if you \
                 like. After that they go back on sale.",
                facts.when(*pay_by)
            )],
        ),
        News::OrderExpired { payment_under_way } => expired(facts.seller, &show, *payment_under_way),
        News::OrderCancelled => (
            format!("Your order for {show} was cancelled"),
            vec!["Your order was cancelled before it was paid. You have not been charged.".to_owned(),format!("If you did not ask for this or still want to come, turn to {seller}.")],
        ),
        News::TicketsRefunded { amount, .. } => (
            format!("Your refund of {}", facts.money(*amount)),
            vec![format!(
                "{seller} has given you {} back for the tickets below, which are no longer valid.",
                facts.money(*amount)
            ),BACK.to_owned()],
        ),
        News::AmountRefunded { amount, tickets_stay } => (
            format!("Your refund of {}", facts.money(*amount)),
            vec![
                format!(
                    "{seller} has given you {} back.{}",
                    facts.money(*amount),
                    if *tickets_stay { " Your tickets stay as they are." } else { "" }
                ),
                BACK.to_owned(),
            ],
        ),
        News::RefundFailed { amount, .. } => (
            format!("Your refund of {} did not arrive", facts.money(*amount)),
            vec![
                format!(
                    "We told you that {} is on its way back to you. Your bank has not taken it, so you do not have it yet: the card \
                     or account may have been closed.",
                    facts.money(*amount)
                ),
                format!("The money is still yours. {seller} knows of it and gives it back; turn to {seller} if you hear nothing."),
            ],
        ),
        News::PerformanceRescheduled { title, before, starts_at, decide_by, default } => {
            rescheduled(facts, title, (*before, *starts_at), *decide_by, *default)
        }
        News::PerformanceCancelled { title, starts_at, replacement, open, decide_by, default } => {
            cancelled(facts, (title.as_str(), *starts_at), *replacement, (open.as_slice(), *decide_by, *default))
        }
        News::CreditGiven { amount, code, .. } => credit_given(facts, *amount, code.as_deref()),
        News::TicketReceived | News::TicketGivenAway | News::TicketExchanged | News::TicketVoided => of_ticket(facts, &show),
        News::PaymentReturned { amount, reason } => (
            format!("Your payment of {} is on its way back", facts.money(*amount)),
            vec![match reason {
                ReturnReason::PaidBefore => {
                    "We got a second payment for an order that was paid before. Your tickets stay valid, and the second payment \
                     goes back to you in full."
                }
                ReturnReason::TooLate => {
                    "Your payment came when your order had ended already and its tickets were gone. You have no tickets from this \
                     order, and your money goes back to you in full."
                }
                ReturnReason::OtherAmount => {
                    "Your payment was not the amount of your order, so we could not use it. It goes back to you in full."
                }
            }
            .to_owned(),BACK.to_owned()],
        ),
    };
    Words { subject, paragraphs }
}

/// What is told to somebody who waits.
pub(super) fn invitation(facts: &Waiting<'_>, when: impl Fn(Instant) -> String) -> Words {
    let Waiting { seller, show, linked, .. } = *facts;
    let go_on = if linked { "by the link below".to_owned() } else { format!("at {seller}") };
    let (subject, paragraphs) = match facts.call {
        Call::WaitlistJoined { tickets } => (
            format!("You are on the waitlist for {show}"),
            vec![
                format!("You wait for {} for the performance below. You have not bought anything yet.", many(*tickets)),
                format!(
                    "As soon as there are as many for you, they are kept for a while and you are told by e-mail. If you do not want \
                     them any more, leave the waitlist {go_on}."
                ),
            ],
        ),
        Call::WaitlistOffered { ends_at } => (
            format!("Tickets for {show} are kept for you"),
            vec![
                format!("You were on the waitlist, and it is your turn: the tickets below are kept for you until {}.", when(*ends_at)),
                format!(
                    "Order them {go_on} before then. If you do not want them, say so there: somebody else waits for them. After \
                     that time they go to the next."
                ),
            ],
        ),
        Call::WaitlistLapsed => (
            format!("Your tickets for {show} are no longer kept"),
            vec![
                "The tickets that were kept for you were not ordered in time, and have gone to who is next.".to_owned(),
                format!("If you still want to come, join the waitlist again at {seller}."),
            ],
        ),
        Call::WaitlistClosed => (
            format!("The waitlist for {show} is closed"),
            vec!["The performance below is not sold any more, and there was no ticket for you. You have not been charged.".to_owned()],
        ),
        Call::InterestRegistered => (
            format!("You are told when {show} goes on sale"),
            vec![
                "As soon as tickets are on sale you get one e-mail. Until then there is nothing you have to do.".to_owned(),
                format!("If you do not want it any more, say so {go_on}: your address is erased at once."),
            ],
        ),
        Call::SaleOpened => (
            format!("Tickets for {show} are on sale now"),
            vec![
                format!("You wanted to know: tickets for the performance below are on sale now. Get them {go_on}."),
                "This is the only e-mail about it, and your address is erased thirty days from now.".to_owned(),
            ],
        ),
    };
    Words { subject, paragraphs }
}

fn many(tickets: i16) -> String {
    if tickets == 1 { "one ticket".to_owned() } else { format!("{tickets} tickets") }
}

pub(super) fn endpoint_disabled(endpoint: &str, url: &str, reason: DisabledReason, since: Option<&str>) -> Words {
    let why = match (reason, since) {
        (DisabledReason::Gone, _) => "it answered 410 Gone, which says that it is there no more".to_owned(),
        (DisabledReason::Failing, Some(since)) => format!("it has taken nothing since {since}"),
        (DisabledReason::Failing, None) => "it has taken nothing for five days".to_owned(),
    };
    Words {
        subject: "A webhook endpoint was disabled".to_owned(),
        paragraphs: vec![
            format!("Your webhook endpoint {endpoint} at {url} was disabled: {why}."),
            "It gets no events any more. Nothing is lost: your events are kept in the event list, and once you enable the endpoint \
             again it gets all that it has missed."
                .to_owned(),
        ],
    }
}

pub(super) fn support_case_answered(case: &str) -> Words {
    Words {
        subject: "We have answered your support case".to_owned(),
        paragraphs: vec![
            format!(
                "There is an answer to your support case {case}. What we wrote is with the case, and not in this e-mail."
            ),
            "Write back there if something is left to say.".to_owned(),
        ],
    }
}

fn expired(seller: &str, show: &str, payment_under_way: bool) -> (String, Vec<String>) {
    if payment_under_way {
        (
            format!("Your order for {show} has ended while your payment is decided"),
            vec![
                "Your payment took longer than we can keep tickets, so they are on sale again. It is still being decided.".to_owned(),
                "Please do not order again before you hear from us: if the payment goes through and your tickets are still free, they \
                 are yours; if not, all of your money goes back to you."
                    .to_owned(),
            ],)
    } else {
        (
            format!("Your order for {show} has expired"),
            vec![
                "Your order was not paid in time, so its tickets are on sale again. You have not been charged."
                    .to_owned(),
                format!("If you still want to come, order again at {seller}."),
            ],
        )
    }
}

/// What the end of a performance means for the buyer: money, tickets for another one, or the choice between them.
fn cancelled(
    facts: &Facts<'_>,
    (title, starts_at): (&str, Instant),
    replacement: Option<Instant>,
    (open, decide_by, default): (&[Remedy], Option<Instant>, Remedy),
) -> (String, Vec<String>) {
    let seller = facts.seller;
    let then = replacement.map(|then| facts.when(then)).unwrap_or_default();
    let mut paragraphs = vec![format!("{title} on {} does not take place.", facts.when(starts_at))];
    if let Some(decide_by) = decide_by {
        let way = |remedy: &Remedy| match remedy {
            Remedy::Replacement => format!("come on {then} instead, where we keep equal tickets for you"),
            Remedy::Refund => "have all your money back, fees and all".to_owned(),
            Remedy::Credit => format!("have all of it, fees and all, as credit to buy other tickets with at {seller}"),
        };
        let ways: Vec<String> = open.iter().map(way).collect();
        paragraphs.push(format!(
            "You can {}. Tell {seller} before {} which.",
            ways.join(", or "),
            facts.when(decide_by)
        ));
        paragraphs.push(match default {
            Remedy::Refund => "If you do not, you get your money back.".to_owned(),
            Remedy::Replacement => "If you do not, you get the tickets.".to_owned(),
            Remedy::Credit => "If you do not, you get the credit.".to_owned(),
        });
        return (format!("{title} is cancelled"), paragraphs);
    }
    match default {
        Remedy::Replacement => paragraphs
            .push(format!("You get equal tickets for {then} instead. There is nothing you have to do.")),
        Remedy::Credit => paragraphs.push(format!(
            "You get all that you paid for your tickets, fees and all, as credit to buy other tickets with at {seller}. It comes in \
             another e-mail; there is nothing you have to do."
        )),
        Remedy::Refund => {
            paragraphs.push(
                "You get back all that you paid for your tickets, fees and all. There is nothing you have to do."
                    .to_owned(),
            );
            paragraphs.push(BACK.to_owned());
        }
    }
    (format!("{title} is cancelled"), paragraphs)
}

/// Credit, and how to use it.
fn credit_given(facts: &Facts<'_>, amount: Money, code: Option<&str>) -> (String, Vec<String>) {
    let (seller, money) = (facts.seller, facts.money(amount));
    (
        format!("Your credit of {money}"),
        vec![
            format!(
                "{seller} has given you credit of {money} for the tickets below. You can buy other tickets at {seller} with it, at once or in parts."
            ),
            match code {
                Some(code) => format!("Your code is {code}. Keep it to yourself: whoever knows it can use it."),
                None => format!("{seller} tells you the code to use it with."),
            },
        ],
    )
}

/// What became of one ticket.
fn of_ticket(facts: &Facts<'_>, show: &str) -> (String, Vec<String>) {
    let seller = facts.seller;
    let enter = if facts.links {
        "Open it by its link below and have it at hand, on your phone or on paper, when you arrive.".to_owned()
    } else {
        format!("Keep this e-mail. {seller} tells you how you get in.")
    };
    match facts.news {
        News::TicketReceived => {
            (format!("You have been given a ticket for {show}"), vec!["The ticket below is yours now.".to_owned(), enter])
        }
        News::TicketExchanged => (
            format!("Your ticket for {show} was exchanged"),
            vec!["You have the ticket below instead of the one before, which is no longer valid.".to_owned(), enter],
        ),
        News::TicketGivenAway => (
            format!("Your ticket for {show} is somebody else's now"),
            vec![
                "The ticket below was given to another person. Yours is no longer valid: what you have of it opens no door.".to_owned(),
                format!("If you did not want this, turn to {seller} at once."),
            ],
        ),
        _ => (
            format!("Your ticket for {show} is no longer valid"),
            vec![
                "The ticket below was made void and opens no door any more.".to_owned(),
                format!("If you do not know why, turn to {seller}."),
            ],
        ),
    }
}

const BACK: &str = "The money goes back the way you paid. Depending on your bank you see it within ten working days.";

/// What a move from a time to another means for the buyer's tickets.
fn rescheduled(
    facts: &Facts<'_>,
    title: &str,
    (before, starts_at): (Instant, Instant),
    decide_by: Instant,
    default: Decision,
) -> (String, Vec<String>) {
    let seller = facts.seller;
    (
        format!("{title} has moved to another date"),
        vec![
            format!(
                "{title} on {} has moved: it is now on {}. Your tickets are valid for the new date.",
                facts.when(before),
                facts.when(starts_at)
            ),
            match default {
                Decision::Keep => format!(
                    "If you come then, there is nothing you have to do. If you cannot, ask {seller} for your money back \
                         before {}.",
                    facts.when(decide_by)
                ),
                Decision::Refund => format!(
                    "If you come then, tell {seller} before {}. If you do not, your tickets end then and you get your money \
                         back.",
                    facts.when(decide_by)
                ),
            },
        ],
    )
}

fn decline(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::InsufficientFunds => "there was not enough money, or the card's limit was reached",
        DeclineReason::ExpiredCard => "the card has expired",
        DeclineReason::CardDetails => "the card's number, date or security code was not right",
        DeclineReason::NotConfirmed => "it was not confirmed with the bank",
        DeclineReason::Declined => "the bank declined it without saying why",
    }
}
