//! The messages.

/// A type of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Probe,
    Find,
    FindByExternalId,
    FindByLabel,
    Read,
    Reserve,
    Amend,
    Activate,
    Release,
    Labels,
    PutLabel,
    DeleteLabel,
    Capabilities,
}

/// What is known of a type of message.
struct Entry {
    word: &'static str,
    /// Name in metrics.
    op: &'static str,
    /// Whether it changes something at the site.
    writes: bool,
    /// Whether a site may do without it.
    is_optional: bool,
}

const fn entry(word: &'static str, op: &'static str, writes: bool, is_optional: bool) -> Entry {
    Entry { word, op, writes, is_optional }
}

impl Verb {
    const fn entry(self) -> Entry {
        match self {
            Self::Probe => entry("account.probe", "probe", false, true),
            Self::Find => entry("cluster.find", "find", false, false),
            Self::FindByExternalId => entry("cluster.findByExternalId", "find", false, true),
            Self::FindByLabel => entry("cluster.findByLabel", "find", false, true),
            Self::Read => entry("cluster.read", "read", false, false),
            Self::Reserve => entry("cluster.reserve", "reserve", true, false),
            Self::Amend => entry("cluster.amend", "amend", true, false),
            Self::Activate => entry("cluster.activate", "activate", true, false),
            Self::Release => entry("cluster.release", "release", true, false),
            Self::Labels => entry("label.list", "labels", false, true),
            Self::PutLabel => entry("label.put", "labels", true, true),
            Self::DeleteLabel => entry("label.delete", "labels", true, true),
            Self::Capabilities => entry("capability.list", "capabilities", false, true),
        }
    }

    /// `type` on the wire.
    pub(crate) const fn word(self) -> &'static str {
        self.entry().word
    }

    /// Name in metrics.
    pub(crate) const fn op(self) -> &'static str {
        self.entry().op
    }

    /// Whether it changes something at the site: then it is sent once, and a lost answer leaves the effect unknown.
    pub(crate) const fn writes(self) -> bool {
        self.entry().writes
    }

    /// Whether a site may answer 501 to it.
    pub(crate) const fn is_optional(self) -> bool {
        self.entry().is_optional
    }
}
