//! iPXE's settings: built-in values, variables, and the expansion of `${name:type}`.

use crate::fetch::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// A setting's value with its natural form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    /// Text.
    Text(String),
    /// Bytes that show as hexadecimal with colons, such as a MAC address.
    Bytes(Vec<u8>),
}

impl Raw {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => separated(bytes, ":"),
        }
    }

    fn typed(&self, kind: &str) -> String {
        match kind {
            "uristring" => uristring(&self.shown()),
            "hex" => separated(&self.bytes(), ":"),
            "hexhyp" => separated(&self.bytes(), "-"),
            "hexraw" => hex(&self.bytes()),
            "base64" => STANDARD.encode(self.bytes()),
            _ => self.shown(),
        }
    }
}

fn separated(bytes: &[u8], separator: &str) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(separator)
}

/// Escapes what the URL's own grammar needs and leaves `(`, `)`, `,` and `+` raw (facts/boot.md §A6).
fn uristring(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if !byte.is_ascii_graphic() || b"%/#:@?=&".contains(&byte) {
            escaped.push('%');
            escaped.push_str(&hex(&[byte]).to_uppercase());
        } else {
            escaped.push(char::from(byte));
        }
    }
    escaped
}

/// The settings of one iPXE run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, Raw>);

impl Settings {
    pub(crate) fn put(&mut self, name: &str, value: Raw) {
        self.0.insert(key(name), value);
    }

    /// An empty value removes the setting (facts/boot.md §A6).
    pub(super) fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.0.remove(&key(name));
        } else {
            self.put(name, Raw::Text(value.to_owned()));
        }
    }

    pub(super) fn number(&self, name: &str) -> u32 {
        self.0.get(&key(name)).and_then(|raw| integer(&raw.shown())).unwrap_or(0)
    }

    fn value(&self, expression: &str) -> String {
        let (name, kind) = expression.split_once(':').unwrap_or((expression, ""));
        self.0.get(&key(name)).map(|raw| raw.typed(kind)).unwrap_or_default()
    }

    /// Replaces every `${…}`, the innermost first, in values that came from expansion too.
    pub(super) fn expand(&self, token: &str) -> String {
        let mut text = token.to_owned();
        // The limit stands for iPXE's memory: a value that contains itself would grow for ever.
        for _ in 0..1000 {
            let Some((start, end)) = innermost(&text) else {
                break;
            };
            let value = self.value(&text[start + 2..end]);
            text.replace_range(start..=end, &value);
        }
        text
    }
}

fn innermost(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let end = from + text[from..].find('}')?;
        match text[..end].rfind("${") {
            Some(start) => return Some((start, end)),
            None => from = end + 1,
        }
    }
}

/// One network port and one lease: scopes such as `net0/` or `net0.dhcp/` all mean the same.
fn key(name: &str) -> String {
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// Decimal, or hexadecimal after `0x`.
pub(super) fn integer(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let mut settings = Settings::default();
        settings.put("net0/mac", Raw::Bytes(vec![0x52, 0x54, 0, 0, 0, 0x0a]));
        settings.put("serial", Raw::Text("SN+1/2 (a)".to_owned()));
        settings.set("which", "serial");
        settings
    }

    #[test]
    fn values_expand_by_name_scope_and_type() {
        let settings = settings();
        for (token, expected) in [
            ("${mac}", "52:54:00:00:00:0a"),
            ("m=${net0/mac:hexhyp}", "m=52-54-00-00-00-0a"),
            ("${net0/mac:hexraw}", "52540000000a"),
            ("${serial:uristring}", "SN+1%2F2%20(a)"),
            ("${${which}}", "SN+1/2 (a)"),
            ("a}${nothing}b", "a}b"),
            ("${open", "${open"),
        ] {
            assert_eq!(settings.expand(token), expected, "{token}");
        }
    }

    #[test]
    fn an_empty_value_unsets() {
        let mut settings = settings();
        settings.set("which", "");
        assert_eq!(settings.expand("[${which}]"), "[]");
        assert_eq!(settings.number("which"), 0);
    }

    #[test]
    fn a_value_of_itself_ends() {
        let mut settings = Settings::default();
        settings.set("loop", "${loop}");
        assert_eq!(settings.expand("${loop}"), "${loop}");
    }
}
