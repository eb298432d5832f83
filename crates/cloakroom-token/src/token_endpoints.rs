use std::fmt;

use cloakroom_core::UnixTime;
use cloakroom_id::{Subject, TokenKind};
use serde_json::{Map, Value, json};

use crate::{
    AccessToken, AccessTokens, Caller, Client, Confirmation, Family, RefreshTokens, Reply, StoreError,
    TokenRequest, TokenStore,
};

/// Token introspection (RFC 7662) and token revocation (RFC 7009): the body of a POST in, a [`Reply`] out.
///
/// The program authenticates the caller first, answers [`Reply::unauthenticated`] if that fails, and refuses another
/// method than POST and another type than `application/x-www-form-urlencoded`.
pub struct TokenEndpoints<K, S> {
    access: AccessTokens<K, S>,
    refresh: RefreshTokens<S>,
    scope: fn(&[u8]) -> Option<String>,
}

impl<K: TokenKind, S: TokenStore> TokenEndpoints<K, S> {
    /// Endpoints for the tokens of these services.
    pub fn new(access: AccessTokens<K, S>, refresh: RefreshTokens<S>) -> Self {
        Self {
            access,
            refresh,
            scope: |_| None,
        }
    }

    /// Tells `scope` by what the program keeps with a token: names with a space between (RFC 6749 section 3.3).
    #[must_use]
    pub fn with_scope(mut self, scope: fn(&[u8]) -> Option<String>) -> Self {
        self.scope = scope;
        self
    }

    /// Answers an introspection request.
    ///
    /// A live access token is told to its own client and to resource servers, the newest refresh token of a live family to
    /// its own client. Of anything else the whole answer is `{"active":false}`. A bound token is told with `cnf.jkt`: the
    /// resource server checks the proof.
    pub async fn introspect(&self, caller: &Caller, body: &[u8], now: UnixTime) -> Reply {
        let request = match TokenRequest::parse(body) {
            Ok(request) => request,
            Err(invalid) => return Reply::invalid(invalid),
        };
        match self.find(caller, &request.token, now).await {
            Ok(Some(found)) => Reply::json(&found),
            Ok(None) => Reply::inactive(),
            Err(error) => Reply::unavailable(error),
        }
    }

    /// Answers a revocation request: 200 also for a token that is unknown, or another client's and left as it is.
    ///
    /// An access token ends alone; with a refresh token, of whichever generation, its family and all access tokens that
    /// came with it.
    pub async fn revoke(&self, caller: &Caller, body: &[u8]) -> Reply {
        let request = match TokenRequest::parse(body) {
            Ok(request) => request,
            Err(invalid) => return Reply::invalid(invalid),
        };
        match self.end(&caller.id, &request.token).await {
            Ok(()) => Reply::empty(),
            Err(error) => Reply::unavailable(error),
        }
    }

    // No text is a token of both kinds, for their lengths differ. So the hint decides nothing, and a wrong one hides
    // nothing.
    async fn find(&self, caller: &Caller, token: &str, now: UnixTime) -> Result<Option<Value>, StoreError> {
        if let Some(access) = self.access.load(token, now).await? {
            let may_see = caller.sees_all || access.client == caller.id;
            return Ok(may_see.then(|| self.describe_access(&access)));
        }
        let family = self.refresh.load(token, &caller.id, now).await?;
        Ok(family.map(|family| self.describe_family(&family)))
    }

    async fn end(&self, client: &Client, token: &str) -> Result<(), StoreError> {
        if !self.access.revoke(token, client).await? {
            self.refresh.revoke(token, client).await?;
        }
        Ok(())
    }

    fn describe_access(&self, token: &AccessToken) -> Value {
        let kind = if token.confirmation.is_some() {
            "DPoP"
        } else {
            "Bearer"
        };
        let mut members = self.describe(
            &token.client,
            &token.subject,
            token.confirmation.as_ref(),
            &token.data,
        );
        members.insert("token_type".into(), kind.into());
        members.insert("iat".into(), token.issued_at.as_secs().into());
        members.insert("exp".into(), token.expires_at.as_secs().into());
        members.insert("auth_time".into(), token.authenticated_at.as_secs().into());
        members.into()
    }

    fn describe_family(&self, family: &Family) -> Value {
        let end = family.idle_deadline.min(family.absolute_deadline);
        let mut members = self.describe(
            &family.client,
            &family.subject,
            family.confirmation.as_ref(),
            &family.data,
        );
        members.insert("iat".into(), family.rotated_at.as_secs().into());
        members.insert("exp".into(), end.as_secs().into());
        members.insert("auth_time".into(), family.authenticated_at.as_secs().into());
        members.into()
    }

    fn describe(
        &self,
        client: &Client,
        subject: &Subject,
        confirmation: Option<&Confirmation>,
        data: &[u8],
    ) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("active".into(), true.into());
        members.insert("client_id".into(), client.as_str().into());
        members.insert("sub".into(), subject.as_str().into());
        if let Some(bound) = confirmation {
            members.insert("cnf".into(), json!({"jkt": bound.to_jkt()}));
        }
        if let Some(scope) = (self.scope)(data) {
            members.insert("scope".into(), scope.into());
        }
        members
    }
}

impl<K: TokenKind, S> fmt::Debug for TokenEndpoints<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoints")
            .field("access", &self.access)
            .field("refresh", &self.refresh)
            .finish_non_exhaustive()
    }
}
