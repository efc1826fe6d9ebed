//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::policy::Policy;

/// Ranges denied by default. Each is no place for a BMC or a server of ours, and a known aim of request forgery
/// (`facts/reliability-ux.md §2.4`). Private ranges are not here: that is where BMCs live.
const DENIED_V4: [(Ipv4Net, &str); 8] = [
    (v4([0, 0, 0, 0], 8), "unspecified"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    (v4([169, 254, 0, 0], 16), "link-local, where metadata services are"),
    (v4([100, 100, 100, 200], 32), "a metadata service"),
    (v4([168, 63, 129, 16], 32), "a metadata service"),
    (v4([192, 0, 0, 192], 32), "a metadata service"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([240, 0, 0, 0], 4), "reserved or broadcast"),
];

const DENIED_V6: [(Ipv6Net, &str); 7] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local, which is obsolete"),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), "a metadata service"),
    (v6([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128), "a metadata service"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

/// IPv6 prefixes that carry an IPv4 address, and the byte at which it starts: mapped, compatible, NAT64 (RFC 6052,
/// RFC 8215) and 6to4 (RFC 3056). Teredo hides it by XOR and is read apart.
const EMBEDDING: [(Ipv6Net, usize); 5] = [
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), 12),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), 12),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), 12),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), 12),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), 2),
];
const TEREDO: Ipv6Net = v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32);

const fn v4(bytes: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(bytes), length)
}

const fn v6(words: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(words), length)
}

/// Why the address may not be connected to, in words that fit after "is"; `None` when it may.
pub(crate) fn denial(address: IpAddr, policy: &Policy) -> Option<&'static str> {
    let address = address.to_canonical();
    let embedded = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(outer) => embedded_v4(outer).map(IpAddr::V4),
    };
    denial_of_one(address, policy).or_else(|| embedded.and_then(|inner| denial_of_one(inner, policy)))
}

fn denial_of_one(address: IpAddr, policy: &Policy) -> Option<&'static str> {
    let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(&address));
    if within(&policy.allowed) {
        return None;
    }
    let built_in = match address {
        IpAddr::V4(address) => DENIED_V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, why)| *why),
        IpAddr::V6(address) => DENIED_V6.iter().find(|(net, _)| net.contains(&address)).map(|(_, why)| *why),
    };
    built_in.or_else(|| within(&policy.denied).then_some("in a network that the administrator denied"))
}

fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if address.is_unspecified() || address.is_loopback() {
        return None;
    }
    let bytes = address.octets();
    let quad = |start: usize| bytes.get(start..start + 4).and_then(|part| <[u8; 4]>::try_from(part).ok());
    if TEREDO.contains(&address) {
        return quad(12).map(|hidden| Ipv4Addr::from(hidden.map(|byte| !byte)));
    }
    let (_, start) = EMBEDDING.iter().find(|(net, _)| net.contains(&address))?;
    quad(*start).map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::denial;
    use crate::policy::Policy;

    fn denied(address: &str, policy: &Policy) -> bool {
        denial(address.parse().unwrap(), policy).is_some()
    }

    #[test]
    fn networks_of_bmcs_are_reached() {
        for address in
            ["10.0.0.1", "172.16.9.9", "192.168.1.2", "192.0.2.7", "100.64.0.9", "fd12::7", "2001:db8::7"]
        {
            assert!(!denied(address, &Policy::default()), "{address}");
        }
    }

    #[test]
    fn aims_of_request_forgery_are_denied_in_every_disguise() {
        for address in [
            "0.0.0.0",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd00:c1::a9fe:a9fe",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001:0:4136:e378:8000:63bf:80ff:fffe",
        ] {
            assert!(denied(address, &Policy::default()), "{address}");
        }
    }

    #[test]
    fn the_administrator_denies_and_re_admits() {
        let policy = Policy {
            allowed: vec!["127.0.1.0/24".parse().unwrap(), "10.96.7.0/24".parse().unwrap()],
            denied: vec!["10.96.0.0/16".parse().unwrap()],
            ..Policy::default()
        };
        for (address, expected) in [
            ("127.0.1.9", false),
            ("::ffff:127.0.1.9", false),
            ("127.0.2.9", true),
            ("10.96.1.1", true),
            ("10.96.7.1", false),
            ("::ffff:10.96.1.1", true),
            ("64:ff9b::a60:101", true),
            ("10.97.0.1", false),
        ] {
            assert_eq!(denied(address, &policy), expected, "{address}");
        }
    }
}
