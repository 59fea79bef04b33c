//! Bytes of any length in values of at most [`CHUNK_BYTES`]: cutting, joining, compressing, checking.
//!
//! Chunks stand under a common prefix and are numbered from zero. What is compressed carries its lengths and the
//! CRC-32 of the compressed bytes, so that nothing is expanded that was not checked, and no length is believed
//! above its bound.

use crate::codec::BlobHeader;
use crate::limits::CHUNK_BYTES;
use crate::{Result, StoreError, keys};

/// Cuts bytes into values. No bytes make one empty value, so that presence can be told from absence.
pub(crate) fn cut(bytes: &[u8]) -> Vec<&[u8]> {
    if bytes.is_empty() {
        return vec![bytes];
    }
    bytes.chunks(CHUNK_BYTES).collect()
}

/// Compresses bytes of at most `max`; `what` names them in errors.
pub(crate) fn compress(what: &str, raw: &[u8], max: usize) -> Result<(BlobHeader, Vec<u8>)> {
    StoreError::check_size(what, raw.len(), max)?;
    let stored = lz4_flex::block::compress(raw);
    let header =
        BlobHeader { raw_len: raw.len() as u64, stored_len: stored.len() as u64, crc32: crc32fast::hash(&stored) };
    Ok((header, stored))
}

/// Checks compressed bytes against their header and expands them.
pub(crate) fn expand(what: &str, header: &BlobHeader, stored: &[u8], max: usize) -> Result<Vec<u8>> {
    let corrupt = |why: String| Err(StoreError::corrupt(what, why));
    if header.stored_len != stored.len() as u64 {
        return corrupt(format!("{} of {} bytes are there", stored.len(), header.stored_len));
    }
    if crc32fast::hash(stored) != header.crc32 {
        return corrupt("its checksum does not match".to_owned());
    }
    let raw_len = match usize::try_from(header.raw_len) {
        Ok(len) if len <= max => len,
        _ => {
            return corrupt(format!("a length of {} is above the bound {max}", header.raw_len));
        }
    };
    match lz4_flex::block::decompress(stored, raw_len) {
        Ok(raw) if raw.len() == raw_len => Ok(raw),
        Ok(raw) => corrupt(format!("{raw_len} bytes were written, {} came back", raw.len())),
        Err(error) => corrupt(format!("it does not expand: {error}")),
    }
}

/// Joins the chunks under `prefix` from number `first` on; `None` when there is none. Stops with `Corrupt` at a gap
/// or above `max` bytes.
pub(crate) fn join(tree: &sled::Tree, prefix: &[u8], first: u32, max: usize, what: &str) -> Result<Option<Vec<u8>>> {
    let range = keys::chunk(prefix, first)..=keys::chunk(prefix, u32::MAX);
    let mut joined = None;
    for (number, entry) in (first..).zip(tree.range(range)) {
        let (key, value) = entry.map_err(|error| StoreError::io("reading chunks", error))?;
        if keys::chunk_number(&key, prefix.len()) != Some(number) {
            return Err(StoreError::corrupt(what, format!("chunk {number} is missing")));
        }
        let bytes: &mut Vec<u8> = joined.get_or_insert_default();
        if bytes.len() + value.len() > max {
            return Err(StoreError::corrupt(what, format!("it is longer than {max} bytes")));
        }
        bytes.extend_from_slice(&value);
    }
    Ok(joined)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAX: usize = 1 << 20;

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(raw in prop::collection::vec(0u8..4, 0..20_000)) {
            let (header, stored) = compress("it", &raw, MAX).unwrap();
            prop_assert_eq!(cut(&stored).concat(), stored.clone());
            prop_assert!(cut(&stored).iter().all(|chunk| chunk.len() <= CHUNK_BYTES));
            prop_assert_eq!(expand("it", &header, &stored, MAX).unwrap(), raw);
        }

        #[test]
        fn every_flipped_bit_is_an_error(
            raw in prop::collection::vec(0u8..4, 1..2000),
            at in any::<prop::sample::Index>(),
        ) {
            let (header, mut stored) = compress("it", &raw, MAX).unwrap();
            let bit = at.index(stored.len() * 8);
            stored[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(expand("it", &header, &stored, MAX).is_err());
        }

        /// A header that lies about the length, with a checksum that fits, neither panics nor allocates.
        #[test]
        fn a_wrong_length_is_an_error(
            raw in prop::collection::vec(0u8..4, 1..2000),
            raw_len in any::<u64>(),
        ) {
            let (header, stored) = compress("it", &raw, MAX).unwrap();
            prop_assume!(raw_len != header.raw_len);
            let header = BlobHeader { raw_len, ..header };
            prop_assert!(expand("it", &header, &stored, MAX).is_err());
        }
    }

    #[test]
    fn too_much_is_refused() {
        assert!(matches!(compress("it", &[0; 11], 10), Err(StoreError::TooLarge { .. })));
    }
}
