"""Programs that speak TLS."""

import ssl

import httpx
from certificates import Certificate
from process import Service, quiver


class SecureService(Service):
    """A program over TLS, asked with what the test trusts."""

    context: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    def status(self, path: str, timeout: float = 2) -> int | None:
        try:
            return httpx.get(self.url + path, verify=self.context, timeout=timeout).status_code
        except httpx.HTTPError:
            return None


def secured(service: Service, authority: Certificate) -> SecureService:
    """A program whose settings give it a certificate, asked by clients that trust the authority."""
    service.__class__ = SecureService
    service.context = ssl.create_default_context(cafile=authority.path)
    return service


def secure_quiver(folder, certificate: Certificate, authority: Certificate, **settings: str):
    """A server over TLS that is not started yet."""
    service = quiver(
        folder, QUIVER__SERVICE__ENABLE_TLS="true", QUIVER__TLS__CERT=str(certificate.path),
        QUIVER__TLS__KEY=str(certificate.key_path), **settings,
    )  # fmt: skip
    return secured(service, authority)
