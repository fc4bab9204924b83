//! What arrives: headers, both parts, links, languages.

use foundation::{
    id::CreditId,
    mail::{Language, NewLetter},
};
use mail_parser::{Address, HeaderValue};
use tenancy::{MailChanges, Notice, webhook_endpoints::DisabledReason};
use ticketing::{
    rules::{
        cancellation::Remedy,
        invitation::{Call, Invitation},
        letter::{DeclineReason, DiscountTold, Letter, News, ReturnReason},
        rescheduling::Decision,
    },
    store::credits,
    use_cases::give_credit::{NewCredit, give_credit},
};

use crate::{
    server::Server,
    world::{FROM, World, at, confirmation, confirmation_in, eur, letter, new_letter},
};

const TICKET_URL: &str = "https://shop.example.com/t?o={order_id}&no={item_no}";

fn mail() -> MailChanges {
    MailChanges {
        sender_name: Some(Some("Bühne & Söhne".to_owned())),
        reply_to: Some(Some("help@stageleft.example".to_owned())),
        ticket_url: Some(Some(TICKET_URL.to_owned())),
        ..MailChanges::default()
    }
}

#[tokio::test]
async fn a_confirmation_arrives_with_both_parts_its_links_and_its_headers() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.set_mail(mail()).await;
    world.queue(confirmation()).await;
    assert_eq!(world.send(&server.url()).await, 1);

    let received = server.only();
    assert_eq!((received.from.as_str(), received.to.as_slice()), (FROM, ["zoe@example.com".to_owned()].as_slice()));
    let message = received.message();
    let one = |address: Option<&Address>| {
        let only = address.unwrap().first().unwrap();
        (only.name().map(ToOwned::to_owned), only.address().unwrap().to_owned())
    };
    assert_eq!(one(message.from()), (Some("Bühne & Söhne".to_owned()), FROM.to_owned()));
    assert_eq!(one(message.to()), (Some("Zoë Müller".to_owned()), "zoe@example.com".to_owned()));
    assert_eq!(one(message.reply_to()), (None, "help@stageleft.example".to_owned()));
    assert_eq!(message.subject(), Some("[Test] Your tickets for Hamlet & Søn <live> and 1 more"));
    assert!(received.id().starts_with("ltr_") && received.id().ends_with("@platform.example"), "{}", received.id());
    let header = |name: &str| match message.header(name) {
        Some(HeaderValue::Text(text)) => text.to_string(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(message.date().is_some() && message.text_body_count() == 1 && message.html_body_count() == 1);

    let (text, html) = (received.text(), received.html());
    for words in [
        "Hello Zoë Müller,",
        "Tuesday 1 May 2035, 19:30 (Europe/Amsterdam), doors 18:30",
        "Royal Theatre, Amsterdam",
        "Stalls, row C, seat 12",
        "Friday 1 June 2035, 20:00 (Europe/Amsterdam)",
        "Floor",
        "EUR 49.90",
        "EUR 149.70",
        "SL-1001",
        "This is a test",
    ] {
        assert!(text.contains(words), "{words}: {text}");
        assert!(html.contains(words), "{words}: {html}");
    }
    for no in 1..=3 {
        let link = format!("https://shop.example.com/t?o=ord_0192f0c1000070008000000000000001&no={no}");
        assert!(text.contains(&link), "{text}");
        assert!(html.contains(&format!("href=\"{}\"", link.replace('&', "&#38;"))), "{html}");
    }
    assert!(text.contains("Hamlet & Søn <live>"), "{text}");
    assert!(html.contains("Hamlet &#38; Søn &#60;live&#62;") && !html.contains("<live>"), "{html}");
    // Nothing is loaded when it is opened.
    assert!(!html.contains("<img") && !html.contains("src=") && !html.contains("url("), "{html}");
    assert_eq!(world.states().await, ["sent"]);
    let tries = world.tries().await;
    assert_eq!((tries[0].outcome.as_str(), tries[0].answer.as_str()), ("accepted", "2.0.0 queued as 42"));
}

#[tokio::test]
async fn a_confirmation_says_in_both_languages_what_was_taken_off_and_what_the_fees_are() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    world.set_mail(mail()).await;
    let early = DiscountTold { promotion: Some("Early <bird>".to_owned()), amount: eur("10.00") };
    let given = DiscountTold { promotion: None, amount: eur("5.00") };
    let told = Letter { discounts: vec![early, given], fees: Some(eur("4.50")), ..letter(News::OrderConfirmed) };
    for (language, lines) in [
        (
            Language::En,
            ["Of that fees: EUR 4.50", "Discount taken off (Early <bird>): EUR 10.00", "Discount taken off: EUR 5.00"],
        ),
        (
            Language::Nl,
            [
                "Waarvan kosten: EUR 4,50",
                "Korting, al afgetrokken (Early <bird>): EUR 10,00",
                "Korting, al afgetrokken: EUR 5,00",
            ],
        ),
    ] {
        world.queue(NewLetter { language: Some(language), ..new_letter(&told) }).await;
        world.send(&server.url()).await;
        let received = server.next().await;
        if let Ok(folder) = std::env::var("LETTERS_FOLDER") {
            std::fs::write(format!("{folder}/{}.html", language.as_str()), received.html()).unwrap();
            std::fs::write(format!("{folder}/{}.txt", language.as_str()), received.text()).unwrap();
        }
        for line in lines {
            assert!(received.text().lines().any(|own| own == line), "{line}: {}", received.text());
        }
        assert!(received.html().contains("(Early &#60;bird&#62;)"), "{}", received.html());
    }
}

