//! A device's own look at its data model: values as text, and back.
//!
//! The device may set what servers only read. Object 0 shows no key: the modem has them.

use std::fmt::Write;

use lwm2m_carrier::coap::Code;
use lwm2m_carrier::lwm2m::objects::device::{self, id};
use lwm2m_carrier::lwm2m::objects::{Device, firmware, security};
use lwm2m_carrier::lwm2m::{Context, Object, Objects, Path, Resource, Type, Value};

/// A value, as `get` shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Resource or Resource Instance.
    pub path: Path,
    /// Its type, in lower case.
    pub kind: &'static str,
    /// Its value: opaque bytes in hexadecimal, line breaks and backslashes escaped.
    pub text: String,
}

/// The values at and below `path`, in ascending order.
///
/// # Errors
/// What of it is not there.
pub fn get(objects: &Objects<'_>, path: &Path) -> Result<Vec<Shown>, String> {
    let object = object(objects, path)?;
    let mut found = Vec::new();
    let instances: Vec<u16> = (0..).map_while(|index| object.instance(index)).collect();
    let wanted = |id: &&u16| path.id(1).is_none_or(|wanted| wanted == **id);
    for instance in instances.iter().filter(wanted) {
        for resource in object.definition().resources {
            let at = Path::resource(path.id(0).unwrap_or_default(), *instance, resource.id);
            collect(object, resource, at, &mut found);
        }
    }
    found.retain(|shown| path.contains(&shown.path));
    let there = match path.level() {
        1 => true,
        2 => path.id(1).is_some_and(|id| instances.contains(&id)),
        _ => !found.is_empty(),
    };
    if there { Ok(found) } else { Err(format!("there is no {path}")) }
}

fn object<'a>(objects: &'a Objects<'_>, path: &Path) -> Result<&'a dyn Object, String> {
    let object = path.id(0).and_then(|id| objects.get(id));
    object.ok_or_else(|| format!("there is no object {}", path.cut(1)))
}

fn collect(object: &dyn Object, resource: &Resource, at: Path, found: &mut Vec<Shown>) {
    let mut add = |path: Path| {
        if let Some(value) = object.read(&path) {
            found.push(Shown { path, kind: name(resource.kind), text: show(&value) });
        }
    };
    if resource.kind == Type::None {
        return;
    }
    if !resource.is_multiple() {
        return add(at);
    }
    (0..)
        .map_while(|index| object.resource_instance(&at, index))
        .filter_map(|id| at.child(id))
        .for_each(add);
}

const fn name(kind: Type) -> &'static str {
    match kind {
        Type::String => "string",
        Type::Integer => "integer",
        Type::Unsigned => "unsigned",
        Type::Float => "float",
        Type::Boolean => "boolean",
        Type::Opaque => "opaque",
        Type::Time => "time",
        Type::ObjectLink => "objlnk",
        Type::CoreLink => "corelnk",
        Type::None => "none",
    }
}

fn show(value: &Value<'_>) -> String {
    match *value {
        Value::String(text) | Value::CoreLink(text) => escape(text),
        Value::Integer(number) | Value::Time(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Opaque(bytes) => hex(bytes),
        Value::ObjectLink(object, instance) => format!("{object}:{instance}"),
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A text that stays on its line.
pub fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '\\' => escaped.push_str("\\\\"),
            c if c.is_control() => escaped.extend(c.escape_default()),
            c => escaped.push(c),
        }
        escaped
    })
}

