//! What `device` takes on standard input, a command a line.

use lwm2m_carrier::lwm2m::Path;

/// A command to a running device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Bring the link up again after `stop`, and register.
    Start,
    /// De-register and take the link down.
    Stop,
    /// Send an Update to every server; register where the device is not registered.
    Update,
    /// De-register from every server.
    Deregister,
    /// Show what is at a path.
    Get(Path),
    /// Change a Resource or Resource Instance, as the device itself would.
    Set(Path, String),
    /// Create an Object Instance; its number is chosen when only the Object is given.
    Create(Path),
    /// Delete an Object Instance.
    Delete(Path),
    /// Send the values at these paths to the server (LwM2M Send).
    Send(Vec<Path>),
    /// Restart the device.
    Reboot,
    /// The network is out of reach.
    LinkDown,
    /// The network is in reach again.
    LinkUp,
    /// De-register and end the process.
    Quit,
    /// Show the commands.
    Help,
}

impl Command {
    /// What `help` shows.
    pub const HELP: &'static str = "\
start            bring the link up again after `stop`, and register
stop             de-register and take the link down
update           send a registration Update (register where not registered)
deregister       de-register from every server
get PATH         show the value at /OBJECT[/INSTANCE[/RESOURCE[/INSTANCE]]]
set PATH VALUE   change the value of a Resource; VALUE is the rest of the line, \"\" is empty
create PATH      create an Object Instance (/OBJECT/INSTANCE, or /OBJECT for a free number)
delete PATH      delete an Object Instance
send PATH...     send the values at these paths to the server
reboot           restart the device
link down        the network is out of reach
link up          the network is in reach again
quit             de-register and end
help             show this";

    /// Reads a line; `None` when it is blank or a comment (`#`).
    ///
    /// # Errors
    /// What is wrong and what is allowed.
    pub fn parse(line: &str) -> Result<Option<Self>, String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (word, rest) = split(line);
        let alone = |command: Self| {
            if rest.is_empty() {
                Ok(command)
            } else {
                Err(format!("`{word}` takes nothing after it, found `{rest}`"))
            }
        };
        let command = match word {
            "start" => alone(Self::Start)?,
            "stop" => alone(Self::Stop)?,
            "update" => alone(Self::Update)?,
            "deregister" => alone(Self::Deregister)?,
            "reboot" => alone(Self::Reboot)?,
            "quit" => alone(Self::Quit)?,
            "help" => alone(Self::Help)?,
            "link" => match rest {
                "down" => Self::LinkDown,
                "up" => Self::LinkUp,
                _ => return Err("`link` is followed by `down` or `up`".into()),
            },
            "get" => Self::Get(only_path(word, rest, 1, 4)?),
            "create" => Self::Create(only_path(word, rest, 1, 2)?),
            "delete" => Self::Delete(only_path(word, rest, 2, 2)?),
            "set" => {
                let (path, value) = split(rest);
                let path = path_of(word, path, 3, 4)?;
                match value {
                    "" => return Err("`set` needs a value after the path (\"\" is empty)".into()),
                    "\"\"" => Self::Set(path, String::new()),
                    value => Self::Set(path, value.into()),
                }
            }
            "send" => {
                let paths = rest.split_whitespace().map(|path| path_of(word, path, 1, 4));
                let paths = paths.collect::<Result<Vec<_>, _>>()?;
                if paths.is_empty() {
                    return Err("`send` needs at least one path".into());
                }
                Self::Send(paths)
            }
            _ => return Err(format!("there is no command `{word}`; `help` shows all")),
        };
        Ok(Some(command))
    }
}

/// The first word, and the rest without the blanks before it.
fn split(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

fn only_path(word: &str, text: &str, least: usize, most: usize) -> Result<Path, String> {
    let (path, rest) = split(text);
    if !rest.is_empty() {
        return Err(format!("`{word}` takes one path, found `{rest}` after it"));
    }
    path_of(word, path, least, most)
}

fn path_of(word: &str, text: &str, least: usize, most: usize) -> Result<Path, String> {
    const FORMS: [&str; 4] = [
        "/OBJECT",
        "/OBJECT/INSTANCE",
        "/OBJECT/INSTANCE/RESOURCE",
        "/OBJECT/INSTANCE/RESOURCE/INSTANCE",
    ];
    let forms = FORMS.get(least - 1..most).unwrap_or(&FORMS).join(" or ");
    if text.is_empty() {
        return Err(format!("`{word}` needs a path: {forms}"));
    }
    match Path::parse(text) {
        Some(path) if (least..=most).contains(&path.level()) => Ok(path),
        Some(_) => Err(format!("`{word}` needs {forms}, not `{text}`")),
        None => Err(format!("`{text}` is no path: {forms}, each a number from 0 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_read() {
        let path = |text| Path::parse(text).unwrap();
        let table = [
            ("start", Command::Start),
            ("  stop ", Command::Stop),
            ("update", Command::Update),
            ("deregister", Command::Deregister),
            ("get /3/0", Command::Get(path("/3/0"))),
            ("get 4", Command::Get(path("/4"))),
            ("set /3/0/15 Europe/Berlin", Command::Set(path("/3/0/15"), "Europe/Berlin".into())),
            ("set /3/0/17  two  words ", Command::Set(path("/3/0/17"), "two  words".into())),
            ("set /3/0/14 \"\"", Command::Set(path("/3/0/14"), String::new())),
            ("create /3303/1", Command::Create(path("/3303/1"))),
            ("create /3303", Command::Create(path("/3303"))),
            ("delete /3303/1", Command::Delete(path("/3303/1"))),
            ("send /4/0/2 /3/0", Command::Send(vec![path("/4/0/2"), path("/3/0")])),
            ("reboot", Command::Reboot),
            ("link down", Command::LinkDown),
            ("link\tup", Command::LinkUp),
            ("quit", Command::Quit),
            ("help", Command::Help),
        ];
        for (line, command) in table {
            assert_eq!(Command::parse(line), Ok(Some(command)), "{line}");
        }
        assert_eq!(Command::parse("  "), Ok(None));
        assert_eq!(Command::parse("# a comment"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let table = [
            ("begin", "there is no command `begin`"),
            ("start now", "`start` takes nothing after it, found `now`"),
            ("link", "`down` or `up`"),
            ("link sideways", "`down` or `up`"),
            ("get", "`get` needs a path"),
            ("get /", "`get` needs /OBJECT or"),
            ("get /3//0", "`/3//0` is no path"),
            ("get /65536", "from 0 to 65535"),
            ("get /3 /4", "takes one path, found `/4`"),
            ("set /3/0 x", "`set` needs /OBJECT/INSTANCE/RESOURCE or"),
            ("set /3/0/15", "needs a value"),
            ("create /3/0/1", "`create` needs /OBJECT or /OBJECT/INSTANCE, not `/3/0/1`"),
            ("delete /3", "`delete` needs /OBJECT/INSTANCE, not `/3`"),
            ("send", "at least one path"),
            ("send /4 x", "`x` is no path"),
        ];
        for (line, says) in table {
            let error = Command::parse(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }

    #[test]
    fn the_help_names_every_command() {
        for word in ["start", "stop", "update", "deregister", "get", "set", "create", "delete"] {
            assert!(Command::HELP.lines().any(|line| line.starts_with(word)), "{word}");
        }
        for word in ["send", "reboot", "link down", "link up", "quit", "help"] {
            assert!(Command::HELP.lines().any(|line| line.starts_with(word)), "{word}");
        }
    }
}