#[tokio::test]
async fn without_an_address_for_tickets_they_are_listed_without_links() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    let received = server.only();
    assert!(received.text().contains("Stalls, row C, seat 13 (adult), EUR 49.90"));
    assert!(!received.text().contains("http") && !received.html().contains("href"), "{}", received.text());
    assert!(received.text().contains("Test tells you how you get in"));
}

#[tokio::test]
async fn a_live_letter_says_nothing_of_a_test() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.execute("update resellers set mode = 'live'; ").await;
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    let received = server.only();
    assert!(received.subject().starts_with("Your tickets for "));
    assert!(!received.text().contains("test") && !received.html().contains("This is a test"), "{}", received.text());
}

#[tokio::test]
async fn the_buyers_language_goes_before_the_resellers() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    world.set_mail(MailChanges { language: Some(Language::Nl), ..MailChanges::default() }).await;
    world.queue(confirmation()).await;
    world.send(&server.url()).await;
    let dutch = server.next().await;
    assert_eq!(dutch.subject(), "[Test] Je tickets voor Hamlet & Søn <live> en nog 1");
    assert!(dutch.text().contains("dinsdag 1 mei 2035, 19:30 uur (Europe/Amsterdam), deuren open 18:30 uur"));
    assert!(dutch.text().contains("Stalls, rij C, stoel 12 (adult), EUR 49,90"));
    assert!(dutch.html().contains("lang=\"nl\""));
    world.queue(confirmation_in(Language::En)).await;
    world.send(&server.url()).await;
    assert!(server.next().await.subject().starts_with("[Test] Your tickets"));
}

/// Sends this letter in both languages, and finds these words in each.
async fn says(world: &World, server: &mut Server, news: &News, en: [&str; 2], nl: [&str; 2]) {
    let mut subjects = Vec::new();
    for (language, words) in [(Language::En, en), (Language::Nl, nl)] {
        world.queue(NewLetter { language: Some(language), ..new_letter(&letter(news.clone())) }).await;
        assert_eq!(world.send(&server.url()).await, 1, "{news:?}");
        let received = server.next().await;
        for words in words {
            assert!(received.text().contains(words), "{words}: {}", received.text());
            assert!(received.html().contains(&words.replace('&', "&#38;")), "{words}: {}", received.html());
        }
        // Only what is the buyer's to use has links, and a refund lists what it is of.
        assert!(!received.html().contains("href"), "{}", received.html());
        let seats = ["12", "13"].map(|seat| received.text().contains(&format!(" {seat} (adult)")));
        let of_one = matches!(news, News::TicketsRefunded { .. } | News::RefundFailed { .. });
        assert_eq!(seats, [!of_one, true], "{}", received.text());
        subjects.push(received.subject());
    }
    assert_ne!(subjects[0], subjects[1]);
}

