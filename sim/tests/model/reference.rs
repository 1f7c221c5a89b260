//! The plain model: values in a map, rights in a list, and what each operation does with them.

use crate::everything::{DEFINITION, Owned};
use crate::two::{self, Rule};
use lwm2m_carrier::capacity;
use lwm2m_carrier::lwm2m::{Path, Resource, Type};
use std::collections::{BTreeMap, BTreeSet};

pub type Values = BTreeMap<(u16, u16), Owned>;
/// A code: class and detail.
pub type Code = (u8, u8);
pub type Result<T> = std::result::Result<T, Code>;

pub const BAD_REQUEST: Code = (4, 0);
pub const UNAUTHORIZED: Code = (4, 1);
pub const NOT_FOUND: Code = (4, 4);
pub const NOT_ALLOWED: Code = (4, 5);
pub const UNSUPPORTED: Code = (4, 15);
pub const FULL: Code = (5, 0);

const OBJECT: u16 = 26241;
const NAMES: [&str; 7] = ["pmin", "pmax", "epmin", "epmax", "gt", "lt", "st"];
type Attributes = BTreeMap<usize, f64>;

/// What is at a resource's place in the tables.
#[derive(Clone, Copy)]
pub struct Line {
    read: bool,
    write: bool,
    execute: bool,
    multiple: bool,
    kind: Type,
    range: Option<(i64, i64)>,
}

#[derive(Clone)]
pub struct Model {
    pub data: BTreeMap<u16, Values>,
    /// Instances of object 2.
    pub rules: BTreeMap<u16, Rule>,
    attributes: BTreeMap<(u16, Path), Attributes>,
}

/// The instances that each case begins with: 0 to 2, with few values.
pub fn beginning() -> BTreeMap<u16, Values> {
    let values = BTreeMap::from([
        ((0, 0), Owned::Integer(10)),
        ((2, 0), Owned::Text("text".into())),
        ((4, 0), Owned::Boolean(true)),
        ((7, 0), Owned::Integer(70)),
        ((7, 3), Owned::Integer(73)),
        ((10, 0), Owned::Integer(0)),
    ]);
    (0..3).map(|instance| (instance, values.clone())).collect()
}

fn line(path: &Path) -> Option<Line> {
    let integer = |read, write| Line {
        read,
        write,
        execute: false,
        multiple: false,
        kind: Type::Integer,
        range: None,
    };
    match (path.id(0)?, path.id(2)?) {
        (OBJECT, id) => DEFINITION.resource(id).map(|resource: &Resource| Line {
            read: resource.is_readable(),
            write: resource.is_writable(),
            execute: resource.is_executable(),
            multiple: resource.is_multiple(),
            kind: resource.kind,
            range: (id == 0).then_some((0, 1000)),
        }),
        (2, 0 | 1) => Some(integer(true, false)),
        (2, 2) => Some(Line { multiple: true, range: Some((0, 31)), ..integer(true, true) }),
        (2, 3) => Some(Line { range: Some((0, 65535)), ..integer(true, true) }),
        (3, 1) => Some(Line { kind: Type::String, ..integer(true, false) }),
        _ => None,
    }
}

/// The value of this type that a record's value stands for.
fn typed(line: &Line, value: &Owned, text: bool) -> Option<Owned> {
    let value = match (line.kind, value) {
        (Type::Integer, Owned::Integer(n)) => Owned::Integer(*n),
        (Type::Unsigned, Owned::Integer(n)) => Owned::Unsigned(u64::try_from(*n).ok()?),
        (Type::Float, Owned::Integer(n)) => Owned::Float(*n as f64),
        (Type::Float, Owned::Float(n)) => Owned::Float(*n),
        (Type::String, Owned::Text(words)) => Owned::Text(words.clone()),
        (Type::String, value) if text => Owned::Text(shown(value)),
        (Type::Boolean, Owned::Boolean(on)) => Owned::Boolean(*on),
        (Type::Boolean, Owned::Integer(n @ 0..=1)) if text => Owned::Boolean(*n == 1),
        (Type::Integer, Owned::Boolean(on)) if text => Owned::Integer((*on).into()),
        (Type::Unsigned, Owned::Boolean(on)) if text => Owned::Unsigned((*on).into()),
        (Type::Float, Owned::Boolean(on)) if text => Owned::Float(f64::from(u8::from(*on))),
        _ => return None,
    };
    match (line.range, &value) {
        (Some((min, max)), Owned::Integer(n)) => (min..=max).contains(n).then_some(value),
        _ => Some(value),
    }
}

