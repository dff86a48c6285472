from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin with our site in its place. Named in INSTALLED_APPS instead of `django.contrib.admin`."""

    default_site = "commerce.backoffice.site.BackOffice"
