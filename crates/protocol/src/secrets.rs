//! Texts that open something. None of them has a plain `Debug`, because secrets do not belong in logs.

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_CREDENTIAL_BYTES, MAX_PASSWORD_BYTES, MAX_PUSH_ENDPOINT_BYTES};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $max:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String", extend("minLength" = 1, "maxLength" = $max)))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Wraps a secret.
            ///
            /// # Errors
            ///
            /// When it is empty or longer than it may be.
            pub fn new(text: String) -> Result<Self, SecretError> {
                if text.is_empty() || text.len() > $max { Err(SecretError($max)) } else { Ok(Self(text)) }
            }

            /// The secret itself.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = SecretError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(secret: $name) -> Self {
                secret.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// The password of a room, 1 to [`MAX_PASSWORD_BYTES`] bytes of UTF-8.
    Password, MAX_PASSWORD_BYTES
}

secret! {
    /// What a client shows to get a role: the key of a link, an invitation, or an access token (JWT, RFC 7519); 1 to
    /// [`MAX_CREDENTIAL_BYTES`] bytes.
    Credential, MAX_CREDENTIAL_BYTES
}

secret! {
    /// Signed by the server and given to one participant, whose seat it opens again; 1 to [`MAX_CREDENTIAL_BYTES`]
    /// bytes. Each connection gets a new one, and using that ends those before it.
    SessionToken, MAX_CREDENTIAL_BYTES
}

secret! {
    /// Where a push service takes messages for one browser (RFC 8030 §4); 1 to [`MAX_PUSH_ENDPOINT_BYTES`] bytes. Whoever knows it knows which
    /// browser it is.
    PushEndpoint, MAX_PUSH_ENDPOINT_BYTES
}

impl SessionToken {
    /// A token that opens nothing.
    pub fn none() -> Self {
        Self("none".to_owned())
    }
}

/// A secret is empty or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {0} bytes")]
pub struct SecretError(usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_a_size_and_no_debug_form() {
        assert!(Password::new(String::new()).is_err());
        assert!(Password::new("x".repeat(MAX_PASSWORD_BYTES + 1)).is_err());
        assert!(!format!("{:?}", Password::new("sesame".into()).unwrap()).contains("sesame"));
    }
}
