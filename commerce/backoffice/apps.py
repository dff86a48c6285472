from django.contrib.admin.apps import AdminConfig
from django.core.checks import register


class BackOfficeConfig(AdminConfig):
    """Django's admin with our site in its place. Named in INSTALLED_APPS instead of `django.contrib.admin`."""

    default_site = "commerce.backoffice.site.BackOffice"

    def ready(self) -> None:
        from commerce.backoffice.readiness import check_readiness_settings

        super().ready()
        register(check_readiness_settings)
