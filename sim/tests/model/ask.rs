//! Operations as datagrams to the device, and what comes back beside what the model says.

use crate::everything::{Everything, Owned};
use crate::reference::{self, Model, Result, Values};
use crate::senml::{self, pack};
use crate::two::{self, Rule};
use crate::world::World;
use lwm2m_carrier::lwm2m::{Object, Path, Value};
use lwm2m_carrier_sim::server::message::{Block, Code, Kind, Message, option, uint};
use lwm2m_carrier_sim::state::State;
use proptest::prelude::{TestCaseError, prop_assert, prop_assert_eq};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

type Record = (String, Option<Owned>);

/// What a server asks for.
#[derive(Clone, Debug)]
pub enum Op {
    Read { path: String, format: u16 },
    Discover { path: String, depth: Option<u8> },
    Observe { path: String, token: u8 },
    Cancel { path: String, token: u8 },
    WriteText { path: String, put: bool, value: Owned },
    Write { path: String, put: bool, format: u16, records: Vec<Record> },
    Execute { path: String, arguments: String },
    CreateUnnamed { byte: u8 },
    Delete { path: String },
    Attributes { path: String, query: String },
    ReadComposite { paths: Vec<String>, format: u16, observe: bool },
    WriteComposite { records: Vec<Record>, format: u16 },
}

/// What is wrong with a request that would be right otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// The last byte of the payload is missing.
    Truncated,
    /// An option that nobody knows, and must not be ignored.
    CriticalOption,
    /// A segment more, which is no number.
    Segment,
    /// A Content-Format that there is not.
    ContentFormat,
    /// An answer in a format that there is not.
    Accept,
}

/// What a right answer carries.
enum Meaning {
    Nothing,
    Values(u16, BTreeMap<Path, Owned>),
    Links(String),
    /// Where the instance is, in options.
    Created(u16),
}

fn parts(code: Code) -> reference::Code {
    (code.0 >> 5, code.0 & 31)
}

fn at(path: &str) -> Path {
    Path::parse(path).expect("a path")
}

fn parsed(records: &[Record]) -> Vec<(Path, Option<Owned>)> {
    records.iter().map(|(path, value)| (at(path), value.clone())).collect()
}

fn field(value: &Option<Owned>) -> Json {
    match value {
        None => json!({}),
        Some(Owned::Integer(number)) => json!({ "v": number }),
        Some(Owned::Float(number)) => json!({ "v": number }),
        Some(Owned::Boolean(on)) => json!({ "vb": on }),
        Some(Owned::Text(text)) => json!({ "vs": text }),
        Some(_) => unreachable!("not among the values"),
    }
}

fn encode(format: u16, records: &[Record]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(|(path, v)| (path.as_str(), field(v))).collect();
    pack(format, &records)
}

/// Values of the model as SenML has them.
fn meant(values: &BTreeMap<Path, Owned>) -> BTreeMap<String, Json> {
    let json = |value: &Owned| match value {
        Owned::Integer(number) => json!(number),
        Owned::Unsigned(number) => json!(number),
        Owned::Float(number) => json!(number),
        Owned::Boolean(on) => json!(on),
        Owned::Text(text) => json!(text),
        other => unreachable!("{other:?}"),
    };
    values.iter().map(|(path, value)| (path.to_string(), json(value))).collect()
}

/// Numbers are the same whichever kind of number JSON takes them for.
fn plain(values: BTreeMap<String, Json>) -> BTreeMap<String, Json> {
    let number = |value: Json| value.as_f64().map_or(value, |number| json!(number));
    values.into_iter().map(|(path, value)| (path, number(value))).collect()
}

fn request(code: Code, path: &str) -> Message {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.fold(Message::new(code), |m, segment| m.with(option::URI_PATH, segment.as_bytes()))
}

fn content(message: Message, format: u16, payload: Vec<u8>) -> Message {
    let message = message.with(option::CONTENT_FORMAT, &uint(format.into()));
    Message { payload, ..message }
}

