//! The name look-up of the HTTP client, which gives out only addresses that webhooks may go to. The client connects to the very addresses
//! that were judged here, so a name that answers differently a moment later (DNS rebinding) gains nothing.

use std::{io, net::SocketAddr, pin::Pin};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tenancy::webhook_endpoints::address::may_be_called;

/// How a name's addresses are found.
pub(crate) type LookUp = fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// As this machine does it.
pub(crate) const SYSTEM: LookUp =
    |name| Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) });

/// Looks names up; refuses one that has any address that may not be called, lest a mixed answer be tried until it fits.
#[derive(Clone, Copy)]
pub(crate) struct PublicOnly {
    pub(crate) allow_private: bool,
    pub(crate) look_up: LookUp,
}

/// Why a name gives no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreachable {
    #[error("the name has no address")]
    Unknown,
    #[error("the name has an address that is not on the public internet")]
    NotPublic,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { allow_private, look_up } = *self;
        Box::pin(async move {
            let found = look_up(name.as_str().to_owned()).await.map_err(|_| Unreachable::Unknown)?;
            let vetted = vet(found, allow_private)?;
            Ok(Box::new(vetted.into_iter()) as Addrs)
        })
    }
}

fn vet(found: Vec<SocketAddr>, allow_private: bool) -> Result<Vec<SocketAddr>, Unreachable> {
    if found.is_empty() {
        return Err(Unreachable::Unknown);
    }
    if !found.iter().all(|address| may_be_called(address.ip(), allow_private)) {
        return Err(Unreachable::NotPublic);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    static ASKED: AtomicUsize = AtomicUsize::new(0);
    /// A name that changes its mind: an address that may be called, then one that may not but would lead to the same machine.
    const REBINDING: LookUp = |_| {
        let address =
            if ASKED.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) { [127, 0, 0, 1] } else { [0, 0, 0, 0] };
        Box::pin(async move { Ok(vec![SocketAddr::from((address, 0))]) })
    };

    #[tokio::test]
    async fn a_name_that_changes_its_mind_is_connected_to_where_it_was_judged() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://rebind.example:{}/", listener.local_addr().unwrap().port());
        let came = std::sync::Arc::new(AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&came);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                // The whole of it is one small packet.
                let _ = stream.read(&mut [0; 1_024]).await.unwrap();
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            }
        });
        let settings = crate::DispatcherSettings { allow_private_addresses: true, ..Default::default() };
        let client = crate::send::client_by(&settings, REBINDING).unwrap();
        for nth in 0..10_000 {
            let answered = client.get(&url).header("connection", "close").send().await;
            assert_eq!(answered.is_ok(), usize::is_multiple_of(nth, 2), "{nth}: {answered:?}");
        }
        assert_eq!(came.load(Ordering::SeqCst), 5_000, "never by the address that may not be called");
        assert_eq!(
            ASKED.load(Ordering::SeqCst),
            10_000,
            "and asked once for each: what is judged is what is connected to"
        );
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn one_private_address_spoils_the_answer() {
        assert_eq!(vet(addresses(&["8.8.8.8", "2606:4700::1"]), false).unwrap().len(), 2);
        assert_eq!(vet(addresses(&["8.8.8.8", "127.0.0.1"]), false), Err(Unreachable::NotPublic));
        assert_eq!(vet(addresses(&["::ffff:10.0.0.1", "8.8.8.8"]), false), Err(Unreachable::NotPublic));
        assert_eq!(vet(addresses(&[]), false), Err(Unreachable::Unknown));
        assert_eq!(vet(addresses(&["127.0.0.1"]), true).unwrap().len(), 1);
    }

    #[test]
    fn a_name_of_a_link_local_address_is_closed_to_development_too() {
        for closed in ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254"] {
            for allow_private in [false, true] {
                assert!(vet(addresses(&["127.0.0.1", closed]), allow_private).is_err(), "{closed}");
            }
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_when_it_is_looked_up() {
        let name = || "localhost".parse::<Name>().unwrap();
        let Err(refused) = PublicOnly { allow_private: false, look_up: SYSTEM }.resolve(name()).await else {
            panic!("localhost was given out")
        };
        assert_eq!(refused.downcast_ref(), Some(&Unreachable::NotPublic));
        assert!(PublicOnly { allow_private: true, look_up: SYSTEM }.resolve(name()).await.is_ok());
    }
}
