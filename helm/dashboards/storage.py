"""Storage and process: the journal and its disk, the machine, the configuration, publishers."""

from grafana import (A_MINUTE, BACKLOG, BLUE, GREEN, NEVER, ORANGE, RED, YELLOW, above, below, dashboard,
                     graph, heatmap, stat, table)
from overview import quantiles

# As in the rules: it stands in for a threshold that is lower, or switched off.
LEAST_MARK = 128 * 2 ** 20


def at_a_glance():
    return [
        stat("Accepting events", "Replicas that accept events, of all replicas.",
             "sum(carillon_publishing_accepted{@}) / count(carillon_publishing_accepted{@})",
             "percentunit", below((0.5, ORANGE), (1, GREEN)),
             runbooks=["CarillonPublishingStopped"]),
        stat("Least free space", "Of the disks that hold the journals, in multiples of journal.min_free_bytes: "
             "publishing stops at 1.",
             f"min(carillon_disk_free_bytes{{@}} / clamp_min(carillon_disk_min_free_bytes{{@}}, {LEAST_MARK}))",
             "short", below((1.25, ORANGE), (2, GREEN)), decimals=1, runbooks=["CarillonDiskAlmostFull"]),
        stat("Storage errors", "Over the range shown.",
             "sum(increase(carillon_storage_errors_total{@}[$__range]))", "short", above((1, RED)),
             decimals=0, runbooks=["CarillonStorageErrors"]),
        stat("Sync, p99", "How long publishers wait for the disk.",
             "histogram_quantile(0.99, sum by (le) "
             "(rate(carillon_sync_duration_seconds_bucket{@}[$__rate_interval])))", "s",
             above((0.05, YELLOW), (0.1, RED)), runbooks=["CarillonSyncSlow"]),
        stat("Retry timer late", "How long ago the oldest retry that is due should have gone.",
             "max(carillon_retry_overdue_seconds{@})", "s", above((2, YELLOW), (10, RED)),
             runbooks=["CarillonRetryTimerLate"]),
        stat("Configurations", "That are in force: one, when all replicas run under the same.",
             "count(count by (hash) (carillon_config_info{@}))", "short", above((2, ORANGE)),
             runbooks=["CarillonConfigDiffers"]),
    ]


def storage():
    one = "{{instance}}"
    return [
        heatmap("Syncs", "How long syncs to the disk took.",
                "sum by (le) (rate(carillon_sync_duration_seconds_bucket{@}[$__rate_interval]))",
                width=8, runbooks=["CarillonSyncSlow"]),
        graph("Time of a group commit", "Its sync included.",
              quantiles("carillon_commit_duration_seconds", 0.5, 0.99), "s", width=8,
              thresholds=above((0.05, YELLOW), (0.1, RED)),
              runbooks=["CarillonSyncSlow"]),
        graph("What one commit takes", "Events, and rows of all kinds, that share one sync.",
              [("sum(rate(carillon_commit_events_sum{@}[$__rate_interval])) / "
                "sum(rate(carillon_commit_events_count{@}[$__rate_interval]))", "events"),
               ("sum(rate(carillon_commit_rows_sum{@}[$__rate_interval])) / "
                "sum(rate(carillon_commit_rows_count{@}[$__rate_interval]))", "rows")], "short",
              width=8, runbooks=["CarillonSyncSlow"]),
        graph("Free space", "Of the disk, and the threshold (journal.min_free_bytes) at which publishing stops.",
              [("min by (instance) (carillon_disk_free_bytes{@})", "free " + one),
               ("max by (instance) (carillon_disk_min_free_bytes{@})", "threshold " + one)], "bytes", width=8,
              runbooks=["CarillonDiskWillFill"]),
        graph("Size of the journal", "On disk, and what of it is kept for destinations.",
              [("sum by (instance) (carillon_journal_stored_bytes{@})", "stored " + one),
               ("sum by (instance) (carillon_kept_bytes{@})", "kept " + one)], "bytes", width=8,
              runbooks=["CarillonDiskWillFill"]),
        graph("Storage errors by operation and kind", "A second; there should be none.",
              [("sum by (operation, kind) (rate(carillon_storage_errors_total{@}[$__rate_interval])) > 0",
                "{{operation}} {{kind}}")], "ops", width=8, thresholds=NEVER, runbooks=["CarillonStorageErrors"]),
        graph("Not settled yet", "How many events settling is behind accepting.",
              [("sum by (instance) (carillon_journal_last_position{@} - carillon_journal_watermark{@})",
                one + " but destinations that are behind"),
               ("sum by (instance) (carillon_journal_last_position{@} - carillon_journal_floor{@})",
                one + " all")], "short", width=8, thresholds=BACKLOG, runbooks=["CarillonBacklogGrowing"]),
        graph("Kept deliveries", "That have rows of their own; dead ones that are kept.",
              [("sum(carillon_kept_deliveries{@})", "kept"), ("sum(carillon_dead_kept{@})", "dead")],
              "short", width=8, runbooks=["CarillonDeliveriesGivenUp"]),
        graph("Waiting for the next commit", "Memory of the events that wait for the disk.",
              [("sum by (instance) (carillon_journal_waiting_bytes{@})", one)], "bytes", width=8,
              runbooks=["CarillonSyncSlow"]),
    ]


