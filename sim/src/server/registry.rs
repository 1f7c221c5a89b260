//! Who is registered (Core 6.2, Transport 6.4.3).

use std::collections::BTreeMap;

use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::time::{Duration, Instant, earliest};

use super::Peer;
use super::links::{self, Link};
use super::message::{Code, Message, option};
use super::random::Random;

/// What a device said of itself when it registered.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The endpoint client name.
    pub endpoint: String,
    /// The segments of the location that it was given.
    pub location: Vec<String>,
    /// Where it was last heard from.
    pub peer: Peer,
    /// The lifetime; zero: without end, as LwM2M 1.2 has it.
    pub lifetime: Duration,
    /// The LwM2M version, such as `1.1`.
    pub version: String,
    /// The binding, without the `Q` of LwM2M 1.0.
    pub binding: String,
    /// Whether it uses queue mode.
    pub queue_mode: bool,
    /// Its SMS number.
    pub sms_number: Option<String>,
    /// The segments of its alternate path; mostly none.
    pub root: Vec<String>,
    /// Its objects and instances, as it listed them last.
    pub links: Vec<Link>,
    /// When it ends unless it is updated.
    pub expires: Instant,
    /// When a device in queue mode goes to sleep.
    pub awake_until: Instant,
}

impl Registration {
    /// Whether the device can be asked something now.
    pub fn is_awake(&self, now: Instant) -> bool {
        !self.queue_mode || now < self.awake_until
    }

    /// Whether `path` is among the links.
    pub fn lists(&self, path: &str) -> bool {
        self.links.iter().any(|link| link.target == path)
    }
}

/// The code that a request is refused with, and the reason in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal(pub Code, pub &'static str);

const fn bad(reason: &'static str) -> Refusal {
    Refusal(Code::BAD_REQUEST, reason)
}

/// The query of a request: names with their values.
pub struct Query(Vec<(String, Option<String>)>);

impl Query {
    /// Reads the Uri-Query options; a name must not come twice.
    pub fn of(request: &Message) -> Result<Self, Refusal> {
        let mut query = Vec::new();
        for text in request.texts(option::URI_QUERY).ok_or(bad("query is not UTF-8"))? {
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name.to_string(), Some(value.to_string())),
                None => (text, None),
            };
            if query.iter().any(|(known, _)| *known == name) {
                return Err(bad("query parameter given twice"));
            }
            query.push((name, value));
        }
        Ok(Self(query))
    }

    /// Whether parameter `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The value of parameter `name`; empty if it has none.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.as_deref().unwrap_or(""))
    }

    fn lifetime(&self, version: &str) -> Result<Option<Duration>, Refusal> {
        let Some(text) = self.get("lt") else { return Ok(None) };
        match text.parse::<u32>() {
            // Lifetimes without end come with LwM2M 1.2.
            Ok(secs) if secs > 0 || version == "1.2" => Ok(Some(Duration::from_secs(secs.into()))),
            _ => Err(bad("lt is no lifetime")),
        }
    }

    /// Binding and queue mode, as LwM2M `version` writes them.
    fn binding(&self, version: &str) -> Result<Option<(String, bool)>, Refusal> {
        let flag = match (self.has("Q"), self.get("Q")) {
            (true, Some("")) if version != "1.0" => true,
            (false, _) => false,
            _ => return Err(bad("Q")),
        };
        let Some(binding) = self.get("b") else {
            return Ok(flag.then(|| ("U".into(), true)));
        };
        if version == "1.0" {
            return match ["U", "UQ", "S", "SQ", "US", "UQS"].contains(&binding) {
                true => Ok(Some((binding.replace('Q', ""), binding.contains('Q')))),
                false => Err(bad("b is no binding of 1.0")),
            };
        }
        let letters = if version == "1.1" { "UTSN" } else { "UTSNMH" };
        let once = |c| letters.contains(c) && binding.matches(c).count() == 1;
        match !binding.is_empty() && binding.chars().all(once) {
            true => Ok(Some((binding.into(), flag))),
            false => Err(bad("b is no binding of this version")),
        }
    }
}

