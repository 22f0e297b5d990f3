"""Destinations: which are worst, how long they take, and everything of one of them. At most 100 have
figures of their own; all others are `_other`."""

from grafana import (A_MINUTE, BACKLOG, BLUE, FAILURES, ORANGE, RED, YELLOW, above, choice, dashboard,
                     graph, heatmap, table)
from overview import SAYS_SOMETHING

ONE = '@, tenant=~"$tenant", destination=~"$destination"'


def worst():
    failed = 'outcome!~"success|cancelled|blocked|local_shortage"'
    share = ("topk(15, sum by (tenant, destination) (rate(carillon_destination_attempts_total{%s, %s}"
             "[$__rate_interval])) / (sum by (tenant, destination) (rate("
             "carillon_destination_attempts_total{%s, %s}[$__rate_interval])) > 0))")
    return [
        table("Worst destinations",
              "The fifteen with the greatest share of failed attempts, and what waits for them.",
              [(share % (ONE, failed, ONE, SAYS_SOMETHING), "failed"),
               (f'topk(15, sum by (tenant, destination) (carillon_destination_deliveries{{{ONE}, '
                'state=~"ready|parked"}) > 0)', "waiting"),
               (f"topk(15, max by (tenant, destination) "
                f"(carillon_destination_oldest_ready_age_seconds{{{ONE}}}) > 0)", "oldest")],
              "percentunit", width=14, height=10, thresholds=above((0.05, YELLOW), (0.5, RED)),
              units={"waiting": "short", "oldest": "s"},
              runbooks=["CarillonDestinationUnreachable", "CarillonDestinationBehind"]),
        heatmap("Time of attempts",
                "All destinations together, whichever are chosen above, by how long an attempt took.",
                "sum by (le) (rate(carillon_attempt_duration_seconds_bucket{@}[$__rate_interval]))",
                width=10, height=10, runbooks=["CarillonTimeoutShareHigh"]),
        graph("Phases of an attempt, p99",
              "All destinations together. dns: look-up. connect: TCP. tls: handshake. first_byte: the "
              "receiver thinks. body: the rest of the answer.",
              [("histogram_quantile(0.99, sum by (le, phase) "
                "(rate(carillon_attempt_phase_seconds_bucket{@}[$__rate_interval])))", "{{phase}}")],
              "s", log=True, thresholds=above((1, YELLOW), (10, RED)), runbooks=["CarillonTimeoutShareHigh"]),
        graph("Time of attempts by outcome, p99", "All destinations together. Of timeouts this is the timeout itself.",
              [("histogram_quantile(0.99, sum by (le, outcome) "
                "(rate(carillon_attempt_duration_seconds_bucket{@}[$__rate_interval])))",
                "{{outcome}}")], "s", log=True, thresholds=above((10, ORANGE)),
              runbooks=["CarillonTimeoutShareHigh"]),
    ]


def breakers():
    return [
        graph("Destinations that are not well",
              "behind: served from the journal. failing: the last attempt failed. open: left alone by "
              "the breaker. disabled: until somebody enables it.",
              [('sum by (state) (carillon_destinations{@, state=~"behind|failing|open|disabled"})',
                "{{state}}")], "short", width=8, stack=True,
              thresholds=above((1, ORANGE)), runbooks=["CarillonDestinationDisabled"]),
        graph("Breakers", "Changes of state a second; the line is one a minute.",
              [("sum by (state) (rate(carillon_breaker_transitions_total{@}[$__rate_interval]))",
                "{{state}}")], "ops", width=8, thresholds=A_MINUTE,
              runbooks=["CarillonDestinationUnreachable"]),
        graph("Retries held back", "Retries that were due and had to wait, by reason.",
              [("sum by (reason) (rate(carillon_retries_held_total{@}[$__rate_interval]))",
                "{{reason}}")], "ops", width=8, stack=True, runbooks=["CarillonRetryTimerLate"]),
    ]