def process():
    one = "{{instance}}"
    return [
        graph("CPU", "Cores in use.",
              [("sum by (instance) (rate(process_cpu_seconds_total{@}[$__rate_interval]))", one)],
              "short", width=8, runbooks=["PanelProcess"]),
        graph("Memory", "That is in RAM.",
              [("sum by (instance) (process_resident_memory_bytes{@})", one)], "bytes", width=8,
              runbooks=["CarillonRestarting"]),
        graph("File descriptors", "Share of those that the process may have open.",
              [("max by (instance) (process_open_fds{@} / process_max_fds{@})", one)],
              "percentunit", width=8, thresholds=above((0.9, RED)),
              runbooks=["CarillonLocalShortage"]),
        graph("Attempts in flight", "Share of the limit.",
              [('sum by (instance) (carillon_deliveries{@, state="in_flight"}) / '
                "sum by (instance) (carillon_in_flight_limit{@})", one)], "percentunit", width=8,
              thresholds=above((0.95, RED)), runbooks=["CarillonInFlightLimitReached"]),
        graph("Short of", "What the machine was short of, and what was done; the line is one a minute.",
              [("sum by (resource, effect) (rate(carillon_local_shortage_total{@}[$__rate_interval]))"
                " > 0", "{{resource}}: {{effect}}")], "ops", width=8, thresholds=A_MINUTE,
              runbooks=["CarillonLocalShortage"]),
        graph("Retry timer, by instance", "How long ago the oldest retry that is due should have gone.",
              [("max by (instance) (carillon_retry_overdue_seconds{@})", one)], "s", width=8,
              thresholds=above((10, RED)), runbooks=["CarillonRetryTimerLate"]),
        table("Replicas", "What runs, since when, and how long its last start took.",
              [("time() - sum by (instance) (process_start_time_seconds{@} and on (instance) "
                "carillon_build_info{@})", "up for"),
               ("sum by (instance) (carillon_recovery_duration_seconds{@})", "recovery"),
               ("count by (instance, version) (carillon_build_info{@})", "count")], "s", width=16,
              units={"count": "short"}, thresholds=[{"color": BLUE, "value": None}],
              runbooks=["CarillonRestarting", "CarillonTargetMissing", "CarillonReplicasMissing"]),
        graph("Log lines dropped", "Because whoever reads standard error was too slow.",
              [("sum by (instance) (rate(carillon_log_lines_dropped_total{@}[$__rate_interval]))",
                one)], "ops", width=8, thresholds=NEVER, runbooks=["PanelProcess"]),
    ]


def configuration():
    return [
        table("Configuration in force", "Its hash and how often one was taken since the start.",
              [("count by (instance, hash) (carillon_config_info{@})", "count"),
               ("sum by (instance) (carillon_config_generation{@})", "generation"),
               ("min by (instance) (carillon_config_last_reload_successful{@})", "last reload ok")],
              "short", thresholds=[{"color": BLUE, "value": None}], sort="instance",
              runbooks=["CarillonConfigReloadFailed", "CarillonConfigDiffers"]),
        table("Certificates", "When those that Carillon holds end: shown (client), or trusted.",
              [("min by (instance, use, tenant, destination) "
                "(carillon_certificate_not_after_seconds{@}) - time()", "ends in")], "s",
              thresholds=below((3 * 86400, ORANGE), (14 * 86400, GREEN)),
              runbooks=["CarillonCertificateExpiring"]),
        graph("Reloads", "By result.",
              [("sum by (result) (increase(carillon_config_reloads_total{@}[$__rate_interval]))",
                "{{result}}")], "short", runbooks=["CarillonConfigReloadFailed"]),
        table("Time of a reload, mean",
              "From reading the file to having it in force, over the range shown.",
              [("sum by (instance) (increase(carillon_config_reload_duration_seconds_sum{@}[$__range])) / "
                "(sum by (instance) (increase(carillon_config_reload_duration_seconds_count{@}[$__range])) > 0)",
                "mean")], "s", thresholds=above((1, YELLOW), (10, RED)),
              runbooks=["CarillonConfigReloadFailed"]),
    ]


def publishers():
    return [
        graph("Connections and calls", "Connections, and calls that are open.",
              [("sum(carillon_publisher_connections{@})", "connections"),
               ("sum(carillon_publisher_calls{@})", "calls")], "short", width=8,
              runbooks=["PanelPublishers"]),
        graph("Memory of publishing", "As reckoned against server.max_publish_memory_bytes.",
              [("sum by (instance) (carillon_publish_memory_bytes{@})", "{{instance}}")], "bytes",
              width=8, runbooks=["PanelPublishers"]),
        graph("Connections closed by the server", "By reason; the line is one a minute.",
              [("sum by (reason) (rate(carillon_publisher_connections_closed_total{@}"
                "[$__rate_interval]))", "{{reason}}")], "ops", width=8, stack=True, thresholds=A_MINUTE,
              runbooks=["PanelPublishers"]),
        graph("Publishing throttled", "Times that a connection's events had to wait to be read, by reason.",
              [("sum by (reason) (rate(carillon_publisher_reads_held_total{@}[$__rate_interval]))",
                "{{reason}}")], "ops", width=8, runbooks=["PanelPublishers"]),
        graph("Event ids remembered", "To recognize what is published again.",
              [("sum by (instance) (carillon_deduplication_ids{@})", "{{instance}}")], "short",
              width=8, runbooks=["CarillonDuplicatesHigh"]),
    ]


def storage_and_process():
    return dashboard(
        "carillon-storage", "Carillon / Storage and process",
        "The journal and its disk, the machine, the configuration, publishers.",
        [(None, at_a_glance()), ("Storage", storage()), ("Process", process()),
         ("Configuration and certificates", configuration()), ("Publishers", publishers())])
