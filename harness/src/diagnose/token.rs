//! What of a text tells something: its words, without quotes, case, marks on letters, and everything that is another one each time.

use super::decode::unwrapped;

/// A word, and the line on which it stands in the text as it was given, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) word: String,
    pub(super) line: u32,
}

/// The words of a text, its wrappings taken off.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    // The lines are counted before wrappings come off: in them, people count.
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1_u32..) {
        for piece in unwrapped(line).split(|c: char| c.is_whitespace() || "=&+\"“”„‘’'`,;()[]{}<>|".contains(c))
        {
            words(piece, &mut |word| found.push(Token { word, line: number }));
        }
    }
    found
}

/// The words of a piece without white space. Addresses, URLs, GUIDs and numbers tell nothing, since they are others each time; status codes do.
fn words(piece: &str, found: &mut impl FnMut(String)) {
    let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
    if piece.contains('@') || is_identifier(piece) {
        return;
    }
    if is_enhanced_status(piece) {
        found(piece.to_owned());
        return;
    }
    for word in piece.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let word: String = word.chars().flat_map(char::to_lowercase).map(plain).collect();
        let word = word.trim_matches('_');
        let is_number = word.chars().all(|c| c.is_ascii_digit());
        let tells = if is_number { word.len() == 3 } else { !is_identifier(word) };
        if tells && !word.is_empty() {
            found(word.to_owned());
        }
    }
}

/// A letter without its mark: what Dutch and the languages around it use.
const fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

/// A class of status, subject and detail (RFC 3463).
fn is_enhanced_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(number) && word.starts_with(['2', '4', '5'])
}

/// A GUID, a hash, a token: long, and with a digit among hexadecimal digits, or longer than any word.
fn is_identifier(word: &str) -> bool {
    let is_hex = word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    (is_hex && word.chars().any(|c| c.is_ascii_digit())) || word.len() > 120
}

/// Whether it is a code of somebody's own making, which stands for one thing alone.
pub(super) fn is_code(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let has_letters = word.chars().any(char::is_alphabetic);
    (digits >= 3 && has_letters) || is_enhanced_status(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, u32)> {
        tokens(text).into_iter().map(|token| (token.word, token.line)).collect()
    }

    #[test]
    fn what_is_another_one_each_time_is_left_out_and_lines_are_those_of_the_text() {
        let text = "2021-07-28 23:44:04.556 Error itgenoda219: “Eén sessie”\n\nNO [x] 535 5.7.139 a@b.example 1f0e3dad-9990-4a1b-8c5d-0123456789ab 92415";
        let found = read(text);
        let words: Vec<&str> = found.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["556", "error", "itgenoda219", "een", "sessie", "no", "x", "535", "5.7.139"]);
        assert_eq!(found.last().map(|(_, line)| *line), Some(3));
    }

    #[test]
    fn codes_are_told_from_words() {
        for (word, is) in [
            ("aadsts50196", true),
            ("itgenoda219", true),
            ("5.7.139", true),
            ("refresh_token", false),
            ("oauth2", false),
            ("535", false),
            ("utf8", false),
        ] {
            assert_eq!(is_code(word), is, "{word}");
        }
    }
}
