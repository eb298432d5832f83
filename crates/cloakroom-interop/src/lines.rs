use std::io::{self, BufRead, BufReader, Read, Write};

use crate::wire;

/// The longest line that is read, in bytes without its newline.
pub(crate) const LONGEST_LINE: usize = 16 * 1024 * 1024;

/// Hands each line of `input` to `answer` and writes what that appends, and a newline, to `output`.
///
/// A last line without a newline is a line. A line over [`LONGEST_LINE`] is skipped to its end and answered
/// `too_large`, so memory stays bounded and the answers stay in step. Answers are flushed whenever no further input is
/// at hand: a caller may wait for each before it writes the next line.
pub(crate) fn serve(
    input: impl Read,
    mut output: impl Write,
    mut answer: impl FnMut(&[u8], &mut Vec<u8>),
) -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 * 1024, input);
    let (mut line, mut out) = (Vec::new(), Vec::new());
    while let Some(length) = read_line(&mut input, &mut line)? {
        if length > LONGEST_LINE {
            wire::refuse_line(&mut out, wire::Refusal::TooLarge);
        } else {
            answer(&line, &mut out);
        }
        out.push(b'\n');
        if input.buffer().is_empty() || out.len() > 64 * 1024 {
            output.write_all(&out)?;
            output.flush()?;
            out.clear();
        }
    }
    output.write_all(&out)?;
    output.flush()
}

/// Reads one line into `line` and returns how long it is, of which at most [`LONGEST_LINE`] bytes are kept. `None` at
/// the end of the input.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<usize>> {
    line.clear();
    let mut length = 0_usize;
    let mut any = false;
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            return Ok(any.then_some(length));
        }
        any = true;
        let newline = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..newline.unwrap_or(available.len())];
        let room = LONGEST_LINE.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        length = length.saturating_add(part.len());
        let used = part.len() + usize::from(newline.is_some());
        input.consume(used);
        if newline.is_some() {
            return Ok(Some(length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, serve};

    #[track_caller]
    fn check(input: &[u8], expected: &[&str]) {
        let mut output = Vec::new();
        serve(input, &mut output, |line, out| {
            out.extend_from_slice(format!("{}", line.len()).as_bytes());
        })
        .unwrap();
        let output = String::from_utf8(output).unwrap();
        assert_eq!(output.lines().collect::<Vec<_>>(), expected);
        assert!(output.is_empty() || output.ends_with('\n'));
    }

    #[test]
    fn each_line_has_one_answer() {
        check(b"", &[]);
        check(b"\n", &["0"]);
        check(b"a\n\nbcd\n", &["1", "0", "3"]);
        check(b"a\nlast", &["1", "4"]);
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_whole() {
        let mut input = vec![b'x'; LONGEST_LINE];
        input.extend_from_slice(b"\n");
        input.resize(input.len() + LONGEST_LINE + 1, b'y');
        input.extend_from_slice(b"\nz\n");
        let refused = r#"{"id":null,"ok":false,"error":"too_large"}"#;
        check(&input, &[&LONGEST_LINE.to_string(), refused, "1"]);
    }
}