/// Reads the payload of Register or Update: the alternate path and the links below it.
fn read_links(payload: &[u8]) -> Result<(Vec<String>, Vec<Link>), Refusal> {
    let text = std::str::from_utf8(payload).map_err(|_| bad("links are not UTF-8"))?;
    let all = links::parse(text).ok_or(bad("no link format"))?;
    let is_root = |link: &&Link| {
        link.attribute("rt").is_some_and(|types| types.split(' ').any(|rt| rt == "oma.lwm2m"))
    };
    let root = all.iter().find(is_root).map_or("", |link| link.target.trim_matches('/'));
    let prefix = if root.is_empty() { String::new() } else { format!("/{root}") };
    let mut listed = Vec::new();
    for link in &all {
        if is_root(&link) {
            continue;
        }
        let target = link.target.strip_prefix(&prefix).ok_or(bad("link outside the root"))?;
        let path = target.starts_with('/').then(|| Path::parse(target)).flatten();
        match path.ok_or(bad("link is no path")) {
            Ok(path) if path.ids().first().is_some_and(|id| *id == 0 || *id == 21) => {
                return Err(bad("Security is not to be listed"));
            }
            Ok(path) if (1..=2).contains(&path.level()) => {
                listed.push(Link { target: target.into(), attributes: link.attributes.clone() });
            }
            Ok(_) => return Err(bad("link is no object and no instance")),
            Err(refusal) => return Err(refusal),
        }
    }
    if listed.is_empty() {
        return Err(bad("no links"));
    }
    Ok((prefix.split('/').filter(|s| !s.is_empty()).map(String::from).collect(), listed))
}

/// When a registration ends that begins now.
fn end(now: Instant, lifetime: Duration) -> Instant {
    if lifetime == Duration::ZERO { Instant::NEVER } else { now + lifetime }
}

/// All registrations.
pub struct Registry {
    registrations: BTreeMap<String, Registration>,
    /// Accepted LwM2M versions; others are refused with 4.12.
    pub versions: Vec<String>,
    /// What locations begin with.
    pub prefix: Vec<String>,
    /// How long a device in queue mode is awake after its last message.
    pub awake: Duration,
}

impl Registry {
    /// A registry of nobody.
    pub fn new(versions: Vec<String>, prefix: Vec<String>, awake: Duration) -> Self {
        Self { registrations: BTreeMap::new(), versions, prefix, awake }
    }

    /// Register: the new registration, and the one that it replaces.
    pub fn register(
        &mut self,
        now: Instant,
        peer: Peer,
        endpoint: &str,
        request: &Message,
        payload: &[u8],
        random: &mut Random,
    ) -> Result<(&Registration, Option<Registration>), Refusal> {
        let query = Query::of(request)?;
        let version = match query.get("lwm2m") {
            Some(version) if !version.is_empty() => version,
            _ => return Err(bad("lwm2m is missing")),
        };
        if !self.versions.iter().any(|known| known == version) {
            return Err(Refusal(Code::PRECONDITION_FAILED, "version is not supported"));
        }
        if request.uint(option::CONTENT_FORMAT) != Some(40) {
            return Err(bad("Content-Format is not 40"));
        }
        let lifetime = query.lifetime(version)?.unwrap_or(Duration::from_secs(86400));
        let (binding, queue_mode) = query.binding(version)?.unwrap_or(("U".into(), false));
        let (root, links) = read_links(payload)?;
        let location = self.prefix.iter().cloned().chain([format!("{:012x}", random.next() >> 16)]);
        let registration = Registration {
            endpoint: endpoint.into(),
            location: location.collect(),
            peer,
            lifetime,
            version: version.into(),
            binding,
            queue_mode,
            sms_number: query.get("sms").map(String::from),
            root,
            links,
            expires: end(now, lifetime),
            awake_until: now + self.awake,
        };
        let old = self.registrations.insert(endpoint.into(), registration);
        let new = self.registrations.get(endpoint).ok_or(bad("gone"))?;
        Ok((new, old))
    }