/// A text as a value of a type; `bytes` is where opaque bytes are kept.
fn read<'a>(kind: Type, text: &'a str, bytes: &'a mut Vec<u8>) -> Option<Value<'a>> {
    Some(match kind {
        Type::String => Value::String(text),
        Type::CoreLink => Value::CoreLink(text),
        Type::Integer => Value::Integer(text.parse().ok()?),
        Type::Time => Value::Time(text.parse().ok()?),
        Type::Unsigned => Value::Unsigned(text.parse().ok()?),
        Type::Float => Value::Float(text.parse().ok().filter(|it: &f64| it.is_finite())?),
        Type::Boolean => Value::Boolean(match text {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return None,
        }),
        Type::Opaque => {
            let digits: Option<Vec<u8>> =
                text.chars().map(|it| it.to_digit(16).and_then(|it| it.try_into().ok())).collect();
            let digits = digits?;
            let (pairs, rest) = digits.as_chunks::<2>();
            bytes.extend(pairs.iter().map(|[high, low]| high << 4 | low));
            rest.is_empty().then_some(Value::Opaque(bytes))?
        }
        Type::ObjectLink => {
            let (object, instance) = text.split_once(':')?;
            Value::ObjectLink(object.parse().ok()?, instance.parse().ok()?)
        }
        Type::None => return None,
    })
}

/// Sets the value at `path`; gives the paths of all values that are new ones.
///
/// # Errors
/// Why it cannot be set.
pub fn set(objects: &mut Objects<'_>, path: &Path, text: &str) -> Result<Vec<Path>, String> {
    let before = get(objects, &path.cut(2))?;
    let resource = path.id(2).and_then(|id| object(objects, path).ok()?.definition().resource(id));
    let resource =
        resource.ok_or_else(|| format!("object {} has no such resource", path.cut(1)))?;
    if matches!(path.id(0), Some(security::OBJECT | firmware::OBJECT)) {
        return Err(format!("object {} is not for the device to set", path.cut(1)));
    }
    if path.id(0) != Some(device::OBJECT) || path.id(2) != Some(id::ERROR_CODE) {
        match (resource.is_multiple(), path.level()) {
            (true, 3) => return Err(format!("{path} is multiple: name a Resource Instance")),
            (false, 4) => return Err(format!("{} is single", path.cut(3))),
            _ => {}
        }
    }
    let mut bytes = Vec::new();
    let Some(value) = read(resource.kind, text, &mut bytes) else {
        return Err(match resource.kind {
            Type::None => format!("{path} has no value: it can be executed"),
            kind => format!("`{text}` is no {}", name(kind)),
        });
    };
    if !resource.allows(&value) {
        return Err(format!("`{text}` is out of range"));
    }
    if path.id(0) != Some(device::OBJECT) || !set_device(&mut objects.device, path, &value)? {
        let object = path.id(0).and_then(|id| objects.get_mut(id)).ok_or("no such object")?;
        object
            .accepts(path, &value)
            .and_then(|()| object.write(path, &value, &mut Context::new(0)))
            .map_err(refused)?;
    }
    let after = get(objects, &path.cut(2))?;
    Ok(after.into_iter().filter(|new| !before.contains(new)).map(|new| new.path).collect())
}

fn refused(code: Code) -> String {
    match code {
        Code::METHOD_NOT_ALLOWED => "the device cannot set it".into(),
        Code::NOT_FOUND => "it is not there".into(),
        code => format!("the object refuses it: {code:?}"),
    }
}

