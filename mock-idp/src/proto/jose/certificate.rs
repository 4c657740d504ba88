//! A certificate for a published RSA key (RFC 7517 section 4.7): signed by the key itself, as providers that publish certificates do.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::proto::jose::der::{bit_string, explicit, integer, object, sequence, set, utc_time, utf8};

/// sha256WithRSAEncryption and rsaEncryption (RFC 8017 appendix C), and commonName (RFC 4519 section 2.3).
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const NULL: &[u8] = &[0x05, 0x00];

/// A certificate in DER (RFC 5280 section 4.1), good for as long as two digits of a year can say. `sign` signs with the key.
pub(super) fn certificate(modulus: &[u8], number: u32, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let algorithm = sequence(&[object(SHA256_WITH_RSA).as_slice(), NULL].concat());
    let name = sequence(&set(&sequence(&[object(COMMON_NAME), utf8(&format!("signing key {number}"))].concat())));
    let validity = sequence(&[utc_time("000101000000Z"), utc_time("491231235959Z")].concat());
    let key = sequence(&[integer(modulus), integer(&[0x01, 0x00, 0x01])].concat());
    let public = sequence(&[sequence(&[object(RSA_ENCRYPTION).as_slice(), NULL].concat()), bit_string(&key)].concat());
    let fields = [
        explicit(0, &integer(&[2])),
        integer(&number.to_be_bytes()),
        algorithm.clone(),
        name.clone(),
        validity,
        name,
        public,
    ];
    let to_sign = sequence(&fields.concat());
    let signature = bit_string(&sign(&to_sign));
    sequence(&[to_sign, algorithm, signature].concat())
}

/// The members of a published key: `x5c` and `x5t`.
pub(super) fn members(der: &[u8]) -> (String, String) {
    (STANDARD.encode(der), thumbprint(der))
}

/// The thumbprint of a certificate (RFC 7517 section 4.8).
pub(super) fn thumbprint(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der))
}
