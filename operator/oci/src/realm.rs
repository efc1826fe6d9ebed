//! Realms and regions, as data.

/// A realm: its second-level domain and its regions, each as long name and short code (`facts/oci.md §2.4`).
///
/// New regions appear monthly, so this is never a list to check a name against: a name that is not here is taken as it is,
/// in the realm of the public.
pub(crate) struct Realm {
    pub(crate) domain: &'static str,
    pub(crate) regions: &'static [(&'static str, &'static str)],
}

/// The realm of a region that is not in the table.
pub(crate) const PUBLIC_DOMAIN: &str = "oraclecloud.com";

pub(crate) const REALMS: &[Realm] = &[
    Realm { domain: PUBLIC_DOMAIN, regions: OC1 },
    Realm { domain: "oraclegovcloud.com", regions: OC2_OC3 },
    Realm {
        domain: "oraclegovcloud.uk",
        regions: &[("uk-gov-london-1", "ltn"), ("uk-gov-cardiff-1", "brs")],
    },
    Realm { domain: "oraclecloud8.com", regions: &[("ap-chiyoda-1", "nja"), ("ap-ibaraki-1", "ukb")] },
    Realm { domain: "oraclecloud9.com", regions: &[("me-dcc-muscat-1", "mct"), ("me-ibri-1", "ibr")] },
    Realm { domain: "oraclecloud10.com", regions: &[("ap-dcc-canberra-1", "wga")] },
    Realm { domain: "oraclecloud14.com", regions: OC14 },
    Realm { domain: "oraclecloud15.com", regions: &[("ap-dcc-gazipur-1", "dac")] },
    Realm { domain: "oraclecloud.eu", regions: &[("eu-madrid-2", "vll"), ("eu-frankfurt-2", "str")] },
    Realm { domain: "oraclecloud20.com", regions: &[("eu-jovanovac-1", "beg")] },
    Realm { domain: "oraclecloud21.com", regions: &[("me-dcc-doha-1", "doh"), ("me-alrayyan-1", "vve")] },
    Realm { domain: "oraclecloud23.com", regions: &[("us-somerset-1", "ebb"), ("us-thames-1", "ebl")] },
    Realm { domain: "oraclecloud24.com", regions: &[("eu-dcc-zurich-1", "avz"), ("eu-crissier-1", "avf")] },
    Realm { domain: "oraclecloud26.com", regions: &[("me-abudhabi-3", "ahu"), ("me-alain-1", "rba")] },
    Realm { domain: "oraclecloud29.com", regions: &[("me-abudhabi-2", "rkt"), ("me-abudhabi-4", "shj")] },
    Realm { domain: "oraclecloud35.com", regions: OC35 },
    Realm { domain: "oraclecloud42.com", regions: &[("us-ashburn-2", "yxj"), ("us-newark-1", "pgc")] },
    Realm { domain: "oraclecloud51.com", regions: &[("eu-budapest-1", "jsk")] },
    Realm { domain: "oraclecloud52.com", regions: &[("sa-riodejaneiro-1", "hnw")] },
];

const OC1: &[(&str, &str)] = &[
    ("ap-chuncheon-1", "yny"),
    ("ap-hyderabad-1", "hyd"),
    ("ap-melbourne-1", "mel"),
    ("ap-mumbai-1", "bom"),
    ("ap-osaka-1", "kix"),
    ("ap-seoul-1", "icn"),
    ("ap-sydney-1", "syd"),
    ("ap-tokyo-1", "nrt"),
    ("ca-montreal-1", "yul"),
    ("ca-toronto-1", "yyz"),
    ("eu-amsterdam-1", "ams"),
    ("eu-frankfurt-1", "fra"),
    ("eu-zurich-1", "zrh"),
    ("me-jeddah-1", "jed"),
    ("me-dubai-1", "dxb"),
    ("sa-saopaulo-1", "gru"),
    ("uk-cardiff-1", "cwl"),
    ("uk-london-1", "lhr"),
    ("us-ashburn-1", "iad"),
    ("us-phoenix-1", "phx"),
    ("us-sanjose-1", "sjc"),
    ("sa-vinhedo-1", "vcp"),
    ("sa-santiago-1", "scl"),
    ("il-jerusalem-1", "mtz"),
    ("eu-marseille-1", "mrs"),
    ("ap-singapore-1", "sin"),
    ("me-abudhabi-1", "auh"),
    ("eu-milan-1", "lin"),
    ("eu-stockholm-1", "arn"),
    ("af-johannesburg-1", "jnb"),
    ("eu-paris-1", "cdg"),
    ("mx-queretaro-1", "qro"),
    ("eu-madrid-1", "mad"),
    ("us-chicago-1", "ord"),
    ("mx-monterrey-1", "mty"),
    ("us-saltlake-2", "aga"),
    ("sa-bogota-1", "bog"),
    ("sa-valparaiso-1", "vap"),
    ("ap-singapore-2", "xsp"),
    ("me-riyadh-1", "ruh"),
    ("ap-delhi-1", "onm"),
    ("ap-batam-1", "hsg"),
    ("eu-madrid-3", "orf"),
    ("eu-turin-1", "nrq"),
    ("ap-kulai-2", "jbp"),
    ("af-casablanca-1", "lej"),
];

/// Two realms share one domain.
const OC2_OC3: &[(&str, &str)] = &[
    ("us-langley-1", "lfi"),
    ("us-luke-1", "luf"),
    ("us-gov-ashburn-1", "ric"),
    ("us-gov-chicago-1", "pia"),
    ("us-gov-phoenix-1", "tus"),
];

const OC14: &[(&str, &str)] = &[
    ("eu-dcc-milan-1", "bgy"),
    ("eu-dcc-milan-2", "mxp"),
    ("eu-dcc-dublin-2", "snn"),
    ("eu-dcc-rating-2", "dtm"),
    ("eu-dcc-rating-1", "dus"),
    ("eu-dcc-dublin-1", "ork"),
];

const OC35: &[(&str, &str)] = &[("ap-seoul-2", "dtz"), ("ap-suwon-1", "dln"), ("ap-chuncheon-2", "bno")];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::REALMS;

    #[test]
    fn no_region_is_in_two_realms() {
        let all: Vec<_> = REALMS.iter().flat_map(|realm| realm.regions).collect();
        let (names, codes): (BTreeSet<_>, BTreeSet<_>) = all.iter().copied().copied().unzip();
        assert_eq!((names.len(), codes.len()), (all.len(), all.len()));
        assert!(all.len() > 80, "{}", all.len());
    }
}
