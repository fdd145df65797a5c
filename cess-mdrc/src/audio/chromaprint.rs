use rusty_chromaprint::{Configuration, Fingerprinter};

use super::{AudioFault, AudioFormat, Limits, decode};
use crate::Error;

/// The items of Chromaprint, algorithm 2, as `fpcalc -raw` prints them: 8 for each second. For exchange
/// with systems that speak it; they are not part of a fingerprint.
///
/// # Errors
/// As [`Recording::decode`](super::Recording::decode).
pub fn chromaprint(bytes: &[u8], limits: Limits) -> Result<Vec<u32>, Error> {
    let mut printer: Option<(Fingerprinter, usize)> = None;
    let mut refused = false;
    decode::decode(bytes, limits, &mut |block| {
        let (printer, channels) = printer.get_or_insert_with(|| {
            let mut printer = Fingerprinter::new(&Configuration::preset_test2());
            let channels = u32::try_from(block.channels).unwrap_or(0);
            refused = printer.start(block.rate, channels).is_err();
            (printer, block.channels)
        });
        // Both would panic.
        refused |= *channels != block.channels;
        if !refused {
            printer.consume(block.samples);
        }
    })?;
    let format = AudioFormat::of(bytes)?;
    let fault = if refused { AudioFault::Channels } else { AudioFault::Silent };
    let Some((mut printer, _)) = printer.filter(|_| !refused) else {
        return Err(Error::Audio { format, fault });
    };
    printer.finish();
    Ok(printer.fingerprint().to_vec())
}