/// A value as plain text.
pub fn shown(value: &Owned) -> String {
    match value {
        Owned::Integer(n) => n.to_string(),
        Owned::Float(n) => n.to_string(),
        Owned::Boolean(on) => u8::from(*on).to_string(),
        Owned::Text(text) => text.clone(),
        _ => unreachable!("not among the values"),
    }
}

pub type Records = [(Path, Option<Owned>)];

impl Model {
    pub fn new(rules: &[Rule]) -> Self {
        let rules = rules.iter().enumerate().map(|(id, rule)| (id as u16, rule.clone()));
        Self { data: beginning(), rules: rules.collect(), attributes: BTreeMap::new() }
    }

    fn has(&self, object: u16, instance: u16) -> bool {
        match object {
            OBJECT => self.data.contains_key(&instance),
            2 => self.rules.contains_key(&instance),
            _ => instance == 0,
        }
    }

    fn instances(&self, object: u16) -> Vec<u16> {
        match object {
            OBJECT => self.data.keys().copied().collect(),
            2 => self.rules.keys().copied().collect(),
            _ => vec![0],
        }
    }

    /// Core 8.2: the owner, those listed, the default.
    pub fn may(&self, server: u16, path: &Path, right: u8) -> bool {
        let (Some(object), Some(instance)) = (path.id(0), path.id(1)) else { return true };
        if self.rules.is_empty() {
            return true;
        }
        if object == 2 {
            let owner = self.rules.get(&instance).map(|rule| rule.owner);
            return right == two::READ || right == two::WRITE && owner == Some(server);
        }
        let about = |rule: &&Rule| (rule.object, rule.instance) == (object, instance);
        let Some(rule) = self.rules.values().find(about) else { return false };
        let listed = |who| rule.acl.iter().find(|(of, _)| *of == who).map(|(_, rights)| *rights);
        let own = (rule.owner == server).then_some(two::ALL);
        listed(server).or(own).or(listed(0)).unwrap_or(0) & right != 0
    }

    fn value(&self, path: &Path) -> Option<Owned> {
        let (instance, resource) = (path.id(1)?, path.id(2)?);
        let multiple = line(path)?.multiple;
        if path.level() != if multiple { 4 } else { 3 } {
            return None;
        }
        match path.id(0)? {
            OBJECT => {
                let values = self.data.get(&instance)?;
                values.get(&(resource, path.id(3).unwrap_or(0))).cloned()
            }
            2 => {
                let rule = self.rules.get(&instance)?;
                Some(Owned::Integer(match resource {
                    0 => rule.object.into(),
                    1 => rule.instance.into(),
                    2 => rule.acl.iter().find(|(of, _)| Some(*of) == path.id(3))?.1.into(),
                    _ => rule.owner.into(),
                }))
            }
            _ => (resource == 1).then(|| Owned::Text("SIM91".into())),
        }
    }

    fn parts(&self, path: &Path) -> Vec<u16> {
        let (Some(instance), Some(resource)) = (path.id(1), path.id(2)) else { return vec![] };
        match path.id(0) {
            Some(OBJECT) => {
                let values = self.data.get(&instance).into_iter().flatten();
                let of = values.filter(|((of, _), _)| *of == resource);
                of.map(|((_, part), _)| *part).collect()
            }
            Some(2) => self
                .rules
                .get(&instance)
                .map_or(vec![], |rule| rule.acl.iter().map(|(of, _)| *of).collect()),
            _ => vec![],
        }
    }

