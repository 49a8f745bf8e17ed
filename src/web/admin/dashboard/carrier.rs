//! Says on the dashboard when this server waits before it sends, or can't read the carrier's list of received texts.
//! Only the dashboard uses it; it writes nothing.

use crate::providers::hand_over::HandOverWait;
use crate::store::inbox::SilentCarrier;

/// What stands still, why, and the next step.
pub(super) struct CarrierNotice {
    pub(super) headline: &'static str,
    pub(super) facts: &'static str,
    pub(super) silent: Option<SilentCarrier>,
    pub(super) next_step: &'static str,
}

const LIST_IS_READ: &str = "No action needed. Messages go out as soon as the list is read.";
const CHECK_ACCOUNT: &str = "Check the account SID and the auth token, and the carrier's status page. The server tries again by itself.";

/// Nothing when messages go out and lost webhooks are noticed.
pub(super) fn notice(wait: Option<HandOverWait>, silent: Option<SilentCarrier>) -> Option<CarrierNotice> {
    let (headline, facts, next_step) = match (wait, &silent) {
        (Some(HandOverWait::OtherInstance), _) => (
            "This server isn't sending yet",
            "It started without its file of starts. It checks for up to a minute whether another server runs on this database.",
            "No action needed. It sends when another server runs. If none does, sending is turned off as after a restore.",
        ),
        (Some(HandOverWait::CarrierList), silent) => (
            "Messages wait for the carrier's list of received texts",
            "No server ran for over ten minutes, so STOPs may be missing here. The list is read before anything is sent.",
            if silent.is_some() { CHECK_ACCOUNT } else { LIST_IS_READ },
        ),
        (None, Some(_)) => (
            "The carrier's list of received texts can't be read",
            "If a webhook is lost, its text is missing here, even a STOP, until the list can be read.",
            CHECK_ACCOUNT,
        ),
        (None, None) => return None,
    };
    Some(CarrierNotice { headline, facts, silent, next_step })
}
