//! Tests of the data crate from outside: the sample, the committed files, the dictionary.

mod committed;
mod dictionary;
mod reader;
mod sample_contents;
mod sample_dirt;
mod sample_formats;