#[tokio::test]
async fn every_letter_says_in_both_languages_what_happened_and_what_to_do() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    world.set_mail(mail()).await;
    let pay_by = at("2035-04-01T10:15:00Z");
    let failed = |reason| News::PaymentFailed { reason, pay_by };
    let returned = |reason| News::PaymentReturned { amount: eur("149.70"), reason };
    let refunded = News::TicketsRefunded { amount: eur("49.90"), items: vec![2] };
    let part = News::AmountRefunded { amount: eur("5.00"), tickets_stay: true };
    let lost = News::RefundFailed { amount: eur("49.90"), items: vec![2] };
    for (news, en, nl) in [
        (
            failed(DeclineReason::InsufficientFunds),
            ["not enough money", "12:15 (Eu"],
            ["niet genoeg geld", "12:15 uur"],
        ),
        (
            failed(DeclineReason::ExpiredCard),
            ["card has expired", "1 April 2035"],
            ["kaart is verlopen", "1 april 2035"],
        ),
        (failed(DeclineReason::CardDetails), ["security code", "try again"], ["beveiligingscode", "opnieuw"]),
        (
            failed(DeclineReason::NotConfirmed),
            ["not confirmed", "not been charged"],
            ["niet bevestigd", "niets afgeschreven"],
        ),
        (failed(DeclineReason::Declined), ["declined it", "Bühne & Söhne"], ["geweigerd", "Bühne & Söhne"]),
        (
            News::OrderExpired { payment_under_way: false },
            ["not paid in time", "order again"],
            ["niet op tijd betaald", "opnieuw"],
        ),
        (
            News::OrderExpired { payment_under_way: true },
            ["still being decided", "do not order again"],
            ["nog niet beslist", "Bestel niet opnieuw"],
        ),
        (News::OrderCancelled, ["cancelled before", "not been charged"], ["geannuleerd voordat", "niets afgeschreven"]),
        (refunded, ["EUR 49.90 back", "no longer valid"], ["EUR 49,90 terugbetaald", "niet meer geldig"]),
        (part, ["EUR 5.00 back", "stay as they are"], ["EUR 5,00 terugbetaald", "blijven zoals"]),
        (lost, ["EUR 49.90 is on its way", "still yours"], ["EUR 49,90 naar je", "blijft van jou"]),
        (News::TicketGivenAway, ["another person", "no longer valid"], ["iemand anders", "niet meer geldig"]),
        (News::TicketVoided, ["made void", "Bühne & Söhne"], ["ongeldig gemaakt", "Bühne & Söhne"]),
        (returned(ReturnReason::PaidBefore), ["second payment", "stay valid"], ["tweede betaling", "blijven geldig"]),
        (returned(ReturnReason::TooLate), ["no tickets", "in full"], ["geen tickets", "volledig terug"]),
        (returned(ReturnReason::OtherAmount), ["not the amount", "in full"], ["niet het bedrag", "volledig terug"]),
    ] {
        says(&world, &mut server, &news, en, nl).await;
    }
}

#[tokio::test]
async fn a_credits_code_is_in_its_letter_and_not_in_the_outbox() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    world.set_mail(mail()).await;
    let mut tx = world.db.cell().tenant(world.reseller).await.unwrap();
    let new = NewCredit { amount: eur("25.00"), reason: String::new(), expires_at: None };
    let credit = give_credit(&mut tx, &new).await.unwrap().id;
    let code = credits::code(&mut tx, credit).await.unwrap();
    tx.commit().await.unwrap();
    let news = News::CreditGiven { amount: eur("25.00"), credit, code: None, items: vec![1] };
    world.queue(NewLetter { language: Some(Language::En), ..new_letter(&letter(news)) }).await;
    assert_eq!(world.send(&server.url()).await, 1);
    let received = server.next().await;
    assert!(received.text().contains(code.text()) && received.html().contains(code.text()), "{}", received.text());
    let seats = ["12", "13"].map(|seat| received.text().contains(&format!(" {seat} (adult)")));
    assert_eq!(seats, [true, false], "of the ticket that it is for");
    let kept: String = sqlx::query_scalar("select string_agg(o::text, ' ') from mail_outbox o")
        .fetch_one(&mut world.db.as_owner().await)
        .await
        .unwrap();
    assert!(kept.contains("credit_given") && !kept.contains(code.text()));
}

