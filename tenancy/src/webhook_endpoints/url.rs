//! What may be the address of a webhook endpoint. Judged when it is given and again at every delivery, because the rules of
//! the process may have become stricter since.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::{is_a_clouds_own, may_be_called};

/// The most characters an address may have.
pub const URL_MAX: usize = 2_000;

/// Why an address is refused; the text completes a sentence that begins with the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    /// Longer than [`URL_MAX`].
    #[error("must be at most {URL_MAX} characters")]
    TooLong,
    /// No absolute URL, or one with white space in it, which parsers disagree about.
    #[error("is not an absolute URL such as https://example.com/webhooks")]
    NotAUrl,
    /// Not encrypted.
    #[error("must begin with https://")]
    NotHttps,
    /// A user's name or password would be stored and shown in the clear.
    #[error("must not have a user name or a password")]
    Userinfo,
    /// A fragment is never sent.
    #[error("must not have a fragment")]
    Fragment,
    /// The receiver is not on the public internet.
    #[error("must be on the public internet")]
    NotPublic,
    /// Not even development may call it.
    #[error(
        "must be on the public internet, in a private network or on this machine; link-local and cloud metadata addresses are never called"
    )]
    Closed,
    /// The platform itself.
    #[error("must not be the platform's own address")]
    Ours,
}

