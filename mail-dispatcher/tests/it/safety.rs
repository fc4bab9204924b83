//! What must not get out, or in.

use foundation::mail::NewLetter;
use ticketing::rules::letter::News;

use crate::{
    server::Server,
    world::{World, confirmation, letter, new_letter},
};

#[tokio::test]
async fn no_name_or_title_makes_a_header_or_markup() {
    let (world, server) = (World::create().await, Server::taking().await);
    let mut evil = letter(News::OrderConfirmed);
    let script = "<script>alert(1)</script>\r\nX-Evil: 1\r\n\r\n.\r\nMAIL FROM:<eve@example.com>";
    evil.buyer_name = Some(format!("Ada\r\nBcc: eve@example.com\r\n{script}"));
    evil.reference = Some(script.to_owned());
    for performance in &mut evil.performances {
        performance.title = script.to_owned();
        performance.venue = script.to_owned();
        for ticket in &mut performance.tickets {
            ticket.ticket_type = script.to_owned();
            ticket.section = script.to_owned();
        }
    }
    // The rules refuse this as a name; the letter must not depend on that.
    world.execute("update resellers set mail_sender_name = E'Eve\"\\r\\nBcc: eve@example.com\\r\\n<b>'").await;
    world.queue(new_letter(&evil)).await;
    assert_eq!(world.send(&server.url()).await, 1);

    let received = server.only();
    assert_eq!((server.begun(), received.to.as_slice()), (1, ["zoe@example.com".to_owned()].as_slice()));
    let message = received.message();
    let mut headers: Vec<_> = message.headers().iter().map(|header| header.name().to_owned()).collect();
    headers.sort();
    assert_eq!(
        headers,
        [
            "Auto-Submitted",
            "Content-Language",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To"
        ]
    );
    assert_eq!(message.to().unwrap().iter().count(), 1);
    let html = received.html();
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
}

#[tokio::test]
async fn an_address_that_is_none_reaches_no_server() {
    let (world, server) = (World::create().await, Server::taking().await);
    for recipient in ["zoe@example.com>\r\nRCPT TO:<eve@example.com", "zoe@example.com, eve@example.com", "zoe", ""] {
        world.queue(NewLetter { recipient: recipient.to_owned(), ..confirmation() }).await;
    }
    assert_eq!(world.send(&server.url()).await, 4);
    assert_eq!((world.states().await, server.begun()), (vec!["failed".to_owned(); 4], 0));
}

#[tokio::test]
async fn without_tls_nothing_is_sent_unless_that_is_asked_for() {
    let (world, server) = (World::create().await, Server::taking().await);
    world.queue(confirmation()).await;
    assert_eq!(world.send(&format!("smtp://{}", server.address)).await, 1);
    let tries = world.tries().await;
    assert!(tries[0].outcome == "put_off" && tries[0].answer.contains("STARTTLS"), "{tries:?}");
    assert_eq!((server.connections(), server.begun()), (1, 0));
    assert_eq!(world.states().await, ["pending"]);
}

#[tokio::test]
async fn a_server_is_checked_without_a_letter() {
    let server = Server::taking().await;
    let check = |url: String| async move {
        mail_dispatcher::Post::open(&url, crate::world::FROM, std::time::Duration::from_secs(60)).unwrap().check().await
    };
    assert_eq!(check(server.url()).await, Ok(()));
    let address = server.address;
    drop(server);
    assert!(check(format!("smtp://{address}?tls=none")).await.is_err());
}
