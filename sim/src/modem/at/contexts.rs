//! Packet data contexts: the default one, which comes with the registration, and others.

use super::{Answer, Error, Lines, SimModem, fields, line, ok};
use lwm2m_carrier::modem::PdnType;
use std::collections::BTreeMap;

/// A context beside the default one.
#[derive(Clone, Debug)]
struct Context {
    apn: String,
    pdn_type: PdnType,
    active: bool,
}

/// The contexts beside the default one, and how the device proves who it is, by identifier.
#[derive(Clone, Default)]
pub(in crate::modem) struct Contexts(BTreeMap<u8, Context>, BTreeMap<u8, [String; 3]>);

impl Contexts {
    /// Every connection is gone; definitions stay.
    pub(in crate::modem) fn drop_connections(&mut self) {
        self.0.values_mut().for_each(|context| context.active = false);
    }
}

fn type_name(pdn_type: PdnType) -> &'static str {
    match pdn_type {
        PdnType::Ipv4v6 => "IPV4V6",
        PdnType::Ipv4 => "IP",
        PdnType::Ipv6 => "IPV6",
        PdnType::NonIp => "Non-IP",
    }
}

fn type_of(name: &str) -> Option<PdnType> {
    [PdnType::Ipv4v6, PdnType::Ipv4, PdnType::Ipv6, PdnType::NonIp]
        .into_iter()
        .find(|pdn_type| type_name(*pdn_type) == name)
}

impl SimModem {
    /// Identifier of the default connection's context.
    pub(in crate::modem) fn default_context(&self) -> u8 {
        u8::from(self.config.plain)
    }

    /// How the host proves who it is in a context: +CGAUTH's protocol, user name, password.
    pub fn authentication(&self, context: u8) -> Option<&[String; 3]> {
        self.contexts.1.get(&context)
    }

    /// Access Point Name of a context beside the default one, and whether its connection is up.
    pub fn context(&self, context: u8) -> Option<(&str, bool)> {
        self.contexts.0.get(&context).map(|context| (&*context.apn, context.active))
    }

    /// Carries out a command about contexts, if it is one.
    pub(super) fn context_command(&mut self, name: &str, arguments: &str) -> Option<Answer> {
        let default = self.default_context();
        let value = arguments.get(1..).unwrap_or_default();
        let number = |text: &str| text.parse::<u8>().ok().filter(|context| *context <= 10);
        Some(match (name, arguments) {
            ("+CGDCONT", "?") => Lines(self.definitions()),
            ("+CGDCONT", _) => self.define(&fields(value)),
            ("+CGACT", "?") => {
                let mut lines = vec![format!("+CGACT: {default},{}", u8::from(self.pdn))];
                lines.extend(
                    self.contexts
                        .0
                        .iter()
                        .map(|(context, it)| format!("+CGACT: {context},{}", u8::from(it.active))),
                );
                Lines(lines)
            }
            ("+CGACT", _) => match fields(value)[..] {
                [state @ ("0" | "1"), context] => match number(context) {
                    Some(context) => self.activate(context, state == "1"),
                    None => Error(50),
                },
                _ => Error(50),
            },
            ("+CGPADDR", _) if number(value) == Some(default) => {
                let mut text = format!("+CGPADDR: {default}");
                for address in self.addresses() {
                    text += &format!(",\"{address}\"");
                }
                line(text)
            }
            ("+CGAUTH", _) => match fields(value)[..] {
                [context, "0"] if number(context).is_some() => {
                    self.contexts.1.remove(&number(context)?);
                    ok()
                }
                [context, kind @ ("1" | "2"), user, password] if number(context).is_some() => {
                    let told = [kind, user, password].map(String::from);
                    self.contexts.1.insert(number(context)?, told);
                    ok()
                }
                _ => Error(50),
            },
            ("%XNEWCID", "?") => match (1..=10).find(|id| !self.contexts.0.contains_key(id)) {
                Some(id) => line(format!("%XNEWCID: {id}")),
                None => Error(0),
            },
            ("%XGETPDNID", _) => match number(value) {
                Some(id) if id == default && self.pdn => line("%XGETPDNID: 0"),
                Some(id) if self.contexts.0.get(&id).is_some_and(|it| it.active) => {
                    line(format!("%XGETPDNID: {id}"))
                }
                _ => Error(0),
            },
            _ => return None,
        })
    }

    fn addresses(&self) -> &[String] {
        if self.pdn { &self.config.addresses } else { &[] }
    }

    fn definitions(&self) -> Vec<String> {
        let default = self.default_context();
        let apn = match self.apn.as_str() {
            "" if self.pdn => &self.config.apn,
            apn => apn,
        };
        let kind = type_name(self.pdn_type);
        let addresses = self.addresses().join(" ");
        let mut lines =
            vec![format!("+CGDCONT: {default},\"{kind}\",\"{apn}\",\"{addresses}\",0,0")];
        lines.extend(self.contexts.0.iter().map(|(id, context)| {
            let (kind, apn) = (type_name(context.pdn_type), &context.apn);
            format!("+CGDCONT: {id},\"{kind}\",\"{apn}\",\"\",0,0")
        }));
        lines
    }

    fn define(&mut self, fields: &[&str]) -> Answer {
        let id = fields.first().and_then(|id| id.parse::<u8>().ok()).filter(|id| *id <= 10);
        let (Some(id), default) = (id, self.default_context()) else { return Error(50) };
        let (kind, apn) = match fields {
            [_] if id != default => {
                self.contexts.0.remove(&id);
                return ok();
            }
            [_, kind] => (*kind, ""),
            [_, kind, apn] => (*kind, *apn),
            _ => return Error(50),
        };
        let Some(pdn_type) = type_of(kind) else { return Error(50) };
        let apn = apn.to_owned();
        if id == default {
            (self.pdn_type, self.apn) = (pdn_type, apn);
        } else {
            self.contexts.0.insert(id, Context { apn, pdn_type, active: false });
        }
        ok()
    }

    fn activate(&mut self, id: u8, on: bool) -> Answer {
        let default = self.default_context();
        if !self.is_registered() {
            return Error(30);
        }
        let active = match self.contexts.0.get_mut(&id) {
            Some(context) => &mut context.active,
            // The default one comes with the registration, and stays.
            None if id == default => return if on { ok() } else { Error(3) },
            None => return Error(3),
        };
        if let Some(cause) = self.refuse_pdn.filter(|_| on) {
            self.notify_rejection(cause, id);
            return Error(0);
        }
        *active = on;
        self.notify_packet(&format!("ME PDN {} {id}", if on { "ACT" } else { "DEACT" }));
        ok()
    }
}
