//! Grants: what is redeemed at the token endpoint, one file each. A grant holds only what is its own; the phases that all
//! share are the endpoint's.

pub(crate) mod admit;
pub(crate) mod authorization_code;
pub(crate) mod client_credentials;
pub(crate) mod device_code;
pub(crate) mod issue;
pub(crate) mod on_behalf_of;
pub(crate) mod password;
pub(crate) mod refresh_token;
