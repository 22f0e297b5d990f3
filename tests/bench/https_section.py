"""HTTPS: what TLS costs on connections that stand, that are new, and that resume a session."""

import subprocess
from statistics import median

import config
from measure import beside_wrk, delivered, publish_and_drain, publish_file, wait_until
from programs import Nginx, run_json
from sections import serve

FEW_DESTINATIONS = 2000
MANY_DESTINATIONS = 10_000
# All shake hands at once, and the receiver has one core.
PATIENT = {"timeouts": {"connect": "60s", "total": "60s"}}


class TlsNginx(Nginx):
    """With a certificate of its own: P-256, signed by itself. Without `resumes`, every connection
    is a whole handshake."""

    scheme = "https"

    def __init__(self, directory, resumes):
        self.certificate = directory / "receiver.pem"
        key = directory / "receiver.key"
        if not key.exists():
            make_certificate(self.certificate, key)
        switch = "on" if resumes else "off"
        super().__init__(
            directory, f"nginx-{switch}", "ssl",
            # Debian's nginx speaks TLS 1.2 unless it is told.
            f"ssl_protocols TLSv1.2 TLSv1.3; "
            f"ssl_certificate {self.certificate}; ssl_certificate_key {key}; "
            f"ssl_session_tickets {switch}; ssl_session_cache {'builtin' if resumes else 'off'};")
        # Each destination trusts its receiver by a bundle of its own, as they do where customers
        # bring authorities.
        self.members = {"tls": {"ca_bundle": {"file": str(self.certificate)}}}


def make_certificate(certificate, key):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", "/CN=receiver", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=60)


def warm(ctx, count, events):
    """`count` destinations whose connections stand, beside wrk over TLS."""
    ratios, cpus = [], []
    with TlsNginx(ctx.dir, resumes=True) as nginx:
        for _ in range(2):
            layout = config.fan_out(nginx.url, count, **nginx.members)
            with serve(ctx, f"https{count}", layout) as server:
                publish_and_drain(ctx, server, 1000, count)
                result, rps = beside_wrk(
                    ctx, nginx.url, lambda: publish_and_drain(ctx, server, events, count))
            ratios.append(result["per_second"] / rps)
            cpus.append(result["cpu_us"])
    return median(ratios), median(cpus)


def first_attempts(ctx, resumes):
    """Each of many destinations at one receiver gets its first request, all on one thread of
    lib/http alone: its CPU us for each, and nginx's."""
    with TlsNginx(ctx.dir, resumes) as nginx:
        before = nginx.worker_cpu_us()
        result = run_json(
            [f"{ctx.bin}/carillon-bench-courier", "--url", nginx.url + "/first", "--ca-bundle",
             str(nginx.certificate), "--destinations", str(FEW_DESTINATIONS), "--attempts",
             str(FEW_DESTINATIONS)], timeout=120)
        return result["cpu_us"], (nginx.worker_cpu_us() - before) / FEW_DESTINATIONS


def memory(ctx):
    """MB of a server before and after each of 10,000 destinations, at one receiver, got one event;
    their connections are open."""
    path = ctx.dir / "one-event.jsonl"
    config.write_events(path, 1)
    with TlsNginx(ctx.dir, resumes=True) as nginx:
        layout = config.fan_out(nginx.url, MANY_DESTINATIONS, **nginx.members, **PATIENT)
        with serve(ctx, "https-many", layout) as server:
            before = server.memory_mb()
            publisher = publish_file(ctx, server, path)
            try:
                wait_until(lambda: delivered(server), MANY_DESTINATIONS, 120, publisher)
            finally:
                if publisher.poll() is None:
                    publisher.kill()
                publisher.wait()
            return before, server.memory_mb()


def https(ctx):
    events = 6_000 if ctx.quick else 20_000
    ratio1, cpu1 = warm(ctx, 1, 5 * events)
    ratio10, cpu10 = warm(ctx, 10, events)
    cold = [first_attempts(ctx, resumes=False) for _ in range(ctx.rounds)]
    resumed = [first_attempts(ctx, resumes=True) for _ in range(ctx.rounds)]
    idle_mb, open_mb = memory(ctx)
    cold_us, nginx_us = (median(figures) for figures in zip(*cold))
    return {"https_fanout1_ratio": ratio1, "cpu_us_https_fanout1": cpu1,
            "https_fanout10_ratio": ratio10, "cpu_us_https_fanout10": cpu10,
            "https_cold_cpu_us": cold_us, "https_cold_nginx_cpu_us": nginx_us,
            "https_cold_over_nginx": cold_us / nginx_us,
            "https_resumed_cpu_us": median(cpu for cpu, _ in resumed),
            "https_resumed_over_cold_nginx": median(cpu for cpu, _ in resumed) / nginx_us,
            "rss_mb_https_10k_idle": idle_mb, "rss_mb_https_10k_open": open_mb}


SECTIONS = {"https": https}
