//! The name look-up of the HTTP client, which gives out only addresses that webhooks may go to. The client connects to the very addresses
//! that were judged here, so a name that answers differently a moment later (DNS rebinding) gains nothing.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tenancy::webhook_endpoints::address::may_be_called;

/// Looks names up; refuses one that has any address that may not be called, lest a mixed answer be tried until it fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicOnly {
    pub(crate) allow_private: bool,
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
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| Unreachable::Unknown)?;
            let vetted = vet(found.collect(), allow_private)?;
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
    use super::*;

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
        let Err(refused) = PublicOnly { allow_private: false }.resolve(name()).await else {
            panic!("localhost was given out")
        };
        assert_eq!(refused.downcast_ref(), Some(&Unreachable::NotPublic));
        assert!(PublicOnly { allow_private: true }.resolve(name()).await.is_ok());
    }
}
