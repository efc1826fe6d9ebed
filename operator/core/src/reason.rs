//! The closed list of reasons: one word used alike in conditions, events, metrics and `docs/reasons.md`.

use std::fmt;

/// What kind of trouble a reason is, and so what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// No trouble.
    Fine,
    /// Something is under way and will end by itself.
    Waiting,
    /// The outside failed; tried again with growing pauses. Stays `Reconciling`.
    Transient,
    /// A person has to change something. `Stalled`; looked at again when the object or what it refers to changes, and now and then.
    Person,
}

macro_rules! reasons {
    ($($name:ident, $class:ident, $meaning:literal, $mend:literal;)+) => {
        /// Why a condition has its value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $meaning] $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word itself, in `PascalCase`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// What kind of trouble it is.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class),+ }
            }

            /// What it means, for `docs/reasons.md`.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),+ }
            }

            /// What a person does about it, for `docs/reasons.md`.
            #[must_use]
            pub const fn mend(self) -> &'static str {
                match self { $(Self::$name => $mend),+ }
            }
        }
    };
}

reasons! {
    Available, Fine, "The host answers, is who it says it is, and nothing is asked of it that is not done.", "Nothing to do.";
    Installed, Fine, "The operating system asked for is on the host.", "Nothing to do.";
    NotRequested, Fine, "Nothing of the kind is asked for.", "Nothing to do.";
    Verified, Fine, "What was checked is as it should be.", "Nothing to do.";
    PoweredOn, Fine, "The machine is on.", "Nothing to do.";
    PoweredOff, Fine, "The machine is off.", "Nothing to do.";
    Registering, Waiting, "The host is being looked at for the first time.", "Wait; the condition says what is missing.";
    PowerChanging, Waiting, "The machine is on its way to another power state.", "Wait; after the time limit the change is forced or reported.";
    Rebooting, Waiting, "A reboot that was asked for is under way.", "Wait.";
    PreparingImages, Waiting, "Images of the profile are being fetched and checked.", "Wait; `kubectl describe iprof` shows the progress.";
    Installing, Waiting, "The installation is under way.", "Wait; `status.install.step` says how far it is.";
    Retrying, Waiting, "An attempt failed, the next one is due at `status.nextRetryAt`.", "Wait, or look at the message and mend the cause.";
    Suspended, Fine, "`spec.suspend` holds every effect back; `status.plan` says what would be done.", "Set `spec.suspend: false` to go on.";
    Deleting, Waiting, "The object is going away and its effects are being undone as its policy says.", "Wait; the time is bounded.";
    InvalidSpec, Person, "A field has a value that cannot be used.", "Change the field that the message names.";
    NotYetSupported, Person, "A field is set whose behaviour this version does not have.", "Take the field out, or wait for the version that has it. Everything else goes on.";
    AddressDenied, Person, "The address resolves to a network that the operator may not reach (loopback, link-local, metadata, or one the administrator denied).", "Correct the address, or have the administrator allow the network with `--allow-network`.";
    NameNotResolved, Transient, "The host name of the address is not known to DNS.", "Correct the address or the DNS.";
    ConnectionRefused, Transient, "Nothing listens at the address.", "Check that the BMC, rack or service is on, that HTTPS is enabled there, and the port.";
    Unreachable, Transient, "The address did not answer in time.", "Check cabling, routes, firewalls, and the BMC, rack or service itself.";
    CertificateUntrusted, Person, "The certificate is not issued by the authority given, does not fit the name, or has expired. No credential was sent.", "Give the right CA in `tls.caRef`, pin the key with `tls.pin`, or renew the certificate.";
    CertificateChanged, Person, "The key of the peer is not the pinned one. No credential was sent.", "Find out why. If the change is wanted, put the new pin into `tls.pin`.";
    InsecureNotAllowed, Person, "`tls.insecureSkipVerify` is set, or an address or a kubeconfig does without TLS, and the operator does not allow it.", "Use https with `caRef` or `pin`; or start the operator with `--allow-insecure-tls`.";
    SecretMissing, Person, "The Secret that a field names does not exist in the namespace of the object.", "Create it; it is noticed within a polling interval.";
    SecretForbidden, Person, "The operator has no right to read Secrets in the namespace of the object.", "Bind the role as the message shows.";
    SecretIncomplete, Person, "The Secret lacks a key, or a value is empty or not text.", "Add the keys the message names.";
    CredentialsRefused, Person, "The login was refused twice. No further try is made, so that the account is not locked.", "Correct the Secret; a change is noticed within a polling interval.";
    PasswordChangeRequired, Person, "The BMC takes the password only to have it changed.", "Set a new password at the BMC and put it into the Secret.";
    NotRedfish, Transient, "What answers at the address is not a Redfish service, or its answer is damaged.", "Check the address; a login page or a proxy answers with HTML.";
    AnswerTooLarge, Transient, "The answer is larger than any sound one.", "Check the address and the BMC's firmware.";
    BmcBusy, Transient, "The BMC says that it is busy or starting.", "Wait; tried again with growing pauses.";
    BmcFault, Transient, "The BMC answered with an error.", "See the message; update its firmware if it stays.";
    CircuitOpen, Transient, "The BMC failed several times in a row and is left alone for a while.", "See the message of the last failure.";
    SystemAmbiguous, Person, "The BMC serves several systems, and `systemId` does not say which.", "Set `spec.management.redfish.systemId` to one of those the message lists.";
    SystemNotFound, Person, "The BMC does not serve the system that `systemId` names.", "Set `spec.management.redfish.systemId` to one of those the message lists.";
    IdentityMismatch, Person, "The machine is not the one that `spec.identity` names, or not the one seen before. Nothing is done to it.", "Correct `spec.identity` or the address.";
    DuplicateBmc, Person, "Two objects claim the same system of the same BMC. Nothing is done to it by either.", "Delete one of the objects the message names.";
    DuplicateMac, Person, "Two objects claim the same boot MAC address. Neither is installed.", "Correct `spec.bootMacs` of one of the objects the message names.";
    ProfileMissing, Person, "The `InstallProfile` does not exist in the namespace of the host.", "Create it, or correct `spec.install.profileRef`.";
    ProfileInvalid, Person, "The `InstallProfile` cannot be used for this host.", "Change what the message names.";
    TemplateInvalid, Person, "A template of the profile cannot be rendered with the values of the host.", "Give the value that the message names in `spec.install.values` or the Secret of `secretValuesRef`.";
    ImageUnavailable, Transient, "An image of the profile cannot be fetched.", "Check the URL and the server.";
    ImageDigestMismatch, Person, "An image is not the one whose digest the profile gives. It is not served.", "Correct `sha256` or the image.";
    HistoryUnknown, Person, "The host is running and nothing is known of how it came to be: installing could destroy it.", "If it may be installed over, set `spec.install.runningHost: Proceed`. If not, remove `spec.install`.";
    IdUsedBefore, Person, "`spec.install.id` has gone back to a value that was carried out before. Nothing is installed.", "Give `spec.install.id` a value that was never used to install again, or the latest value to leave the host as it is.";
    OutcomeUnknown, Person, "The operator was interrupted while it reset the host, and nobody can say whether the reset happened. It is not repeated.", "Look at the host. Give a new `id` to have it done (again), or remove the request to leave the host as it is.";
    ResetUnsupported, Person, "The BMC offers no way to do the reset that is needed.", "See the message for what it offers.";
    ResetRefused, Transient, "The BMC did not carry out the reset.", "See the message.";
    BootNotSeen, Transient, "The host was started and never asked the boot service for its script.", "Check the boot order, the cable and the DHCP settings of the boot network, and `spec.bootMacs`.";
    InstallTimedOut, Transient, "The installer did not report completion within `spec.install.timeout`.", "Look at the host's console; check that the answer file calls back.";
    InstallFailed, Transient, "The installer reported a failure.", "See the message and the host's console.";
    RetriesExhausted, Person, "Every attempt that the profile allows has failed.", "Mend the cause, then give `spec.install.id` a new value.";
    Connected, Fine, "The rack is connected to Oracle Cloud.", "Nothing to do.";
    Rejected, Fine, "The rack is cut off from Oracle Cloud, as `connection.desired: Rejected` asks. Workloads on it go on; synchronisation with Oracle Cloud stands still.", "Set `connection.desired: Connected` to connect it again.";
    Observed, Fine, "The rack is looked at and nothing more, because `spec.connection` is not set.", "Set `spec.connection` to have it connected.";
    Connecting, Waiting, "A handshake is under way, or the waiting time before one.", "Wait; `status.handshake.step` and `status.notBefore` say how far it is.";
    Disconnected, Waiting, "Contact between rack and Oracle Cloud is lost. Workloads on the rack go on.", "Wait; after `connection.reconnectAfterOutage` it is connected anew. Check the rack's uplink.";
    StateUnknown, Waiting, "Oracle Cloud shows a connection state that this version does not know.", "Wait; nothing is done until the state is a known one. Report it.";
    Scheduling, Waiting, "The upgrade schedule is being made, corrected or attached.", "Wait.";
    FingerprintMismatch, Transient, "The fingerprint that the rack showed is not the one that Oracle Cloud shows. The connection was rejected.", "Find out who answered in the rack's place: check `rack.provisioningUrl` and `rack.tls`. The next attempt has a new PIN.";
    MismatchesExhausted, Person, "The fingerprints differed in three attempts since the last connection. No further one is made.", "Find out who answers in the rack's place, then give `connection.refreshId` a new value.";
    ConnectedUnmatched, Person, "Somebody let the rack in although the fingerprints differ. Slipway does not cut a connection that stands unless the spec asks for it.", "Set `connection.desired: Rejected` to cut it off, and find out who answered in the rack's place.";
    ApprovalAwaited, Person, "The fingerprints are the same, and `approval: Manual` wants a person to say so.", "Compare the fingerprints in `status.handshake` with the rack, then `kubectl slipway approve NAME` or set `connection.approvedFingerprint`.";
    HandshakeFailed, Transient, "An attempt to connect did not succeed. The next one is made with a new PIN.", "See the message; check that the rack reaches Oracle Cloud.";
    RackAnswerInvalid, Transient, "What answered at the rack's address gave no fingerprint.", "Check `rack.provisioningUrl`: a login page or a proxy answers with HTML.";
    TlsSkipped, Fine, "The rack's certificate is not checked, as `rack.tls.insecureSkipVerify` asks. Only the comparison of the fingerprints protects the handshake.", "Use `caRef`, `pin` or `trustOnFirstUse`.";
    RefreshDue, Fine, "The connection comes to the end of its 90 days.", "Set `connection.refreshId` to a new value, or `connection.refresh` to have it done in time.";
    WindowMissesLimit, Person, "The window of `connection.refresh` does not open between `before` and the end of the connection.", "Make `refresh.before` longer, or let the window come more often.";
    ScheduleInvalid, Person, "The upgrade schedule is not one that Oracle Cloud takes. Nothing was sent.", "Change what the message names: one window of 48 hours or more must come at least every three months.";
    ScheduleConflict, Person, "Another object keeps the same upgrade schedule with other times.", "Give both the same `events`, or one another `displayName`.";
    NameTaken, Person, "A record of this name exists in the compartment, and it was not made for this object.", "Take it over with `infrastructureId` or `lookup`, or choose another `displayName`.";
    InfrastructureNotFound, Person, "No rack of this name is in the compartment, as far as the account may see.", "Correct `lookup`, or give the account the right to see it.";
    InfrastructureAmbiguous, Person, "Several racks of this name are in the compartment.", "Name the one that is meant with `infrastructureId`.";
    InfrastructureDeleted, Person, "The rack's record was deleted at Oracle Cloud.", "Delete this object; to register the rack again, apply a new one.";
    InfrastructureFailed, Person, "Oracle Cloud says that the rack's record has failed.", "See the message; ask Oracle's support.";
    DuplicateInfrastructure, Person, "An older object manages the same rack. Nothing is done by this one.", "Delete one of the two objects.";
    NotAuthorizedOrNotFound, Person, "Oracle Cloud does not say whether it does not exist or the account may not see it. It is never taken as deleted.", "Check the OCID, the region and the account's policies; `docs/infrastructure.md` lists the permissions.";
    PermissionMissing, Person, "The service does not let the account do this.", "Give the account the right that the message names.";
    CredentialsInvalid, Person, "The Secret's credentials cannot be used as they are.", "Change the key of the Secret that the message names.";
    ClockSkew, Person, "The clocks of this machine and of the service are more than five minutes apart, so no signature is accepted.", "Set this machine's clock (NTP).";
    RequestRefused, Person, "The service refuses the request as it is.", "Change the field that the message names.";
    WrongState, Transient, "Oracle Cloud does not take the change in the present state.", "Wait; it is looked at again.";
    ChangedMeanwhile, Transient, "The record at Oracle Cloud was changed in between. Nothing was done.", "Wait; it is looked at again.";
    Throttled, Transient, "The service asks for fewer requests.", "Wait; tried again when it says so.";
    CloudFault, Transient, "Oracle Cloud answered with an error.", "Wait; the message has the request id for Oracle's support.";
    NotOracleCloud, Transient, "What answers at the address is not Oracle Cloud, or its answer is damaged.", "Check `oci.region` and `oci.endpoint`; a proxy answers with HTML.";
    Reserved, Fine, "The record is reserved for a cluster that is not installed yet.", "Nothing to do; it becomes active when the cluster is installed.";
    Active, Fine, "The cluster is installed, its record active and as the spec asks.", "Nothing to do.";
    Stale, Fine, "The record is as the spec asks; the registrar has seen no telemetry of the cluster for a while.", "Check that the cluster runs and reaches the telemetry service. The registrar sets the record back by itself.";
    Reserving, Waiting, "A record is being made, or was asked for and is not found yet.", "Wait.";
    Synchronizing, Waiting, "The record is being brought into step with the spec.", "Wait.";
    ClusterAwaited, Waiting, "The cluster cannot say anything of itself yet; until then it counts as not installed.", "Wait; the message names what is missing. Check the name if it should be there.";
    SubscriptionStatusUnknown, Waiting, "The registrar shows a status that this version does not know. Nothing is changed.", "Wait until the status is a known one. Report it.";
    Drifted, Person, "Somebody changed the record at the registrar, and `spec.drift: Report` leaves it so.", "Change the spec to what the record says, or set `spec.drift: Correct`.";
    DriftContested, Person, "Somebody changes the record at the registrar again and again. It was put right three times and is left alone now.", "Find the other writer: the message names the field and both values. Change the spec to go on.";
    ActivatedElsewhere, Person, "The record is active although the cluster is not installed. It is never set back.", "If the cluster is installed, say so in `spec.cluster`; if not, find out who activated the record.";
    SubscriptionArchived, Person, "The record was archived at the registrar.", "Unarchive it there, or delete this object.";
    SubscriptionDisconnected, Person, "The record was marked as disconnected at the registrar.", "Change it there, or delete this object.";
    SubscriptionLost, Person, "The record was deleted at the registrar, or moved to where the account cannot see it. No other is made for an installed cluster.", "To register the cluster again, delete this object and apply it anew.";
    SubscriptionTransferred, Person, "The record belongs to another organization now. Nothing is changed on it any more.", "Give credentials of that organization, or delete this object.";
    ForeignSubscription, Person, "Another account has a record with this cluster id. It is neither read nor changed.", "Give another `spec.clusterId`, or the credentials of that account.";
    DuplicateSubscription, Person, "There are several living records of one cluster. None is deleted.", "Delete the one that is not wanted at the registrar; the message has the ids.";
    DuplicateClusterSubscription, Person, "An older object keeps the record of the same cluster. Nothing is done by this one.", "Delete one of the two objects, or give it another `spec.clusterId`.";
    QuotaShort, Person, "The organization's quota does not allow another cluster.", "Raise the quota of the resources that the message names; it is tried again every few minutes.";
    TelemetrySeen, Fine, "The registrar sees telemetry of the cluster.", "Nothing to do.";
    TelemetryAwaited, Waiting, "The registrar has not seen telemetry of the cluster yet.", "Wait; the first comes some minutes after the installation.";
    ClusterUnreachable, Transient, "The cluster that `spec.cluster` leads to does not answer as a cluster does. What is known of it stays.", "Check the cluster, and the address in its kubeconfig.";
    ClusterRefused, Person, "The cluster does not let the user of the kubeconfig read `ClusterVersion` and `Console`.", "Give a kubeconfig of a user with the right.";
    KubeconfigInvalid, Person, "The kubeconfig cannot be used. Programs and files that it names are never run or read.", "Change what the message names; put certificates, keys and tokens into the kubeconfig itself.";
    NotOpenShift, Waiting, "The cluster has no `ClusterVersion`: it is no OpenShift, or not that far yet.", "Wait, or use `spec.cluster.declared`.";
    RegistrarFault, Transient, "The registrar answered with an error.", "Wait; the message has the operation id for the registrar's support.";
    NotRegistrar, Transient, "What answers at the address is not the registrar, or its answer is damaged.", "Check `spec.registrar`; a login page or a proxy answers with HTML.";
    ApiFailed, Transient, "The Kubernetes API did not do what was asked.", "See the message; usually passes by itself.";
    Released, Fine, "The object was let go although cleaning up did not succeed.", "See the message for what was left undone.";
    Internal, Transient, "A defect of Slipway.", "Report it with the log.";
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
