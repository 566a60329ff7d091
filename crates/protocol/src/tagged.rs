//! Reads a message whose `type` says which it is. Serde's own way for such enums first copies every field aside, because the
//! type may come last; this one reads the text twice instead, which is several times faster and a smaller page.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;

/// Defines an enum whose variants are told apart by `type`, and a form of it that [`Tagged`] is read into. Each variant's `type` is also
/// had without writing it, for whoever counts messages.
macro_rules! tagged {
    ($(#[$meta:meta])* pub enum $name:ident as $text:literal, read by $form:ident { $($variants:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, strum::IntoStaticStr, strum::VariantNames)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(tag = "type", rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $name { $($variants)* }

        /// The same, told apart by a key around it.
        #[derive(Deserialize)]
        #[serde(remote = $text, rename_all = "snake_case")]
        enum $form { $($variants)* }
    };
}
pub(crate) use tagged;

/// A message of a known type, in the text of its frame; fields that are none of its own are passed over.
pub(crate) struct Tagged<'a> {
    tag: &'a str,
    text: &'a str,
}

impl<'a> Tagged<'a> {
    /// # Errors
    ///
    /// When the text is no object.
    pub(crate) fn new(tag: &'a str, text: &'a str) -> Result<Self, Error> {
        if text.trim_start().starts_with('{') {
            Ok(Self { tag, text })
        } else {
            Err(Error::custom("a message is an object"))
        }
    }
}

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a> EnumAccess<'a> for Tagged<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let tag: StrDeserializer<'_, Error> = self.tag.into_deserializer();
        Ok((seed.deserialize(tag)?, self))
    }
}

impl<'a> VariantAccess<'a> for Tagged<'a> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut serde_json::Deserializer::from_str(self.text))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _length: usize, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("no message is a list"))
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.text).deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use crate::{MessageId, RoomFrame, RoomMessage};

    #[test]
    fn the_type_may_stand_anywhere_and_other_fields_are_passed_over() {
        for text in [
            r#"{"type":"set_hand","hand":"on","id":7,"later":[1,{"type":"ping"}]}"#,
            r#" {"later":{},"hand":"on","id":7,"type":"set_hand"} "#,
        ] {
            let frame = RoomFrame::parse(text).unwrap();
            assert_eq!(frame.id, Some(MessageId(7)));
            assert!(matches!(frame.message, RoomMessage::SetHand { hand } if hand.is_on()));
        }
        assert_eq!(RoomFrame::parse(r#"{"type":"ping","x":1}"#).unwrap().message, RoomMessage::Ping);
    }

    #[test]
    fn what_is_no_message_says_why() {
        for (text, why) in [
            (r#"{"id":1}"#, "missing field `type`"),
            (r#"{"type":"fly"}"#, "unknown variant `fly`"),
            (r#"{"type":"set_hand"}"#, "missing field `hand`"),
            (r#"{"type":"set_hand","hand":2}"#, "expected value"),
            (r#"{"type":"ping","type":"leave"}"#, "duplicate field"),
            (r#"["ping"]"#, "an object"),
            (r#""ping""#, "invalid type"),
            (r#"{"type":"ping"} {"type":"leave"}"#, "trailing"),
            (r#"{"type":"ping""#, "EOF"),
            ("", "EOF"),
        ] {
            let error = RoomFrame::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
