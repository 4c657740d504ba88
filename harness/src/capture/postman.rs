//! Postman collections (v2.1) with saved responses: `item[].response[].originalRequest`.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::model::{Body, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField};

/// What stands for `{{name}}`.
pub(super) type Variables = BTreeMap<String, String>;

/// What is in an item, which can be a folder of others.
#[derive(Debug, Default)]
pub(super) struct Examples {
    pub(super) exchanges: Vec<CapturedExchange>,
    /// How many requests have no saved response.
    pub(super) without_example: usize,
    pub(super) notes: Vec<String>,
}

/// `variable` of a collection. Those of environments are in other files.
pub(super) fn variables(list: &Value) -> Variables {
    let read = |it: &Value| {
        let name = it.get("key").or_else(|| it.get("id"))?.as_str()?;
        Some((name.to_owned(), it.get("value")?.as_str()?.to_owned()))
    };
    list.as_array().into_iter().flatten().filter_map(read).collect()
}

/// The saved responses of an item, each with the request that it answers.
pub(super) fn examples(item: &Value, variables: &Variables) -> Examples {
    let mut found = Examples::default();
    collect(item, variables, &mut found);
    found
}

/// Depth is bounded: nothing is read that is nested too deeply.
fn collect(item: &Value, variables: &Variables, found: &mut Examples) {
    for inner in item.get("item").and_then(Value::as_array).into_iter().flatten() {
        collect(inner, variables, found);
    }
    let Some(request) = item.get("request") else { return };
    let responses = item.get("response").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if responses.is_empty() {
        found.without_example += 1;
    }
    for response in responses {
        match asked(response.get("originalRequest").unwrap_or(request), variables) {
            Ok(request) => found.exchanges.push(exchange(request, response)),
            Err(why) => found.notes.push(why),
        }
    }
}

fn exchange(request: CapturedRequest, saved: &Value) -> CapturedExchange {
    let status = saved.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let response = status.filter(|status| (100..600).contains(status)).map(|status| CapturedResponse {
        status,
        headers: fields(saved),
        body: text(saved.get("body").and_then(Value::as_str).unwrap_or_default().to_owned()),
    });
    let date = response.as_ref().and_then(|response| response.header("date"));
    // A saved response does not say when it came, unless its `Date` does: then the order in the file is the order.
    let started = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let started = started.map_or(Timestamp::UNIX_EPOCH, |date| date.timestamp());
    let error = response.is_none().then(|| "the saved response has no status".to_owned());
    let took_ms = saved.get("responseTime").and_then(Value::as_u64);
    CapturedExchange { entry: 0, started, took_ms, request, response, error, jwts: Vec::new(), pkce: None }
}

fn asked(request: &Value, variables: &Variables) -> Result<CapturedRequest, String> {
    let url = if request.is_string() { Some(request) } else { request.get("url") };
    let raw = url.and_then(|url| url.as_str().or_else(|| url.get("raw")?.as_str())).unwrap_or_default();
    let url = filled(raw, variables);
    // Postman adds the scheme that is missing.
    let url = if url.contains("://") { url } else { format!("http://{url}") };
    let parsed = Url::parse(&url).ok().filter(|url| !url.host_str().unwrap_or_default().contains(['{', '%']));
    let mut url = parsed
        .ok_or_else(|| format!("left out: {raw:?} is no URL, or has variables that the file does not fill in"))?;
    url.set_fragment(None);
    let method = request.get("method").and_then(Value::as_str).unwrap_or("GET").to_ascii_uppercase();
    Ok(CapturedRequest { method, url, headers: fields(request), body: body(request, variables) })
}