/// Sets what an application tells the Device Object; `false`: it is written like any other.
fn set_device(device: &mut Device, path: &Path, value: &Value<'_>) -> Result<bool, String> {
    let number = |value: i64, what: &str| {
        i32::try_from(value).map_err(|_| format!("{value} is too much for {what}"))
    };
    let byte = |value: i64| u8::try_from(value).map_err(|_| format!("{value} is out of range"));
    let done = match (path.id(2).unwrap_or_default(), *value) {
        (id::UTC_OFFSET | id::CURRENT_TIME, _) => return Ok(false),
        (resource, Value::String(text)) => {
            device.set_text(resource, text);
            true
        }
        (id::BATTERY_LEVEL, Value::Integer(level)) => device.set_battery_level(byte(level)?),
        (id::BATTERY_STATUS, Value::Integer(status)) => device.set_battery_status(byte(status)?),
        (id::ERROR_CODE, Value::Integer(code)) => device.add_error(byte(code)?),
        (id::POWER_VOLTAGE, Value::Integer(value)) => {
            device.set_voltage(source(path), number(value, "a voltage")?)
        }
        (id::POWER_CURRENT, Value::Integer(value)) => {
            device.set_current(source(path), number(value, "a current")?)
        }
        (resource @ (id::MEMORY_FREE | id::MEMORY_TOTAL), Value::Integer(size)) => {
            let size = u32::try_from(size).map_err(|_| format!("{size} is out of range"))?;
            let known = |id| match device.read(&Path::resource(device::OBJECT, 0, id)) {
                Some(Value::Integer(size)) => u32::try_from(size).unwrap_or(u32::MAX),
                _ => 0,
            };
            match resource {
                id::MEMORY_FREE => device.set_memory(size, known(id::MEMORY_TOTAL)),
                _ => device.set_memory(known(id::MEMORY_FREE), size),
            }
            true
        }
        _ => return Ok(false),
    };
    if done { Ok(true) } else { Err(format!("{path} is not there, or the value out of range")) }
}

/// The power source that a Resource Instance is of.
fn source(path: &Path) -> u8 {
    path.id(3).and_then(|id| id.try_into().ok()).unwrap_or(u8::MAX)
}

/// Creates the Object Instance at `path`, or one with a free number when only the Object is given.
///
/// # Errors
/// Why not.
pub fn create(objects: &mut Objects<'_>, path: &Path) -> Result<Path, String> {
    let object = object(objects, path)?;
    let taken: Vec<u16> = (0..).map_while(|index| object.instance(index)).collect();
    // 65535 is no Object Instance ID.
    let free = || (0..u16::MAX).find(|id| !taken.contains(id));
    let id = path.id(1).or_else(free).filter(|id| *id != u16::MAX);
    let path = id.and_then(|id| path.cut(1).child(id)).ok_or("no number is free")?;
    if path.id(1).is_some_and(|id| taken.contains(&id)) {
        return Err(format!("{path} is there already"));
    }
    let (object, id) = changeable(objects, &path)?;
    object.create(id, &mut Context::new(0)).map_err(refused)?;
    Ok(path)
}

/// Deletes the Object Instance at `path`.
///
/// # Errors
/// Why not.
pub fn delete(objects: &mut Objects<'_>, path: &Path) -> Result<(), String> {
    get(objects, path)?;
    let (object, id) = changeable(objects, path)?;
    object.delete(id, &mut Context::new(0)).map_err(refused)
}

