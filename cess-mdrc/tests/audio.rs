//! Sound as a file and as samples: what is decoded, and what is refused by name.
#![cfg(feature = "audio")]

use cess_mdrc::Error;
use cess_mdrc::audio::{AudioFault, AudioFormat, Limits, Recording};

fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let len = u32::try_from(samples.len()).unwrap() * 2;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + len).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(channels) * 2).to_le_bytes());
    bytes.extend(channels.wrapping_mul(2).to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(len.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

fn decode(bytes: &[u8]) -> Result<Recording, Error> {
    Recording::decode(bytes, Limits::default())
}

#[test]
fn channels_are_mixed_and_rates_become_one() {
    let samples: Vec<i16> = (0..16_000).map(|at| (at % 100) * 50).collect();
    let same = decode(&wav(8_000, 1, &samples)).unwrap();
    assert_eq!(same.milliseconds(), 2_000);
    let stereo: Vec<i16> = samples.iter().flat_map(|sample| [sample * 2, 0]).collect();
    assert_eq!(decode(&wav(8_000, 2, &stereo)).unwrap(), same);
    let slower = decode(&wav(16_000, 1, &samples)).unwrap();
    assert_eq!((slower.milliseconds(), slower.samples().len()), (1_000, 8_000));
}

#[test]
fn headers_that_lie_are_refused() {
    let samples = [1000i16; 8_000];
    let refused = |fault| Err(Error::Audio { format: AudioFormat::Wav, fault });
    assert_eq!(decode(&wav(u32::MAX, 1, &samples)), refused(AudioFault::Rate));
    assert_eq!(decode(&wav(999, 1, &samples)), refused(AudioFault::Rate));
    let limits = Limits { max_seconds: 1 };
    assert!(Recording::decode(&wav(8_000, 1, &samples), limits).is_ok());
    let longer = Recording::decode(&wav(8_000, 1, &[0; 16_001]), limits);
    assert_eq!(longer, Err(Error::AudioTooLong { max_seconds: 1 }));
    let whole = wav(8_000, 1, &[500; 80_000]);
    assert_eq!(decode(&whole[..whole.len() / 2]), refused(AudioFault::Truncated));
    let many = decode(&wav(8_000, 255, &samples));
    assert!(matches!(many, Err(Error::Audio { .. })), "{many:?}");
    assert!(matches!(decode(b"words"), Err(Error::AudioFormat { .. })));
}
