"""The power goes off at random instants under load: of what was not synced any part survives."""

import os
import time

import disk_image
from workload import CampaignError, Site


def run(seed, long):
    library = os.environ.get("CARILLON_POWER_CUT")
    if not library:
        raise CampaignError("CARILLON_POWER_CUT must name the library made of power_cut.c")
    cuts = 373 if long else 12
    unsynced = 0
    with Site(seed, events_per_second=600) as site:
        site.data.mkdir()
        site.publish()
        for number in range(cuts):
            before = disk_image.contents(site.data)
            log = site.base / "writes"
            server = site.start(wait=site.dice.random() < 0.9, env={
                "LD_PRELOAD": library, "CARILLON_CUT_DIR": str(site.data),
                "CARILLON_CUT_LOG": str(log)})
            time.sleep(site.dice.uniform(0.0, 0.8))
            site.kill(server)
            if log.exists():  # else it was killed before it touched the store
                unsynced += disk_image.cut_power(site.data, before, log, site.dice)
                log.unlink()
        server = site.start()
        site.publisher.end()
        site.settle(server)
        return {"cuts": cuts, "writes_not_synced": unsynced, **site.judge()}
