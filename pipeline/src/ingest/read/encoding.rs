//! Text encodings: detects them by byte order mark, then strict UTF-8, then strict GB18030, and transcodes to UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030};

use super::super::error::FileError;

/// Encoding of a text file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    /// UTF-8 after a byte order mark of this length.
    Utf8(u64),
    /// Another encoding after a byte order mark of this length.
    Other(&'static encoding_rs::Encoding, u64),
}

/// Checks blocks of bytes for valid UTF-8.
#[derive(Debug, Default)]
pub(super) struct Utf8Check {
    /// Start of a character that continues in the next block.
    incomplete: Vec<u8>,
    is_invalid: bool,
}

impl Utf8Check {
    pub(super) fn add(&mut self, part: &[u8]) {
        let mut rest = part;
        while !self.incomplete.is_empty() && !rest.is_empty() && !self.is_invalid {
            self.incomplete.push(rest[0]);
            rest = &rest[1..];
            match std::str::from_utf8(&self.incomplete) {
                Ok(_) => self.incomplete.clear(),
                Err(error) => self.is_invalid = error.error_len().is_some(),
            }
        }
        if self.is_invalid {
            return;
        }
        if let Err(error) = std::str::from_utf8(rest) {
            self.is_invalid = error.error_len().is_some();
            self.incomplete.extend_from_slice(&rest[error.valid_up_to()..]);
        }
    }

    /// Ignores an incomplete character at the end, because only a part of the text was read.
    pub(super) fn ignore_incomplete(&mut self) {
        self.incomplete.clear();
    }

    pub(super) fn finish(self, first: &[u8]) -> Encoding {
        match encoding_rs::Encoding::for_bom(first) {
            Some((encoding, mark)) if encoding != encoding_rs::UTF_8 => Encoding::Other(encoding, mark as u64),
            Some((_, mark)) if !self.is_invalid && self.incomplete.is_empty() => Encoding::Utf8(mark as u64),
            Some((encoding, mark)) => Encoding::Other(encoding, mark as u64),
            None if self.is_invalid || !self.incomplete.is_empty() => Encoding::Other(GB18030, 0),
            None => Encoding::Utf8(0),
        }
    }
}

/// Counts zero bytes at even and odd positions. UTF-16 text has them mostly at one of both; other text has none.
#[derive(Debug, Default)]
pub(super) struct ZeroBytes {
    bytes: u64,
    counts: [u64; 2],
}

impl ZeroBytes {
    pub(super) fn add(&mut self, part: &[u8]) {
        if part.contains(&0) {
            for (place, _) in part.iter().enumerate().filter(|(_, byte)| **byte == 0) {
                self.counts[(self.bytes as usize + place) % 2] += 1;
            }
        }
        self.bytes += part.len() as u64;
    }

    pub(super) fn any(&self) -> bool {
        self.counts != [0, 0]
    }

    /// Whether at least one in ten pairs of bytes has a zero at one position, and hardly any at the other.
    pub(super) fn look_like_utf16(&self) -> bool {
        let (few, many) = (self.counts[0].min(self.counts[1]), self.counts[0].max(self.counts[1]));
        many * 20 >= self.bytes && many > 0 && few * 50 <= many
    }
}

/// Transcodes a reader to UTF-8. Fails at bytes that are invalid in the encoding.
pub(super) struct Transcoder {
    input: Box<dyn Read>,
    decoder: Decoder,
    block: Vec<u8>,
    filled: usize,
    used: usize,
    ended: bool,
    line: u64,
    /// Decoded text that did not fit into the caller's buffer.
    pending: Vec<u8>,
}

/// Invalid bytes: the line, and the encoding if the byte order mark names it.
#[derive(Debug, thiserror::Error)]
#[error("malformed text near line {0}")]
struct Malformed(u64, Option<&'static str>);

impl Transcoder {
    pub(super) fn over(input: Box<dyn Read>, encoding: Encoding) -> Box<dyn Read> {
        let skip = |mark: u64, input: Box<dyn Read>| -> Box<dyn Read> {
            if mark == 0 { input } else { Box::new(Skip { input, left: mark }) }
        };
        match encoding {
            Encoding::Utf8(mark) => skip(mark, input),
            Encoding::Other(encoding, mark) => Box::new(Self {
                input: skip(mark, input),
                decoder: encoding.new_decoder_without_bom_handling(),
                block: vec![0; 64 << 10],
                filled: 0,
                used: 0,
                ended: false,
                line: 1,
                pending: Vec::new(),
            }),
        }
    }

    /// Moves pending text to the caller's buffer.
    fn take_pending(&mut self, out: &mut [u8]) -> usize {
        let n = out.len().min(self.pending.len());
        out[..n].copy_from_slice(&self.pending[..n]);
        self.pending.drain(..n);
        n
    }
}

impl Read for Transcoder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.pending.is_empty() {
            return Ok(self.take_pending(out));
        }
        // encoding_rs needs space for the longest output of one input byte. Text that does not fit is kept for the next call.
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
                    self.pending.extend_from_slice(&small[..written]);
                    return Ok(self.take_pending(out));
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

/// Converts an error of reading text.
pub(super) fn from_io(error: io::Error) -> FileError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()) {
        Some(&Malformed(line, None)) => FileError::Encoding { line },
        Some(&Malformed(line, Some(encoding))) => FileError::BomMismatch { line, encoding },
        None if error.raw_os_error().is_none() => FileError::Compressed(error),
        None => FileError::Io(error),
    }
}
