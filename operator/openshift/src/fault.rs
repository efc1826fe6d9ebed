//! Why a kubeconfig cannot be used.

/// What is wrong with a kubeconfig, in words that follow the name of its Secret. Holds no value of the kubeconfig but names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the kubeconfig is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error(
        "the kubeconfig has more than {limit} opening brackets; leave the context of the cluster alone in it"
    )]
    Bracketed { limit: usize },
    #[error("the kubeconfig is no YAML of kind Config{place}")]
    Unreadable { place: String },
    #[error("the kubeconfig has a YAML anchor (`&`), which is not taken; write the value out")]
    Anchored,
    #[error("`{field}` {what}")]
    Field { field: &'static str, what: String },
}

impl Fault {
    pub(crate) fn field(field: &'static str, what: impl Into<String>) -> Self {
        Self::Field { field, what: what.into() }
    }
}