#[tokio::test]
async fn who_has_tickets_is_told_in_both_languages_that_a_performance_moved_or_is_off() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    world.set_mail(mail()).await;
    let pay_by = at("2035-04-01T10:15:00Z");
    let either = [Remedy::Replacement, Remedy::Refund];
    let moved = |default| News::PerformanceRescheduled {
        title: "Hamlet".to_owned(),
        before: pay_by,
        starts_at: at("2035-06-01T18:00:00Z"),
        decide_by: pay_by,
        default,
    };
    let gone = |replacement: Option<_>, open: &[Remedy], decide_by, default| News::PerformanceCancelled {
        open: open.to_vec(),
        title: "Hamlet".to_owned(),
        starts_at: pay_by,
        replacement,
        decide_by,
        default,
    };
    for (news, en, nl) in [
        (moved(Decision::Keep), ["nothing you have to do", "1 April 2035"], ["hoef je niets", "1 april 2035"]),
        (moved(Decision::Refund), ["your tickets end", "12:15 (Eu"], ["vervallen je tickets", "12:15 uur"]),
        (
            gone(Some(pay_by), &either, Some(pay_by), Remedy::Replacement),
            ["you get the tickets", "12:15 (Eu"],
            ["krijg je de tickets", "12:15 uur"],
        ),
        (
            gone(Some(pay_by), &either, Some(pay_by), Remedy::Refund),
            ["keep equal tickets", "your money back"],
            ["gelijke tickets", "geld terug"],
        ),
        (
            gone(Some(pay_by), &[Remedy::Replacement], None, Remedy::Replacement),
            ["does not take place", "nothing you have to do"],
            ["gaat niet door", "niets te doen"],
        ),
        (
            gone(None, &[Remedy::Refund], None, Remedy::Refund),
            ["all that you paid", "ten working days"],
            ["alles terug", "tien werkdagen"],
        ),
        (
            gone(None, &[Remedy::Refund, Remedy::Credit], Some(pay_by), Remedy::Credit),
            ["your money back, fees and all, or have all of it", "you get the credit"],
            ["al je geld terugkrijgen, ook de kosten, of alles", "krijg je het tegoed"],
        ),
        (
            gone(None, &[Remedy::Credit], None, Remedy::Credit),
            ["as credit to buy other tickets with", "another e-mail"],
            ["als tegoed om bij", "een andere e-mail"],
        ),
        (
            News::CreditGiven { amount: eur("25.00"), credit: CreditId::new(), code: None, items: Vec::new() },
            ["tells you the code", "25.00"],
            ["laat je de code weten", "25,00"],
        ),
    ] {
        says(&world, &mut server, &news, en, nl).await;
    }
}

#[tokio::test]
async fn a_notice_goes_to_the_reseller_itself_though_its_letters_to_buyers_are_off() {
    let world = World::create().await;
    let mut server = Server::taking().await;
    let off = MailChanges { enabled: Some(false), ..MailChanges::default() };
    world.set_mail(off).await;
    let notice = Notice::EndpointDisabled {
        endpoint: "we_0192f0c1000070008000000000000001".parse().unwrap(),
        url: "https://shop.example/<hooks>".to_owned(),
        reason: DisabledReason::Gone,
        since: None,
    };
    for (language, words) in [(Language::En, "answered 410 Gone"), (Language::Nl, "antwoordde 410 Gone")] {
        let letter = NewLetter {
            kind: notice.kind(),
            once: format!("{language:?}"),
            recipient: "hello@example.com".to_owned(),
            language: Some(language),
            data: serde_json::to_value(&notice).unwrap(),
            to_reseller: true,
            ..confirmation()
        };
        world.queue(letter).await;
        assert_eq!(world.send(&server.url()).await, 1);
        let received = server.next().await;
        assert!(received.text().contains(words), "{}", received.text());
        assert!(received.text().contains("https://shop.example/<hooks>"), "{}", received.text());
        assert!(!received.html().contains("<hooks>"), "nothing of an address is markup: {}", received.html());
    }
    assert_eq!(world.states().await, ["sent", "sent"]);
}

#[tokio::test]
async fn an_answer_to_a_support_case_is_told_by_its_id_alone_in_both_languages() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    let notice = Notice::SupportCaseAnswered { case: "case_0192f0c1000070008000000000000001".parse().unwrap() };
    for (language, words) in
        [(Language::En, "answer to your support case"), (Language::Nl, "antwoord op je supportvraag")]
    {
        let letter = NewLetter {
            kind: notice.kind(),
            once: format!("{language:?}"),
            recipient: "hello@example.com".to_owned(),
            language: Some(language),
            data: serde_json::to_value(&notice).unwrap(),
            to_reseller: true,
            ..confirmation()
        };
        world.queue(letter).await;
        assert_eq!(world.send(&server.url()).await, 1);
        let received = server.next().await;
        for said in [words, "case_0192f0c1000070008000000000000001"] {
            assert!(received.text().contains(said), "{}", received.text());
        }
    }
    assert_eq!(world.states().await, ["sent", "sent"]);
}

