//! Dutch.

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
    hello: "Hallo",
    doors: "deuren open",
    row: "rij",
    seat: "stoel",
    show_ticket: "Toon dit ticket",
    total: "Totaal",
    fees: "Waarvan kosten",
    discount: "Korting, al afgetrokken",
    order: "Bestelling",
    test: "Dit is een test: er is niets echt gekocht en er is geen geld overgemaakt.",
    why: "Je krijgt deze e-mail vanwege je bestelling bij",
    why_ticket: "Je krijgt deze e-mail vanwege een ticket van",
    why_waiting: "Je krijgt deze e-mail omdat dit adres is opgegeven om bericht te krijgen van",
    entry: "Kenmerk",
    go_on: "Verder",
    why_notice: "Je krijgt deze e-mail omdat dit het adres van je account is:",
};

pub(super) fn words(facts: &Facts<'_>) -> Words {
    let seller = facts.seller;
    let show = match facts.show {
        (title, 0) => title.to_owned(),
        (title, others) => format!("{title} en nog {others}"),
    };
    let (subject, paragraphs) = match facts.news {
        News::OrderConfirmed => (
            format!("Je tickets voor {show}"),
            vec!["Bedankt. Je bestelling is betaald en de tickets zijn van jou.".to_owned(),
                if facts.links {
                    "Open elk ticket via de link hieronder en houd het bij de hand als je aankomt, op je telefoon of op papier."
                        .to_owned()
                } else {
                    format!("Bewaar deze e-mail: het is je bevestiging. {seller} laat je weten hoe je binnenkomt.")
                },
            ],
        ),
        News::PaymentFailed { reason, pay_by } => (
            format!("Je betaling voor {show} is niet gelukt"),
            vec![format!("Je betaling is niet geaccepteerd: {}. Er is niets afgeschreven.", decline(*reason)),format!(
                "Je tickets blijven voor je gereserveerd tot {}. Ga vóór die tijd terug naar {seller} en probeer het opnieuw, \
                 eventueel met een andere kaart. Daarna gaan ze weer in de verkoop.",
                facts.when(*pay_by)
            )],
        ),
        News::OrderExpired { payment_under_way } => expired(facts.seller, &show, *payment_under_way),
        News::OrderCancelled => (
            format!("Je bestelling voor {show} is geannuleerd"),
            vec!["Je bestelling is geannuleerd voordat ze betaald was. Er is niets afgeschreven.".to_owned(),format!("Heb je hier niet om gevraagd, of wil je nog steeds komen? Neem dan contact op met {seller}.")],
        ),
        News::TicketsRefunded { amount, .. } => (
            format!("Je terugbetaling van {}", facts.money(*amount)),
            vec![format!(
                "{seller} heeft je {} terugbetaald voor de tickets hieronder. Die zijn niet meer geldig.",
                facts.money(*amount)
            ),BACK.to_owned()],
        ),
        News::AmountRefunded { amount, tickets_stay } => (
            format!("Je terugbetaling van {}", facts.money(*amount)),
            vec![
                format!(
                    "{seller} heeft je {} terugbetaald.{}",
                    facts.money(*amount),
                    if *tickets_stay { " Je tickets blijven zoals ze zijn." } else { "" }
                ),
                BACK.to_owned(),
            ],
        ),
        News::RefundFailed { amount, .. } => (
            format!("Je terugbetaling van {} is niet aangekomen", facts.money(*amount)),
            vec![
                format!(
                    "We schreven dat {} naar je onderweg is. Je bank heeft het bedrag niet aangenomen, dus je hebt het nog niet: \
                     misschien is de kaart of rekening opgeheven.",
                    facts.money(*amount)
                ),
                format!("Het geld blijft van jou. {seller} weet het en betaalt het terug; hoor je niets, neem dan contact op met {seller}."),
            ],
        ),
        News::PerformanceRescheduled { title, before, starts_at, decide_by, default } => {
            rescheduled(facts, title, (*before, *starts_at), *decide_by, *default)
        }
        News::PerformanceCancelled { title, starts_at, replacement, open, decide_by, default } => {
            cancelled(facts, (title.as_str(), *starts_at), *replacement, (open.as_slice(), *decide_by, *default))
        }
        News::CreditGiven { amount, code, .. } => credit_given(facts, *amount, code.as_deref()),
        News::TicketReceived | News::TicketGivenAway | News::TicketExchanged | News::TicketVoided => {
            of_ticket(facts, &show)
        }
        News::PaymentReturned { amount, reason } => (
            format!("Je betaling van {} komt terug", facts.money(*amount)),
            vec![match reason {
                ReturnReason::PaidBefore => {
                    "We hebben een tweede betaling ontvangen voor een bestelling die al betaald was. Je tickets blijven geldig en \
                     de tweede betaling krijg je volledig terug."
                }
                ReturnReason::TooLate => {
                    "Je betaling kwam binnen toen je bestelling al was beëindigd en de tickets weg waren. Je hebt geen tickets \
                     uit deze bestelling en krijgt je geld volledig terug."
                }
                ReturnReason::OtherAmount => {
                    "Je betaling was niet het bedrag van je bestelling, dus we konden die niet gebruiken. Je krijgt je geld \
                     volledig terug."
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
    let go_on = if linked { "via de link hieronder".to_owned() } else { format!("bij {seller}") };
    let (subject, paragraphs) = match facts.call {
        Call::WaitlistJoined { tickets } => (
            format!("Je staat op de wachtlijst voor {show}"),
            vec![
                format!("Je wacht op {} voor de voorstelling hieronder. Je hebt nog niets gekocht.", many(*tickets)),
                format!(
                    "Zodra ze er voor je zijn, houden we ze een tijd voor je vast en krijg je een e-mail. Wil je ze niet meer? Ga \
                     dan {go_on} van de wachtlijst af."
                ),
            ],
        ),
        Call::WaitlistOffered { ends_at } => (
            format!("Er worden tickets voor {show} voor je vastgehouden"),
            vec![
                format!("Je stond op de wachtlijst en bent nu aan de beurt: de tickets hieronder zijn voor jou tot {}.", when(*ends_at)),
                format!(
                    "Bestel ze vóór die tijd {go_on}. Wil je ze niet, laat dat daar dan weten: iemand anders wacht erop. Daarna \
                     gaan ze naar de volgende."
                ),
            ],
        ),
        Call::WaitlistLapsed => (
            format!("Je tickets voor {show} worden niet meer vastgehouden"),
            vec![
                "De tickets die voor je werden vastgehouden zijn niet op tijd besteld en zijn naar de volgende gegaan.".to_owned(),
                format!("Wil je nog steeds komen? Zet je dan bij {seller} opnieuw op de wachtlijst."),
            ],
        ),
        Call::WaitlistClosed => (
            format!("De wachtlijst voor {show} is gesloten"),
            vec!["De voorstelling hieronder wordt niet meer verkocht en er was geen ticket voor je. Er is niets afgeschreven.".to_owned()],
        ),
        Call::InterestRegistered => (
            format!("Je krijgt bericht als {show} in de verkoop gaat"),
            vec![
                "Zodra er tickets te koop zijn krijg je één e-mail. Tot die tijd hoef je niets te doen.".to_owned(),
                format!("Wil je dat niet meer? Laat het weten {go_on}: je adres wordt meteen gewist."),
            ],
        ),
        Call::SaleOpened => (
            format!("Tickets voor {show} zijn nu te koop"),
            vec![
                format!("Je wilde het weten: tickets voor de voorstelling hieronder zijn nu te koop. Bestel ze {go_on}."),
                "Dit is de enige e-mail hierover, en je adres wordt over dertig dagen gewist.".to_owned(),
            ],
        ),
    };
    Words { subject, paragraphs }
}

fn many(tickets: i16) -> String {
    if tickets == 1 { "één ticket".to_owned() } else { format!("{tickets} tickets") }
}

pub(super) fn endpoint_disabled(endpoint: &str, url: &str, reason: DisabledReason, since: Option<&str>) -> Words {
    let why = match (reason, since) {
        (DisabledReason::Gone, _) => "het antwoordde 410 Gone: het is er niet meer".to_owned(),
        (DisabledReason::Failing, Some(since)) => format!("het heeft niets meer aangenomen sinds {since}"),
        (DisabledReason::Failing, None) => "het heeft vijf dagen lang niets aangenomen".to_owned(),
    };
    Words {
        subject: "Een webhook-adres is uitgeschakeld".to_owned(),
        paragraphs: vec![
            format!("Je webhook-adres {endpoint} op {url} is uitgeschakeld: {why}."),
            "Het krijgt geen gebeurtenissen meer. Er gaat niets verloren: je gebeurtenissen blijven in de lijst staan, en zodra je \
             het adres weer inschakelt krijgt het alles wat het heeft gemist."
                .to_owned(),
        ],
    }
}

pub(super) fn support_case_answered(case: &str) -> Words {
    Words {
        subject: "We hebben geantwoord op je supportvraag".to_owned(),
        paragraphs: vec![
            format!(
                "Er is een antwoord op je supportvraag {case}. Wat we schreven staat bij de vraag, en niet in deze e-mail."
            ),
            "Schrijf daar terug als er nog iets te zeggen is.".to_owned(),
        ],
    }
}

fn expired(seller: &str, show: &str, payment_under_way: bool) -> (String, Vec<String>) {
    if payment_under_way {
        (
            format!("Je bestelling voor {show} is beëindigd terwijl je betaling nog loopt"),
            vec![
                "Je betaling duurde langer dan we tickets kunnen vasthouden, dus ze zijn weer te koop. Over de betaling is nog niet \
                 beslist."
                    .to_owned(),
                "Bestel niet opnieuw voordat je van ons hoort: lukt de betaling en zijn je tickets nog vrij, dan zijn ze van jou; zo \
                 niet, dan krijg je al je geld terug."
                    .to_owned(),
            ],)
    } else {
        (
            format!("Je bestelling voor {show} is verlopen"),
            vec![
                "Je bestelling is niet op tijd betaald, dus de tickets zijn weer te koop. Er is niets afgeschreven."
                    .to_owned(),
                format!("Wil je nog steeds komen? Bestel dan opnieuw bij {seller}."),
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
    let mut paragraphs = vec![format!("{title} op {} gaat niet door.", facts.when(starts_at))];
    if let Some(decide_by) = decide_by {
        let way = |remedy: &Remedy| match remedy {
            Remedy::Replacement => {
                format!("in plaats daarvan komen op {then}, waar we gelijke tickets voor je bewaren")
            }
            Remedy::Refund => "al je geld terugkrijgen, ook de kosten".to_owned(),
            Remedy::Credit => {
                format!("alles, ook de kosten, krijgen als tegoed om bij {seller} andere tickets mee te kopen")
            }
        };
        let ways: Vec<String> = open.iter().map(way).collect();
        paragraphs.push(format!(
            "Je kunt {}. Laat {seller} vóór {} weten wat je kiest.",
            ways.join(", of "),
            facts.when(decide_by)
        ));
        paragraphs.push(match default {
            Remedy::Refund => "Doe je dat niet, dan krijg je je geld terug.".to_owned(),
            Remedy::Replacement => "Doe je dat niet, dan krijg je de tickets.".to_owned(),
            Remedy::Credit => "Doe je dat niet, dan krijg je het tegoed.".to_owned(),
        });
        return (format!("{title} gaat niet door"), paragraphs);
    }
    match default {
        Remedy::Replacement => paragraphs
            .push(format!("Je krijgt in plaats daarvan gelijke tickets voor {then}. Je hoeft niets te doen.")),
        Remedy::Credit => paragraphs.push(format!(
            "Je krijgt alles wat je voor je tickets hebt betaald, ook de kosten, als tegoed om bij {seller} andere tickets mee te kopen. \
             Het komt in een andere e-mail; je hoeft niets te doen."
        )),
        Remedy::Refund => {
            paragraphs.push(
                "Je krijgt alles terug wat je voor je tickets hebt betaald, ook de kosten. Je hoeft niets te doen."
                    .to_owned(),
            );
            paragraphs.push(BACK.to_owned());
        }
    }
    (format!("{title} gaat niet door"), paragraphs)
}

/// Credit, and how to use it.
fn credit_given(facts: &Facts<'_>, amount: Money, code: Option<&str>) -> (String, Vec<String>) {
    let (seller, money) = (facts.seller, facts.money(amount));
    (
        format!("Je tegoed van {money}"),
        vec![
            format!(
                "{seller} heeft je een tegoed van {money} gegeven voor de tickets hieronder. Je kunt er bij {seller} andere tickets mee kopen, in één keer of in delen."
            ),
            match code {
                Some(code) => format!("Je code is {code}. Houd die voor jezelf: wie hem kent, kan hem gebruiken."),
                None => format!("{seller} laat je de code weten waarmee je het gebruikt."),
            },
        ],
    )
}

/// What became of one ticket.
fn of_ticket(facts: &Facts<'_>, show: &str) -> (String, Vec<String>) {
    let seller = facts.seller;
    let enter = if facts.links {
        "Open het via de link hieronder en houd het bij de hand als je aankomt, op je telefoon of op papier.".to_owned()
    } else {
        format!("Bewaar deze e-mail. {seller} laat je weten hoe je binnenkomt.")
    };
    match facts.news {
        News::TicketReceived => {
            (format!("Je hebt een ticket voor {show} gekregen"), vec!["Het ticket hieronder is nu van jou.".to_owned(), enter])
        }
        News::TicketExchanged => (
            format!("Je ticket voor {show} is omgeruild"),
            vec!["Je hebt het ticket hieronder in plaats van het vorige. Dat is niet meer geldig.".to_owned(), enter],
        ),
        News::TicketGivenAway => (
            format!("Je ticket voor {show} is nu van iemand anders"),
            vec![
                "Het ticket hieronder is aan iemand anders gegeven. Het jouwe is niet meer geldig: je komt er niet meer mee binnen."
                    .to_owned(),
                format!("Wilde je dit niet, neem dan meteen contact op met {seller}."),
            ],
        ),
        _ => (
            format!("Je ticket voor {show} is niet meer geldig"),
            vec![
                "Het ticket hieronder is ongeldig gemaakt. Je komt er niet meer mee binnen.".to_owned(),
                format!("Weet je niet waarom? Neem dan contact op met {seller}."),
            ],
        ),
    }
}

const BACK: &str =
    "Het geld komt terug zoals je hebt betaald. Afhankelijk van je bank zie je het binnen tien werkdagen.";

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
        format!("{title} is verplaatst naar een andere datum"),
        vec![
            format!(
                "{title} op {} is verplaatst naar {}. Je tickets zijn geldig voor de nieuwe datum.",
                facts.when(before),
                facts.when(starts_at)
            ),
            match default {
                Decision::Keep => format!(
                    "Kom je dan, dan hoef je niets te doen. Kun je niet, vraag {seller} dan vóór {} om je geld terug.",
                    facts.when(decide_by)
                ),
                Decision::Refund => format!(
                    "Kom je dan, laat het {seller} vóór {} weten. Doe je dat niet, dan vervallen je tickets daarna en krijg je \
                         je geld terug.",
                    facts.when(decide_by)
                ),
            },
        ],
    )
}

fn decline(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::InsufficientFunds => {
            "er stond niet genoeg geld op de rekening of de limiet van de kaart is bereikt"
        }
        DeclineReason::ExpiredCard => "de kaart is verlopen",
        DeclineReason::CardDetails => "het kaartnummer, de datum of de beveiligingscode klopte niet",
        DeclineReason::NotConfirmed => "ze is niet bevestigd bij de bank",
        DeclineReason::Declined => "de bank heeft ze geweigerd zonder te zeggen waarom",
    }
}
