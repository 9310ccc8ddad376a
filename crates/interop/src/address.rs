//! Which addresses may be called.
//!
//! Messages go to registered addresses only, redirects are not followed and no proxy is asked, so that nobody can turn
//! Amity against the network it stands in (server-side request forgery). An address that only the public may have is
//! checked twice: when it is registered, and when its name is resolved for a call, since names can be pointed elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use store::registry::subscription::Reach;

/// Why an address is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL with a host.
    #[error("expected an address such as https://cis.example/readings, found `{0}`")]
    Syntax(String),
    /// Another scheme than HTTP.
    #[error("expected https (or http on a private network), found `{0}`")]
    Scheme(String),
    /// The public Internet without encryption.
    #[error("http is taken on private networks only; use https, or register the subscriber as private (`--private`)")]
    Plain,
    /// A user name or password in the address; it would end up in lists and logs.
    #[error("the address must not hold a user name or password; messages are signed")]
    Credentials,
    /// An address inside, where only a public one may be.
    #[error("`{0}` is inside a private network; only the operator may register such an address, as private")]
    Private(IpAddr),
}

/// Checks an address for registration and use.
///
/// # Errors
/// [`AddressError`].
pub fn checked(address: &str, reach: Reach) -> Result<Url, AddressError> {
    let url: Url = address.parse().map_err(|_| AddressError::Syntax(address.to_owned()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    let host = url.host_str().ok_or_else(|| AddressError::Syntax(address.to_owned()))?;
    match (url.scheme(), reach) {
        ("https", _) | ("http", Reach::Private) => {}
        ("http", Reach::Public) => return Err(AddressError::Plain),
        (scheme, _) => return Err(AddressError::Scheme(scheme.to_owned())),
    }
    let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match literal.filter(|ip| reach == Reach::Public && !is_public(*ip)) {
        Some(ip) => Err(AddressError::Private(ip)),
        None => Ok(url),
    }
}

/// Resolves names with the system, and answers public addresses only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let (public, private): (Vec<_>, Vec<_>) = found.partition(|address| is_public(address.ip()));
            match (public.is_empty(), private.first()) {
                (true, Some(inside)) => Err(AddressError::Private(inside.ip()).into()),
                _ => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

impl PublicOnly {
    pub(crate) fn shared() -> Arc<Self> {
        Arc::new(Self)
    }
}

/// Whether an address is reachable from the public Internet (IANA special-purpose registries, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    let special = match first {
        0 | 10 | 127 | 224.. => true,
        100 => (64..128).contains(&second),
        169 => second == 254,
        172 => (16..32).contains(&second),
        192 => second == 168 || (second == 0 && (third == 0 || third == 2)) || (second == 88 && third == 99),
        198 => second == 18 || second == 19 || (second == 51 && third == 100),
        203 => second == 0 && third == 113,
        _ => false,
    };
    !special
}

/// Only global unicast (2000::/3), without what embeds an IPv4 address or is set aside.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let global_unicast = segments[0] & 0xe000 == 0x2000;
    // Teredo and other protocol assignments, documentation, 6to4.
    let special = (segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
        || segments[0] == 0x2002
        || (segments[0] == 0x3fff && segments[1] < 0x1000);
    global_unicast && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected: RFC 6890 and the IANA registries of special-purpose addresses.
    #[test]
    fn public_addresses_are_told_from_special_ones() {
        for ip in ["1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "192.0.1.1", "198.20.0.1", "2606:4700::1"]
        {
            assert!(is_public(ip.parse().expect("an address")), "{ip}");
        }
        let special = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
        ];
        for ip in special {
            assert!(!is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    #[test]
    fn addresses_are_checked_when_registered() {
        let check = |address: &str, reach, expected: Result<(), AddressError>| {
            assert_eq!(checked(address, reach).map(drop), expected, "{address}");
        };
        let inside = |ip: &str| Err(AddressError::Private(ip.parse().expect("an address")));
        check("https://cis.example/readings?tenant=1", Reach::Public, Ok(()));
        check("https://127.0.0.1/readings", Reach::Public, inside("127.0.0.1"));
        check("https://127.1/readings", Reach::Public, inside("127.0.0.1"));
        check("https://2130706433/readings", Reach::Public, inside("127.0.0.1"));
        check("https://[::1]:8443/", Reach::Public, inside("::1"));
        check("https://10.0.0.5/", Reach::Private, Ok(()));
        check("http://mdm.internal:8080/", Reach::Private, Ok(()));
        check("http://cis.example/", Reach::Public, Err(AddressError::Plain));
        check("https://user:secret@cis.example/", Reach::Private, Err(AddressError::Credentials));
        check("ftp://cis.example/", Reach::Private, Err(AddressError::Scheme("ftp".into())));
        check("file:///etc/passwd", Reach::Private, Err(AddressError::Syntax("file:///etc/passwd".into())));
        check("cis.example", Reach::Public, Err(AddressError::Syntax("cis.example".into())));
    }
}