#[tokio::test]
async fn a_letter_about_one_ticket_has_its_link_and_says_nothing_of_what_was_paid() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    world.set_mail(mail()).await;
    for (news, en, nl) in [
        (News::TicketReceived, ["is yours now", "a ticket from"], ["is nu van jou", "een ticket van"]),
        (
            News::TicketExchanged,
            ["instead of the one before", "no longer valid"],
            ["in plaats van", "niet meer geldig"],
        ),
    ] {
        for (language, words) in [(Language::En, en), (Language::Nl, nl)] {
            world.queue(NewLetter { language: Some(language), ..new_letter(&letter(news.clone())) }).await;
            assert_eq!(world.send(&server.url()).await, 1, "{news:?}");
            let received = server.next().await;
            for words in words {
                assert!(received.text().contains(words) && received.html().contains(words), "{}", received.text());
            }
            assert!(received.html().contains("href") && received.text().contains("no=1"), "{}", received.text());
            assert!(!received.text().contains("EUR") && !received.html().contains("EUR"), "{}", received.text());
        }
    }
}

#[tokio::test]
async fn who_waits_is_told_in_both_languages_how_it_is_with_a_link_to_go_on() {
    let (world, mut server) = (World::create().await, Server::taking().await);
    let offered = Call::WaitlistOffered { ends_at: at("2035-04-01T10:15:00Z") };
    let mut linked = false;
    for (call, en, nl) in [
        (
            Call::WaitlistJoined { tickets: 1 },
            ["not bought anything", "one ticket"],
            ["nog niets gekocht", "één ticket"],
        ),
        (Call::WaitlistJoined { tickets: 3 }, ["not bought anything", "3 tickets"], ["nog niets gekocht", "3 tickets"]),
        (offered.clone(), ["at Test", "12:15 (Eu"], ["bij Test", "12:15 uur"]),
        (offered, ["by the link below", "Stalls, row C, seat 12"], ["via de link", "Stalls, rij C, stoel 12"]),
        (Call::WaitlistLapsed, ["not ordered in time", "join the waitlist again"], ["niet op tijd", "opnieuw"]),
        (Call::WaitlistClosed, ["not sold any more", "no ticket for you"], ["niet meer verkocht", "geen ticket"]),
        (Call::InterestRegistered, ["one e-mail", "erased at once"], ["één e-mail", "meteen gewist"]),
        (Call::SaleOpened, ["on sale now", "the only e-mail"], ["nu te koop", "enige e-mail"]),
    ] {
        for (language, words) in [(Language::En, en), (Language::Nl, nl)] {
            let told = letter(News::OrderConfirmed).performances.remove(0);
            let (entry, performance) = ("wait_0192f0c1000070008000000000000001".to_owned(), told.id);
            let invitation = Invitation { call: call.clone(), entry, performance, name: Some("Zoë".to_owned()), told };
            let data = serde_json::to_value(&invitation).unwrap();
            let queued = NewLetter { kind: call.kind(), language: Some(language), data, ..confirmation() };
            world.queue(queued).await;
            assert_eq!(world.send(&server.url()).await, 1, "{call:?}");
            let received = server.next().await;
            for words in words {
                assert!(received.text().contains(words) && received.html().contains(words), "{}", received.text());
            }
            assert!(received.text().contains("wait_0192f0c1000070008000000000000001"), "{}", received.text());
            let page = format!("https://shop.example.com/w?p={performance}&e=wait_0192f0c1000070008000000000000001");
            assert_eq!(received.text().contains(&page), linked, "{}", received.text());
            assert_eq!(received.html().contains("href"), linked, "{}", received.html());
            assert!(!received.text().contains("EUR"), "nothing was bought: {}", received.text());
        }
        if !linked && matches!(call, Call::WaitlistOffered { .. }) {
            let waiting_url = Some(Some("https://shop.example.com/w?p={performance_id}&e={entry_id}".to_owned()));
            world.set_mail(MailChanges { waiting_url, ..MailChanges::default() }).await;
            linked = true;
        }
    }
}
