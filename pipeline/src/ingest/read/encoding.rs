//! Text encodings: a byte order mark decides, then strict UTF-8, then strict GB18030.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030};

use super::super::error::FileError;

/// How the bytes of a text file are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    /// UTF-8, after a mark of so many bytes.
    Utf8(u64),
    /// Another encoding, after a mark of so many bytes.
    Other(&'static encoding_rs::Encoding, u64),
}

/// Checks bytes that come in blocks for being UTF-8.
#[derive(Debug, Default)]
pub(super) struct Utf8Check {
    open: Vec<u8>,
    broken: bool,
}

impl Utf8Check {
    pub(super) fn take(&mut self, part: &[u8]) {
        let mut rest = part;
        while !self.open.is_empty() && !rest.is_empty() && !self.broken {
            self.open.push(rest[0]);
            rest = &rest[1..];
            match std::str::from_utf8(&self.open) {
                Ok(_) => self.open.clear(),
                Err(error) => self.broken = error.error_len().is_some(),
            }
        }
        if self.broken {
            return;
        }
        if let Err(error) = std::str::from_utf8(rest) {
            self.broken = error.error_len().is_some();
            self.open.extend_from_slice(&rest[error.valid_up_to()..]);
        }
    }

    /// The text goes on after what was taken, perhaps within a character.
    pub(super) fn is_cut(&mut self) {
        self.open.clear();
    }

    pub(super) fn finish(self, first: &[u8]) -> Encoding {
        match encoding_rs::Encoding::for_bom(first) {
            Some((encoding, mark)) if encoding != encoding_rs::UTF_8 => Encoding::Other(encoding, mark as u64),
            Some((_, mark)) if !self.broken && self.open.is_empty() => Encoding::Utf8(mark as u64),
            Some((encoding, mark)) => Encoding::Other(encoding, mark as u64),
            None if self.broken || !self.open.is_empty() => Encoding::Other(GB18030, 0),
            None => Encoding::Utf8(0),
        }
    }
}

/// Counts zero bytes at even and odd places: UTF-16 text has them at the one or the other, other text has none.
#[derive(Debug, Default)]
pub(super) struct Zeros {
    bytes: u64,
    at: [u64; 2],
}

impl Zeros {
    pub(super) fn take(&mut self, part: &[u8]) {
        if part.contains(&0) {
            for (place, _) in part.iter().enumerate().filter(|(_, byte)| **byte == 0) {
                self.at[(self.bytes as usize + place) % 2] += 1;
            }
        }
        self.bytes += part.len() as u64;
    }

    pub(super) fn any(&self) -> bool {
        self.at != [0, 0]
    }

    /// Whether one in ten units of two bytes at least holds a zero on one side, and next to none on the other.
    pub(super) fn look_like_utf16(&self) -> bool {
        let (few, many) = (self.at[0].min(self.at[1]), self.at[0].max(self.at[1]));
        many * 20 >= self.bytes && many > 0 && few * 50 <= many
    }
}

/// Turns bytes of an encoding into UTF-8 and stops with an error where they are not of that encoding.
pub(super) struct Transcoder {
    input: Box<dyn Read>,
    decoder: Decoder,
    block: Vec<u8>,
    filled: usize,
    used: usize,
    ended: bool,
    line: u64,
    /// Decoded text for which there was no room.
    waiting: Vec<u8>,
}

/// Bytes that do not belong to the encoding: the line, and the encoding where a mark at the begin names it.
#[derive(Debug, thiserror::Error)]
#[error("malformed text near line {0}")]
struct Malformed(u64, Option<&'static str>);

impl Transcoder {
    pub(super) fn over(input: Box<dyn Read>, encoding: Encoding) -> Box<dyn Read> {
        let past = |mark: u64, input: Box<dyn Read>| -> Box<dyn Read> {
            if mark == 0 { input } else { Box::new(Skip { input, left: mark }) }
        };
        match encoding {
            Encoding::Utf8(mark) => past(mark, input),
            Encoding::Other(encoding, mark) => Box::new(Self {
                input: past(mark, input),
                decoder: encoding.new_decoder_without_bom_handling(),
                block: vec![0; 64 << 10],
                filled: 0,
                used: 0,
                ended: false,
                line: 1,
                waiting: Vec::new(),
            }),
        }
    }
}

impl Transcoder {
    /// Gives as much of the decoded text that waits as there is room for.
    fn hand_over(&mut self, out: &mut [u8]) -> usize {
        let n = out.len().min(self.waiting.len());
        out[..n].copy_from_slice(&self.waiting[..n]);
        self.waiting.drain(..n);
        n
    }
}

impl Read for Transcoder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.waiting.is_empty() {
            return Ok(self.hand_over(out));
        }
        // encoding_rs asks for room for the longest output of one input byte; what does not fit then waits.
        let mut small = [0; 16];
        let is_small = out.len() < small.len();
        let target: &mut [u8] = if is_small { &mut small } else { &mut *out };
        loop {
            if self.used == self.filled && !self.ended {
                self.filled = self.input.read(&mut self.block)?;
                self.used = 0;
                self.ended = self.filled == 0;
            }
            let rest = &self.block[self.used..self.filled];
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(rest, target, self.ended);
            self.used += read;
            self.line += target[..written].iter().filter(|&&byte| byte == b'\n').count() as u64;
            if matches!(result, DecoderResult::Malformed(_, _)) {
                let named = (self.decoder.encoding() != GB18030).then(|| self.decoder.encoding().name());
                return Err(io::Error::other(Malformed(self.line, named)));
            }
            if written > 0 {
                if is_small {
                    self.waiting.extend_from_slice(&small[..written]);
                    return Ok(self.hand_over(out));
                }
                return Ok(written);
            }
            if self.ended {
                return Ok(0);
            }
        }
    }
}

struct Skip {
    input: Box<dyn Read>,
    left: u64,
}

impl Read for Skip {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left > 0 {
            io::copy(&mut self.input.by_ref().take(self.left), &mut io::sink())?;
            self.left = 0;
        }
        self.input.read(out)
    }
}

/// The refusal that an error of reading means.
pub(super) fn from_io(error: io::Error) -> FileError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()) {
        Some(&Malformed(line, None)) => FileError::Encoding { line },
        Some(&Malformed(line, Some(encoding))) => FileError::Marked { line, encoding },
        None if error.raw_os_error().is_none() => FileError::Compressed(error),
        None => FileError::Io(error),
    }
}