    /// The line for a path that names what there is, as far as it is known without values.
    fn locate(&self, path: &Path) -> Result<Option<Line>> {
        match path.id(0) {
            None => return Err(NOT_ALLOWED),
            Some(0) => return Err(UNAUTHORIZED),
            Some(OBJECT | 2 | 3) => {}
            Some(_) => return Err(NOT_FOUND),
        }
        if path.id(1).is_some_and(|instance| !self.has(path.id(0).unwrap_or(0), instance)) {
            return Err(NOT_FOUND);
        }
        match (path.id(2), line(path)) {
            (Some(_), None) => Err(NOT_FOUND),
            (_, line) => Ok(line),
        }
    }

    fn find(&self, server: u16, path: &Path, right: u8) -> Result<Option<Line>> {
        let line = self.locate(path)?;
        if self.may(server, path, right) { Ok(line) } else { Err(UNAUTHORIZED) }
    }

    fn target(&self, server: u16, path: &Path) -> Result<Option<Line>> {
        let line = self.find(server, path, two::READ)?;
        if let Some(line) = line {
            let there = match (path.level(), line.multiple) {
                _ if !line.read => return Err(NOT_ALLOWED),
                (3, true) => !self.parts(path).is_empty(),
                _ => self.value(path).is_some(),
            };
            return if there { Ok(Some(line)) } else { Err(NOT_FOUND) };
        }
        if path.level() == 1 {
            let object = path.id(0).unwrap_or(0);
            let mut all = self.instances(object).into_iter();
            let any = all.len() > 0;
            if any && !all.any(|id| self.may(server, &Path::instance(object, id), two::READ)) {
                return Err(UNAUTHORIZED);
            }
        }
        Ok(line)
    }

    /// All that a server may see at or below a path, of the objects of the model.
    fn below(&self, server: u16, path: &Path) -> BTreeMap<Path, Owned> {
        let mut found = BTreeMap::new();
        for object in [2, 3, OBJECT] {
            for instance in self.instances(object) {
                if !self.may(server, &Path::instance(object, instance), two::READ) {
                    continue;
                }
                for resource in 0..12 {
                    let at = Path::resource(object, instance, resource);
                    let Some(line) = line(&at).filter(|line| line.read) else { continue };
                    let leaves: Vec<Path> = match line.multiple {
                        true => self.parts(&at).iter().filter_map(|part| at.child(*part)).collect(),
                        false => vec![at],
                    };
                    for leaf in leaves.into_iter().filter(|leaf| path.contains(leaf)) {
                        found.extend(self.value(&leaf).map(|value| (leaf, value)));
                    }
                }
            }
        }
        found
    }

    pub fn read(&self, server: u16, path: &Path) -> Result<BTreeMap<Path, Owned>> {
        self.target(server, path)?;
        Ok(self.below(server, path))
    }

    pub fn read_composite(&self, server: u16, paths: &[Path]) -> Result<BTreeMap<Path, Owned>> {
        if paths.is_empty() {
            return Err(BAD_REQUEST);
        }
        Ok(paths.iter().flat_map(|path| self.below(server, path)).collect())
    }