impl Op {
    fn message(&self) -> Message {
        match self {
            Self::Read { path, format } => {
                request(Code::GET, path).with(option::ACCEPT, &uint((*format).into()))
            }
            Self::Discover { path, depth } => {
                let message = request(Code::GET, path).with(option::ACCEPT, &uint(40));
                match depth {
                    Some(n) => message.with(option::URI_QUERY, format!("depth={n}").as_bytes()),
                    None => message,
                }
            }
            Self::Observe { path, .. } => {
                let format = uint(senml::CBOR.into());
                request(Code::GET, path)
                    .with(option::ACCEPT, &format)
                    .with(option::OBSERVE, &uint(0))
            }
            Self::Cancel { path, .. } => {
                let format = uint(senml::CBOR.into());
                request(Code::GET, path)
                    .with(option::ACCEPT, &format)
                    .with(option::OBSERVE, &uint(1))
            }
            Self::WriteText { path, put, value } => {
                let code = if *put { Code::PUT } else { Code::POST };
                content(request(code, path), 0, reference::shown(value).into_bytes())
            }
            Self::Write { path, put, format, records } => {
                let code = if *put { Code::PUT } else { Code::POST };
                content(request(code, path), *format, encode(*format, records))
            }
            Self::Execute { path, arguments } if arguments.is_empty() => request(Code::POST, path),
            Self::Execute { path, arguments } => {
                content(request(Code::POST, path), 0, arguments.clone().into_bytes())
            }
            Self::CreateUnnamed { byte } => {
                content(request(Code::POST, "/26241"), 11542, vec![0xc1, 0, *byte])
            }
            Self::Delete { path } => request(Code::DELETE, path),
            Self::Attributes { path, query } => query
                .split('&')
                .fold(request(Code::PUT, path), |m, q| m.with(option::URI_QUERY, q.as_bytes())),
            Self::ReadComposite { paths, format, observe } => {
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                let message = request(Code::FETCH, "/");
                let message =
                    if *observe { message.with(option::OBSERVE, &uint(0)) } else { message };
                content(message, *format, senml::list(*format, &paths))
            }
            Self::WriteComposite { records, format } => {
                content(request(Code::IPATCH, "/"), *format, encode(*format, records))
            }
        }
    }

    /// What the model makes of it: the code of success, and what the answer carries.
    fn carry_out(&self, model: &mut Model, server: u16) -> Result<(Code, Meaning)> {
        let changed = |()| (Code::CHANGED, Meaning::Nothing);
        let values = |format| move |found| (Code::CONTENT, Meaning::Values(format, found));
        match self {
            Self::Read { path, format } => model.read(server, &at(path)).map(values(*format)),
            Self::Observe { path, .. } | Self::Cancel { path, .. } => {
                model.read(server, &at(path)).map(values(senml::CBOR))
            }
            Self::Discover { path, depth } => {
                let links = model.discover(server, &at(path), *depth)?;
                Ok((Code::CONTENT, Meaning::Links(links)))
            }
            Self::WriteText { path, put, value } => {
                // A POST of arguments executes.
                if !put && model.execute(server, &at(path), &reference::shown(value))?.is_some() {
                    return Ok(changed(()));
                }
                let records = [(at(path), Some(value.clone()))];
                model.write(server, &at(path), *put, true, &records).map(|_| changed(()))
            }
            Self::Write { path, put, records, .. } => {
                if !put && model.execute(server, &at(path), "x")?.is_some() {
                    unreachable!("a pack is no list of arguments")
                }
                let records = parsed(records);
                let new = model.write(server, &at(path), *put, false, &records)?;
                let named = records
                    .first()
                    .is_some_and(|(first, _)| first.id(1).is_some_and(|id| id != two::ANY));
                Ok(match new {
                    None => changed(()),
                    Some(_) if named => (Code::CREATED, Meaning::Nothing),
                    Some(id) => (Code::CREATED, Meaning::Created(id)),
                })
            }
            Self::Execute { path, arguments } => {
                if model.execute(server, &at(path), arguments)?.is_some() {
                    return Ok(changed(()));
                }
                let value = Owned::Text(arguments.clone());
                let value = match arguments.parse() {
                    Ok(number) => Owned::Integer(number),
                    Err(_) => value,
                };
                let path = at(path);
                let text = path.level() >= 3 || !arguments.is_empty();
                let records: Vec<_> = if text { vec![(path, Some(value))] } else { vec![] };
                model.write(server, &path, false, text, &records).map(|_| changed(()))
            }
            Self::CreateUnnamed { byte } => {
                let record =
                    (Path::resource(26241, two::ANY, 0), Some(Owned::Integer((*byte).into())));
                let new = model.write(server, &Path::object(26241), false, false, &[record])?;
                Ok((Code::CREATED, Meaning::Created(new.expect("a new one"))))
            }
            Self::Delete { path } => {
                model.delete(server, &at(path)).map(|()| (Code::new(2, 2), Meaning::Nothing))
            }
            Self::Attributes { path, query } => {
                model.write_attributes(server, &at(path), query).map(changed)
            }
            Self::ReadComposite { paths, format, .. } => {
                let paths: Vec<Path> = paths.iter().map(|path| at(path)).collect();
                // Objects that the model does not have are in the root.
                model.read_composite(server, &paths).map(values(*format))
            }
            Self::WriteComposite { records, .. } => {
                if records.is_empty() {
                    return Ok(changed(()));
                }
                model.write_composite(server, &parsed(records)).map(changed)
            }
        }
    }

