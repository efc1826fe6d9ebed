//! Names of capabilities and the values that they are given.

use super::owner::Owner;

/// Begins every whole name (`facts/ocm.md §2.8`).
pub(crate) const CAPABILITY: &str = "capability.";
/// Longest short name and longest value, in bytes; the known ones are far shorter.
const LONGEST: usize = 200;

/// What is wrong with a KEY or KEY=VALUE.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFault {
    #[error("{0:?} has no value: write KEY=VALUE, for example {0}=true")]
    NoValue(String),
    #[error("{0:?} has a value: to take a capability away name it without '=', for example {key}", key = .0.split('=').next().unwrap_or_default())]
    Value(String),
    #[error(
        "the value of {0:?} is empty: give one, for example {0}=true, or take the capability away with 'unset'"
    )]
    EmptyValue(String),
    #[error("the value of {0:?} must be one line of at most {LONGEST} bytes without control characters")]
    BadValue(String),
    #[error(
        "{key:?} is no name of a capability: write it short, for example bare_metal_installer_multiarch, or whole, for example \
         {prefix}bare_metal_installer_multiarch; a name has letters, digits, '_' and '-' only"
    )]
    Name { key: String, prefix: &'static str },
    #[error("{key:?} is a capability of {article} {}: add --of {}", of.word(), of.word(), article = if *of == Owner::Subscription { "a" } else { "an" })]
    OtherOwner { key: String, of: Owner },
    #[error("{0} is named twice: name each capability once")]
    Twice(String),
}

/// What a capability should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Its whole name.
    pub(crate) key: String,
    /// Its value; `None`: it is taken away.
    pub(crate) value: Option<String>,
}

/// Reads KEY=VALUE arguments.
pub(crate) fn settings(texts: &[String], owner: Owner) -> Result<Vec<Wish>, KeyFault> {
    unique(texts.iter().map(|text| setting(text, owner)))
}

/// Reads KEY arguments.
pub(crate) fn removals(texts: &[String], owner: Owner) -> Result<Vec<Wish>, KeyFault> {
    unique(texts.iter().map(|text| removal(text, owner)))
}

fn removal(text: &str, owner: Owner) -> Result<Wish, KeyFault> {
    if text.contains('=') {
        return Err(KeyFault::Value(text.to_owned()));
    }
    Ok(Wish { key: whole(text, owner)?, value: None })
}

fn setting(text: &str, owner: Owner) -> Result<Wish, KeyFault> {
    let (key, value) = text.split_once('=').ok_or_else(|| KeyFault::NoValue(text.to_owned()))?;
    let whole = whole(key, owner)?;
    if value.is_empty() {
        return Err(KeyFault::EmptyValue(key.to_owned()));
    }
    if value.len() > LONGEST || value.chars().any(char::is_control) {
        return Err(KeyFault::BadValue(key.to_owned()));
    }
    Ok(Wish { key: whole, value: Some(value.to_owned()) })
}

fn unique(wishes: impl Iterator<Item = Result<Wish, KeyFault>>) -> Result<Vec<Wish>, KeyFault> {
    let wishes: Vec<Wish> = wishes.collect::<Result<_, _>>()?;
    for (index, wish) in wishes.iter().enumerate() {
        if wishes[..index].iter().any(|earlier| earlier.key == wish.key) {
            return Err(KeyFault::Twice(wish.key.clone()));
        }
    }
    Ok(wishes)
}

/// The whole name of what was written short or whole.
fn whole(key: &str, owner: Owner) -> Result<String, KeyFault> {
    let other = Owner::ALL.into_iter().find(|of| *of != owner && key.starts_with(of.prefix()));
    if let Some(of) = other {
        return Err(KeyFault::OtherOwner { key: key.to_owned(), of });
    }
    let short = short(key, owner);
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=LONGEST).contains(&short.len()) && short.bytes().all(is_sound) {
        return Ok(format!("{}{short}", owner.prefix()));
    }
    Err(KeyFault::Name { key: key.to_owned(), prefix: owner.prefix() })
}

/// The short name of a capability of this owner; others stay whole.
pub(crate) fn short(key: &str, owner: Owner) -> &str {
    key.strip_prefix(owner.prefix()).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, owner: Owner) -> Result<(String, String), String> {
        let wishes = settings(&[text.to_owned()], owner).map_err(|fault| fault.to_string())?;
        Ok((wishes[0].key.clone(), wishes[0].value.clone().unwrap()))
    }

    #[test]
    fn names_are_short_or_whole() {
        for (text, owner, key, value) in [
            ("hypershift=true", Owner::Organization, "capability.organization.hypershift", "true"),
            (
                "capability.organization.hypershift=false",
                Owner::Organization,
                "capability.organization.hypershift",
                "false",
            ),
            (
                "clusters_registrations_per_hour=12",
                Owner::Organization,
                "capability.organization.clusters_registrations_per_hour",
                "12",
            ),
            ("a-b=c=d", Owner::Account, "capability.account.a-b", "c=d"),
            ("subscribed_ocp=true", Owner::Subscription, "capability.cluster.subscribed_ocp", "true"),
        ] {
            assert_eq!(set(text, owner), Ok((key.to_owned(), value.to_owned())));
            assert!(!short(key, owner).contains('.'), "{key}");
        }
        assert_eq!(short("capability.account.x", Owner::Organization), "capability.account.x");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_mend() {
        let long = format!("{}=true", "x".repeat(LONGEST + 1));
        for (text, words) in [
            ("hypershift", "\"hypershift\" has no value: write KEY=VALUE, for example hypershift=true"),
            ("hypershift=", "take the capability away with 'unset'"),
            ("hypershift=a\nb", "without control characters"),
            ("=true", "\"\" is no name of a capability"),
            ("a b=true", "\"a b\" is no name of a capability"),
            ("a/../b=true", "is no name of a capability"),
            ("organization.hypershift=true", "is no name of a capability"),
            ("capability.organization.=true", "is no name of a capability"),
            ("capability.nobody.x=true", "is no name of a capability"),
            ("capability.cluster.x=true", "is a capability of a subscription: add --of subscription"),
            ("capability.account.x=true", "is a capability of an account: add --of account"),
            (&long, "is no name of a capability"),
        ] {
            let fault = set(text, Owner::Organization).unwrap_err();
            assert!(fault.contains(words), "{text}: {fault}");
        }
        let fault = set("capability.organization.x=1", Owner::Account).unwrap_err();
        assert!(fault.ends_with("is a capability of an organization: add --of organization"), "{fault}");
    }

    #[test]
    fn each_capability_is_named_once() {
        let texts = ["x=1".to_owned(), "capability.organization.x=2".to_owned()];
        let twice = KeyFault::Twice("capability.organization.x".to_owned());
        assert_eq!(settings(&texts, Owner::Organization), Err(twice));
        let texts = ["x".to_owned(), "y".to_owned()];
        let wishes = removals(&texts, Owner::Organization).unwrap();
        assert!(wishes.len() == 2 && wishes.iter().all(|wish| wish.value.is_none()));
        let fault = removals(&["x=1".to_owned()], Owner::Organization).unwrap_err().to_string();
        assert!(fault.ends_with("name it without '=', for example x"), "{fault}");
    }
}
