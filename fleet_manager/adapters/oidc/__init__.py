"""OpenID Connect: the client side of the authorisation code flow, with PKCE."""
