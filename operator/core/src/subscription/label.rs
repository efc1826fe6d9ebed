//! Which labels of a record are ours.

/// Begins the name of every label at a registrar that is ours; others are never touched.
pub const LABEL_PREFIX: &str = "slipway.";

/// Name, without the prefix, of the label that says which installation of Slipway will delete the record. It is there only while it would.
pub const INSTALLATION: &str = "installation";
