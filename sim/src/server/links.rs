//! Links in CoRE link format (RFC 6690), as Register and Discover carry them.

/// A link: `</1/0>;ver=1.1`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// What stands between the angle brackets.
    pub target: String,
    /// The attributes, without quotes.
    pub attributes: Vec<(String, Option<String>)>,
}

impl Link {
    /// The value of attribute `name`; empty if it has none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(n, _)| n == name)?;
        Some(value.as_deref().unwrap_or(""))
    }
}

/// Reads a list of links; `None` when it is none.
pub fn parse(text: &str) -> Option<Vec<Link>> {
    let mut links = Vec::new();
    for item in split(text, ',')? {
        let mut parts = split(item.trim(), ';')?.into_iter();
        let target = parts.next()?.strip_prefix('<')?.strip_suffix('>')?;
        if target.contains(['<', '>', '"', ' ']) {
            return None;
        }
        let mut attributes = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name, Some(unquote(value)?)),
                None => (part, None),
            };
            if name.is_empty()
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"*-_.".contains(&b))
            {
                return None;
            }
            attributes.push((name.into(), value));
        }
        links.push(Link { target: target.into(), attributes });
    }
    Some(links)
}

/// Splits at `separator`, but not in quotes nor between angle brackets; `None` when one stays open.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut bracketed, mut start) = (false, false, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ if c == separator && !quoted && !bracketed => {
                parts.push(text.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!quoted && !bracketed).then_some(parts)
}

fn unquote(value: &str) -> Option<String> {
    match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').map(String::from),
        None => (!value.is_empty() && !value.contains('"')).then(|| value.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_targets_and_attributes() {
        let links =
            parse(r#"</>;rt="oma.lwm2m";ct="60 110,112",</1>;ver=1.1,</1/0>,</16>;x"#).unwrap();
        let targets: Vec<&str> = links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["/", "/1", "/1/0", "/16"]);
        assert_eq!(links[0].attribute("ct"), Some("60 110,112"));
        assert_eq!(links[1].attribute("ver"), Some("1.1"));
        assert_eq!(links[3].attribute("x"), Some(""));
        assert_eq!(links[3].attribute("y"), None);
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", "/1", "</1", "</1>,", "</1>;a=\"b", "</1>;a=", "</1>;=b", "</1>x", "<</1>>"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
