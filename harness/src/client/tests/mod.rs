//! The client against a provider of scripted answers, by theme. The twins' tests show each mistake, and that the correct client
//! does not make it.

mod authorization_code;
mod calls;
mod implicit;
mod refresh;
mod refresh_errors;
mod twins;
mod workers;
