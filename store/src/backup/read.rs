//! Reading a backup: every block against its checksum, every length against its bound. It must not believe a byte that was
//! not checked.

use std::io::Read;

use super::{MAGIC, MAX_BLOCK_BYTES, VERSION};
use crate::limits::STORE_FORMAT;
use crate::{Result, StoreError};

/// The name of what is read, in errors.
const WHAT: &str = "the backup";

fn exactly<const N: usize>(from: &mut dyn Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map_err(short)?;
    Ok(bytes)
}

fn short(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => StoreError::corrupt(WHAT, "it is cut off"),
        _ => StoreError::io("reading the backup", error),
    }
}

fn number(from: &mut dyn Read) -> Result<u32> {
    Ok(u32::from_le_bytes(exactly(from)?))
}

/// The CRC-32 of what follows one that is known.
pub(super) fn chained(before: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&before.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// Hands every entry of a backup to `each`: tree, key, value. Gives how many there were.
pub(super) fn entries(from: &mut dyn Read, mut each: impl FnMut(u8, &[u8], &[u8]) -> Result<()>) -> Result<u64> {
    let mut crc = header(from)?;
    let mut count = 0_u64;
    loop {
        let (raw_len, stored_len, stated) = (number(from)? as usize, number(from)? as usize, number(from)?);
        if (raw_len, stored_len) == (0, 0) {
            return end(from, crc, stated, count);
        }
        if raw_len > MAX_BLOCK_BYTES || stored_len > lz4_flex::block::get_maximum_output_size(MAX_BLOCK_BYTES) {
            return Err(StoreError::corrupt(WHAT, "a block is longer than any that is written"));
        }
        let mut stored = vec![0; stored_len];
        from.read_exact(&mut stored).map_err(short)?;
        crc = chained(crc, &stored);
        if crc != stated {
            return Err(StoreError::corrupt(WHAT, "a checksum does not match"));
        }
        let raw = lz4_flex::block::decompress(&stored, raw_len)
            .map_err(|error| StoreError::corrupt(WHAT, format!("a block does not expand: {error}")))?;
        let mut rest = raw.as_slice();
        while !rest.is_empty() {
            let (tree, key, value, after) =
                entry(rest).ok_or_else(|| StoreError::corrupt(WHAT, "an entry ends outside of its block"))?;
            each(tree, key, value)?;
            (rest, count) = (after, count + 1);
        }
    }
}

fn header(from: &mut dyn Read) -> Result<u32> {
    let magic: [u8; MAGIC.len() + 2] = exactly(from)?;
    let version = magic[MAGIC.len()].wrapping_sub(b'0');
    if !magic.starts_with(MAGIC) || magic[MAGIC.len() + 1] != b'\n' || version == 0 || version > 9 {
        return Err(StoreError::corrupt(WHAT, "the file is not a backup of civitas"));
    }
    let newer = |found: u32, known: u32| StoreError::NewerFormat { what: WHAT.to_owned(), found, known };
    if version > VERSION {
        return Err(newer(version.into(), VERSION.into()));
    }
    let format = number(from)?;
    if format > STORE_FORMAT {
        return Err(newer(format, STORE_FORMAT));
    }
    Ok(chained(chained(0, &magic), &format.to_le_bytes()))
}

fn end(from: &mut dyn Read, crc: u32, stated: u32, count: u64) -> Result<u64> {
    let counted: [u8; 8] = exactly(from)?;
    if chained(crc, &counted) != stated || u64::from_le_bytes(counted) != count {
        return Err(StoreError::corrupt(WHAT, "its end does not fit what stands before it"));
    }
    if from.read(&mut [0]).map_err(short)? != 0 {
        return Err(StoreError::corrupt(WHAT, "something follows its end"));
    }
    Ok(count)
}

/// Tree, key and value of the first entry, and what follows it.
type First<'a> = (u8, &'a [u8], &'a [u8], &'a [u8]);

fn entry(bytes: &[u8]) -> Option<First<'_>> {
    let (&tree, rest) = bytes.split_first()?;
    let (key_len, rest) = rest.split_first_chunk::<4>()?;
    let (value_len, rest) = rest.split_first_chunk::<4>()?;
    let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*key_len) as usize)?;
    let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*value_len) as usize)?;
    Some((tree, key, value, rest))
}
