"""How each platform wants a catalog written, one module a platform; `PROFILES` has them by name."""

from collections.abc import Mapping

from merchants.feeds.profiles import acp, google, openai, stripe
from merchants.feeds.profiles.profile import Profile

PROFILES: Mapping[str, Profile] = {
    profile.name: profile for profile in (openai.PROFILE, google.PROFILE, stripe.PROFILE, acp.PROFILE)
}