    fn token(&self, server: usize, id: u16) -> Vec<u8> {
        match self {
            Self::Observe { token, .. } | Self::Cancel { token, .. } => {
                vec![0xee, server as u8, *token]
            }
            Self::ReadComposite { observe: true, .. } => vec![0xee, server as u8, 9],
            _ => vec![0xaa, (id >> 8) as u8, id as u8],
        }
    }
}

/// An observation: what it is of, its format, and what was told last.
struct Observed {
    paths: Vec<Path>,
    composite: bool,
    format: u16,
    told: Result<BTreeMap<Path, Owned>>,
}

impl Observed {
    fn seen(&self, model: &Model, server: u16) -> Result<BTreeMap<Path, Owned>> {
        match self.composite {
            true => model.read_composite(server, &self.paths),
            false => model.read(server, &self.paths[0]),
        }
    }
}

/// The device, and what its servers remember.
pub struct Device {
    world: World,
    id: u16,
    observed: BTreeMap<Vec<u8>, Observed>,
}

impl Device {
    pub fn new(rules: &[Rule]) -> Self {
        let everything = Everything { instances: reference::beginning() };
        let objects: &'static mut [&'static mut dyn Object] =
            Box::leak(Box::new([Box::leak(Box::new(everything)) as &mut dyn Object]));
        let mut world = two::device_of(two::steps(2, rules), objects, State::in_memory());
        world.register();
        world.run_for(lwm2m_carrier::time::Duration::from_secs(2));
        Self { world, id: 0, observed: BTreeMap::new() }
    }

    /// Sends a request; the answer, and the notifications that come with it.
    fn exchange(
        &mut self,
        server: usize,
        message: &Message,
    ) -> std::result::Result<(Message, Vec<Message>), TestCaseError> {
        self.id += 1;
        let message = Message { id: self.id, kind: Kind::Confirmable, ..message.clone() };
        let sent = self.world.deliver(server as u8, &message.encode());
        let mut answers = Vec::new();
        let mut notifications = Vec::new();
        for datagram in sent {
            let sent = Message::parse(&datagram).expect("CoAP");
            if sent.kind == Kind::Acknowledgement {
                prop_assert_eq!(&sent.token, &message.token);
                answers.push(sent);
            } else if sent.code != Code::POST {
                notifications.push(sent);
            }
        }
        prop_assert_eq!(answers.len(), 1, "one answer");
        Ok((answers.remove(0), notifications))
    }

    /// One operation, by the device and by the model.
    pub fn step(
        &mut self,
        model: &mut Model,
        server: usize,
        op: &Op,
        wrong: Option<Wrong>,
    ) -> std::result::Result<(), TestCaseError> {
        let mut message = op.message();
        message.token = op.token(server, self.id);
        let short_id = 100 + server as u16;
        let payload = message.payload.len();
        let fits = match wrong {
            None => false,
            Some(Wrong::Truncated) => {
                !matches!(op, Op::WriteText { .. } | Op::Execute { .. }) && payload > 0
            }
            // The arguments of an Execute are text whatever is said of them.
            Some(Wrong::ContentFormat) => {
                payload > 0 && !matches!(op, Op::WriteText { put: false, .. } | Op::Execute { .. })
            }
            Some(Wrong::Accept) => matches!(op, Op::Read { .. } | Op::ReadComposite { .. }),
            Some(_) => true,
        };
        let before = model.clone();
        let expected = op.carry_out(model, short_id);
        if fits {
            *model = before.clone();
            match wrong {
                Some(Wrong::Truncated) => drop(message.payload.pop()),
                Some(Wrong::CriticalOption) => message = message.with(2049, b"x"),
                Some(Wrong::Segment) => {
                    let all = std::mem::take(&mut message.options);
                    message
                        .options
                        .extend(all.iter().filter(|(n, _)| *n == option::URI_PATH).cloned());
                    message = message.with(option::URI_PATH, b"x");
                    message.options.extend(all.into_iter().filter(|(n, _)| *n != option::URI_PATH));
                }
                _ => {
                    let which = if wrong == Some(Wrong::Accept) {
                        option::ACCEPT
                    } else {
                        option::CONTENT_FORMAT
                    };
                    message.options.retain(|(number, _)| *number != which);
                    message = message.with(which, &uint(65000));
                }
            }
        }
        let (answer, notifications) = self.exchange(server, &message)?;
        let code = parts(answer.code);
        if fits {
            prop_assert!(!answer.code.is_success(), "{:?} {wrong:?}: {}", op, answer.code);
            let exact = match wrong {
                Some(Wrong::CriticalOption) => Some((4, 2)),
                Some(Wrong::Segment) => Some(reference::NOT_FOUND),
                _ => None,
            };
            prop_assert!(
                exact.is_none_or(|exact| exact == code),
                "{:?} {wrong:?}: {}",
                op,
                answer.code
            );
        } else {
            match expected {
                Err(refused) => {
                    // Of several values one may be wrong and another without room: either is right.
                    let either = matches!(op, Op::WriteComposite { .. })
                        && code == reference::FULL
                        && refused == reference::BAD_REQUEST;
                    prop_assert!(either || code == refused, "{:?} {:?} {:?}", op, code, refused);
                    prop_assert!(answer.payload.is_empty());
                }
                Ok((success, meaning)) => {
                    prop_assert_eq!(answer.code, success, "{:?}", op);
                    self.check(server, op, &message, answer, meaning)?;
                }
            }
        }
        self.compare(model)?;
        if fits || code.0 != 2 {
            prop_assert!(notifications.is_empty(), "a refused request is no news: {:?}", op);
        }
        self.notified(model, notifications)
    }

    /// What a right answer carries, all blocks of it; and what it begins or ends.
    fn check(
        &mut self,
        server: usize,
        op: &Op,
        message: &Message,
        answer: Message,
        meaning: Meaning,
    ) -> std::result::Result<(), TestCaseError> {
        let mut payload = answer.payload.clone();
        let mut last = answer.clone();
        while let Ok(Some(block @ Block { more: true, .. })) = last.block(option::BLOCK2) {
            let next = Block { number: block.number + 1, more: false, ..block };
            let mut further = message.clone();
            further.options.retain(|(number, _)| *number != option::OBSERVE);
            let further = further.with(option::BLOCK2, &next.value());
            let (answer, _) = self.exchange(server, &further)?;
            prop_assert_eq!(answer.code, Code::CONTENT);
            payload.extend(&answer.payload);
            last = answer;
        }
        let format = answer.uint(option::CONTENT_FORMAT);
        match meaning {
            Meaning::Nothing => {
                prop_assert!(payload.is_empty() && format.is_none());
                prop_assert!(answer.values(option::LOCATION_PATH).next().is_none());
            }
            Meaning::Created(id) => {
                let location = answer.texts(option::LOCATION_PATH).expect("text");
                prop_assert_eq!(location, ["26241".to_string(), id.to_string()]);
            }
            Meaning::Links(links) => {
                prop_assert_eq!(format, Some(40));
                prop_assert_eq!(String::from_utf8(payload).expect("text"), links, "{:?}", op);
            }
            Meaning::Values(wanted, values) => {
                prop_assert_eq!(format, Some(wanted.into()));
                let mut found = senml::values(wanted, &payload);
                // The model does not have the other objects.
                let known = ["/2/", "/26241/", "/3/0/1"];
                found.retain(|path, _| {
                    path == known[2] || known[..2].iter().any(|object| path.starts_with(object))
                });
                prop_assert_eq!(plain(found), plain(meant(&values)), "{:?}", op);
                self.observing(server, op, answer.uint(option::OBSERVE), wanted, values)?;
            }
        }
        Ok(())
    }

    fn observing(
        &mut self,
        server: usize,
        op: &Op,
        observe: Option<u32>,
        format: u16,
        told: BTreeMap<Path, Owned>,
    ) -> std::result::Result<(), TestCaseError> {
        let (paths, composite) = match op {
            Op::Observe { path, .. } => (vec![at(path)], false),
            Op::ReadComposite { paths, observe: true, .. } => {
                (paths.iter().map(|path| at(path)).collect(), true)
            }
            Op::Cancel { .. } => {
                self.observed.remove(&op.token(server, 0));
                prop_assert_eq!(observe, None);
                return Ok(());
            }
            _ => {
                prop_assert_eq!(observe, None);
                return Ok(());
            }
        };
        prop_assert!(observe.is_some());
        self.observed
            .insert(op.token(server, 0), Observed { paths, composite, format, told: Ok(told) });
        Ok(())
    }

    /// Notifications say what is so now; what is another than was told is notified.
    fn notified(
        &mut self,
        model: &Model,
        notifications: Vec<Message>,
    ) -> std::result::Result<(), TestCaseError> {
        for message in notifications {
            let server = message.token[1];
            let short_id = 100 + u16::from(server);
            let Some(observed) = self.observed.get_mut(&message.token) else {
                prop_assert!(false, "nobody observes {:?}", message.token);
                return Ok(());
            };
            let seen = observed.seen(model, short_id);
            match &seen {
                Ok(values) => {
                    prop_assert_eq!(message.code, Code::CONTENT);
                    prop_assert!(message.uint(option::OBSERVE).is_some());
                    let whole = message.block(option::BLOCK2) == Ok(None);
                    if whole && !observed.paths.contains(&Path::ROOT) {
                        let found = senml::values(observed.format, &message.payload);
                        prop_assert_eq!(plain(found), plain(meant(values)));
                    }
                    observed.told = seen;
                }
                Err(code) => {
                    prop_assert_eq!(parts(message.code), *code);
                    prop_assert_eq!(message.uint(option::OBSERVE), None);
                    self.observed.remove(&message.token);
                }
            }
        }
        for (token, observed) in &self.observed {
            let server = 100 + u16::from(token[1]);
            // Rights may make more or less of an object be seen without that being news.
            if !model.holds_back(server) && !observed.composite && observed.paths[0].level() > 1 {
                let seen = observed.seen(model, server);
                prop_assert_eq!(&seen, &observed.told, "not told: {:?}", observed.paths);
            }
        }
        Ok(())
    }

    /// Whether the device has what the model has.
    fn compare(&mut self, model: &Model) -> std::result::Result<(), TestCaseError> {
        let objects = self.world.host.carrier.objects();
        let object = objects.get(26241).expect("the object");
        let mut data = BTreeMap::new();
        for instance in (0..).map_while(|index| object.instance(index)) {
            let mut values = Values::new();
            for resource in object.definition().resources {
                let at = Path::resource(26241, instance, resource.id);
                let mut keep = |part, path: &Path| {
                    values.extend(object.read(path).map(|v| ((resource.id, part), Owned::of(&v))));
                };
                if !resource.is_multiple() {
                    keep(0, &at);
                }
                let parts = (0..).map_while(|index| object.resource_instance(&at, index));
                for part in parts.filter(|_| resource.is_multiple()) {
                    keep(part, &at.child(part).expect("a path"));
                }
            }
            data.insert(instance, values);
        }
        prop_assert_eq!(&data, &model.data);
        let object = objects.get(2).expect("the object");
        let number = |path: Path| match object.read(&path) {
            Some(Value::Integer(number)) => number as u16,
            _ => u16::MAX,
        };
        let mut rules = BTreeMap::new();
        for id in (0..).map_while(|index| object.instance(index)) {
            let of = |resource| number(Path::resource(2, id, resource));
            let acl = Path::resource(2, id, 2);
            let acl = (0..).map_while(|index| object.resource_instance(&acl, index));
            let acl: Vec<(u16, u8)> = acl
                .map(|part| (part, number(Path::resource_instance(2, id, 2, part)) as u8))
                .collect();
            rules.insert(id, Rule::new(of(0), of(1), of(3), &acl));
        }
        prop_assert_eq!(&rules, &model.rules);
        Ok(())
    }
}