    /// The links of Discover.
    pub fn discover(&self, server: u16, path: &Path, depth: Option<u8>) -> Result<String> {
        let line = self.find(server, path, two::READ)?;
        if path.level() > 3 {
            return Err(NOT_ALLOWED);
        }
        if line.is_some() && !self.is_there(path) {
            return Err(NOT_FOUND);
        }
        let level = path.level();
        let deepest = depth.map_or(level.max(2) + 1, |depth| level + usize::from(depth));
        let mut links = Vec::new();
        let object = path.id(0).unwrap_or(0);
        let mut show = |at: Path| {
            if !path.contains(&at) || at.level() > deepest {
                return;
            }
            let mut link = format!("<{at}>");
            if at.level() == 3 && super::reference::line(&at).is_some_and(|line| line.multiple) {
                link += &format!(";dim={}", self.parts(&at).len());
            }
            let attributes = if at.level() == level {
                self.effective(server, &at)
            } else if depth.is_some() || at.level() - level < 2 {
                self.attributes.get(&(server, at)).cloned().unwrap_or_default()
            } else {
                Attributes::new()
            };
            for (name, value) in attributes {
                link += &format!(";{}={value}", NAMES[name]);
            }
            links.push(link);
        };
        show(Path::object(object));
        for instance in self.instances(object) {
            let at = Path::instance(object, instance);
            if !self.may(server, &at, two::READ) {
                continue;
            }
            show(at);
            for resource in 0..12 {
                let at = Path::resource(object, instance, resource);
                if super::reference::line(&at).is_none() || !self.is_there(&at) {
                    continue;
                }
                show(at);
                if super::reference::line(&at).is_some_and(|line| line.multiple) {
                    self.parts(&at).iter().filter_map(|part| at.child(*part)).for_each(&mut show);
                }
            }
        }
        Ok(links.join(","))
    }

    fn is_there(&self, at: &Path) -> bool {
        let Some(line) = line(at) else { return false };
        match (line.read, line.multiple) {
            (true, false) => self.value(at).is_some(),
            (true, true) => !self.parts(at).is_empty() || line.write,
            (false, _) => true,
        }
    }

    fn effective(&self, server: u16, path: &Path) -> Attributes {
        let mut all = Attributes::new();
        for level in 1..=path.level() {
            let own = self.attributes.get(&(server, path.cut(level)));
            all.extend(own.into_iter().flatten());
        }
        all
    }

    /// Whether anything of this server's holds notifications back.
    pub fn holds_back(&self, server: u16) -> bool {
        self.attributes.keys().any(|(of, _)| *of == server)
    }

    pub fn write_attributes(&mut self, server: u16, path: &Path, query: &str) -> Result<()> {
        let line = self.locate(path)?;
        if !self.may(server, path, two::READ) {
            return Err(UNAUTHORIZED);
        }
        if line.is_some_and(|line| !line.read) {
            return Err(NOT_ALLOWED);
        }
        if path.level() == 4 {
            self.target(server, path)?;
        }
        let mut new = self.attributes.get(&(server, *path)).cloned().unwrap_or_default();
        for part in query.split('&') {
            let (name, value) = part.split_once('=').map_or((part, None), |(n, v)| (n, Some(v)));
            let name = NAMES.iter().position(|known| *known == name).ok_or(BAD_REQUEST)?;
            match value {
                None => drop(new.remove(&name)),
                Some(value) => drop(new.insert(name, value.parse().map_err(|_| BAD_REQUEST)?)),
            }
        }
        let get = |name: usize| new.get(&name).copied();
        let step = get(6).unwrap_or(0.0);
        let ordered = get(5).zip(get(4)).is_none_or(|(lt, gt)| lt + 2.0 * step < gt);
        let periods = get(2).zip(get(3)).is_none_or(|(min, max)| min < max);
        let numeric = line.is_some_and(|line| {
            matches!(line.kind, Type::Integer | Type::Unsigned | Type::Float | Type::Time)
        });
        let compares = new.keys().any(|name| *name >= 4);
        if !ordered || !periods || step < 0.0 || compares && !numeric {
            return Err(BAD_REQUEST);
        }
        let known = self.attributes.contains_key(&(server, *path));
        if !known && self.attributes.len() == capacity::ATTRIBUTES {
            return Err(FULL);
        }
        self.attributes.insert((server, *path), new);
        self.attributes.retain(|_, attributes| !attributes.is_empty());
        Ok(())
    }

