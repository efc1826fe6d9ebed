//! The state of a rack's connection, in OCI's words.

use std::fmt;

/// State of the connection (`facts/oci.md §1.4`). A word that is not known is kept, and nothing is concluded from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionState {
    /// Cut off; the only state in which a PIN is shown.
    Reject,
    /// The rack has used its PIN and asks to be let in.
    Request,
    /// Accepted; the link is being made.
    Ready,
    /// Connected.
    Connected,
    /// Contact is lost.
    Disconnected,
    /// A word that this version does not know.
    Other(String),
}

impl ConnectionState {
    /// Reads OCI's word.
    #[must_use]
    pub fn from_wire(word: &str) -> Self {
        match word {
            "REJECT" => Self::Reject,
            "REQUEST" => Self::Request,
            "READY" => Self::Ready,
            "CONNECTED" => Self::Connected,
            "DISCONNECTED" => Self::Disconnected,
            other => Self::Other(other.to_owned()),
        }
    }

    /// OCI's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Reject => "REJECT",
            Self::Request => "REQUEST",
            Self::Ready => "READY",
            Self::Connected => "CONNECTED",
            Self::Disconnected => "DISCONNECTED",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
