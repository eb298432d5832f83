use crate::encoding::Base64Url;
use crate::json::{self, Index, Kind, SLACK};
use crate::typ::is_media_type;
use crate::{Algorithm, Error, ErrorKind, Scratch};

/// The longest header that is looked at, decoded, and how many members it may have.
const MAX_OCTETS: usize = 1024;
const MAX_MEMBERS: usize = 32;

/// What a JOSE header says that matters (RFC 7515 section 4). Keys and addresses in it (`jwk`, `jku`, `x5c`, `x5t`, `x5u`)
/// are never read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'s> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<&'s str>,
    pub(crate) typ: Option<&'s str>,
}

impl<'s> Header<'s> {
    /// Reads the header whose text is `encoded`.
    pub(crate) fn read(encoded: &[u8], base64: &Base64Url, scratch: &'s mut Scratch) -> Result<Self, Error> {
        if encoded.len() > MAX_OCTETS.div_ceil(3) * 4 {
            return Err(ErrorKind::TooLarge.into());
        }
        let length = base64.decode_into(encoded, &mut scratch.octets, SLACK)?;
        if length > MAX_OCTETS {
            return Err(ErrorKind::TooLarge.into());
        }
        scratch.octets[length..length + SLACK].copy_from_slice(&[0; SLACK]);
        let octets = &scratch.octets[..length + SLACK];
        let json = str::from_utf8(&octets[..length]).map_err(|_| ErrorKind::Malformed)?;
        json::scan(json, octets, &mut scratch.index).map_err(|_| ErrorKind::Malformed)?;
        Self::judge(json, &scratch.index)
    }

    fn judge(json: &'s str, index: &'s Index) -> Result<Self, Error> {
        if index.members.len() > MAX_MEMBERS {
            return Err(ErrorKind::Header.into());
        }
        let (mut algorithm, mut kid, mut typ) = (None, None, None);
        for member in &index.members {
            let value = member.value(json, &index.text);
            let string = || {
                if member.kind == Kind::String {
                    Ok(value)
                } else {
                    Err(Error::from(ErrorKind::Header))
                }
            };
            match member.name(json, &index.text) {
                "alg" => algorithm = Algorithm::from_name(string()?.as_bytes()),
                "kid" => kid = Some(string()?),
                "typ" => typ = Some(string()?),
                "cty" if is_media_type(string()?, "JWT") => return Err(ErrorKind::Header.into()),
                // Extensions that must be understood (RFC 7515 section 4.1.11), of which there are none here; `b64` is one of
                // them (RFC 7797 section 6). Compressed and encrypted tokens are JWE.
                "crit" | "b64" | "zip" | "enc" => return Err(ErrorKind::Header.into()),
                _ => {}
            }
        }
        Ok(Self {
            algorithm: algorithm.ok_or(ErrorKind::Header)?,
            kid,
            typ,
        })
    }
}
