//! Addresses of servers as they stand on the command line: `coap://host`, `coaps://[::1]:5684`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use lwm2m_carrier::capacity;

/// Where a server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerUri {
    text: String,
    /// Whether DTLS is used (`coaps`).
    pub secure: bool,
    /// Host name, IPv4 address, or IPv6 address without brackets.
    pub host: String,
    /// UDP port.
    pub port: u16,
}

impl ServerUri {
    /// The whole URI as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as an address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for ServerUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ServerUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "a server is coap://HOST[:PORT] or coaps://HOST[:PORT]";
        if text.len() > capacity::URI {
            return Err(format!("longer than {} bytes", capacity::URI));
        }
        let (scheme, rest) = text.split_once("://").ok_or(format!("no scheme: {form}"))?;
        let (secure, default) = match scheme.to_ascii_lowercase().as_str() {
            "coap" => (false, 5683),
            "coaps" => (true, 5684),
            _ => return Err(format!("the scheme `{scheme}` is not served: {form}")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(wrong) = rest.chars().find(|it| matches!(it, '/' | '?' | '#' | '@')) {
            return Err(format!("`{wrong}` has no place here: {form}"));
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or("`[` without `]`")?;
                if host.parse::<Ipv6Addr>().is_err() {
                    return Err(format!("`{host}` is no IPv6 address"));
                }
                let none = port.is_empty();
                let port = port.strip_prefix(':');
                if port.is_none() && !none {
                    return Err("after `]` comes `:PORT` or nothing".into());
                }
                (host, port)
            }
            None => match rest.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err("an IPv6 address stands in brackets: coap://[::1]:5683".into());
                }
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if host.is_empty() {
            return Err(format!("no host: {form}"));
        }
        let named = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_' | ':');
        if let Some(wrong) = host.chars().find(|it| !named(*it)) {
            return Err(format!("`{wrong}` cannot be in a host name"));
        }
        let port = match port {
            None => default,
            Some(port) => match port.parse() {
                Ok(port @ 1..) if port_digits(rest) => port,
                _ => return Err(format!("the port `{port}` is not a number from 1 to 65535")),
            },
        };
        Ok(Self { text: text.into(), secure, host: host.into(), port })
    }
}

/// Whether the port at the end has digits only: the standard library takes a sign too.
fn port_digits(authority: &str) -> bool {
    let port = authority.rsplit(':').next().unwrap_or_default();
    port.bytes().all(|digit| digit.is_ascii_digit())
}