fn body(request: &Value, variables: &Variables) -> Body {
    let Some(body) = request.get("body").filter(|body| body.is_object()) else { return Body::Absent };
    let of = |name: &str| body.get(name);
    match of("mode").and_then(Value::as_str).unwrap_or_default() {
        "raw" => text(filled(of("raw").and_then(Value::as_str).unwrap_or_default(), variables)),
        "urlencoded" => {
            let pairs = of("urlencoded").and_then(Value::as_array).into_iter().flatten().filter(|it| is_on(it));
            let mut form = Serializer::new(String::new());
            for pair in pairs {
                let part = |name: &str| filled(pair.get(name).and_then(Value::as_str).unwrap_or_default(), variables);
                form.append_pair(&part("key"), &part("value"));
            }
            text(form.finish())
        }
        "" => Body::Absent,
        _ => Body::NotRecorded,
    }
}

fn text(text: String) -> Body {
    if text.is_empty() { Body::Absent } else { Body::Bytes(text.into_bytes()) }
}

fn is_on(it: &Value) -> bool {
    it.get("disabled") != Some(&Value::Bool(true))
}

fn fields(of: &Value) -> Vec<HeaderField> {
    let part = |it: &Value, name: &str| it.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = of.get("header").and_then(Value::as_array).into_iter().flatten().filter(|it| is_on(it));
    list.filter_map(|it| Some(HeaderField { name: part(it, "key")?, value: part(it, "value").unwrap_or_default() }))
        .collect()
}

fn filled(text: &str, variables: &Variables) -> String {
    let fill = |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{{{name}}}}}"), value);
    variables.iter().fold(text.to_owned(), fill)
}

#[cfg(test)]
mod tests {
    use crate::capture::har::read;

    const COLLECTION: &str = r#"{
      "info": {"name": "Acme", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
      "variable": [{"key": "base", "value": "https://idp.example"}],
      "item": [
        {"name": "folder", "item": [
          {"name": "token", "request": {"method": "GET", "url": "https://other.example/"}, "response": [
            {"originalRequest": {"method": "POST",
                "header": [{"key": "Accept", "value": "application/json"}, {"key": "X-Off", "value": "1", "disabled": true}],
                "body": {"mode": "urlencoded", "urlencoded": [{"key": "grant_type", "value": "refresh_token"},
                  {"key": "a b", "value": "c&d"}, {"key": "off", "value": "1", "disabled": true}]},
                "url": {"raw": "{{base}}/token", "host": ["{{base}}"], "path": ["token"]}},
              "status": "OK", "code": 200, "header": [{"key": "Content-Type", "value": "application/json"}],
              "responseTime": 120, "body": "{\"access_token\":\"x\"}"},
            {"originalRequest": {"method": "GET", "url": "{{elsewhere}}/x"}, "code": 200}]}]},
        {"name": "bare", "request": "https://idp.example/bare", "response": []},
        {"name": "text", "request": "idp.example/text", "response": [{"code": 404, "header": null, "body": null}]}
      ],
      "event": [{"listen": "test", "script": {"exec": ["x"]}}]
    }"#;

    #[test]
    fn saved_responses_become_exchanges_and_requests_without_one_are_counted() {
        let capture = read(COLLECTION.as_bytes()).unwrap();
        assert_eq!(capture.creator, "Postman Acme");
        let urls: Vec<(usize, &str)> = capture.exchanges.iter().map(|it| (it.entry, it.request.url.as_str())).collect();
        assert_eq!(urls, [(1, "https://idp.example/token"), (2, "http://idp.example/text")]);
        let token = &capture.exchanges[0];
        assert_eq!(token.request.body.bytes(), b"grant_type=refresh_token&a+b=c%26d");
        assert_eq!((token.request.headers.len(), token.took_ms), (1, Some(120)));
        let response = token.response.as_ref().unwrap();
        assert_eq!((response.status, response.body.bytes()), (200, &br#"{"access_token":"x"}"#[..]));
        let notes: Vec<&str> = capture.notes.iter().map(|note| note.text.as_str()).collect();
        assert!(notes[0].contains("{{elsewhere}}/x") && notes[1].starts_with("1 requests without"), "{notes:?}");
    }
}
