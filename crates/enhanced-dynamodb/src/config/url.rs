//! The URLs that a configuration may name: `http` or `https`, a host, perhaps a port and a path.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// How an endpoint is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    pub(crate) fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
    /// In lower case, an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Begins with `/`; with the query, where one is allowed.
    pub(crate) path: String,
}

impl Url {
    /// # Errors
    /// What is wrong with the text, as the end of a sentence.
    pub(crate) fn parse(text: &str) -> Result<Url, &'static str> {
        let url = Url::parse_with_query(text)?;
        if url.path.contains('?') { Err("it has a query") } else { Ok(url) }
    }

    /// # Errors
    /// What is wrong with the text, as the end of a sentence.
    pub(crate) fn parse_with_query(text: &str) -> Result<Url, &'static str> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("it does not begin with http:// or https://");
        };
        let scheme = if scheme.eq_ignore_ascii_case("http") {
            Scheme::Http
        } else if scheme.eq_ignore_ascii_case("https") {
            Scheme::Https
        } else {
            return Err("it does not begin with http:// or https://");
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("it has a user name");
        }
        let (host, port) = split_port(authority)?;
        let port = match port {
            None => scheme.default_port(),
            Some(digits) => parse_port(digits).ok_or("its port is not a number from 1 to 65535")?,
        };
        if path.contains('#') {
            return Err("it has a fragment");
        }
        // What RFC 3986 lets stand in a path or query unescaped.
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err("its path has characters that must be percent-encoded");
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Url { scheme, host, port, path })
    }

    /// `host[:port]` as the `Host` header wants it: without the scheme's own port.
    pub(crate) fn authority(&self) -> String {
        let bracketed = self.host.contains(':');
        let (open, close) = if bracketed { ("[", "]") } else { ("", "") };
        if self.port == self.scheme.default_port() {
            format!("{open}{}{close}", self.host)
        } else {
            format!("{open}{}{close}:{}", self.host, self.port)
        }
    }

    /// Whether requests stay on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.host == "localhost",
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path == "/" { "" } else { &self.path };
        write!(f, "{}://{}{path}", self.scheme.as_str(), self.authority())
    }
}

/// The host, checked and in lower case, and the digits of the port.
fn split_port(authority: &str) -> Result<(String, Option<&str>), &'static str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return Err("its [ has no ]") };
        let address: Ipv6Addr = address.parse().map_err(|_| "what stands in [ ] is no IPv6 address")?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((address.to_string(), Some(port))),
            None if rest.is_empty() => Ok((address.to_string(), None)),
            None => Err("something other than a port follows its ]"),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if host.is_empty() {
        return Err("it has no host");
    }
    // 253 is the longest name that DNS carries (RFC 1035, 2.3.4). Names inside container networks have underscores.
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.len() > 253 || !name.split('.').all(label) {
        return Err("its host is no host name");
    }
    Ok((host.to_ascii_lowercase(), port))
}

fn parse_port(digits: &str) -> Option<u16> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok().filter(|port| *port > 0) } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Url;

    #[test]
    fn a_url_is_read_into_its_parts_and_written_back() {
        for (text, host, port, authority, path) in [
            ("http://localhost:8000", "localhost", 8000, "localhost:8000", "/"),
            ("HTTPS://Example.COM/", "example.com", 443, "example.com", "/"),
            ("http://example.com:80/base", "example.com", 80, "example.com", "/base"),
            ("https://[::1]:8443", "::1", 8443, "[::1]:8443", "/"),
            ("http://[FD00:EC2::23]/v1", "fd00:ec2::23", 80, "[fd00:ec2::23]", "/v1"),
            ("http://dynamodb_local:8000", "dynamodb_local", 8000, "dynamodb_local:8000", "/"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.host.as_str(), url.port, url.path.as_str()), (host, port, path), "{text}");
            assert_eq!(url.authority(), authority, "{text}");
            assert_eq!(Url::parse(&url.to_string()).unwrap(), url, "{text}");
        }
        assert_eq!(Url::parse_with_query("http://h?a=b").unwrap().path, "/?a=b");
    }

    #[test]
    fn what_is_no_url_says_why() {
        for (text, why) in [
            ("localhost:8000", "it does not begin with http:// or https://"),
            ("ftp://example.com", "it does not begin with http:// or https://"),
            ("http://", "it has no host"),
            ("http:///path", "it has no host"),
            ("http://:8000", "it has no host"),
            ("http://me:secret@example.com", "it has a user name"),
            ("http://exa mple.com", "its host is no host name"),
            ("http://a..b", "its host is no host name"),
            ("http://h:0", "its port is not a number from 1 to 65535"),
            ("http://h:", "its port is not a number from 1 to 65535"),
            ("http://h:+80", "its port is not a number from 1 to 65535"),
            ("http://h:65536", "its port is not a number from 1 to 65535"),
            ("http://[::1", "its [ has no ]"),
            ("http://[localhost]", "what stands in [ ] is no IPv6 address"),
            ("http://[::1]x", "something other than a port follows its ]"),
            ("http://h/a?b=c", "it has a query"),
            ("http://h/a#b", "it has a fragment"),
            ("http://h/a b", "its path has characters that must be percent-encoded"),
            ("http://h/ü", "its path has characters that must be percent-encoded"),
        ] {
            assert_eq!(Url::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn loopback_is_told_from_the_network() {
        for text in
            ["http://localhost", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]", "http://[::ffff:127.0.0.1]"]
        {
            assert!(Url::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in
            ["http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://[::2]", "http://0.0.0.0"]
        {
            assert!(!Url::parse(text).unwrap().is_loopback(), "{text}");
        }
    }
}