/// Reads the address of an endpoint. `allow_private` opens plain `http`, private networks and this machine,
/// for development. `own_hosts` are the platform's own, as `host` or `host:port`. A host name
/// is judged only by its text here; the addresses behind it are judged when it is connected to.
///
/// # Errors
/// The rule that it breaks.
pub fn parse(text: &str, allow_private: bool, own_hosts: &[String]) -> Result<Url, UrlRefused> {
    if text.chars().count() > URL_MAX {
        return Err(UrlRefused::TooLong);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(UrlRefused::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| UrlRefused::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err(UrlRefused::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlRefused::Userinfo);
    }
    if url.fragment().is_some() {
        return Err(UrlRefused::Fragment);
    }
    let host = url.host().ok_or(UrlRefused::NotAUrl)?;
    if !may_be_host(&host, allow_private) {
        return Err(if allow_private { UrlRefused::Closed } else { UrlRefused::NotPublic });
    }
    if is_ours(&url, own_hosts) {
        return Err(UrlRefused::Ours);
    }
    Ok(url)
}

fn is_ours(url: &Url, own_hosts: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    own_hosts.iter().any(|own| own.eq_ignore_ascii_case(host) || own.eq_ignore_ascii_case(&with_port))
}

/// The platform's own host in this address of it, for [`parse`]: the whole host if it has a name; of this machine, which
/// others share, only the port.
#[must_use]
pub fn own_host(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    let host = url.host_str()?;
    let shared = !host.contains('.') || matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    Some(if shared { format!("{host}:{}", url.port_or_known_default()?) } else { host.to_owned() })
}

fn may_be_host(host: &Host<&str>, allow_private: bool) -> bool {
    match host {
        Host::Ipv4(v4) => may_be_called(IpAddr::V4(*v4), allow_private),
        Host::Ipv6(v6) => may_be_called(IpAddr::V6(*v6), allow_private),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            // A name without a dot is one of the machine's own network.
            let is_local = !name.contains('.') || name.ends_with(".localhost");
            !is_a_clouds_own(name) && (allow_private || !is_local)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_https_addresses_are_taken() {
        for url in [
            "https://example.com",
            "https://example.com:8443/a?b=c",
            "https://8.8.8.8/x",
            "https://[2606:4700::1]/",
            "https://bücher.example/",
        ] {
            assert!(parse(url, false, &[]).is_ok(), "{url}");
        }
    }

    #[test]
    fn each_rule_refuses_what_breaks_it() {
        for (url, refused) in [
            ("", UrlRefused::NotAUrl),
            ("example.com/hook", UrlRefused::NotAUrl),
            ("https://", UrlRefused::NotAUrl),
            ("https://exa mple.com", UrlRefused::NotAUrl),
            (" https://example.com", UrlRefused::NotAUrl),
            ("https://example.com/\r\nx-injected: 1", UrlRefused::NotAUrl),
            ("http://example.com", UrlRefused::NotHttps),
            ("ftp://example.com", UrlRefused::NotHttps),
            ("file:///etc/passwd", UrlRefused::NotHttps),
            ("https://user@example.com", UrlRefused::Userinfo),
            ("https://:pass@example.com", UrlRefused::Userinfo),
            ("https://example.com/#top", UrlRefused::Fragment),
        ] {
            assert_eq!(parse(url, false, &[]), Err(refused), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(URL_MAX));
        assert_eq!(parse(&long, false, &[]), Err(UrlRefused::TooLong));
    }

    #[test]
    fn a_private_address_is_found_in_every_spelling() {
        for url in [
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f.0.0.1",
            "https://0177.0.0.1",
            "https://127.0.0.1.",
            "https://10.0.0.8/hook",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://[2002:a00:1::]/",
            "https://[fd00::1]/",
            "https://localhost",
            "https://localhost./",
            "https://LOCALHOST",
            "https://a.localhost",
            "https://intranet/hook",
            "https://①②⑦.0.0.1",
        ] {
            assert_eq!(parse(url, false, &[]), Err(UrlRefused::NotPublic), "{url}");
        }
    }

    #[test]
    fn what_is_linked_to_a_cloud_is_closed_to_development_too() {
        for url in [
            "http://169.254.169.254/latest/meta-data",
            "http://169.254.0.1",
            "http://2852039166/",
            "http://0xa9.0xfe.0xa9.0xfe/",
            "http://168.63.129.16/",
            "http://100.100.100.200/",
            "http://192.0.0.192/",
            "http://[fe80::1]/",
            "http://[febf::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fd20:ce::254]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::169.254.169.254]/",
            "http://[::ffff:0:169.254.169.254]/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[64:ff9b:1::169.254.169.254]/",
            "http://[2002:a9fe:a9fe::]/",
            "http://[2001:0:4136:e378:8000:63bf:5601:5601]/",
            "http://metadata.google.internal/computeMetadata/v1/",
            "http://METADATA.google.internal./",
            "http://metadata.goog",
            "http://metadata",
            "http://instance-data/latest",
            "http://instance-data.ec2.internal/",
        ] {
            assert_eq!(parse(url, true, &[]), Err(UrlRefused::Closed), "{url}");
            let encrypted = url.replacen("http:", "https:", 1);
            assert_eq!(parse(&encrypted, false, &[]), Err(UrlRefused::NotPublic), "{encrypted}");
        }
    }

    #[test]
    fn the_platform_does_not_call_itself() {
        let own: Vec<_> = ["https://api.stagedoor.example", "http://127.0.0.1:8700"]
            .iter()
            .filter_map(|base| own_host(base))
            .collect();
        for url in [
            "https://api.stagedoor.example/v1/orders",
            "https://API.stagedoor.example./",
            "https://api.stagedoor.example:8443/",
            "http://127.0.0.1:8700/",
            "http://127.1:8700/",
        ] {
            assert_eq!(parse(url, true, &own), Err(UrlRefused::Ours), "{url}");
        }
        assert!(parse("http://127.0.0.1:8790/", true, &own).is_ok(), "a receiver on the same machine");
        assert!(parse("https://shop.stagedoor.example/", true, &own).is_ok());
    }

    #[test]
    fn development_may_use_http_and_private_addresses_but_nothing_else() {
        assert!(parse("http://127.0.0.1:4000/hook", true, &[]).is_ok());
        assert!(parse("http://localhost:4000/hook", true, &[]).is_ok());
        for url in ["http://10.1.2.3", "http://172.20.0.1", "http://192.168.1.1", "http://[::1]:1", "http://[fd12::1]"]
        {
            assert!(parse(url, true, &[]).is_ok(), "{url}");
        }
        assert!(parse("http://host.docker.internal/hook", true, &[]).is_ok());
        assert_eq!(parse("ftp://127.0.0.1", true, &[]), Err(UrlRefused::NotHttps));
        assert_eq!(parse("http://u:p@127.0.0.1", true, &[]), Err(UrlRefused::Userinfo));
    }
}
