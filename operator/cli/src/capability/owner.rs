//! What a capability belongs to, and how it is written there.

use clap::ValueEnum;
use slipway_core::subscription::{Holder, ORGANIZATION_CAPABILITY_PREFIX};

/// What a capability belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Owner {
    /// The organization of the record: all its clusters.
    #[default]
    Organization,
    /// The account of the credentials.
    Account,
    /// The record of this one cluster.
    Subscription,
}

impl Owner {
    pub(crate) const ALL: [Self; 3] = [Self::Organization, Self::Account, Self::Subscription];

    /// Begins every whole name of its capabilities (`facts/ocm.md §2.8`).
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Organization => ORGANIZATION_CAPABILITY_PREFIX,
            Self::Account => "capability.account.",
            Self::Subscription => "capability.cluster.",
        }
    }

    /// Its name as an option's value and in sentences.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Account => "account",
            Self::Subscription => "subscription",
        }
    }

    /// Its collection at the account service.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Organization => "organizations",
            Self::Account => "accounts",
            Self::Subscription => "subscriptions",
        }
    }

    /// The one with this id.
    pub(crate) fn holder(self, id: &str) -> Holder {
        let id = id.to_owned();
        match self {
            Self::Organization => Holder::Organization(id),
            Self::Account => Holder::Account(id),
            Self::Subscription => Holder::Subscription(id),
        }
    }
}
