"""What an application of Microsoft Entra ID takes out of its configuration and out of a challenge."""

import base64
import re
from typing import Optional
from urllib.parse import urlsplit

from .client import Configuration

# The libraries ask for these by themselves, or the application does in the authorization request.
_OPENID_SCOPES = {"openid", "profile", "offline_access"}

_CHALLENGE = re.compile(r'\bBearer\b.*\berror="insufficient_claims".*', re.IGNORECASE)
_CLAIMS = re.compile(r'\bclaims="([^"]*)"')


def authority(configuration: Configuration) -> str:
    """Host and tenant: the authorization endpoint, cut before what follows the tenant."""
    return configuration.authorization_endpoint.partition("/oauth2/")[0]


def is_microsofts(configuration: Configuration) -> bool:
    """Whether the authority is the one that the libraries are made for. Any other has to be vouched for by the application."""
    return urlsplit(configuration.authorization_endpoint).hostname == "login.microsoftonline.com"


def resource_scopes(configuration: Configuration) -> list[str]:
    """What is asked of resource servers, in the order of the registration."""
    return [scope for scope in (configuration.scope or "").split() if scope not in _OPENID_SCOPES]


def claims_challenge(field: Optional[str]) -> Optional[str]:
    """The claims that a ``WWW-Authenticate`` field asks for, decoded; ``None`` where it asks for none."""
    challenge = _CHALLENGE.search(field or "")
    claims = challenge and _CLAIMS.search(challenge[0])
    if not claims:
        return None
    encoded = claims[1].rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8")
    except ValueError:
        return None
