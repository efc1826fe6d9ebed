//! The configuration file: YAML whose keys are the names of the arguments' fields in camelCase.

use std::{fs, io, path::Path};

use clap::{Arg, ArgAction, Command};
use serde_yaml::{Mapping, Value};

/// What is wrong with a configuration file.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileFault {
    /// It cannot be read at all.
    #[error("{file} cannot be read ({source}); --config and SLIPWAY_CONFIG must name a file that is there")]
    Unreadable {
        /// Where it should be.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is no YAML, or a key stands there twice.
    #[error("{file} cannot be used as YAML: {said}")]
    Yaml {
        /// Where it is.
        file: String,
        /// What the parser says, and the mend.
        said: String,
    },
    /// One key or its value.
    #[error("{file}: {key}: {value} {said}")]
    Key {
        /// Where it is.
        file: String,
        /// The key as it stands there.
        key: String,
        /// The value as YAML on one line.
        value: String,
        /// What is wrong with them, and the mend.
        said: String,
    },
}

/// What a file says: fields of the arguments with their values as on the command line.
type Said = Vec<(String, Vec<String>)>;

/// The key of a field.
pub(super) fn key(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |key, word| {
        let (initial, rest) = word.split_at(1.min(word.len()));
        key + &initial.to_uppercase() + rest
    })
}

/// Reads a file, and tries each value by itself as if it stood on the command line.
pub(super) fn read(file: &Path, command: &Command) -> Result<Said, FileFault> {
    let name = file.display().to_string();
    let text =
        fs::read_to_string(file).map_err(|source| FileFault::Unreadable { file: name.clone(), source })?;
    let entries = entries(&text).map_err(|said| FileFault::Yaml { file: name.clone(), said })?;
    let read = entries.into_iter().map(|(key, value)| {
        let shown = shown(&value);
        let key = key.as_str().map_or_else(|| self::shown(&key), str::to_owned);
        argument(&key, command).and_then(|arg| values_of(arg, &value)).map_err(|said| FileFault::Key {
            file: name.clone(),
            key,
            value: shown,
            said,
        })
    });
    read.collect()
}

fn entries(text: &str) -> Result<Mapping, String> {
    match serde_yaml::from_str(text) {
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(Value::Mapping(entries)) => Ok(entries),
        Ok(_) => Err("it must consist of keys with values, such as `pollInterval: 60s`".to_owned()),
        Err(error) => {
            let said = error.to_string();
            let mend =
                if said.starts_with("duplicate entry") { "; a key must not stand there twice" } else { "" };
            Err(format!("{said}{mend}"))
        }
    }
}

/// On one line, as a person would have written it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Sequence(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) => {
            let pairs: Vec<_> =
                entries.iter().map(|(key, value)| format!("{}: {}", inner(key), inner(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => inner(value),
    }
}

fn inner(value: &Value) -> String {
    plain(value).unwrap_or_else(|| shown(value))
}

/// A scalar as it would stand on the command line.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_on) => Some(is_on.to_string()),
        _ => None,
    }
}

fn argument<'a>(wanted: &str, command: &'a Command) -> Result<&'a Arg, String> {
    let of_file = || command.get_arguments().filter(|arg| arg.get_id() != "config");
    of_file().find(|arg| key(arg.get_id().as_str()) == wanted).ok_or_else(|| {
        let letters = |text: &str| text.to_lowercase().replace(['-', '_'], "");
        let near = of_file().find(|arg| {
            let (known, wanted) = (letters(arg.get_id().as_str()), letters(wanted));
            let flag = letters(arg.get_long().unwrap_or_default());
            known == wanted || flag == wanted || differ_by_one(&known, &wanted)
        });
        match near {
            Some(arg) => format!("belongs to no known key; write {}", key(arg.get_id().as_str())),
            None => "belongs to no known key; docs/reference/operator.md lists the keys".to_owned(),
        }
    })
}

/// Whether one letter more, less or other makes one text the other.
fn differ_by_one(one: &str, other: &str) -> bool {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one.as_bytes()[same..], &other.as_bytes()[same..]);
    let behind = |bytes: &[u8]| bytes.get(1..).unwrap_or_default().to_vec();
    behind(one) == behind(other) || behind(one) == other || one == behind(other)
}

fn values_of(arg: &Arg, value: &Value) -> Result<(String, Vec<String>), String> {
    let values = match (value, arg.get_action()) {
        (Value::Null, _) => Err("says nothing; give a value, or remove the key".to_owned()),
        (Value::Sequence(items), ArgAction::Append) => items
            .iter()
            .map(|item| plain(item).ok_or_else(|| format!("has {}, where text is needed", shown(item))))
            .collect(),
        (_, ArgAction::Append) => Err(format!("is not a list; write [{}]", inner(value))),
        _ => plain(value)
            .map(|text| vec![text])
            .ok_or_else(|| "is not one value such as text, a number, true or false".to_owned()),
    }?;
    for value in &values {
        tried(arg, value)?;
    }
    Ok((arg.get_id().to_string(), values))
}

/// What the command line says of this value.
fn tried(arg: &Arg, value: &str) -> Result<(), String> {
    let flag = format!("--{}={value}", arg.get_long().unwrap_or_default());
    let alone = Command::new("slipway").no_binary_name(true).arg(arg.clone());
    alone.try_get_matches_from([flag]).map(drop).map_err(|error| {
        let said = error.to_string();
        let said = said.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        format!("cannot be used: {}", said.split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fields_in_camel_case() {
        assert_eq!(key("log"), "log");
        assert_eq!(key("metrics_tls_cert"), "metricsTlsCert");
    }

    #[test]
    fn one_letter_makes_the_difference() {
        for other in ["poll", "polll", "pol", "pool", "ppoll", "oll"] {
            assert!(differ_by_one("poll", other), "{other}");
        }
        for other in ["", "po", "pl", "lopl", "pollll"] {
            assert!(!differ_by_one("poll", other), "{other}");
        }
    }
}
