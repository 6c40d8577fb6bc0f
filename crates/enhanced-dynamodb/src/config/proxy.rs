//! The proxy that stands between this machine and the service, and whom it does not serve.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Options;
use super::environment::Environment;
use super::parse::{Origin, invalid};
use super::url::{Scheme, Url};
use crate::error::Error;

const ALLOWED: &str = "a URL such as http://proxy.example.com:3128 or http://user:password@proxy.example.com:3128";

/// A proxy that opens tunnels (`CONNECT`) to https endpoints.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// The name or address to connect to, an IPv6 address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `Basic …`, where the URL has a user.
    pub(crate) authorization: Option<Zeroizing<String>>,
    exempt: Exempt,
}

impl Proxy {
    /// Whether connections to this host go through it. Those to this machine never do: a proxy elsewhere could not
    /// make them.
    pub(crate) fn serves(&self, host: &str, port: u16) -> bool {
        let loopback =
            host.parse::<IpAddr>().map_or(host == "localhost", |address| address.to_canonical().is_loopback());
        !loopback && !self.exempt.holds(host, port)
    }

    /// `host:port`, as messages name it.
    pub(crate) fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn parse(origin: Origin, text: &str) -> Result<Proxy, Error> {
        // Many write the proxy as host and port alone.
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        // At the last @: a password that was not percent-encoded may have any character, and must not show up as host.
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, rest),
        };
        let bare = format!("{scheme}://{host}");
        let refused = |why: &str| invalid(origin, &bare, format_args!("{ALLOWED}: {why}"));
        if scheme.eq_ignore_ascii_case("https") {
            return Err(refused(
                "the way to the proxy itself has to begin with http://; what passes is encrypted all the same",
            ));
        }
        let url = Url::parse(&bare).map_err(refused)?;
        if url.path != "/" {
            return Err(refused("it has a path"));
        }
        let authorization = match user {
            None => None,
            Some(user) => {
                let plain = percent_decoded(user)
                    .ok_or_else(|| refused("its user name or password has a % that begins no code"))?;
                let plain =
                    if plain.contains(&b':') { plain } else { Zeroizing::new([plain.as_slice(), b":"].concat()) };
                Some(Zeroizing::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(&*plain)))))
            }
        };
        Ok(Proxy { host: url.host, port: url.port, authorization, exempt: Exempt::default() })
    }
}

/// Without the user name and the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", if self.authorization.is_some() { "******@" } else { "" }, self.address())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} except {:?}", self.exempt)
    }
}

/// A proxy's URL without user name and password, right or wrong.
pub(super) fn without_secrets(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    match url[start..].rfind('@') {
        Some(at) => format!("{}******{}", &url[..start], &url[start + at..]),
        None => url.to_owned(),
    }
}

/// The proxy by option or variable; none for endpoints that no proxy serves.
pub(super) fn proxy(
    options: &Options,
    environment: &Environment,
    local: bool,
    endpoint_url: Option<&Url>,
    warnings: &mut Vec<String>,
) -> Result<Option<Proxy>, Error> {
    let found = match &options.proxy {
        Some(url) => Some(Proxy::parse(Origin::Option("proxy"), url)?),
        None => match environment.first(&["HTTPS_PROXY", "https_proxy"])? {
            // Not for local mode: what it says is the business of others then, right or wrong.
            Some(_) if local => None,
            Some((name, url)) => Some(Proxy::parse(Origin::Variable(name), &url)?),
            None => None,
        },
    };
    let Some(proxy) = found else { return Ok(None) };
    if local || endpoint_url.is_some_and(|url| url.scheme == Scheme::Http) {
        if options.proxy.is_some() {
            warnings.push("the option proxy is set aside: it serves https endpoints only".to_owned());
        }
        return Ok(None);
    }
    let exempt = match &options.no_proxy {
        Some(list) => Some(list.clone()),
        None => environment.first(&["NO_PROXY", "no_proxy"])?.map(|(_, list)| list),
    };
    Ok(Some(Proxy { exempt: Exempt::parse(exempt.as_deref().unwrap_or_default()), ..proxy }))
}

/// Hosts that are connected to without the proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Exempt(Vec<(Hosts, Option<u16>)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// This name and all names below it.
    Domain(String),
    /// The addresses whose first so many bits are these.
    Network(IpAddr, u8),
}

impl Exempt {
    fn parse(list: &str) -> Exempt {
        let entries = list.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|entry| !entry.is_empty());
        Exempt(entries.map(entry).collect())
    }

    fn holds(&self, host: &str, port: u16) -> bool {
        let address = host.parse::<IpAddr>().ok();
        self.0.iter().any(|(hosts, of_port)| {
            of_port.is_none_or(|of_port| of_port == port)
                && match hosts {
                    Hosts::All => true,
                    Hosts::Domain(name) => host
                        .strip_suffix(name.as_str())
                        .is_some_and(|before| before.is_empty() || before.ends_with('.')),
                    Hosts::Network(network, bits) => address.is_some_and(|address| within(address, *network, *bits)),
                }
        })
    }
}

/// One entry of the list. The list is shared by all programs, which do not agree on its form: an entry that is none of
/// the known ones is a name, and fits no host.
fn entry(text: &str) -> (Hosts, Option<u16>) {
    if text == "*" {
        return (Hosts::All, None);
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return (Hosts::Network(address, bits(address)), None);
    }
    if let Some((network, length)) = text.split_once('/')
        && let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u8>())
        && length <= bits(network)
    {
        return (Hosts::Network(network, length), None);
    }
    let (host, port) = match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host, Some(port)),
        Some((_, Err(_))) | None => (text, None),
    };
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return (Hosts::Network(address, bits(address)), port);
    }
    let name = host.strip_prefix("*.").or_else(|| host.strip_prefix('.')).unwrap_or(host);
    (Hosts::Domain(name.to_ascii_lowercase()), port)
}

fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    let (one, other, all) = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits()), u128::from(other.to_bits()), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    // A shift by all bits is none in Rust: the network of length 0 has every address.
    (one ^ other).checked_shr(all - u32::from(length)).unwrap_or(0) == 0
}

/// `%41` → `A`; nothing if a `%` begins no code.
fn percent_decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let (high, low) = (char::from(bytes.next()?).to_digit(16)?, char::from(bytes.next()?).to_digit(16)?);
                u8::try_from(high * 16 + low).ok()?
            }
            _ => byte,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests;
