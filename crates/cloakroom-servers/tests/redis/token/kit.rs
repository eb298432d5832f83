use super::place::Tokens;

cloakroom_token::conformance_tests! { Tokens::shared().await }