fn changeable<'a>(
    objects: &'a mut Objects<'_>,
    path: &Path,
) -> Result<(&'a mut dyn Object, u16), String> {
    let object = path.id(0).and_then(|id| objects.get_mut(id)).ok_or("no such object")?;
    if !object.definition().creatable {
        return Err(format!("object {} has the instances that it has", path.cut(1)));
    }
    Ok((object, path.id(1).ok_or("no such instance")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::{Actuator, Temperature};

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    /// What `steps` lead to, a line each.
    fn play(steps: &[&str]) -> Vec<String> {
        let mut temperature = Temperature::new();
        let mut actuator = Actuator::default();
        let mut list: [&mut dyn Object; 2] = [&mut temperature, &mut actuator];
        let mut objects = Objects::new(&mut list);
        let mut said = Vec::new();
        for step in steps {
            let words: Vec<&str> = step.splitn(3, ' ').collect();
            let path = path(words[1]);
            said.push(match words[0] {
                "get" => match get(&objects, &path) {
                    Ok(found) => found
                        .iter()
                        .map(|it| format!("{} {} {}", it.path, it.kind, it.text))
                        .collect::<Vec<_>>()
                        .join(", "),
                    Err(error) => error,
                },
                "set" => match set(&mut objects, &path, words[2]) {
                    Ok(changed) => format!("{changed:?}"),
                    Err(error) => error,
                },
                "create" => match create(&mut objects, &path) {
                    Ok(path) => path.to_string(),
                    Err(error) => error,
                },
                _ => delete(&mut objects, &path).err().unwrap_or_default(),
            });
        }
        said
    }

    #[test]
    fn the_device_sets_what_servers_only_read() {
        assert_eq!(
            play(&["set /3303/0/5700 21.5", "get /3303/0/5700", "set /3303/0/5700 18", "get 3303"]),
            [
                "[/3303/0/5602, /3303/0/5700]",
                "/3303/0/5700 float 21.5",
                "[/3303/0/5601, /3303/0/5700]",
                "/3303/0/5601 float 18, /3303/0/5602 float 21.5, /3303/0/5700 float 18, \
                 /3303/0/5701 string Cel",
            ]
        );
        assert_eq!(
            play(&["set /3/0/9 87", "set /3/0/9 87", "get /3/0/9", "set /3/0/10 5", "get /3/0/21"]),
            ["[/3/0/9]", "[]", "/3/0/9 integer 87", "[/3/0/10, /3/0/21]", "/3/0/21 integer 0"]
        );
        assert_eq!(
            play(&["set /3/0/15 Europe/Paris", "get /3/0/15", "set /3/0/0 a\\b", "get /3/0/0"]),
            ["[/3/0/15]", "/3/0/15 string Europe/Paris", "[/3/0/0]", "/3/0/0 string a\\\\b"]
        );
    }

    #[test]
    fn a_lamp_is_switched_and_dimmed() {
        assert_eq!(
            play(&[
                "set /3306/0/5850 true",
                "set /3306/0/5851 101",
                "set /3306/0/5851 40",
                "get /3306"
            ]),
            [
                "[/3306/0/5850]",
                "`101` is out of range",
                "[/3306/0/5851]",
                "/3306/0/5850 boolean true, /3306/0/5851 integer 40",
            ]
        );
    }

    #[test]
    fn instances_come_and_go() {
        assert_eq!(
            play(&["create /3303", "create /3303/7", "create /3303/7", "get /3303/7/5700"]),
            ["/3303/1", "/3303/7", "/3303/7 is there already", "/3303/7/5700 float 0"]
        );
        assert_eq!(
            play(&["delete /3303/0", "delete /3303/0", "create /3303", "create /3", "delete /1/0"]),
            [
                "",
                "there is no /3303/0",
                "/3303/0",
                "object /3 has the instances that it has",
                "there is no /1/0",
            ]
        );
    }

    #[test]
    fn what_cannot_be_set_is_said() {
        let table = [
            ("set /3303/0/5701 F", "the device cannot set it"),
            ("set /3303/0/5605 1", "has no value"),
            ("set /3303/0/5700 warm", "`warm` is no float"),
            ("set /3303/0/5700 inf", "`inf` is no float"),
            ("set /3303/0/5700/1 1", "/3303/0/5700 is single"),
            ("set /3303/0/1 1", "has no such resource"),
            ("set /3303/4/5700 1", "there is no /3303/4"),
            ("set /99/0/1 1", "there is no object /99"),
            ("set /3/0/9 101", "out of range"),
            ("set /3/0/9 -1", "out of range"),
            ("set /3/0/7 1", "is multiple"),
            ("set /3/0/7/9 1", "is not there"),
            ("set /5/0/1 coap://192.0.2.1/", "not for the device"),
            ("get /3/0/77", "there is no /3/0/77"),
        ];
        for (step, says) in table {
            let said = play(&[step]).remove(0);
            assert!(said.contains(says), "{step}: {said}");
        }
    }

    #[test]
    fn a_line_break_does_not_break_a_line() {
        assert_eq!(escape("a\r\n\\b\u{1b}ü"), "a\\r\\n\\\\b\\u{1b}ü");
        assert_eq!(hex(&[0, 0xAB]), "00ab");
    }
}
