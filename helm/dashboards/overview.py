"""Overview: are the objectives met, what comes in, what goes out, what fails and why. Timeouts and
unreachable destinations come first: they are what operators look for most often."""

from grafana import (A_MINUTE, BACKLOG, FAILURES, GREEN, ORANGE, RED, YELLOW, above, below, dashboard, graph, stat,
                     table)

TIMEOUTS = 'outcome=~"connect_timeout|response_timeout"'
UNREACHABLE = 'outcome=~"dns|connect_refused|unreachable|connect_timeout"'
SAYS_SOMETHING = 'outcome!~"cancelled|blocked|local_shortage"'


def quantiles(metric, *of):
    return [(f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket{{@}}[$__rate_interval])))",
             f"p{q * 100:g}") for q in of]


def at_a_glance():
    return [
        stat("Availability",
             "Of publishing: share of valid events that were accepted or known already, over the range shown. "
             "Objective: 99.95 % in 30 days.",
             '1 - sum(increase(carillon_events_published_total{@, result=~"overload|unavailable"}[$__range]))'
             ' / sum(increase(carillon_events_published_total{@, result!="invalid"}[$__range]))',
             "percentunit", below((0.999, ORANGE), (0.9995, GREEN)), decimals=3,
             runbooks=["CarillonPublishingErrorBudgetBurn"]),
        stat("Begun within 1 s",
             "Share of deliveries whose first attempt began within 1 s of acceptance, over the range "
             "shown. Objective: 99.9 % in 30 days.",
             'sum(increase(carillon_accepted_to_first_attempt_seconds_bucket{@, le=~"1|1[.]0"}[$__range]))'
             " / sum(increase(carillon_accepted_to_first_attempt_seconds_count{@}[$__range]))",
             "percentunit", below((0.99, ORANGE), (0.999, GREEN)), decimals=3,
             runbooks=["CarillonFirstAttemptErrorBudgetBurn"]),
        stat("Timeouts",
             "Share of attempts that ended without a connection or an answer in time.",
             f"sum(rate(carillon_attempts_total{{@, {TIMEOUTS}}}[$__rate_interval]))"
             f" / sum(rate(carillon_attempts_total{{@, {SAYS_SOMETHING}}}[$__rate_interval]))",
             "percentunit", above((0.01, YELLOW), (0.05, RED)), decimals=2,
             runbooks=["CarillonTimeoutShareHigh"]),
        stat("Unreachable",
             "Destinations with which more than half of the attempts found no connection: name, "
             "network, port, or no answer to connecting. At most 100 destinations have figures of "
             "their own.",
             "count(sum by (tenant, destination) "
             f"(rate(carillon_destination_attempts_total{{@, {UNREACHABLE}}}[$__rate_interval]))"
             " > 0.5 * sum by (tenant, destination) "
             f"(rate(carillon_destination_attempts_total{{@, {SAYS_SOMETHING}}}[$__rate_interval])))"
             " or vector(0)",
             "short", above((1, ORANGE), (5, RED)),
             runbooks=["CarillonManyDestinationsUnreachable", "CarillonDestinationUnreachable"]),
        stat("Oldest that may go",
             "Age of the oldest delivery that waits for its turn and for nothing else.",
             "max(carillon_oldest_ready_age_seconds{@})", "s", above((60, YELLOW), (900, RED)),
             runbooks=["CarillonDestinationBehind"]),
        stat("Backlog", "Deliveries that wait: for their turn, or for a retry.",
             'sum(carillon_deliveries{@, state=~"ready|parked"})', "short",
             BACKLOG, runbooks=["CarillonBacklogGrowing"]),
    ]


def what_fails_first():
    by_destination = "topk(10, sum by (tenant, destination, outcome) (rate(" \
        "carillon_destination_attempts_total{{@, {}}}[$__rate_interval])) > 0)"
    return [
        graph("Timeouts by kind",
              "connect_timeout: no connection in time, as when a firewall drops packets. "
              "response_timeout: connected, but no answer in time: the receiver is slow.",
              [(f"sum by (outcome) (rate(carillon_attempts_total{{@, {TIMEOUTS}}}[$__rate_interval]))",
                "{{outcome}}")], "ops", height=7, stack=True, thresholds=FAILURES,
              runbooks=["CarillonTimeoutShareHigh"]),
        graph("Unreachable by kind",
              "dns: the name cannot be resolved. connect_refused: nothing listens. unreachable: no "
              "route. tls: no agreement on the certificate.",
              [('sum by (outcome) (rate(carillon_attempts_total{@, outcome=~"dns|connect_refused|'
                'unreachable|tls"}[$__rate_interval]))', "{{outcome}}")],
              "ops", height=7, stack=True, thresholds=FAILURES,
              runbooks=["CarillonManyDestinationsUnreachable"]),
        table("Destinations that time out", "The ten with most timeouts a second, now.",
              [(by_destination.format(TIMEOUTS), "timeouts")], "ops",
              height=7, thresholds=FAILURES,
              runbooks=["CarillonTimeoutShareHigh"]),
        table("Destinations that cannot be reached",
              "The ten with most attempts a second that found no connection, now.",
              [(by_destination.format('outcome=~"dns|connect_refused|unreachable|tls"'), "failures")],
              "ops", height=7, thresholds=FAILURES,
              runbooks=["CarillonDestinationUnreachable"]),
    ]


