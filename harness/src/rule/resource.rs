//! Rules on requests to protected resources.

use crate::rule::history::History;
use crate::rule::registry::Judgement;

pub(crate) fn token_in_header(history: &History<'_>) -> Judgement {
    let mut requests = history.exchanges.iter().filter(|it| it.endpoint == "resource").peekable();
    let tested = requests.peek().is_some();
    let in_url = requests.find(|it| it.target.contains("<at:") || it.target.contains("access_token="));
    Judgement::of(tested, in_url.map(|it| ("the access token stands in the URL".to_owned(), vec![it.number])))
}

pub(crate) fn expired_token_not_sent(history: &History<'_>) -> Judgement {
    let mut requests = history.exchanges.iter().filter(|it| it.endpoint == "resource").peekable();
    let tested = requests.peek().is_some();
    let expired = requests.find(|it| it.refused == Some("access_token_expired"));
    Judgement::of(
        tested,
        expired.map(|it| {
            let token = it.presented.unwrap_or("an access token");
            (format!("{token} was sent although its lifetime was over"), vec![it.number])
        }),
    )
}
