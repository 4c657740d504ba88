//! Files that are cut or meant to do harm: a message with the place, and nothing worse.

use super::*;

#[test]
fn a_file_that_is_cut_anywhere_says_where_it_ends() {
    let whole = har(&[with(r#"{"headers":[{"name":"é","value":"ü"}]}"#, "{}"), with("{}", "{}")]);
    for end in 1..whole.len() {
        let said = refused(&whole.as_bytes()[..end]);
        let is_said = ["the file is cut off here", "is not UTF-8", "invalid number"].iter().any(|it| said.contains(it));
        assert!(is_said && said.starts_with("line 1, column "), "{end}: {said}");
    }
}

#[test]
fn deep_nesting_is_refused_where_it_becomes_too_deep_also_where_nobody_reads() {
    let with =
        |depth: usize| har(&[]).replacen('{', &format!("{{\"x\":{}{},", "[".repeat(depth), "]".repeat(depth)), 1);
    assert!(read(with(99).as_bytes()).is_ok());
    assert_eq!(refused(with(100).as_bytes()), "line 1, column 105: it is nested more than 100 levels deep");
    let endless = br#"{"log":{"entries":["#.chain(io::repeat(b'['));
    assert!(read(endless).unwrap_err().to_string().contains("nested"));
}

#[test]
fn a_text_without_end_is_refused() {
    let endless = br#"{"log":{"comment":""#.chain(io::repeat(b'x'));
    let said = read(endless).unwrap_err().to_string();
    assert_eq!(said, "line 1, column 19: a text of more than 64 MiB begins here");
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_their_offset() {
    let good = har(&[with("{}", r#"{"content":{"size":4,"text":"MARK"}}"#)]);
    let at = good.find("MARK").unwrap();
    for bad in [&b"\xff"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"] {
        let mut bytes = good.clone().into_bytes();
        bytes.splice(at..at + 4, bad.iter().copied());
        let want = format!("line 1, column {} (entry 1): the byte at offset {at} is not UTF-8", at + 1);
        assert_eq!(refused(&bytes), want, "{bad:?}");
    }
}

#[test]
fn characters_on_the_edge_of_what_is_read_at_once_are_whole() {
    struct Drip<'b>(&'b [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(slot)) = (self.0.split_first(), out.first_mut()) else { return Ok(0) };
            (*slot, self.0) = (*first, rest);
            Ok(1)
        }
    }
    let text = har(&[with("{}", r#"{"content":{"size":9,"text":"é€😀"}}"#)]);
    let capture = read(Drip(text.as_bytes())).unwrap();
    assert_eq!(capture.exchanges[0].response.as_ref().unwrap().body.bytes(), "é€😀".as_bytes());
}

#[test]
fn entries_are_not_read_without_end() {
    let unit = r#"{"startedDateTime":0,"request":{"method":"GET","url":"http://a"}}"#;
    let mut head = Some(format!(r#"{{"log":{{"entries":[{unit}"#));
    struct Endless<F>(Vec<u8>, usize, F);
    impl<F: FnMut() -> Vec<u8>> Read for Endless<F> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.1 == self.0.len() {
                (self.0, self.1) = ((self.2)(), 0);
            }
            let count = out.len().min(self.0.len() - self.1);
            out[..count].copy_from_slice(&self.0[self.1..self.1 + count]);
            self.1 += count;
            Ok(count)
        }
    }
    let next = || head.take().unwrap_or_else(|| format!(",{unit}")).into_bytes();
    let said = read(Endless(Vec::new(), 0, next)).unwrap_err().to_string();
    assert_eq!(said, "entry 100001, as a whole: there are more than 100000 entries");
}

#[test]
fn bodies_that_could_matter_stay_until_there_are_too_many_of_them() {
    let page =
        serde_json::json!({"content": {"size": 1, "mimeType": "text/html", "text": "x".repeat(1_000_000)}}).to_string();
    let capture = read(har(&vec![with("{}", &page); 40]).as_bytes()).unwrap();
    let kept = capture.exchanges.iter().map(|it| it.response.as_ref().unwrap().body.bytes().len()).sum::<usize>();
    assert_eq!((kept, capture.notes.len()), (33_000_000, 7));
}