def intake():
    return [
        graph("Events published", "Events that publishers sent, by what became of them.",
              [("sum by (result) (rate(carillon_events_published_total{@}[$__rate_interval]))",
                "{{result}}")], "ops", stack=True, runbooks=["CarillonPublishingErrorBudgetBurn"]),
        graph("Time to answer a publisher",
              "From the arrival of a message of events to its answer, the sync to disk included.",
              quantiles("carillon_publish_duration_seconds", 0.5, 0.99), "s",
              thresholds=above((0.25, RED)), runbooks=["CarillonSyncSlow"]),
        graph("Publishing refused", "Events that were valid and refused, by reason; the line is one a minute.",
              [("sum by (reason) (rate(carillon_publishing_refused_total{@}[$__rate_interval]))",
                "{{reason}}")], "ops", width=8, stack=True, thresholds=A_MINUTE,
              runbooks=["CarillonPublishingStopped"]),
        graph("Duplicates", "Share of events that were published before under the same id.",
              [('sum(rate(carillon_events_published_total{@, result="duplicate"}[$__rate_interval]))'
                ' / sum(rate(carillon_events_published_total{@, result=~"accepted|duplicate"}'
                "[$__rate_interval]))", "duplicates")], "percentunit", width=8,
              thresholds=above((0.05, RED)), runbooks=["CarillonDuplicatesHigh"]),
        graph("Deliveries created, by event type", "The ten types that lead to most deliveries.",
              [("topk(10, sum by (type) (rate(carillon_deliveries_created_total{@}[$__rate_interval])))",
                "{{type}}")], "ops", width=8, stack=True, runbooks=["CarillonEventsUnrouted"]),
    ]


def delivering():
    return [
        graph("Delivered, dead, given up",
              "Deliveries that ended. Dead: after their last attempt. Given up: without it, because "
              "too much or too old was kept, or the destination was removed.",
              [("sum(rate(carillon_delivered_total{@}[$__rate_interval]))", "delivered"),
               ("sum(rate(carillon_dead_total{@}[$__rate_interval]))", "dead"),
               ("sum by (reason) (rate(carillon_given_up_total{@}[$__rate_interval]))",
                "given up: {{reason}}")], "ops",
              runbooks=["CarillonDeadLettersRising", "CarillonDeliveriesGivenUp"]),
        graph("Attempts that failed, by outcome", "Every outcome but success.",
              [('sum by (outcome) (rate(carillon_attempts_total{@, outcome!="success"}'
                "[$__rate_interval])) > 0", "{{outcome}}")], "ops", stack=True, thresholds=FAILURES,
              runbooks=["CarillonDeadLettersRising"]),
        graph("From acceptance to the first attempt",
              "Whether Carillon itself is late: retries and the receiver's time do not count.",
              quantiles("carillon_accepted_to_first_attempt_seconds", 0.5, 0.99, 0.999), "s",
              thresholds=above((1, RED)), runbooks=["CarillonFirstAttemptErrorBudgetBurn"]),
        graph("From acceptance to delivered", "Retries and the receivers' time included.",
              quantiles("carillon_accepted_to_delivered_seconds", 0.5, 0.99), "s", log=True,
              thresholds=above((60, YELLOW), (900, RED)), runbooks=["CarillonBacklogGrowing"]),
        graph("Deliveries that are not finished",
              "ready: wait for their turn. in_flight: an attempt is under way. parked: wait for a "
              "retry, or behind one.",
              [("sum by (state) (carillon_deliveries{@})", "{{state}}")], "short", stack=True, thresholds=BACKLOG,
              runbooks=["CarillonBacklogGrowing"]),
        graph("Oldest delivery that may go", "By instance.",
              [("max by (instance) (carillon_oldest_ready_age_seconds{@})", "{{instance}}")], "s",
              thresholds=above((900, RED)), runbooks=["CarillonDestinationBehind"]),
        graph("Destinations by state",
              "open: left alone by its breaker for a while. disabled: until somebody enables it.",
              [("sum by (state) (carillon_destinations{@})", "{{state}}")], "short", stack=True,
              runbooks=["CarillonDestinationDisabled"]),
        table("Events that went to nobody",
              "Types whose events matched no subscription, over the range shown.",
              [("topk(10, sum by (type) (increase(carillon_events_unrouted_total{@}[$__range])) > 0)",
                "events")], "short", thresholds=above((1, YELLOW)), decimals=0,
              runbooks=["CarillonEventsUnrouted"]),
    ]


def overview():
    return dashboard(
        "carillon-overview", "Carillon / Overview",
        "Objectives, intake, deliveries, and why attempts fail.",
        [(None, at_a_glance()), (None, what_fails_first()), ("Intake", intake()),
         ("Delivering", delivering())])
