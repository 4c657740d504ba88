//! A device that asks whether the resource owner has answered (RFC 8628 sections 3.4 and 3.5).

use crate::proto::cause::Cause;
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::store::DeviceState;
use crate::proto::target;
use crate::proto::time::Span;

/// Section 3.5: what `slow_down` adds to the interval.
const SLOWER: Span = Span::from_seconds(5);

/// Answers a poll. One that comes before the interval is over is told to slow down, whatever the resource owner did meanwhile.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let code = params.required("device_code")?;
    let now = turn.now;
    let device = turn.store.devices.by_code(code).filter(|device| device.client == client.client().id);
    let device = device.ok_or(Cause::DeviceCodeUnknown)?;
    if now >= device.ends {
        return Err(Cause::DeviceCodeExpired { expired_at: device.ends });
    }
    let slows_down = turn.policy.device.as_ref().is_none_or(|policy| policy.slows_down);
    let too_fast = slows_down && device.last_poll.is_some_and(|last| now.since(last) < device.interval);
    device.last_poll = Some(now);
    if too_fast {
        device.interval = Span::from_millis(device.interval.as_millis().saturating_add(SLOWER.as_millis()));
        let interval = device.interval.as_seconds();
        return Err(Cause::PolledTooFast { interval });
    }
    match device.state.clone() {
        DeviceState::Pending => Err(Cause::AuthorizationPending),
        DeviceState::Refused => Err(Cause::DeviceRefused),
        DeviceState::Redeemed => Err(Cause::DeviceCodeUnknown),
        DeviceState::Allowed { user, granted } => {
            device.state = DeviceState::Redeemed;
            let mut granted = *granted;
            granted.continuous = turn.understands_challenges(params);
            let target = target::of_grant(turn, client.client(), Some(&user), &granted, None)?;
            let chain = turn.store.begin_chain(client.client().id.clone(), Some(user), granted, now);
            Ok(turn.issue(chain, None, Successor::New, target))
        }
    }
}
