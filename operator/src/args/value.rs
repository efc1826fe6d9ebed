//! Values of flags that clap does not know itself.

use std::time::Duration;

use uuid::Uuid;

/// Reads `1h30m`, `45m`, `10s` or `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let mend = || format!("{text:?} is not a duration; write for example 90s, 45m or 1h30m");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| mend())?;
    Duration::try_from(parsed).ok().filter(|duration| !duration.is_zero()).ok_or_else(mend)
}

/// Longest time that a Lease may outlive its holder.
const LONGEST_LEASE: Duration = Duration::from_mins(5);

pub(super) fn lease_duration(text: &str) -> Result<Duration, String> {
    let read = duration(text)?;
    // The API counts leases in whole seconds.
    let whole = read.subsec_nanos() == 0 && read <= LONGEST_LEASE;
    whole.then_some(read).ok_or_else(|| format!("{text:?} is not between 1s and 5m in whole seconds"))
}

/// Characters that a name of an object may have at most.
const NAME_LIMIT: usize = 253;

pub(super) fn object_name(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let sound = text.len() <= NAME_LIMIT
        && text.split('.').all(|label| {
            label.starts_with(inner) && label.ends_with(inner) && label.chars().all(|c| inner(c) || c == '-')
        });
    let mend = || format!("{text:?} is not a name of an object; use small letters, digits, '-' and '.'");
    sound.then(|| text.to_owned()).ok_or_else(mend)
}

/// Characters that a namespace's name may have at most.
const NAMESPACE_LIMIT: usize = 63;

pub(super) fn namespace(text: &str) -> Result<String, String> {
    let sound = object_name(text).is_ok() && text.len() <= NAMESPACE_LIMIT && !text.contains('.');
    let mend = || {
        format!(
            "{text:?} is not a namespace; use small letters, digits and '-', or leave it out to serve all namespaces"
        )
    };
    sound.then(|| text.to_owned()).ok_or_else(mend)
}

pub(super) fn identity(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.len() <= NAME_LIMIT && text.chars().all(|c| c.is_ascii_graphic());
    let mend = || format!("{text:?} is not an identity; use 1 to {NAME_LIMIT} visible ASCII characters");
    sound.then(|| text.to_owned()).ok_or_else(mend)
}

/// Two processes of one host, or of two hosts with one name, still differ.
pub(super) fn own_identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().filter(char::is_ascii_graphic).take(NAME_LIMIT / 2).collect();
    let host = if host.is_empty() { "slipway".to_owned() } else { host };
    format!("{host}-{}", &Uuid::new_v4().simple().to_string()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_mistakes_named() {
        assert_eq!(duration("1h30m").unwrap(), Duration::from_mins(90));
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        for wrong in ["", "0s", "-5s", "soon", "45"] {
            assert!(duration(wrong).unwrap_err().contains(&format!("{wrong:?}")), "{wrong}");
        }
    }

    #[test]
    fn a_lease_lasts_whole_seconds_and_minutes_at_most() {
        assert_eq!(lease_duration("1s").unwrap(), Duration::from_secs(1));
        assert_eq!(lease_duration("5m").unwrap(), Duration::from_mins(5));
        for wrong in ["500ms", "1500ms", "5m1s", "0s"] {
            assert!(lease_duration(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn names_are_names_of_objects() {
        for name in ["slipway", "a", "2nd.lease-1"] {
            assert_eq!(object_name(name).unwrap(), name);
        }
        for wrong in ["", "Slipway", "-a", "a-", "a..b", "a_b", &"a".repeat(254)] {
            assert!(object_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn namespaces_are_labels() {
        assert_eq!(namespace("metal-1").unwrap(), "metal-1");
        for wrong in ["", "*", "a.b", &"a".repeat(64)] {
            assert!(namespace(wrong).unwrap_err().contains("leave it out"), "{wrong}");
        }
    }

    #[test]
    fn identities_of_one_host_differ() {
        let (one, other) = (own_identity(), own_identity());
        assert_ne!(one, other);
        assert_eq!(identity(&one).unwrap(), one);
        assert!(identity("").is_err() && identity("a b").is_err());
    }
}
