//! Services beside the provider: what they ask for is there, and their templates can be filled in.

use super::{Mistake, check_line, check_name, check_path, check_template, check_templates, mistake};
use crate::proto::EndpointKind;
use crate::proto::policy::{Policy, Service, Voucher};

const TEXTS: &[&str] = &["origin", "path", "user"];
const MOMENTS: &[&str] = &["now"];

/// Finds the first mistake in services.
pub(super) fn check_services(policy: &Policy) -> Result<(), Mistake> {
    for (name, service) in &policy.services {
        let at = format!("services.{name}");
        check_place(policy, &at, name, service)?;
        if let Some(default) = service.default_voucher.as_ref().filter(|it| !service.vouchers.contains_key(*it)) {
            return mistake(&format!("{at}.default_voucher"), format!("`{default}` is none of the `vouchers`"));
        }
        for (voucher, asked) in &service.vouchers {
            let Voucher::Asks(asked) = asked else { continue };
            let at = format!("{at}.vouchers.{voucher}.asks");
            check_path(format!("{at}.validate_at"), &asked.validate_at)?;
            if !policy.resources.values().any(|resource| resource.path == asked.validate_at) {
                let why = format!("`{}` is the path of none of the `resources`", asked.validate_at);
                return mistake(&format!("{at}.validate_at"), why);
            }
            check_line(format!("{at}.host"), &asked.host)?;
        }
        for field in service.refresh_token_header.iter().chain([&service.session.cookie]) {
            check_name(&at, field)?;
        }
        let response = &service.response;
        check_line(format!("{at}.response.content_type"), &response.content_type)?;
        check_templates(&format!("{at}.response.headers"), &response.headers, TEXTS, MOMENTS)?;
        check_template(format!("{at}.response.body"), &response.body, TEXTS, MOMENTS)?;
        if response.rows.is_some() {
            return mistake(&format!("{at}.response.rows"), "a service has no collections".to_owned());
        }
    }
    Ok(())
}

/// A path that is nothing else's, so that a service is reached.
fn check_place(policy: &Policy, at: &str, name: &str, service: &Service) -> Result<(), Mistake> {
    let field = format!("{at}.path");
    check_path(field.clone(), &service.path)?;
    let bare = |path: &str| path.strip_suffix('/').unwrap_or(path).to_owned();
    let own = bare(&service.path);
    let endpoints = EndpointKind::paths(policy).into_iter().map(|(_, field, path)| (field.to_owned(), path));
    let services = policy.services.iter().filter(|(other, _)| *other != name);
    let services = services.map(|(other, it)| (format!("services.{other}.path"), it.path.as_str()));
    match endpoints.chain(services).find(|(_, path)| bare(path) == own) {
        Some((other, _)) => mistake(&field, format!("`{}` is the path of `{other}` too", service.path)),
        None => Ok(()),
    }
}
