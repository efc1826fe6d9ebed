//! The first script, the same for every machine.

/// Says who the machine is and takes its own script in place of this one.
///
/// - Addresses are relative, so that the service works behind any name. A relative address must hold no colon, which
///   iPXE takes for the end of a scheme: hence `hexhyp` and `uristring`.
/// - `--replace`: the machine's own script ends with `exit 1`, which must not look like a failed fetch.
/// - Both the card that was booted from and the first one are sent; either may be the one that the host is known by.
/// - Commands and options are those of the oldest build met (`facts/boot.md` A6).
pub(crate) const BOOTSTRAP: &str = "\
#!ipxe
set tries:int32 0
:ask
chain --replace v1/script?mac=${netX/mac:hexhyp}&mac=${mac:hexhyp}&uuid=${uuid}&serial=${serial:uristring}\
&arch=${buildarch}&platform=${platform} || goto failed
:failed
set err ${errno}
echo Slipway: no boot script, error ${err}
chain --timeout 5000 v1/error?errno=${err}&what=script&mac=${netX/mac:hexhyp} ||
inc tries
iseq ${tries} 10 && goto stop ||
sleep 5
goto ask
:stop
exit 1
";