def one():
    by = "sum by (tenant, destination) "
    name = "{{tenant}}/{{destination}}"
    return [
        graph("Attempts by outcome", "Of the destinations that are chosen above.",
              [("sum by (outcome) (rate(carillon_destination_attempts_total{%s}[$__rate_interval]))"
                % ONE, "{{outcome}}")], "ops", stack=True,
              runbooks=["CarillonDestinationUnreachable"]),
        graph("Delivered", "The ten busiest of those that are chosen.",
              [(f"topk(10, {by}(rate(carillon_destination_delivered_total{{{ONE}}}[$__rate_interval])))",
                name)], "ops", runbooks=["CarillonDestinationBehind"]),
        graph("Waiting and in flight", "By state.",
              [("sum by (state) (carillon_destination_deliveries{%s})" % ONE, "{{state}}")], "short",
              width=8, stack=True, thresholds=BACKLOG, runbooks=["CarillonBacklogGrowing"]),
        graph("Oldest that may go", "The ten oldest of those that are chosen.",
              [("topk(10, max by (tenant, destination) "
                "(carillon_destination_oldest_ready_age_seconds{%s}))" % ONE, name)], "s", width=8,
              thresholds=above((900, RED)), runbooks=["CarillonDestinationBehind"]),
        graph("Dead", "Deliveries that were given up; the line is one a minute.",
              [(f"topk(10, {by}(rate(carillon_destination_dead_total{{{ONE}}}[$__rate_interval])))",
                name)], "ops", width=8, thresholds=A_MINUTE, runbooks=["CarillonDeadLettersRising"]),
        table("Kept in the journal", "The ten for which most is kept, and since when.",
              [("sum by (tenant, destination) (carillon_kept_for_bytes{@})", "kept"),
               ("time() - min by (tenant, destination) (carillon_kept_for_since_seconds{@} > 0)",
                "for")], "bytes", units={"for": "s"},
              thresholds=[{"color": BLUE, "value": None}], runbooks=["CarillonDeliveriesGivenUp"]),
        graph("Timeouts and lost connections of one destination",
              "What happened before any answer, of those that are chosen.",
              [("sum by (outcome) (rate(carillon_destination_attempts_total{%s, outcome=~"
                '"connect_timeout|response_timeout|dns|connect_refused|unreachable|reset|tls"}'
                "[$__rate_interval])) > 0" % ONE, "{{outcome}}")], "ops", stack=True,
              thresholds=FAILURES, runbooks=["CarillonTimeoutShareHigh"]),
    ]


def connections():
    return [
        graph("Connections to destinations", "By state, and their limit.",
              [("sum by (state) (carillon_destination_connections{@})", "{{state}}"),
               ("sum(carillon_destination_connections_limit{@})", "limit")], "short", width=8,
              runbooks=["CarillonLocalShortage"]),
        graph("TLS handshakes", "By result; a resumed one is cheap.",
              [("sum by (result) (rate(carillon_tls_handshakes_total{@}[$__rate_interval]))",
                "{{result}}")], "ops", width=8, stack=True,
              runbooks=["CarillonCertificateExpiring"]),
        graph("Name look-ups", "Those that went to the name servers, by result.",
              [("sum by (result) (rate(carillon_dns_lookups_total{@}[$__rate_interval]))",
                "{{result}}"),
               ("sum(rate(carillon_dns_stale_answers_total{@}[$__rate_interval]))", "stale answers")],
              "ops", width=8, runbooks=["CarillonManyDestinationsUnreachable"]),
        graph("Token servers", "Requests for OAuth 2.0 tokens.",
              [("sum by (result) (rate(carillon_token_fetches_total{@}[$__rate_interval]))",
                "{{result}}")], "ops", width=8, runbooks=["PanelTokenServers"]),
        graph("Refused by the guard, odd Retry-After",
              "Connections that led to an address that is not allowed; headers that made no sense. The "
              "line is one a minute.",
              [("sum(rate(carillon_guard_refused_total{@}[$__rate_interval]))", "guard"),
               ("sum(rate(carillon_retry_after_ignored_total{@}[$__rate_interval]))",
                "Retry-After ignored")], "ops", width=8, thresholds=A_MINUTE,
              runbooks=["PanelGuardRefusals"]),
        graph("Destinations without TLS verification",
              "Verification is switched off at the receiver or at its token server.",
              [("sum by (instance) (carillon_destinations_unverified{@})", "{{instance}}")], "short",
              width=8, thresholds=above((1, ORANGE)), runbooks=["PanelTlsVerificationOff"]),
    ]


def destinations():
    where = 'namespace=~"$namespace", job=~"$job", instance=~"$instance"'
    return dashboard(
        "carillon-destinations", "Carillon / Destinations",
        "Which destinations fail, wait or are slow, and everything of one of them.",
        [(None, worst()), ("Breakers and retries", breakers()), ("The destinations chosen", one()),
         ("Connections", connections())],
        [choice("tenant", "Tenant", "carillon_destination_deliveries", where),
         choice("destination", "Destination", "carillon_destination_deliveries",
                where + ', tenant=~"$tenant"')])
