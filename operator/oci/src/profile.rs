//! One profile of the vendor's configuration file (`facts/oci.md §2.3`).

use std::collections::{BTreeMap, BTreeSet};

/// The profile that all others inherit from, and the one that is meant when none is named.
pub(crate) const DEFAULT: &str = "DEFAULT";

/// Why a file has no such profile. The words fit behind the name of the field; lines are named by number, for they may be secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("line {0} is neither [PROFILE] nor key=value; mend it")]
    Line(usize),
    #[error("line {0} stands before the first [PROFILE]; put [DEFAULT] above it")]
    Outside(usize),
    #[error("has no profile [{wanted}], only {found}; name one of them in `profile`")]
    Missing { wanted: String, found: String },
}

/// Settings of one profile, with those of `[DEFAULT]` that it does not have itself. Names are in lower case.
pub(crate) fn read(text: &str, wanted: &str) -> Result<BTreeMap<String, String>, ProfileError> {
    let mut settings = BTreeMap::new();
    let mut inherited = BTreeMap::new();
    let mut sections = BTreeSet::new();
    let mut section = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(name.trim());
            sections.insert(name.trim());
            continue;
        }
        // A value may hold either sign, as base64 and passphrases do: the first one counts.
        let (name, value) = line.split_once(['=', ':']).ok_or(ProfileError::Line(index + 1))?;
        let section = section.ok_or(ProfileError::Outside(index + 1))?;
        let entry = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if section == wanted {
            settings.extend([entry]);
        } else if section == DEFAULT {
            inherited.extend([entry]);
        }
    }
    if !sections.contains(wanted) && wanted != DEFAULT || sections.is_empty() {
        return Err(missing(wanted, &sections));
    }
    inherited.extend(settings);
    Ok(inherited)
}

fn missing(wanted: &str, sections: &BTreeSet<&str>) -> ProfileError {
    let names: Vec<String> = sections.iter().take(10).map(|name| format!("[{}]", printable(name))).collect();
    let found = if names.is_empty() { "none at all".to_owned() } else { names.join(", ") };
    ProfileError::Missing { wanted: printable(wanted), found }
}

fn printable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ProfileError, read};

    const FILE: &str = "\u{feff}# a comment\r\n[DEFAULT]\r\n user = u1 \r\nregion:iad\r\nUser=u2\r\n; another\r\n[ B ]\r\nregion=a=b:c\r\n[EMPTY]\r\n";

    fn get(profile: &str, name: &str) -> Option<String> {
        read(FILE, profile).unwrap().remove(name)
    }

    #[test]
    fn a_profile_inherits_and_overrides() {
        assert_eq!(get("DEFAULT", "user").as_deref(), Some("u2"));
        assert_eq!(get("DEFAULT", "region").as_deref(), Some("iad"));
        assert_eq!(get("B", "user").as_deref(), Some("u2"));
        assert_eq!(get("B", "region").as_deref(), Some("a=b:c"));
        assert_eq!(get("EMPTY", "region").as_deref(), Some("iad"));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_line() {
        let wrong = |text: &str, profile: &str| read(text, profile).unwrap_err();
        assert_eq!(wrong("[A]\ncanary", "A"), ProfileError::Line(2));
        assert_eq!(wrong("canary=1\n[A]", "A"), ProfileError::Outside(1));
        assert_eq!(wrong("", "DEFAULT").to_string().matches("none at all").count(), 1);
        let missing = wrong(FILE, "C").to_string();
        assert!(missing.contains("[C]") && missing.contains("[B], [DEFAULT], [EMPTY]"), "{missing}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "([\\[\\]=:#;ab\r\n\u{feff}\u{e9} ]{0,20}\\PC{0,3}){0,8}", profile in "\\PC{0,3}") {
            let _ = read(&text, &profile);
        }

        #[test]
        fn what_is_written_is_read(value in "[!-~]([ -~]{0,20}[!-~])?") {
            let settings = read(&format!("[P]\nname={value}\n"), "P").unwrap();
            prop_assert_eq!(settings.get("name"), Some(&value));
        }
    }
}