    pub fn execute(&mut self, server: u16, path: &Path, arguments: &str) -> Result<Option<()>> {
        let line = self.locate(path)?;
        if path.level() != 3 || !line.is_some_and(|line| line.execute) {
            // It is a Write then.
            return Ok(None);
        }
        if !self.may(server, path, two::EXECUTE) {
            return Err(UNAUTHORIZED);
        }
        let digit = arguments.len() == 1 && arguments.bytes().all(|byte| byte.is_ascii_digit());
        if !digit && !["", "0='a',1"].contains(&arguments) {
            return Err(BAD_REQUEST);
        }
        let values = path.id(1).and_then(|id| self.data.get_mut(&id)).ok_or(NOT_FOUND)?;
        if let Some(Owned::Integer(times)) = values.get_mut(&(10, 0)) {
            *times += 1;
        }
        Ok(Some(()))
    }

    pub fn delete(&mut self, server: u16, path: &Path) -> Result<()> {
        self.locate(path)?;
        let (Some(OBJECT), Some(instance), 2) = (path.id(0), path.id(1), path.level()) else {
            return Err(NOT_ALLOWED);
        };
        if !self.may(server, path, two::DELETE) {
            return Err(UNAUTHORIZED);
        }
        self.data.remove(&instance);
        self.attributes.retain(|(_, at), _| !path.contains(at));
        self.disown(instance);
        Ok(())
    }

    fn disown(&mut self, instance: u16) {
        let about: BTreeSet<u16> = self
            .rules
            .iter()
            .filter(|(_, rule)| (rule.object, rule.instance) == (OBJECT, instance))
            .map(|(id, _)| *id)
            .collect();
        for id in about {
            self.rules.remove(&id);
            self.attributes.retain(|(_, at), _| !Path::instance(2, id).contains(at));
        }
    }

    /// Write and Create, with records of SenML, or (`text`) one value. The ID of a new instance.
    pub fn write(
        &mut self,
        server: u16,
        path: &Path,
        put: bool,
        text: bool,
        records: &Records,
    ) -> Result<Option<u16>> {
        let line = self.locate(path)?;
        let create = match (put, path.level()) {
            (false, 1) if path.id(0) == Some(OBJECT) => true,
            (true, 2..=4) => false,
            (false, 3) if line.is_some_and(|line| line.execute) => unreachable!("an Execute"),
            (false, 2..=3) => false,
            _ => return Err(NOT_ALLOWED),
        };
        let (of, right) = match create {
            true => (Path::instance(OBJECT, two::ANY), two::CREATE),
            false => (*path, two::WRITE),
        };
        if !self.may(server, &of, right) {
            return Err(UNAUTHORIZED);
        }
        if text && path.level() < 3 {
            return Err(UNSUPPORTED);
        }
        let before = self.clone();
        let result = self.write_all(server, path, create, put, text, records);
        if result.is_err() {
            *self = before;
        }
        result
    }

    fn write_all(
        &mut self,
        server: u16,
        path: &Path,
        create: bool,
        put: bool,
        text: bool,
        records: &Records,
    ) -> Result<Option<u16>> {
        let mut new = None;
        if create {
            let first = records.first().map(|(at, _)| *at);
            if first.is_some_and(|at| !path.contains(&at)) {
                return Err(BAD_REQUEST);
            }
            let named = first.and_then(|at| at.id(1)).filter(|id| *id != two::ANY);
            let id = match named {
                Some(id) if self.data.contains_key(&id) => return Err(BAD_REQUEST),
                Some(id) => id,
                None => (0..).find(|id| !self.data.contains_key(id)).unwrap_or(0),
            };
            new = Some(id);
            let about = |rule: &Rule| (rule.object, rule.instance) == (OBJECT, id);
            let there = self.rules.values().any(about);
            if !self.rules.is_empty() && !there && self.rules.len() == capacity::ACCESS_CONTROLS {
                return Err(FULL);
            }
            self.data.insert(id, Values::new());
        } else if put && path.level() < 4 {
            self.clear(path);
        }
        self.put_all(path, new, text, records)?;
        if let Some(id) = new {
            if !self.data[&id].contains_key(&(0, 0)) {
                return Err(BAD_REQUEST);
            }
            if !self.rules.is_empty() {
                self.disown(id);
                let free = (0..).find(|free| !self.rules.contains_key(free)).unwrap_or(0);
                self.rules.insert(free, Rule::new(OBJECT, id, server, &[]));
            }
        }
        Ok(new)
    }