    /// Update of the registration at `location`: the endpoint, and whether its links changed.
    pub fn update(
        &mut self,
        now: Instant,
        peer: Peer,
        location: &[String],
        request: &Message,
        payload: &[u8],
    ) -> Result<(String, bool), Refusal> {
        let awake = self.awake;
        let registration = self
            .registrations
            .values_mut()
            .find(|registration| registration.location == location)
            .ok_or(Refusal(Code::NOT_FOUND, "no such registration"))?;
        let query = Query::of(request)?;
        if query.has("ep") || query.has("lwm2m") {
            return Err(bad("ep and lwm2m belong to Register"));
        }
        let lifetime = query.lifetime(&registration.version)?;
        let binding = query.binding(&registration.version)?;
        let links = match (payload.is_empty(), request.uint(option::CONTENT_FORMAT)) {
            (true, None) => None,
            (false, Some(40)) => Some(read_links(payload)?),
            _ => return Err(bad("links without Content-Format 40, or the reverse")),
        };
        if let Some(lifetime) = lifetime {
            registration.lifetime = lifetime;
        }
        if let Some((binding, queue_mode)) = binding {
            (registration.binding, registration.queue_mode) = (binding, queue_mode);
        }
        if let Some(number) = query.get("sms") {
            registration.sms_number = Some(number.into());
        }
        let changed = links.is_some();
        if let Some((root, links)) = links {
            (registration.root, registration.links) = (root, links);
        }
        registration.peer = peer;
        registration.expires = end(now, registration.lifetime);
        registration.awake_until = now + awake;
        Ok((registration.endpoint.clone(), changed))
    }

    /// Ends the registration of `endpoint`.
    pub fn remove(&mut self, endpoint: &str) -> Option<Registration> {
        self.registrations.remove(endpoint)
    }

    /// The registration of `endpoint`.
    pub fn get(&self, endpoint: &str) -> Option<&Registration> {
        self.registrations.get(endpoint)
    }

    /// The registration with `location`.
    pub fn at(&self, location: &[String]) -> Option<&Registration> {
        self.iter().find(|registration| registration.location == location)
    }

    /// The registration of the device behind `peer`.
    pub fn of(&self, peer: Peer) -> Option<&Registration> {
        self.iter().find(|registration| registration.peer == peer)
    }

    /// All registrations, by endpoint.
    pub fn iter(&self) -> impl Iterator<Item = &Registration> {
        self.registrations.values()
    }

    /// Something came from `peer`: it is awake.
    pub fn contact(&mut self, now: Instant, peer: Peer) {
        for registration in self.registrations.values_mut().filter(|r| r.peer == peer) {
            registration.awake_until = now + self.awake;
        }
    }

    /// Removes and returns the registrations whose lifetime is over.
    pub fn expire(&mut self, now: Instant) -> Vec<Registration> {
        let over: Vec<String> =
            self.iter().filter(|r| r.expires <= now).map(|r| r.endpoint.clone()).collect();
        over.iter().filter_map(|endpoint| self.registrations.remove(endpoint)).collect()
    }

    /// When the next lifetime is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.iter()
            .fold(None, |first, registration| earliest(first, registration.expires.deadline()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(texts: &[&str]) -> Query {
        let request = Message::new(Code::POST);
        let add = |m: Message, text: &&str| m.with(option::URI_QUERY, text.as_bytes());
        Query::of(&texts.iter().fold(request, add)).unwrap()
    }

    #[test]
    fn queue_mode_is_written_differently_in_each_version() {
        assert_eq!(query(&["b=UQ"]).binding("1.0"), Ok(Some(("U".into(), true))));
        assert!(query(&["b=UQ"]).binding("1.1").is_err());
        assert_eq!(query(&["b=U", "Q"]).binding("1.1"), Ok(Some(("U".into(), true))));
        assert!(query(&["b=U", "Q"]).binding("1.0").is_err());
        assert!(query(&["Q=1"]).binding("1.1").is_err());
        assert!(query(&["b=UU"]).binding("1.1").is_err());
        assert_eq!(query(&[]).binding("1.1"), Ok(None));
    }

    #[test]
    fn links_lie_below_the_alternate_path() {
        let (root, links) =
            read_links(b"</lw/x>;rt=\"oma.lwm2m\",</lw/x/1/0>,</lw/x/3/0>").unwrap();
        assert_eq!(root, ["lw", "x"]);
        assert_eq!(links[1].target, "/3/0");
        assert!(read_links(b"</lw>;rt=\"oma.lwm2m\",</1/0>").is_err());
        assert!(read_links(b"</>;rt=\"oma.lwm2m\"").is_err());
        assert!(read_links(b"</0/0>,</1/0>").is_err());
        assert!(read_links(b"</1/0/0>").is_err());
    }
}