    /// What a Write that replaces leaves: values that can be written go.
    fn clear(&mut self, path: &Path) {
        let (Some(object), Some(instance)) = (path.id(0), path.id(1)) else { return };
        let goes = |resource: u16| {
            let at = Path::resource(object, instance, resource);
            let line = line(&at).filter(|line| line.write);
            path.contains(&at) && line.is_some_and(|line| path.level() == 2 || line.multiple)
        };
        if let (OBJECT, Some(values)) = (object, self.data.get_mut(&instance)) {
            values.retain(|(resource, _), _| *resource == 0 || !goes(*resource));
        }
        if let (2, Some(rule)) = (object, self.rules.get_mut(&instance))
            && goes(2)
        {
            rule.acl.clear();
        }
    }

    /// Writes one record after the other; the first error ends it.
    fn put_all(
        &mut self,
        path: &Path,
        new: Option<u16>,
        text: bool,
        records: &Records,
    ) -> Result<()> {
        // A request finds no room only when all else about it is right, record by record.
        for (at, value) in records {
            if !path.contains(at) {
                return Err(BAD_REQUEST);
            }
            let mut at = *at;
            if let Some(id) = new {
                match at.id(1) {
                    Some(named) if named == id || named == two::ANY => {
                        let rest: String =
                            at.ids()[2..].iter().map(|id| format!("/{id}")).collect();
                        at = Path::parse(&format!("/{OBJECT}/{id}{rest}")).expect("a path");
                    }
                    _ => return Err(BAD_REQUEST),
                }
            } else if at.id(1) == Some(two::ANY) {
                return Err(BAD_REQUEST);
            }
            if at.id(2).is_none() {
                continue;
            }
            let line = line(&at).ok_or(NOT_FOUND)?;
            if !line.write {
                return Err(NOT_ALLOWED);
            }
            match (value, at.level(), line.multiple) {
                (None, 3, true) => continue,
                (Some(value), 3, false) | (Some(value), 4, true) => {
                    let value = typed(&line, value, text).ok_or(BAD_REQUEST)?;
                    self.put(&at, value)?;
                }
                _ => return Err(BAD_REQUEST),
            }
        }
        Ok(())
    }

    fn put(&mut self, at: &Path, value: Owned) -> Result<()> {
        let (Some(instance), Some(resource)) = (at.id(1), at.id(2)) else { unreachable!() };
        let part = at.id(3).unwrap_or(0);
        match (at.id(0), value) {
            (Some(OBJECT), value) => {
                self.data.get_mut(&instance).ok_or(NOT_FOUND)?.insert((resource, part), value);
            }
            (_, Owned::Integer(number)) => {
                let rule = self.rules.get_mut(&instance).ok_or(NOT_FOUND)?;
                if resource == 3 {
                    rule.owner = number as u16;
                    return Ok(());
                }
                rule.acl.retain(|(of, _)| *of != part);
                if rule.acl.len() == capacity::SERVERS + 1 {
                    return Err(FULL);
                }
                rule.acl.push((part, number as u8));
                rule.acl.sort_unstable();
            }
            _ => unreachable!("rules are numbers"),
        }
        Ok(())
    }

    /// Write-Composite.
    pub fn write_composite(&mut self, server: u16, records: &Records) -> Result<()> {
        let before = self.clone();
        for (at, value) in records {
            let result =
                before.find(server, at, two::WRITE).and_then(|_| match (at.id(2), value) {
                    // Only what lies at one path is ever emptied.
                    (None, _) => Err(BAD_REQUEST),
                    (Some(_), None) if line(at).is_some_and(|line| line.multiple && line.write) => {
                        Err(BAD_REQUEST)
                    }
                    _ => self.put_all(&Path::ROOT, None, false, &[(*at, value.clone())]),
                });
            if let Err(code) = result {
                *self = before;
                return Err(code);
            }
        }
        Ok(())
    }
}
